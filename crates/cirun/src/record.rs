//! The record of a run: a directory of its own, kept after the run.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{error::CliError, paths::Paths};

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
            fs::create_dir_all(&directory).map_err(|error| CliError::io(directory.display(), &error))?;
        }
        open_to_all(&record.steps()).map_err(|error| CliError::io(record.steps().display(), &error))?;
        prune(record.directory.parent().unwrap_or(Path::new(".")))
            .map_err(|error| CliError::io("cannot remove old records", &error))?;
        Ok(record)
    }

    /// The directory that is mounted at `/tmp/engine` in every container; any user may write to it.
    pub(crate) fn steps(&self) -> PathBuf {
        self.directory.join("engine")
    }

    /// The emulator's configuration and request log.
    pub(crate) fn emulator(&self) -> PathBuf {
        self.directory.join("emulator")
    }

    /// The events, one JSON object a line.
    pub(crate) fn events(&self) -> PathBuf {
        self.directory.join("events.jsonl")
    }

    /// Writes a file of the record.
    pub(crate) fn write(&self, name: &str, content: &str) -> Result<(), CliError> {
        let path = self.directory.join(name);
        fs::write(&path, content).map_err(|error| CliError::io(path.display(), &error))
    }
}

/// Step containers run as any user.
#[cfg(unix)]
fn open_to_all(directory: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(directory, fs::Permissions::from_mode(0o777))
}

#[cfg(not(unix))]
fn open_to_all(_directory: &Path) -> io::Result<()> {
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
        };
        for index in 0..KEPT + 3 {
            Record::create(&paths, &format!("run-{index:03}")).unwrap();
        }
        assert_eq!(fs::read_dir(directory.path().join("runs")).unwrap().count(), KEPT);
    }
}
