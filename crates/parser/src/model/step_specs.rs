//! What the steps that run locally take (documents.step-fields).

use cirun_diagnostics::{Span, Spanned};

use crate::{
    FieldKind, Flag, Int, Node, Text, TextList, TextMap,
    lower::spec::{REQUIRED, record, spec},
    model::{BuildSpec, RegistrySpec},
    words,
};

/// A map of anything.
const VALUES: FieldKind = FieldKind::Named("values");

/// `resources`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Resources {
    /// `limits.cpu`.
    pub limit_cpu: Option<Text>,
    /// `limits.memory`.
    pub limit_memory: Option<Text>,
    /// `requests.cpu`.
    pub request_cpu: Option<Text>,
    /// `requests.memory`.
    pub request_memory: Option<Text>,
}

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
    known { "description": FieldKind::Text, "A text for people."; }
}

/// `shell`, as written and as understood.
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
    /// The shell of a word, whatever its case: the service takes `Sh` only, its documentation writes `sh` too.
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
        /// Which connector pulls which images, in place of the stage's list and of `connectorRef`; not on Kubernetes.
        "registries" => registries: Vec<RegistrySpec>,
        /// The Harness Artifact Registry of the image.
        "registryRef" => registry_ref: Option<Text>,
        /// The image in which the script runs; on machines without one it runs on the machine.
        "image" => image: Option<Text>,
        /// `Always`, `Never` or `IfNotPresent`.
        "imagePullPolicy" => image_pull_policy: Option<Text> as words::PULL_POLICIES,
        /// Environment variables.
        "envVariables" => env_variables: Option<TextMap>,
        /// Variables that later steps can read.
        "outputVariables" => output_variables: Vec<OutputVariableSpec>,
        /// Runs the container with all rights on its machine.
        "privileged" => privileged: Option<Flag>,
        /// Test reports to collect.
        "reports" => reports: Option<ReportsSpec>,
        /// What the container may use.
        "resources" => resources: Option<Resources>,
        /// The user id.
        "runAsUser" => run_as_user: Option<Text> as FieldKind::TextOrNumber,
        /// Publishes the output variables under another name.
        "outputAlias" => output_alias: Option<OutputAliasSpec>,
        /// `Test`: selects the tests that a change can affect.
        "intelligenceMode" => intelligence_mode: Option<Flag>,
        /// `Test`: where the tests are.
        "globs" => globs: Option<TextList>,
        /// `Test`: into how many parts the tests are split.
        "parallelism" => parallelism: Option<Int>,
    }
    known {
        "description": FieldKind::Text, "Not read here: a description stands on the step.";
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
        /// Which connector pulls which images, in place of the stage's list and of `connectorRef`; not on Kubernetes.
        "registries" => registries: Vec<RegistrySpec>,
        /// The script, or the arguments of the entrypoint.
        "command" => command: Option<Text>,
        /// Replaces the image's entrypoint.
        "entrypoint" => entrypoint: Option<TextList>,
        /// `Sh`, `Bash`, `Powershell`, `Pwsh` or `Python`.
        "shell" => shell: Option<Text> as words::SHELLS,
        /// Environment variables.
        "envVariables" => env_variables: Option<TextMap>,
        /// What the container may use.
        "resources" => resources: Option<Resources>,
        /// Runs the container with all rights on its machine.
        "privileged" => privileged: Option<Flag>,
        /// The user id.
        "runAsUser" => run_as_user: Option<Text> as FieldKind::TextOrNumber,
        /// `Always`, `Never` or `IfNotPresent`.
        "imagePullPolicy" => image_pull_policy: Option<Text> as words::PULL_POLICIES,
        /// Ports of the machine and the ports of the service behind them; not on Kubernetes.
        "portBindings" => port_bindings: Option<TextMap>,
        /// Ports, in the form that only the service's own classes have.
        "ports" => ports: Option<TextList>,
        /// Further host names; only on machines.
        "networkAliases" => network_aliases: Option<TextList>,
        /// Test reports to collect.
        "reports" => reports: Option<ReportsSpec>,
        /// How often the step is started.
        "retry" => retry: Option<Int>,
        /// The image is one of Harness's own.
        "harnessManagedImage" => harness_managed_image: Option<Flag>,
        /// Without effect: a service has no outputs.
        "outputVariables" => output_variables: Option<Node>,
    }
    given {
        /// `args` of a legacy service: what its entrypoint is started with.
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
        /// Which connector pulls which images, in place of the stage's list and of `connectorRef`; not on Kubernetes.
        "registries" => registries: Vec<RegistrySpec>,
        /// The Harness Artifact Registry of the image.
        "registryRef" => registry_ref: Option<Text>,
        /// Replaces the image's entrypoint.
        "entrypoint" => entrypoint: Option<TextList>,
        /// The plugin's settings: each becomes `PLUGIN_<NAME>`.
        "settings" => settings: Option<Node> as VALUES,
        /// A plugin in a git repository.
        "uses" => uses: Option<Text>,
        /// Environment variables: not in the schema, and used.
        "envVariables" => env_variables: Option<TextMap>,
        /// `Always`, `Never` or `IfNotPresent`.
        "imagePullPolicy" => image_pull_policy: Option<Text> as words::PULL_POLICIES,
        /// Runs the container with all rights on its machine.
        "privileged" => privileged: Option<Flag>,
        /// Test reports to collect.
        "reports" => reports: Option<ReportsSpec>,
        /// What the container may use.
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
        /// The repository, where the connector is for an account.
        "repoName" => repo_name: Option<Text>,
        /// The project of the repository, at some providers.
        "projectName" => project_name: Option<Text>,
        /// What is checked out.
        "build" => build: Option<BuildSpec> = REQUIRED,
        /// The folder below the workspace.
        "cloneDirectory" => clone_directory: Option<Text>,
        /// How many commits are fetched.
        "depth" => depth: Option<Text> as FieldKind::Int,
        /// Checks the server's certificate.
        "sslVerify" => ssl_verify: Option<Flag>,
        /// Fetches large files.
        "lfs" => lfs: Option<Flag>,
        /// Logs what git does.
        "debug" => debug: Option<Flag>,
        /// Fetches tags.
        "fetchTags" => fetch_tags: Option<Flag>,
        /// The paths that are checked out; all if missing.
        "sparseCheckout" => sparse_checkout: Option<TextList>,
        /// `true`, `false` or `recursive`.
        "submoduleStrategy" => submodule_strategy: Option<Text> as words::SUBMODULES,
        /// A command before the fetch.
        "preFetchCommand" => pre_fetch_command: Option<Text>,
        /// Files whose content becomes an output.
        "outputFilePathsContent" => output_file_paths_content: Option<TextList>,
        /// Runs the container with all rights on its machine.
        "privileged" => privileged: Option<Flag>,
        /// What the container may use.
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
        /// Where the tests are.
        "testGlobs" => test_globs: Option<Text>,
        /// The root of the tests.
        "testRoot" => test_root: Option<Text>,
        /// Runs the tests that a change can affect.
        "runOnlySelectedTests" => run_only_selected_tests: Option<Flag>,
        /// Splits the tests over parallel steps.
        "enableTestSplitting" => enable_test_splitting: Option<Flag>,
        /// `ClassTiming` or `TestCount`.
        "testSplitStrategy" => test_split_strategy: Option<Text> as words::SPLIT_STRATEGIES,
    }
    given {
        /// The fields it shares with `Run` (`command` is not one of them).
        run: RunSpec,
    }
}

spec! {
    /// `Wait`.
    #[derive(Debug, Clone, PartialEq, Default)]
    pub struct WaitSpec {
        /// How long.
        "duration" => duration: Option<Text> as FieldKind::Duration = REQUIRED,
    }
    known {
        "metadata": FieldKind::Any, "Nothing that a local run reads.";
        "uuid": FieldKind::Text, "Nothing that a local run reads.";
    }
}
