//! The fields of the steps that run locally (documents.step-fields).

use cirun_diagnostics::{Span, Spanned};

use crate::{
    FieldKind, Flag, Int, Node, Text, TextList, TextMap,
    lower::spec::{REQUIRED, record, spec},
    model::{BuildSpec, RegistrySpec, Resources},
    words,
};

/// A map with any content.
const VALUES: FieldKind = FieldKind::Named("values");

/// `reports`.
#[derive(Debug, Clone, PartialEq)]
pub struct ReportsSpec {
    /// `type`; `JUnit` if missing.
    pub kind: Option<Text>,
    /// `spec.paths`.
    pub paths: Option<TextList>,
    /// Its place.
    pub span: Span,
}

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

/// `shell`, as written and as parsed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shell {
    /// `Sh`, the default.
    Sh,
    /// `Bash`.
    Bash,
    /// `Powershell`.
    Powershell,
    /// `Pwsh`.
    Pwsh,
    /// `Python`.
    Python,
}

impl Shell {
    /// Parses a shell name in any case: the service only accepts `Sh`, but its documentation also has `sh`.
    pub fn from_word(word: &str) -> Option<Self> {
        match word.trim().to_ascii_lowercase().as_str() {
            "sh" => Some(Self::Sh),
            "bash" => Some(Self::Bash),
            "powershell" => Some(Self::Powershell),
            "pwsh" => Some(Self::Pwsh),
            "python" => Some(Self::Python),
            _ => None,
        }
    }
}

