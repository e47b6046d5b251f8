//! Atomic file operations that survive a power failure.

use std::{
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Write},
    path::{Path, PathBuf},
};

use super::{StoreError, random};

/// Whether [`create_once`] created the file or found it.
pub(super) enum Created {
    Now,
    Before,
}

/// Who may read a new file, on systems with file modes.
#[derive(Clone, Copy)]
pub(super) enum Readers {
    /// Users allowed by the process's umask.
    All,
    /// The owner only: it is a secret.
    Owner,
}

/// The mode of a file lock.
pub(super) enum Lock {
    Shared,
    Exclusive,
}

/// Creates a directory and its parents; the new entries are synced.
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

/// Reads an optional file.
pub(super) fn read_optional(path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) if is_absent(&e) => Ok(None),
        Err(e) => Err(StoreError::io(path)(e)),
    }
}

/// Removes a file; returns whether it existed.
pub(super) fn remove(path: &Path) -> Result<bool, StoreError> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(e) if is_absent(&e) => Ok(false),
        Err(e) => Err(StoreError::io(path)(e)),
    }
}

/// Removes a directory with its content, if it exists.
pub(super) fn remove_tree(path: &Path) -> Result<(), StoreError> {
    match fs::remove_dir_all(path) {
        Ok(()) => Ok(()),
        Err(e) if is_absent(&e) => Ok(()),
        Err(e) => Err(StoreError::io(path)(e)),
    }
}

/// Replaces a file's content: readers see either the old or the new bytes.
pub(super) fn replace(tmp: &Path, path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let aside = write_aside(tmp, bytes, Readers::All)?;
    publish(&aside, path)
}

/// Creates a file unless it exists: of several writers exactly one gets [`Created::Now`].
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

/// Creates an empty file, whose name is the information, or updates its time.
pub(super) fn touch(path: &Path) -> Result<(), StoreError> {
    let parent = parent(path);
    create_dir(parent)?;
    let known = path.exists();
    let file = OpenOptions::new().create(true).append(true).open(path).map_err(StoreError::io(path))?;
    if known { file.set_modified(std::time::SystemTime::now()).map_err(StoreError::io(path)) } else { sync_dir(parent) }
}

/// Renames a finished file or directory into place and syncs its new parent.
pub(super) fn publish(from: &Path, to: &Path) -> Result<(), StoreError> {
    let parent = parent(to);
    create_dir(parent)?;
    fs::rename(from, to).map_err(StoreError::io(to))?;
    sync_dir(parent)
}

/// Lists the names in a directory, sorted; empty if the directory does not exist.
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

/// Returns an unused name in `tmp`.
pub(super) fn aside(tmp: &Path) -> PathBuf {
    tmp.join(hex::encode(random(16)))
}

/// Waits for the lock, which lasts as long as the returned file.
pub(super) fn lock(path: &Path, lock: Lock) -> Result<File, StoreError> {
    let file = OpenOptions::new().create(true).append(true).open(path).map_err(StoreError::io(path))?;
    match lock {
        Lock::Shared => file.lock_shared(),
        Lock::Exclusive => file.lock(),
    }
    .map_err(StoreError::io(path))?;
    Ok(file)
}

/// Whether the error means that the file, or one of its parents, does not exist; a name that is too long cannot exist.
pub(super) fn is_absent(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::InvalidFilename)
}

/// Syncs a directory's entries. Windows cannot open a directory for that and does not need it: its journal covers
/// renames.
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
    path.parent().expect("every path of the store is below its root")
}
