//! The fields of the steps that run locally and have no table of inputs, and of what several steps have
//! (documents.step-fields).

use cirun_diagnostics::{Span, Spanned};

use crate::{
    FieldKind, Flag, Node, Text, TextList,
    lower::spec::{REQUIRED, record, spec},
    model::{BuildSpec, Resources, RunSpec},
    words,
};

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
