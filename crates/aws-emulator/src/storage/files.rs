//! Files that appear whole or not at all, and stay after a power cut.

use std::{
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
};

use super::{StoreError, random};

/// Whether [`create_once`] made the file or found it.
pub(super) enum Created {
    Now,
    Before,
}

/// Who may read a new file, where the system has modes.
#[derive(Clone, Copy)]
pub(super) enum Readers {
    /// Whom the process's mask lets.
    All,
    /// The owner alone: it is a secret.
    Owner,
}

/// How a lock file is held.
pub(super) enum Lock {
    Shared,
    Exclusive,
}

/// Makes a folder and its parents; the new entries are synced.
pub(super) fn create_dir(dir: &Path) -> Result<(), StoreError> {
    if dir.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(dir).map_err(StoreError::io(dir))?;
    dir.parent().map_or(Ok(()), sync_dir)
}

pub(super) fn read(path: &Path) -> Result<Vec<u8>, StoreError> {
    fs::read(path).map_err(StoreError::io(path))
}

/// Reads a file that may be absent.
pub(super) fn read_optional(path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) if is_absent(&e) => Ok(None),
        Err(e) => Err(StoreError::io(path)(e)),
    }
}

/// Removes a file; an absent one is fine. Says whether it was there.
pub(super) fn remove(path: &Path) -> Result<bool, StoreError> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(e) if is_absent(&e) => Ok(false),
        Err(e) => Err(StoreError::io(path)(e)),
    }
}

/// Removes a folder with everything in it; an absent one is fine.
pub(super) fn remove_tree(path: &Path) -> Result<(), StoreError> {
    match fs::remove_dir_all(path) {
        Ok(()) => Ok(()),
        Err(e) if is_absent(&e) => Ok(()),
        Err(e) => Err(StoreError::io(path)(e)),
    }
}

/// Replaces a file's content: readers see the old bytes or the new ones.
pub(super) fn replace(tmp: &Path, path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let aside = write_aside(tmp, bytes, Readers::All)?;
    publish(&aside, path)
}

/// Makes a file unless it is there: of several writers exactly one gets [`Created::Now`].
pub(super) fn create_once(tmp: &Path, path: &Path, bytes: &[u8], readers: Readers) -> Result<Created, StoreError> {
    let aside = write_aside(tmp, bytes, readers)?;
    let parent = parent(path);
    create_dir(parent)?;
    let linked = fs::hard_link(&aside, path);
    remove(&aside)?;
    match linked {
        Ok(()) => sync_dir(parent).map(|()| Created::Now),
        Err(e) if e.kind() == ErrorKind::AlreadyExists => Ok(Created::Before),
        Err(e) => Err(StoreError::io(path)(e)),
    }
}

/// Makes an empty file, which carries a fact by its name alone, or renews its time.
pub(super) fn touch(path: &Path) -> Result<(), StoreError> {
    let parent = parent(path);
    create_dir(parent)?;
    let known = path.exists();
    let file = OpenOptions::new().create(true).append(true).open(path).map_err(StoreError::io(path))?;
    if known { file.set_modified(std::time::SystemTime::now()).map_err(StoreError::io(path)) } else { sync_dir(parent) }
}

/// Renames a finished file or folder into place and syncs the folder that now names it.
pub(super) fn publish(from: &Path, to: &Path) -> Result<(), StoreError> {
    let parent = parent(to);
    create_dir(parent)?;
    fs::rename(from, to).map_err(StoreError::io(to))?;
    sync_dir(parent)
}

/// Lists the names in a folder, sorted; an absent folder is empty.
pub(super) fn names(dir: &Path) -> Result<Vec<String>, StoreError> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(e) if is_absent(&e) => return Ok(Vec::new()),
        Err(e) => return Err(StoreError::io(dir)(e)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(StoreError::io(dir))?;
        names.extend(entry.file_name().into_string().ok());
    }
    names.sort();
    Ok(names)
}

/// Returns a name in `tmp` that nobody uses.
pub(super) fn aside(tmp: &Path) -> PathBuf {
    tmp.join(hex::encode(random(16)))
}

/// Waits for the lock; it lasts as long as the returned file.
pub(super) fn lock(path: &Path, lock: Lock) -> Result<File, StoreError> {
    let file = OpenOptions::new().create(true).append(true).open(path).map_err(StoreError::io(path))?;
    match lock {
        Lock::Shared => file.lock_shared(),
        Lock::Exclusive => file.lock(),
    }
    .map_err(StoreError::io(path))?;
    Ok(file)
}

/// Says whether the error means that the file, or a folder above it, is not there: one whose name is too long cannot be.
pub(super) fn is_absent(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::InvalidFilename)
}

/// Syncs a folder's entries. Windows cannot open a folder for that and has no need: its journal covers renames.
pub(super) fn sync_dir(dir: &Path) -> Result<(), StoreError> {
    if cfg!(windows) {
        return Ok(());
    }
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(StoreError::io(dir))
}

fn write_aside(tmp: &Path, bytes: &[u8], readers: Readers) -> Result<PathBuf, StoreError> {
    let path = aside(tmp);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if matches!(readers, Readers::Owner) {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    let write = || {
        let mut file = options.open(&path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(StoreError::io(&path))?;
    Ok(path)
}

fn parent(path: &Path) -> &Path {
    path.parent().expect("every path of the store lies below its root")
}
