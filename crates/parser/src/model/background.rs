//! The inputs of Background steps (the reference's page background).

use crate::{
    FieldKind, Flag, Int, Node, Text, TextList, TextMap,
    lower::spec::records,
    model::{RegistrySpec, ReportsSpec, Resources},
    words,
};

/// The inputs of this step, a row for each, as in [`build_and_push_inputs!`](crate::build_and_push_inputs).
/// `U`: required unless `harnessManagedImage` is set.
#[macro_export]
macro_rules! background_inputs {
    ($with:ident) => {
        $with! {
            /// `Background` (the reference's page background).
            #[derive(Debug, Clone, PartialEq, Default)]
            BackgroundSpec BACKGROUND
            {
                given {
                    /// `args` of a legacy service: the arguments of its entrypoint.
                    args: Option<TextList>,
                }
            }
            (
                /// The image of the service.
                "image" => image: Option<Text>;
                [R, R, A, A, R] "required, except on `vm` and `cloud`, where the service can run on the machine itself"
                    => "background.image";
            )
            (
                /// The connector of the image's registry.
                "connectorRef" => connector_ref: Option<Text>;
                [U, U, A, A, A] "required on Kubernetes unless `harnessManagedImage` is set" => "background.connector";
            )
            (
                /// The connectors that pull images, instead of the stage's list and of `connectorRef`; not on Kubernetes.
                "registries" => registries: Vec<RegistrySpec>;
                [I, I, A, A, A] "only machines read it" => "images.registries";
            )
            (
                /// The script, or the arguments of the entrypoint.
                "command" => command: Option<Text>;
                [A, A, A, A, A] => "background.command";
            )
            (
                /// Replaces the image's entrypoint.
                "entrypoint" => entrypoint: Option<TextList>;
                [A, A, A, A, A] => "background.entrypoint";
            )
            (
                /// `Sh`, `Bash`, `Powershell`, `Pwsh` or `Python`.
                "shell" => shell: Option<Text> as words::SHELLS;
                [A, A, A, A, A] => "background.shell";
            )
            (
                /// Environment variables.
                "envVariables" => env_variables: Option<TextMap>;
                [A, A, A, A, A] => "background.env";
            )
            (
                /// The resources of the container.
                "resources" => resources: Option<Resources>;
                of limit_memory "resources.limits.memory" [A, A, I, I, I] "only on Kubernetes" => "background.resources";
                of limit_cpu "resources.limits.cpu" [A, A, I, I, I] "only on Kubernetes" => "background.resources";
                of request_memory "resources.requests.memory" [A, A, I, I, I] "only on Kubernetes"
                    => "background.resources";
                of request_cpu "resources.requests.cpu" [A, A, I, I, I] "only on Kubernetes" => "background.resources";
            )
            (
                /// Whether to run the container with all rights on its machine.
                "privileged" => privileged: Option<Flag>;
                [A, A, A, A, A] => "background.privileged";
            )
            (
                /// The user id.
                "runAsUser" => run_as_user: Option<Text> as FieldKind::TextOrNumber;
                [A, A, A, A, A] => "background.run-as-user";
            )
            (
                /// `Always`, `Never` or `IfNotPresent`.
                "imagePullPolicy" => image_pull_policy: Option<Text> as words::PULL_POLICIES;
                [A, A, A, A, A] => "background.pull-policy";
            )
            (
                /// Ports of the machine, mapped to ports of the service; not on Kubernetes.
                "portBindings" => port_bindings: Option<TextMap>;
                [X, X, A, A, A] "Kubernetes refuses them" => "background.port-bindings";
            )
            (
                /// Ports, in a form that only the service's own classes have.
                "ports" => ports: Option<TextList>;
                [I, I, A, A, A] "a second form of `portBindings`, not on Kubernetes" => "background.ports";
            )
            (
                /// Further host names; only on machines.
                "networkAliases" => network_aliases: Option<TextList>;
                [I, I, A, A, A] "names in Docker's network, which a pod has not" => "background.network-aliases";
            )
            (
                /// Test reports to collect.
                "reports" => reports: Option<ReportsSpec>;
                [A, A, A, A, A] => "background.reports";
            )
            (
                /// How many times to start the step.
                "retry" => retry: Option<Int>;
                [I, I, I, I, I] "a service that was started is a success, so nothing is tried again"
                    => "background.retry";
            )
            (
                /// Whether the image is one of Harness's own.
                "harnessManagedImage" => harness_managed_image: Option<Flag>;
                if true_flag [A, A, A, A, A] => "background.managed-image";
            )
            (
                /// No effect: a service has no outputs.
                "outputVariables" => output_variables: Option<Node>;
                [I, I, I, I, I] "Background steps have no output variables" => "background.output-variables";
            )
        }
    };
}

background_inputs!(records);
