//! The record of a run: a directory of its own, kept after the run.

pub(crate) mod history;
mod invocation;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

pub(crate) use invocation::Invocation;

use crate::{error::CliError, exit::ExitCode, paths::Paths};

/// The events of a run, one JSON object a line.
const EVENTS: &str = "events.jsonl";
/// The plan of a run, as `cirun plan --format json` prints it.
const PLAN: &str = "plan.json";
/// The emulator's configuration and request log.
const EMULATOR: &str = "emulator";
/// The uploads of a run, by store and bucket.
const ARTIFACTS: &str = "artifacts";
/// How the files end that steps write secret outputs to.
const SECRET_OUTPUTS: &str = "-output-secrets.env";

/// How many records are kept.
const KEPT: usize = 50;

/// The directory of one run.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    directory: PathBuf,
}

impl Record {
    /// Makes the directory of a new run, and removes the oldest records beyond those that are kept.
    pub(crate) fn create(paths: &Paths, run: &str) -> Result<Self, CliError> {
        let record = Self { directory: paths.run(run) };
        for directory in [record.steps(), record.emulator()] {
            fs::create_dir_all(&directory).map_err(|error| {
                CliError::io(format!("cannot make the run's record {}", directory.display()), &error)
                    .help("make the directory writable, or name another one with XDG_STATE_HOME")
            })?;
        }
        close_to_others(&record.directory).map_err(|error| CliError::io(record.directory.display(), &error))?;
        open_to_all(&record.steps()).map_err(|error| CliError::io(record.steps().display(), &error))?;
        prune(record.directory.parent().unwrap_or(Path::new(".")))
            .map_err(|error| CliError::io("cannot remove old records", &error))?;
        Ok(record)
    }

    /// The directory that is mounted at `/tmp/engine` in every container; any user may write to it.
    pub(crate) fn steps(&self) -> PathBuf {
        self.directory.join("engine")
    }

    /// The home directories of host steps, while their stages run.
    pub(crate) fn homes(&self) -> PathBuf {
        self.directory.join("homes")
    }

    /// The clean clone of this run, if it has one.
    pub(crate) fn clean_clone(&self) -> PathBuf {
        self.directory.join("workspace")
    }

    /// The emulator's configuration and request log.
    pub(crate) fn emulator(&self) -> PathBuf {
        self.directory.join(EMULATOR)
    }

    /// What steps uploaded, where it stays here.
    pub(crate) fn artifacts(&self) -> PathBuf {
        self.directory.join(ARTIFACTS)
    }

    /// The directory of the socket that steps get in place of the engine's.
    pub(crate) fn guard(&self) -> Result<PathBuf, CliError> {
        let directory = self.directory.join("guard");
        fs::create_dir_all(&directory).map_err(|error| CliError::io(directory.display(), &error))?;
        Ok(directory)
    }

    /// The events, one JSON object a line.
    pub(crate) fn events(&self) -> PathBuf {
        self.directory.join(EVENTS)
    }

    /// Keeps the plan, and what the run was started with.
    pub(crate) fn keep(&self, plan: &cirun_plan::Plan, invocation: &Invocation) -> Result<(), CliError> {
        let json = serde_json::to_string_pretty(invocation);
        self.write(PLAN, &cirun_plan::to_json(plan))?;
        self.write(invocation::FILE, &json.map_err(|error| CliError::new(ExitCode::Bug, error.to_string()))?)
    }

    /// Removes the files of secret outputs: the run has read them, and they are not masked.
    pub(crate) fn forget_secrets(&self) -> io::Result<()> {
        for entry in fs::read_dir(self.steps())? {
            let entry = entry?;
            if entry.file_name().to_string_lossy().ends_with(SECRET_OUTPUTS) {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    /// What each step and service printed, as `STAGE/STEP.log`.
    pub(crate) fn logs(&self) -> PathBuf {
        self.directory.join("logs")
    }

    /// Writes a file of the record.
    pub(crate) fn write(&self, name: &str, content: &str) -> Result<(), CliError> {
        let path = self.directory.join(name);
        fs::write(&path, content).map_err(|error| CliError::io(path.display(), &error))
    }
}

/// What steps print and write is nobody else's business. The engine reaches the directories that it mounts all the same.
#[cfg(unix)]
pub(crate) fn close_to_others(directory: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(directory, fs::Permissions::from_mode(0o700))
}

#[cfg(not(unix))]
pub(crate) fn close_to_others(_directory: &Path) -> io::Result<()> {
    Ok(())
}

/// Step containers run as any user (harness-runtime.md 1.2).
#[cfg(unix)]
pub(crate) fn open_to_all(directory: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(directory, fs::Permissions::from_mode(0o777))
}

#[cfg(not(unix))]
pub(crate) fn open_to_all(_directory: &Path) -> io::Result<()> {
    Ok(())
}

fn prune(runs: &Path) -> io::Result<()> {
    let mut records = Vec::new();
    for entry in fs::read_dir(runs)? {
        let entry = entry?;
        records.push((entry.metadata()?.modified()?, entry.path()));
    }
    records.sort();
    let surplus = records.len().saturating_sub(KEPT);
    for (_, path) in records.into_iter().take(surplus) {
        match fs::remove_dir_all(&path) {
            Err(error)
                if error.kind() != io::ErrorKind::NotFound && error.kind() != io::ErrorKind::PermissionDenied =>
            {
                return Err(error);
            }
            Ok(()) | Err(_) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_records_make_room() {
        let directory = tempfile::tempdir().unwrap();
        let paths = Paths {
            home: directory.path().to_owned(),
            config: directory.path().to_owned(),
            data: directory.path().to_owned(),
            state: directory.path().to_owned(),
            cache: directory.path().to_owned(),
        };
        for index in 0..KEPT + 3 {
            Record::create(&paths, &format!("run-{index:03}")).unwrap();
        }
        assert_eq!(fs::read_dir(directory.path().join("runs")).unwrap().count(), KEPT);
    }
}
