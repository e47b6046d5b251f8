//! The allowed values of fields, as the schema lists them (documents.words).

use crate::FieldKind;

pub(crate) const PULL_POLICIES: FieldKind = FieldKind::Enum(&["Always", "Never", "IfNotPresent"]);
/// The service only accepts the capitalised words; its documentation also has `sh`, and case does not matter here.
pub(crate) const SHELLS: FieldKind =
    FieldKind::Enum(&["Sh", "Bash", "Powershell", "Pwsh", "Python", "sh", "bash", "powershell", "pwsh", "python"]);
pub(crate) const SYSTEMS: FieldKind = FieldKind::Enum(&["Linux", "MacOS", "Windows"]);
pub(crate) const ARCHITECTURES: FieldKind = FieldKind::Enum(&["Amd64", "Arm64"]);
pub(crate) const SIZES: FieldKind =
    FieldKind::Enum(&["xsmall", "flex", "small", "medium", "large", "xlarge", "xxlarge", "xxxlarge"]);
pub(crate) const CACHE_POLICIES: FieldKind = FieldKind::Enum(&["pull", "push", "pull-push"]);
pub(crate) const CLONE_STRATEGIES: FieldKind = FieldKind::Enum(&["MergeCommit", "SourceBranch"]);
pub(crate) const SUBMODULES: FieldKind = FieldKind::Enum(&["true", "false", "recursive"]);
pub(crate) const SCOPES: FieldKind = FieldKind::Enum(&["Pipeline", "Stage", "StepGroup"]);
pub(crate) const VARIABLE_TYPES: FieldKind = FieldKind::Enum(&["String", "Number", "Secret"]);
pub(crate) const VARIABLE_NAME: FieldKind = FieldKind::Named("variableName");
pub(crate) const LANGUAGES: FieldKind = FieldKind::Enum(&["Java", "Kotlin", "Scala", "Csharp", "Python", "Ruby"]);
pub(crate) const BUILD_TOOLS: FieldKind =
    FieldKind::Enum(&["Maven", "Bazel", "Gradle", "Dotnet", "Nunitconsole", "SBT", "Pytest", "Unittest", "Rspec"]);
pub(crate) const FRAMEWORK_VERSIONS: FieldKind = FieldKind::Enum(&["5.0", "6.0"]);
pub(crate) const BUILD_ENVIRONMENTS: FieldKind = FieldKind::Enum(&["Core", "Framework"]);
pub(crate) const SPLIT_STRATEGIES: FieldKind = FieldKind::Enum(&["ClassTiming", "TestCount"]);
pub(crate) const ARCHIVES: FieldKind = FieldKind::Enum(&["Tar", "Gzip", "Zstd"]);
pub(crate) const LOOP_FAILURES: FieldKind = FieldKind::Enum(&["RunAll", "SkipQueued"]);
pub(crate) const COUNTED: FieldKind = FieldKind::Enum(&["Percentage", "Count"]);
