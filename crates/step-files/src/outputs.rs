//! The files that a step writes its output variables to (outputs.files).

use std::{
    io,
    path::{Component, Path, PathBuf},
};

use cirun_beneath::{Refusal, Root};
use cirun_engine::{BackendError, OutputFiles};
use cirun_plan::{ENGINE_DIR, StepFiles};
use indexmap::IndexMap;
use tokio::task::spawn_blocking;

/// The largest output file.
const LARGEST: u64 = 16 << 20;

/// The owner of the files.
#[derive(Debug, Clone, Copy)]
pub struct Step<'s> {
    /// The directory on the machine that the step sees as [`ENGINE_DIR`].
    pub run_dir: &'s Path,
    /// The step's variables, with paths as in the plan.
    pub env: &'s IndexMap<String, String>,
}

/// Reads the files in the step's environment. One that cannot be trusted is [`OutputFiles::refused`].
///
/// # Errors
/// [`BackendError::Io`] if the run's directory itself cannot be read.
pub async fn read(step: Step<'_>) -> Result<OutputFiles, BackendError> {
    let outputs = step.file("DRONE_OUTPUT").or_else(|| step.file("HARNESS_OUTPUT_FILE"));
    let (secrets, artifact) = (step.file("HARNESS_OUTPUT_SECRET_FILE"), step.file("PLUGIN_ARTIFACT_FILE"));
    step.blocking("read the output files", move |root| {
        let mut refused = None;
        let mut take = |file: Option<PathBuf>| match read_file(root, file?) {
            Ok(content) => content,
            Err(error) => {
                refused.get_or_insert(error);
                None
            }
        };
        let mut files = OutputFiles { outputs: take(outputs), secrets: None, artifact: take(artifact), refused: None };
        files.secrets = take(secrets.clone());
        if let (Some(path), Some(_)) = (secrets, &files.secrets) {
            // It is removed at once, so that it is never left in the run's record, however cirun ends. The end of the
            // run tries again.
            drop(root.remove(&path));
        }
        files.refused = refused.map(|refused| refused.to_string());
        Ok(files)
    })
    .await
}

/// A file that is not used, because a step could mislead cirun with it.
#[derive(Debug, thiserror::Error)]
#[error("the output file {ENGINE_DIR}/{} {}: {refusal}", .path.display(), .deed.failed())]
pub struct RefusedFile {
    path: PathBuf,
    deed: Deed,
    refusal: Refusal,
}

/// What was to be done with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Read,
    Remove,
}

impl Deed {
    fn failed(self) -> &'static str {
        match self {
            Self::Read => "is refused",
            Self::Remove => "cannot be removed",
        }
    }
}

/// Removes the files of an earlier attempt: a retry writes to the same files, and in CI they would be new. The inner
/// error is the reason why the step cannot start.
///
/// # Errors
/// As [`read`].
pub async fn remove(step: Step<'_>) -> Result<Result<(), RefusedFile>, BackendError> {
    let files: Vec<PathBuf> = StepFiles::VARIABLES.iter().filter_map(|variable| step.file(variable)).collect();
    step.blocking("remove the output files", move |root| {
        for file in files {
            match root.remove(&file) {
                Ok(()) | Err(Refusal::Missing) => {}
                Err(refusal) => return Ok(Err(RefusedFile { path: file, deed: Deed::Remove, refusal })),
            }
        }
        Ok(Ok(()))
    })
    .await
}

/// Reads the variables that a step exported to the later host steps of its stage (`$DRONE_ENV`). The inner error
/// is a file that is not used.
///
/// # Errors
/// As [`read`].
pub async fn export(step: Step<'_>) -> Result<Result<Option<Vec<u8>>, RefusedFile>, BackendError> {
    let Some(file) = step.file("DRONE_ENV") else { return Ok(Ok(None)) };
    step.blocking("read what the step exported", move |root| Ok(read_file(root, file))).await
}

impl Step<'_> {
    /// The path, in the run's directory, of the file in a variable; `None` for every other path.
    fn file(self, variable: &str) -> Option<PathBuf> {
        let below = Path::new(self.env.get(variable)?).strip_prefix(ENGINE_DIR).ok()?;
        let plain = below.components().all(|part| matches!(part, Component::Normal(_)));
        (plain && below.components().next().is_some()).then(|| below.to_owned())
    }

    async fn blocking<T: Send + 'static>(
        self,
        what: &str,
        work: impl FnOnce(&Root) -> io::Result<T> + Send + 'static,
    ) -> Result<T, BackendError> {
        let failed = |source| BackendError::Io { what: format!("{what} in {}", self.run_dir.display()), source };
        let run_dir = self.run_dir.to_owned();
        let opened = spawn_blocking(move || work(&Root::open(&run_dir)?)).await;
        opened.map_err(|panic| failed(io::Error::other(panic)))?.map_err(failed)
    }
}

