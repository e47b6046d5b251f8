//! The paths of the files with a step's outputs (environment.files).

use crate::StepPath;

/// The directory of those files, in every container and on the host path that the executor binds there.
pub const ENGINE_DIR: &str = "/tmp/engine";

/// The files of one step, as absolute paths in its container. A retry writes the same files again: the executor removes
/// them before each attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepFiles {
    /// `DRONE_ENV`: variables that containerless steps export to later ones.
    pub export: String,
    /// `DRONE_OUTPUT` and `HARNESS_OUTPUT_FILE`.
    pub output: String,
    /// `HARNESS_OUTPUT_SECRET_FILE`.
    pub output_secret: String,
    /// `PLUGIN_ARTIFACT_FILE`.
    pub artifact: String,
    /// `HARNESS_ARTIFACT_FILE_PATH`.
    pub artifact_list: String,
    /// `HARNESS_ANNOTATIONS_FILE`.
    pub annotations: String,
}

impl StepFiles {
    /// The variables that name an attempt's output files; those from `PLUGIN_METADATA_FILE` on only if the step has
    /// them.
    pub const VARIABLES: [&'static str; 11] = [
        "DRONE_ENV",
        "DRONE_OUTPUT",
        "HARNESS_OUTPUT_FILE",
        "HARNESS_OUTPUT_SECRET_FILE",
        "PLUGIN_ARTIFACT_FILE",
        "HARNESS_ARTIFACT_FILE_PATH",
        "HARNESS_ANNOTATIONS_FILE",
        "PLUGIN_METADATA_FILE",
        "PLUGIN_CACHE_METRICS_FILE",
        "PLUGIN_CACHE_INTEL_METRICS_FILE",
        "PLUGIN_BUILD_TOOL_FILE",
    ];

    /// The files of the step at `path`.
    pub fn of(path: &StepPath) -> Self {
        Self {
            export: file(path, "export.env"),
            output: file(path, "output.env"),
            output_secret: file(path, "output-secrets.env"),
            artifact: file(path, "artifact"),
            artifact_list: file(path, "artifact.json"),
            annotations: file(path, "annotations.json"),
        }
    }

    /// Another file of the step, for variables with a value that the runner prefixes (`PLUGIN_METADATA_FILE`).
    pub fn named(path: &StepPath, name: &str) -> String {
        file(path, name)
    }
}

fn file(path: &StepPath, name: &str) -> String {
    [ENGINE_DIR, "/", path.as_str(), "-", name].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_after_the_path() {
        let files = StepFiles::of(&StepPath::new("ci", ["build", "tests", "unit"]));
        assert_eq!(files.output, "/tmp/engine/build.tests.unit-output.env");
        assert_eq!(files.output_secret, "/tmp/engine/build.tests.unit-output-secrets.env");
        assert_eq!(files.artifact, "/tmp/engine/build.tests.unit-artifact");
    }
}
