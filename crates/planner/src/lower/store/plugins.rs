//! The plugins for files (stores.plugins).

use cirun_parser::model::StoreStep;

/// A row: the plugin of some steps.
pub(super) struct PluginRow {
    steps: &'static [StoreStep],
    pub(super) image: &'static str,
    /// The program that emulates the plugin.
    pub(super) word: &'static str,
    pub(super) rule: &'static str,
    /// There CI runs the program of the repository without a container; the image has the same program.
    pub(super) rule_on_vm: &'static str,
}

use StoreStep::{
    ArtifactoryUpload, GcsUpload, RestoreCacheAzure, RestoreCacheGcs, RestoreCacheS3, S3Upload, SaveCacheAzure,
    SaveCacheGcs, SaveCacheS3,
};

#[rustfmt::skip]
const PLUGINS: &[PluginRow] = &[
    PluginRow { steps: &[SaveCacheS3, RestoreCacheS3, SaveCacheGcs, RestoreCacheGcs], image: "plugins/cache:1.9.17", word: "cache",
        rule: "stores.plugins", rule_on_vm: "the program of drone-meltwater-cache v1.9.17 on machines, here its image (stores.plugins)" },
    PluginRow { steps: &[SaveCacheAzure, RestoreCacheAzure], image: "plugins/cache:1.9.17", word: "cache",
        rule: "stores.azure-plugin", rule_on_vm: "stores.azure-plugin" },
    PluginRow { steps: &[S3Upload], image: "plugins/s3:1.5.5", word: "s3",
        rule: "stores.plugins", rule_on_vm: "the program of drone-s3 v1.5.5 on machines, here its image (stores.plugins)" },
    PluginRow { steps: &[GcsUpload], image: "plugins/gcs:1.6.6", word: "gcs",
        rule: "stores.plugins", rule_on_vm: "the program of drone-gcs v1.6.6 on machines, here its image (stores.plugins)" },
    PluginRow { steps: &[ArtifactoryUpload], image: "plugins/artifactory:1.8.3", word: "artifactory",
        rule: "stores.plugins", rule_on_vm: "stores.plugins" },
];

/// The plugin of a step.
pub(super) fn plugin(step: StoreStep) -> &'static PluginRow {
    PLUGINS.iter().find(|row| row.steps.contains(&step)).expect("PLUGINS has a row for every step: checked by a test")
}

#[cfg(test)]
mod tests {
    use cirun_parser::{LocalStep, STEP_TYPES, StepClass};

    use super::*;

    #[test]
    fn every_step_has_one_plugin() {
        for known in STEP_TYPES {
            if let StepClass::Local(LocalStep::Store(step)) = known.class {
                assert_eq!(PLUGINS.iter().filter(|row| row.steps.contains(&step)).count(), 1, "{}", known.name);
            }
        }
    }
}