fn read_file(root: &Root, path: PathBuf) -> Result<Option<Vec<u8>>, RefusedFile> {
    match root.read(&path, LARGEST) {
        Ok(content) => Ok(Some(content)),
        Err(Refusal::Missing) => Ok(None),
        Err(refusal) => Err(RefusedFile { path, deed: Deed::Read, refusal }),
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    const FILES: [(&str, &str); 4] = [
        ("DRONE_OUTPUT", "/tmp/engine/a-output.env"),
        ("HARNESS_OUTPUT_SECRET_FILE", "/tmp/engine/a-output-secrets.env"),
        ("PLUGIN_ARTIFACT_FILE", "/tmp/engine/a-artifact"),
        ("PLUGIN_METADATA_FILE", "/tmp/engine/a-d/victim"),
    ];

    struct Bench {
        dir: tempfile::TempDir,
        env: IndexMap<String, String>,
        runtime: tokio::runtime::Runtime,
    }

    impl Bench {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            fs::create_dir(dir.path().join("run")).unwrap();
            fs::create_dir(dir.path().join("home")).unwrap();
            fs::write(dir.path().join("home/victim"), "AWS_SECRET_ACCESS_KEY=x").unwrap();
            let env = FILES.iter().map(|(name, path)| ((*name).to_owned(), (*path).to_owned())).collect();
            let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
            Self { dir, env, runtime }
        }

        fn path(&self, path: &str) -> PathBuf {
            self.dir.path().join(path)
        }

        fn with<T>(&self, act: impl AsyncFnOnce(Step<'_>) -> Result<T, BackendError>) -> T {
            let run_dir = self.path("run");
            self.runtime.block_on(act(Step { run_dir: &run_dir, env: &self.env })).unwrap()
        }
    }

    #[test]
    fn only_below_the_runs_directory() {
        let at = |path: &str| {
            let env = [("V".to_owned(), path.to_owned())].into_iter().collect();
            Step { run_dir: Path::new("/run/r1"), env: &env }.file("V")
        };
        assert_eq!(at("/tmp/engine/a-output.env"), Some("a-output.env".into()));
        assert_eq!(at("/tmp/engine/d/a"), Some("d/a".into()));
        for other in ["/tmp/engine", "/tmp/engine/../passwd", "/tmp/engines/a", "/etc/passwd", "a"] {
            assert_eq!(at(other), None, "{other}");
        }
    }

    #[test]
    fn read_once_and_secrets_removed() {
        let bench = Bench::new();
        fs::write(bench.path("run/a-output.env"), "A=1").unwrap();
        fs::write(bench.path("run/a-output-secrets.env"), "S=2").unwrap();
        let files = bench.with(read);
        assert_eq!(
            files,
            OutputFiles {
                outputs: Some(b"A=1".to_vec()),
                secrets: Some(b"S=2".to_vec()),
                artifact: None,
                refused: None
            }
        );
        assert!(!bench.path("run/a-output-secrets.env").exists());
        assert!(bench.with(remove).is_ok());
        assert_eq!(bench.with(read), OutputFiles::default());
    }

    #[test]
    fn a_link_is_refused_and_named() {
        let bench = Bench::new();
        symlink(bench.path("home/victim"), bench.path("run/a-output.env")).unwrap();
        let files = bench.with(read);
        assert_eq!(files.outputs, None);
        assert_eq!(
            files.refused.unwrap(),
            "the output file /tmp/engine/a-output.env is refused: `a-output.env` is a symbolic link, and links are not followed"
        );
    }

    #[test]
    fn a_pipe_is_refused_at_once() {
        let bench = Bench::new();
        let made = std::process::Command::new("mkfifo").arg(bench.path("run/a-artifact")).status().unwrap();
        assert!(made.success());
        assert!(bench.with(read).refused.unwrap().ends_with("it is a named pipe, not a regular file"));
    }

    #[test]
    fn nothing_is_removed_through_a_link() {
        let bench = Bench::new();
        symlink(bench.path("home"), bench.path("run/a-d")).unwrap();
        let reason = bench.with(remove).unwrap_err().to_string();
        assert_eq!(
            reason,
            "the output file /tmp/engine/a-d/victim cannot be removed: `a-d` is a symbolic link, and links are not followed"
        );
        assert!(bench.path("home/victim").exists());
        fs::remove_file(bench.path("run/a-d")).unwrap();
        symlink(bench.path("home/victim"), bench.path("run/a-output.env")).unwrap();
        assert!(bench.with(remove).is_ok());
        assert!(bench.path("home/victim").exists() && !bench.path("run/a-output.env").is_symlink());
    }
}
