//! Which plugin keeps the files (facts/steps, "Plugin used").

use cirun_parser::model::StoreStep;

/// A row: the plugin of some steps.
pub(super) struct PluginRow {
    steps: &'static [StoreStep],
    pub(super) image: &'static str,
    /// What cirun is told when it plays the plugin.
    pub(super) word: &'static str,
    pub(super) rule: &'static str,
    /// There CI runs the program of the repository without a container; the image holds the same program.
    pub(super) rule_on_vm: &'static str,
}

use StoreStep::{
    ArtifactoryUpload, GcsUpload, RestoreCacheAzure, RestoreCacheGcs, RestoreCacheS3, S3Upload, SaveCacheAzure,
    SaveCacheGcs, SaveCacheS3,
};

#[rustfmt::skip]
const PLUGINS: &[PluginRow] = &[
    PluginRow { steps: &[SaveCacheS3, RestoreCacheS3, SaveCacheGcs, RestoreCacheGcs], image: "plugins/cache:1.9.17", word: "cache",
        rule: "SaveCacheS3, Plugin used: K8", rule_on_vm: "SaveCacheS3, Plugin used: drone-meltwater-cache v1.9.17 without a container on VM; here its image" },
    PluginRow { steps: &[SaveCacheAzure, RestoreCacheAzure], image: "plugins/cache:1.9.17", word: "cache",
        rule: "as SaveCacheS3: the facts name none for Azure", rule_on_vm: "as SaveCacheS3: the facts name none for Azure" },
    PluginRow { steps: &[S3Upload], image: "plugins/s3:1.5.5", word: "s3",
        rule: "S3Upload, Plugin used: K8", rule_on_vm: "S3Upload, Plugin used: drone-s3 v1.5.5 without a container on VM; here its image" },
    PluginRow { steps: &[GcsUpload], image: "plugins/gcs:1.6.6", word: "gcs",
        rule: "GCSUpload, Plugin used: K8", rule_on_vm: "GCSUpload, Plugin used: drone-gcs v1.6.6 without a container on VM; here its image" },
    PluginRow { steps: &[ArtifactoryUpload], image: "plugins/artifactory:1.8.3", word: "artifactory",
        rule: "ArtifactoryUpload, Plugin used: K8", rule_on_vm: "as ArtifactoryUpload, Plugin used: K8: the facts name none for VM" },
];

/// The plugin of a step.
pub(super) fn plugin(step: StoreStep) -> &'static PluginRow {
    PLUGINS.iter().find(|row| row.steps.contains(&step)).expect("PLUGINS has a row for every step: checked by a test")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_has_one_plugin() {
        for (name, step) in StoreStep::ALL {
            assert_eq!(PLUGINS.iter().filter(|row| row.steps.contains(&step)).count(), 1, "{name}");
        }
    }
}
