//! The plugin image that builds and pushes (ecr.plugins and its siblings on the page push).

use cirun_parser::{
    ParameterField,
    model::{
        BuildTarget,
        BuildTargetKind::{self, Acr, Docker, Ecr, Gar, Gcr},
        StepSpec,
    },
};
use cirun_plan::Profile;

/// The three kinds of plugins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Builder {
    /// Kaniko: no daemon; Kubernetes.
    Kaniko,
    /// Docker buildx: layer caching.
    Buildx,
    /// The docker CLI; VM.
    Docker,
}

/// A row of the table: the plugin of a target and a builder.
pub(crate) struct PluginRow {
    target: BuildTargetKind,
    builder: Builder,
    pub(crate) image: &'static str,
    pub(crate) rule: &'static str,
}

const fn row(target: BuildTargetKind, builder: Builder, image: &'static str, rule: &'static str) -> PluginRow {
    PluginRow { target, builder, image, rule }
}

#[rustfmt::skip]
const PLUGINS: &[PluginRow] = &[
    row(Ecr,    Builder::Kaniko, "plugins/kaniko-ecr:1.13.3", "ecr.plugins"),
    row(Ecr,    Builder::Buildx, "plugins/buildx-ecr:1.4.2",  "ecr.plugins"),
    row(Ecr,    Builder::Docker, "plugins/ecr:21.1.1",        "ecr.plugins"),
    row(Docker, Builder::Kaniko, "plugins/kaniko:1.13.3",     "push.docker-plugins"),
    row(Docker, Builder::Buildx, "plugins/buildx:1.3.12",     "push.docker-plugins"),
    row(Docker, Builder::Docker, "plugins/docker:21.1.1",     "push.docker-plugins"),
    row(Gar,    Builder::Kaniko, "plugins/kaniko-gar:1.13.3", "push.gar-plugins"),
    row(Gar,    Builder::Buildx, "plugins/buildx-gar:1.4.2",  "push.gar-plugins"),
    row(Gar,    Builder::Docker, "plugins/gar:21.1.1",        "push.gar-plugins"),
    row(Gcr,    Builder::Kaniko, "plugins/kaniko-gcr:1.13.3", "push.gcr-plugins"),
    row(Gcr,    Builder::Buildx, "plugins/buildx-gcr:1.4.2",  "push.gcr-plugins"),
    row(Gcr,    Builder::Docker, "plugins/gcr:21.1.1",        "push.gcr-plugins"),
    row(Acr,    Builder::Kaniko, "plugins/kaniko-acr:1.13.3", "push.acr-plugins"),
    row(Acr,    Builder::Buildx, "plugins/buildx-acr:1.4.2",  "push.acr-plugins"),
    row(Acr,    Builder::Docker, "plugins/acr:21.1.1",        "push.acr-plugins"),
];

/// The builder of a profile: `caching` selects buildx everywhere (ecr.caching).
pub(crate) fn builder(profile: Profile, caching: bool) -> Builder {
    match (caching, profile) {
        (true, _) => Builder::Buildx,
        (false, Profile::Kubernetes) => Builder::Kaniko,
        (false, Profile::Vm | Profile::Cloud | Profile::Docker) => Builder::Docker,
    }
}

/// The plugin of a target and a builder.
pub(crate) fn plugin(target: &BuildTarget, builder: Builder) -> &'static PluginRow {
    let kind = target.kind();
    PLUGINS
        .iter()
        .find(|row| row.target == kind && row.builder == builder)
        .expect("PLUGINS has a row for every target and builder: checked by a test")
}

/// The plugin of a step, if it does not write `DRONE_OUTPUT`: only kaniko's write the digest there (outputs.digest).
pub(crate) fn plugin_without_digest(spec: &StepSpec, profile: Profile) -> Option<&'static str> {
    let StepSpec::BuildAndPush(spec) = spec else { return None };
    let caching = match spec.caching.as_ref().map(|flag| &flag.value) {
        Some(ParameterField::Literal(caching)) => *caching,
        // Its value is not known yet.
        Some(ParameterField::Expression(_)) => return None,
        None => false,
    };
    let builder = builder(profile, caching);
    (builder != Builder::Kaniko).then(|| plugin(&spec.target, builder).image)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_and_builder_has_one_plugin() {
        for target in [Ecr, Docker, Gar, Gcr, Acr] {
            for builder in [Builder::Kaniko, Builder::Buildx, Builder::Docker] {
                let rows = PLUGINS.iter().filter(|row| row.target == target && row.builder == builder).count();
                assert_eq!(rows, 1, "{target:?} {builder:?}");
            }
        }
    }
}
