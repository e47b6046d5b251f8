//! The data directory of `cirun aws serve`: the one of `--data`, or a temporary one. cirun removes a temporary directory when
//! it stops; if it was killed, the next `cirun aws serve` removes it.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use cirun_diagnostics::Failure;

const PREFIX: &str = "cirun-aws-";
/// A file that is locked while its directory is in use. The kernel unlocks it, however the process ends.
const IN_USE: &str = "in-use";

/// The data directory, and the lock of a temporary one.
#[derive(Debug)]
pub struct ServeData {
    path: PathBuf,
    in_use: Option<File>,
}

impl ServeData {
    /// Opens the named directory, or makes one below `temporary`. The named directory is made if it does not exist.
    ///
    /// # Errors
    /// The directory cannot be made.
    pub fn open(named: Option<PathBuf>, temporary: &Path) -> Result<Self, Failure> {
        match named {
            Some(path) => {
                fs::create_dir_all(&path).map_err(|error| Failure::io(path.display(), error))?;
                Ok(Self { path, in_use: None })
            }
            None => Self::temporary(temporary),
        }
    }

    fn temporary(parent: &Path) -> Result<Self, Failure> {
        let failed = |error| Failure::io(parent.display(), error);
        remove_abandoned(parent).map_err(failed)?;
        // Made under another name: another process would take an unlocked directory for abandoned.
        let aside = parent.join(format!(".{PREFIX}{}", std::process::id()));
        let path = parent.join(format!("{PREFIX}{}", std::process::id()));
        create_private(&aside).map_err(failed)?;
        let in_use = File::create(aside.join(IN_USE)).map_err(failed)?;
        in_use.lock().map_err(failed)?;
        fs::rename(&aside, &path).map_err(failed)?;
        Ok(Self { path, in_use: Some(in_use) })
    }

    /// The directory's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether [`ServeData::close`] removes the directory.
    pub fn is_temporary(&self) -> bool {
        self.in_use.is_some()
    }

    /// Removes a temporary directory.
    ///
    /// # Errors
    /// The directory cannot be removed.
    pub fn close(self) -> Result<(), Failure> {
        if !self.is_temporary() {
            return Ok(());
        }
        fs::remove_dir_all(&self.path).map_err(|error| Failure::io(self.path.display(), error))
    }
}

/// Makes a directory that no other user can read, as the key of the emulator's tokens will be in it. Replaces one that a
/// killed process left; one of another user cannot be removed, and is an error.
fn create_private(directory: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(directory) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            fs::remove_dir_all(directory)?;
            builder.create(directory)
        }
        created => created,
    }
}

/// Removes the directories that this user's killed processes left. Skips those of other users, which it cannot open or remove.
fn remove_abandoned(parent: &Path) -> io::Result<()> {
    for entry in fs::read_dir(parent)? {
        let entry = entry?;
        if !entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX)) {
            continue;
        }
        let Ok(mark) = File::options().write(true).open(entry.path().join(IN_USE)) else { continue };
        if mark.try_lock().is_ok() {
            match fs::remove_dir_all(entry.path()) {
                Err(error) if !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied) => {
                    return Err(error);
                }
                Ok(()) | Err(_) => {}
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_of_killed_processes_are_removed() {
        let parent = tempfile::tempdir().unwrap();
        for name in ["cirun-aws-1", "other"] {
            fs::create_dir(parent.path().join(name)).unwrap();
            File::create(parent.path().join(name).join(IN_USE)).unwrap();
        }
        let left = parent.path().join(format!(".cirun-aws-{}", std::process::id()));
        fs::create_dir(&left).unwrap();
        fs::write(left.join("secret"), "known").unwrap();
        let used = ServeData::temporary(parent.path()).unwrap();
        assert!(!used.path().join("secret").exists());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(used.path()).unwrap().permissions().mode() & 0o777, 0o700);
        }
        remove_abandoned(parent.path()).unwrap();
        assert!(!parent.path().join("cirun-aws-1").exists(), "no process has locked it");
        assert!(parent.path().join("other").exists() && used.path().exists());
        let path = used.path().to_owned();
        used.close().unwrap();
        assert!(!path.exists());
    }
}