spec! {
    /// `Run` and `Test`.
    #[derive(Debug, Clone, PartialEq, Default)]
    pub struct RunSpec {
        /// The script.
        "command" => command: Option<Text>,
        /// `Sh`, `Bash`, `Powershell`, `Pwsh` or `Python`.
        "shell" => shell: Option<Text> as words::SHELLS,
        /// The connector of the image's registry.
        "connectorRef" => connector_ref: Option<Text>,
        /// The connectors that pull images, instead of the stage's list and of `connectorRef`; not on Kubernetes.
        "registries" => registries: Vec<RegistrySpec>,
        /// The Harness Artifact Registry of the image.
        "registryRef" => registry_ref: Option<Text>,
        /// The image in which the script runs; on machines without one it runs on the machine itself.
        "image" => image: Option<Text>,
        /// `Always`, `Never` or `IfNotPresent`.
        "imagePullPolicy" => image_pull_policy: Option<Text> as words::PULL_POLICIES,
        /// Environment variables.
        "envVariables" => env_variables: Option<TextMap>,
        /// Variables that later steps can read.
        "outputVariables" => output_variables: Vec<OutputVariableSpec>,
        /// Whether to run the container with all rights on its machine.
        "privileged" => privileged: Option<Flag>,
        /// Test reports to collect.
        "reports" => reports: Option<ReportsSpec>,
        /// The resources of the container.
        "resources" => resources: Option<Resources>,
        /// The user id.
        "runAsUser" => run_as_user: Option<Text> as FieldKind::TextOrNumber,
        /// Publishes the output variables under another name.
        "outputAlias" => output_alias: Option<OutputAliasSpec>,
        /// `Test`: whether to select the tests that a change can affect.
        "intelligenceMode" => intelligence_mode: Option<Flag>,
        /// `Test`: the paths of the tests.
        "globs" => globs: Option<TextList>,
        /// `Test`: the number of parts to split the tests into.
        "parallelism" => parallelism: Option<Int>,
    }
    known {
        "description": FieldKind::Text, "Not read here: a description belongs to the step.";
        "baseImageConnectorRefs": FieldKind::TextList, "Of other steps.";
    }
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

record! {
    /// `Background` (the reference's page background).
    #[derive(Debug, Clone, PartialEq, Default)]
    pub struct BackgroundSpec {
        /// The image of the service.
        "image" => image: Option<Text>,
        /// The connector of the image's registry.
        "connectorRef" => connector_ref: Option<Text>,
        /// The connectors that pull images, instead of the stage's list and of `connectorRef`; not on Kubernetes.
        "registries" => registries: Vec<RegistrySpec>,
        /// The script, or the arguments of the entrypoint.
        "command" => command: Option<Text>,
        /// Replaces the image's entrypoint.
        "entrypoint" => entrypoint: Option<TextList>,
        /// `Sh`, `Bash`, `Powershell`, `Pwsh` or `Python`.
        "shell" => shell: Option<Text> as words::SHELLS,
        /// Environment variables.
        "envVariables" => env_variables: Option<TextMap>,
        /// The resources of the container.
        "resources" => resources: Option<Resources>,
        /// Whether to run the container with all rights on its machine.
        "privileged" => privileged: Option<Flag>,
        /// The user id.
        "runAsUser" => run_as_user: Option<Text> as FieldKind::TextOrNumber,
        /// `Always`, `Never` or `IfNotPresent`.
        "imagePullPolicy" => image_pull_policy: Option<Text> as words::PULL_POLICIES,
        /// Ports of the machine, mapped to ports of the service; not on Kubernetes.
        "portBindings" => port_bindings: Option<TextMap>,
        /// Ports, in a form that only the service's own classes have.
        "ports" => ports: Option<TextList>,
        /// Further host names; only on machines.
        "networkAliases" => network_aliases: Option<TextList>,
        /// Test reports to collect.
        "reports" => reports: Option<ReportsSpec>,
        /// How many times to start the step.
        "retry" => retry: Option<Int>,
        /// Whether the image is one of Harness's own.
        "harnessManagedImage" => harness_managed_image: Option<Flag>,
        /// No effect: a service has no outputs.
        "outputVariables" => output_variables: Option<Node>,
    }
    given {
        /// `args` of a legacy service: the arguments of its entrypoint.
        args: Option<TextList>,
    }
}

spec! {
    /// `Plugin`.
    #[derive(Debug, Clone, PartialEq, Default)]
    pub struct PluginSpec {
        /// The plugin's image.
        "image" => image: Option<Text>,
        /// The connector of the image's registry.
        "connectorRef" => connector_ref: Option<Text>,
        /// The connectors that pull images, instead of the stage's list and of `connectorRef`; not on Kubernetes.
        "registries" => registries: Vec<RegistrySpec>,
        /// The Harness Artifact Registry of the image.
        "registryRef" => registry_ref: Option<Text>,
        /// Replaces the image's entrypoint.
        "entrypoint" => entrypoint: Option<TextList>,
        /// The plugin's settings: each becomes `PLUGIN_<NAME>`.
        "settings" => settings: Option<Node> as VALUES,
        /// A plugin in a git repository.
        "uses" => uses: Option<Text>,
        /// Environment variables: not in the schema, but in use.
        "envVariables" => env_variables: Option<TextMap>,
        /// `Always`, `Never` or `IfNotPresent`.
        "imagePullPolicy" => image_pull_policy: Option<Text> as words::PULL_POLICIES,
        /// Whether to run the container with all rights on its machine.
        "privileged" => privileged: Option<Flag>,
        /// Test reports to collect.
        "reports" => reports: Option<ReportsSpec>,
        /// The resources of the container.
        "resources" => resources: Option<Resources>,
        /// The user id.
        "runAsUser" => run_as_user: Option<Text> as FieldKind::TextOrNumber,
    }
}

spec! {
    /// `GitClone`.
    #[derive(Debug, Clone, PartialEq, Default)]
    pub struct GitCloneSpec {
        /// The Git connector.
        "connectorRef" => connector_ref: Option<Text>,
        /// The repository, if the connector is for an account.
        "repoName" => repo_name: Option<Text>,
        /// The project of the repository, at some providers.
        "projectName" => project_name: Option<Text>,
        /// The branch, tag, commit or pull request to check out.
        "build" => build: Option<BuildSpec> = REQUIRED,
        /// The directory in the workspace.
        "cloneDirectory" => clone_directory: Option<Text>,
        /// Number of commits to fetch.
        "depth" => depth: Option<Text> as FieldKind::Int,
        /// Whether to verify the server's certificate.
        "sslVerify" => ssl_verify: Option<Flag>,
        /// Whether to fetch large files.
        "lfs" => lfs: Option<Flag>,
        /// Whether to log what git does.
        "debug" => debug: Option<Flag>,
        /// Whether to fetch tags.
        "fetchTags" => fetch_tags: Option<Flag>,
        /// The paths to check out; all if missing.
        "sparseCheckout" => sparse_checkout: Option<TextList>,
        /// `true`, `false` or `recursive`.
        "submoduleStrategy" => submodule_strategy: Option<Text> as words::SUBMODULES,
        /// A command before the fetch.
        "preFetchCommand" => pre_fetch_command: Option<Text>,
        /// Files whose content becomes an output.
        "outputFilePathsContent" => output_file_paths_content: Option<TextList>,
        /// Whether to run the container with all rights on its machine.
        "privileged" => privileged: Option<Flag>,
        /// The resources of the container.
        "resources" => resources: Option<Resources>,
        /// The user id.
        "runAsUser" => run_as_user: Option<Text> as FieldKind::TextOrNumber,
    }
    known {
        "baseImageConnectorRefs": FieldKind::TextList, "Connectors of base images.";
        "prCloneStrategy": FieldKind::Text, "Only read in the codebase.";
    }
}

record! {
    /// `RunTests`.
    #[derive(Debug, Clone, PartialEq, Default)]
    pub struct RunTestsSpec {
        /// `Java`, `Kotlin`, `Scala`, `Csharp`, `Python` or `Ruby`.
        "language" => language: Option<Text> as words::LANGUAGES = REQUIRED,
        /// `Maven`, `Bazel`, `Gradle`, `Dotnet`, `Nunitconsole`, `SBT`, `Pytest`, `Unittest` or `Rspec`.
        "buildTool" => build_tool: Option<Text> as words::BUILD_TOOLS = REQUIRED,
        /// Arguments of the build tool.
        "args" => args: Option<Text>,
        /// A script before the tests.
        "preCommand" => pre_command: Option<Text>,
        /// A script after the tests.
        "postCommand" => post_command: Option<Text>,
        /// `Core` or `Framework`, for C#.
        "buildEnvironment" => build_environment: Option<Text> as words::BUILD_ENVIRONMENTS,
        /// The version of .NET.
        "frameworkVersion" => framework_version: Option<Text> as words::FRAMEWORK_VERSIONS,
        /// The version of Python.
        "pythonVersion" => python_version: Option<Text>,
        /// Packages whose tests are selected.
        "packages" => packages: Option<Text>,
        /// Namespaces whose tests are selected.
        "namespaces" => namespaces: Option<Text>,
        /// Annotations that mark tests.
        "testAnnotations" => test_annotations: Option<Text>,
        /// The paths of the tests.
        "testGlobs" => test_globs: Option<Text>,
        /// The root of the tests.
        "testRoot" => test_root: Option<Text>,
        /// Whether to run only the tests that a change can affect.
        "runOnlySelectedTests" => run_only_selected_tests: Option<Flag>,
        /// Whether to split the tests over parallel steps.
        "enableTestSplitting" => enable_test_splitting: Option<Flag>,
        /// `ClassTiming` or `TestCount`.
        "testSplitStrategy" => test_split_strategy: Option<Text> as words::SPLIT_STRATEGIES,
    }
    given {
        /// The fields shared with `Run` (without `command`).
        run: RunSpec,
    }
}

spec! {
    /// `Wait`.
    #[derive(Debug, Clone, PartialEq, Default)]
    pub struct WaitSpec {
        /// The duration.
        "duration" => duration: Option<Text> as FieldKind::Duration = REQUIRED,
    }
    known {
        "metadata": FieldKind::Any, "Nothing that a local run reads.";
        "uuid": FieldKind::Text, "Nothing that a local run reads.";
    }
}

/// A step that is shown but does not run.
#[derive(Debug, Clone, PartialEq)]
pub struct OtherSpec {
    /// The reason, as text to print.
    pub why: &'static str,
    /// Its fields, as written.
    pub fields: Vec<(Spanned<String>, Node)>,
}
