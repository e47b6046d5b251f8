//! The inputs of Plugin steps (the reference's page plugin).

use crate::{
    FieldKind, Flag, Node, Text, TextList, TextMap,
    lower::spec::records,
    model::{RegistrySpec, ReportsSpec, Resources},
    words,
};

/// A map with any content.
const VALUES: FieldKind = FieldKind::Named("values");

/// The inputs of this step, a row for each, as in [`build_and_push_inputs!`](crate::build_and_push_inputs).
/// `U`: required unless `uses` is set.
#[macro_export]
macro_rules! plugin_inputs {
    ($with:ident) => {
        $with! {
            /// `Plugin`.
            #[derive(Debug, Clone, PartialEq, Default)]
            PluginSpec PLUGIN {}
            (
                /// The plugin's image.
                "image" => image: Option<Text>;
                [R, R, U, R, R] "required, except beside `uses` on `cloud`" => "plugin.image";
            )
            (
                /// The connector of the image's registry.
                "connectorRef" => connector_ref: Option<Text>;
                [A, A, A, A, A] => "plugin.connector";
            )
            (
                /// The connectors that pull images, instead of the stage's list and of `connectorRef`; not on Kubernetes.
                "registries" => registries: Vec<RegistrySpec>;
                [I, I, A, A, A] "only machines read it" => "images.registries";
            )
            (
                /// The Harness Artifact Registry of the image.
                "registryRef" => registry_ref: Option<Text>;
                [A, A, A, A, A] => "plugin.registry-ref";
            )
            (
                /// Replaces the image's entrypoint.
                "entrypoint" => entrypoint: Option<TextList>;
                [A, A, A, A, A] => "plugin.entrypoint";
            )
            (
                /// The plugin's settings: each becomes `PLUGIN_<NAME>`.
                "settings" => settings: Option<Node> as VALUES;
                [A, A, A, A, A] => "plugin.settings";
            )
            (
                /// A plugin in a git repository.
                "uses" => uses: Option<Text>;
                [X, X, A, X, X] "only `cloud` takes it" => "plugin.uses";
            )
            (
                /// Environment variables: not in the schema, but in use.
                "envVariables" => env_variables: Option<TextMap>;
                [A, A, A, A, A] => "plugin.env";
            )
            (
                /// `Always`, `Never` or `IfNotPresent`.
                "imagePullPolicy" => image_pull_policy: Option<Text> as words::PULL_POLICIES;
                [A, A, A, A, A] => "plugin.pull-policy";
            )
            (
                /// Whether to run the container with all rights on its machine.
                "privileged" => privileged: Option<Flag>;
                [A, H, H, H, H] "from YAML it has its effect" => "plugin.privileged";
            )
            (
                /// Test reports to collect.
                "reports" => reports: Option<ReportsSpec>;
                [A, A, A, A, A] => "plugin.reports";
            )
            (
                /// The resources of the container.
                "resources" => resources: Option<Resources>;
                of limit_memory "resources.limits.memory" [A, A, I, I, I] "only on Kubernetes" => "plugin.resources";
                of limit_cpu "resources.limits.cpu" [A, A, I, I, I] "only on Kubernetes" => "plugin.resources";
            )
            (
                /// The user id.
                "runAsUser" => run_as_user: Option<Text> as FieldKind::TextOrNumber;
                [A, A, A, A, A] => "plugin.run-as-user";
            )
        }
    };
}

plugin_inputs!(records);
