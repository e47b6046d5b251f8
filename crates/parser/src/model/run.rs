//! The inputs of `Run` and `Test` steps (the reference's page run).

use cirun_diagnostics::Spanned;

use crate::{
    FieldKind, Flag, Int, Text, TextList, TextMap,
    lower::spec::{REQUIRED, records, spec},
    model::{RegistrySpec, ReportsSpec, Resources},
    words,
};

/// The inputs of these steps, a row for each, as in [`build_and_push_inputs!`](crate::build_and_push_inputs).
/// `U`: required unless `registryRef` is set. `C`: required unless `image` is set. `B`: required beside `image`, but
/// real pipelines run without it.
#[macro_export]
macro_rules! run_inputs {
    ($with:ident) => {
        $with! {
            /// `Run` and `Test`.
            #[derive(Debug, Clone, PartialEq, Default)]
            RunSpec RUN
            {
                known {
                    "description": FieldKind::Text, "Not read here: a description belongs to the step.";
                    "baseImageConnectorRefs": FieldKind::TextList, "Of other steps.";
                }
            }
            (
                /// The script.
                "command" => command: Option<Text>;
                [A, A, C, C, C] "machines refuse a step without `command` and `image`" => "run.command";
            )
            (
                /// `Sh`, `Bash`, `Powershell`, `Pwsh` or `Python`.
                "shell" => shell: Option<Text> as words::SHELLS;
                [A, A, A, A, A] => "run.shell";
            )
            (
                /// The connector of the image's registry.
                "connectorRef" => connector_ref: Option<Text>;
                [U, U, B, B, B] "required on Kubernetes, and elsewhere beside `image`" => "run.connector";
            )
            (
                /// The connectors that pull images, instead of the stage's list and of `connectorRef`; not on Kubernetes.
                "registries" => registries: Vec<RegistrySpec>;
                [I, I, A, A, A] "only machines read it" => "images.registries";
            )
            (
                /// The Harness Artifact Registry of the image.
                "registryRef" => registry_ref: Option<Text>;
                [A, A, A, A, A] => "run.registry-ref";
            )
            (
                /// The image in which the script runs; on machines without one it runs on the machine itself.
                "image" => image: Option<Text>;
                [R, R, A, A, A] "required on Kubernetes; elsewhere the step can run on the machine itself" => "run.image";
            )
            (
                /// `Always`, `Never` or `IfNotPresent`.
                "imagePullPolicy" => image_pull_policy: Option<Text> as words::PULL_POLICIES;
                [A, A, A, A, A] => "run.pull-policy";
            )
            (
                /// Environment variables.
                "envVariables" => env_variables: Option<TextMap>;
                [A, A, A, A, A] => "run.env";
            )
            (
                /// Variables that later steps can read.
                "outputVariables" => output_variables: Vec<OutputVariableSpec>;
                [A, A, A, A, A] => "run.output-variables";
            )
            (
                /// Whether to run the container with all rights on its machine.
                "privileged" => privileged: Option<Flag>;
                [A, A, A, A, A] => "run.privileged";
            )
            (
                /// Test reports to collect.
                "reports" => reports: Option<ReportsSpec>;
                [A, A, A, A, A] => "run.reports";
            )
            (
                /// The resources of the container.
                "resources" => resources: Option<Resources>;
                of limit_memory "resources.limits.memory" [A, A, I, I, I] "only on Kubernetes" => "run.resources";
                of limit_cpu "resources.limits.cpu" [A, A, I, I, I] "only on Kubernetes" => "run.resources";
            )
            (
                /// The user id.
                "runAsUser" => run_as_user: Option<Text> as FieldKind::TextOrNumber;
                [A, A, A, A, A] => "run.run-as-user";
            )
            (
                /// Publishes the output variables under another name.
                "outputAlias" => output_alias: Option<OutputAliasSpec>;
            )
            (
                /// `Test`: whether to select the tests that a change can affect.
                "intelligenceMode" => intelligence_mode: Option<Flag>;
            )
            (
                /// `Test`: the paths of the tests.
                "globs" => globs: Option<TextList>;
            )
            (
                /// `Test`: the number of parts to split the tests into.
                "parallelism" => parallelism: Option<Int>;
            )
        }
    };
}

run_inputs!(records);

spec! {
    /// An item of `outputVariables`.
    #[derive(Debug, Clone, PartialEq)]
    pub struct OutputVariableSpec {
        /// The exported key.
        "name" => name: Spanned<String> as words::VARIABLE_NAME,
        /// `String`, `Number` or `Secret`.
        "type" => kind: Option<Text> as words::VARIABLE_TYPES,
        /// The shell variable to read.
        "value" => value: Option<Text>,
    }
    known { "description": FieldKind::Text, "A description."; }
}

spec! {
    /// `outputAlias`.
    #[derive(Debug, Clone, PartialEq)]
    pub struct OutputAliasSpec {
        /// The name.
        "key" => key: Option<Text> = REQUIRED,
        /// `Pipeline`, `Stage` or `StepGroup`.
        "scope" => scope: Option<Text> as words::SCOPES = REQUIRED,
    }
}
