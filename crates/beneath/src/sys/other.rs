//! Systems without directory handles: each name is checked before it is used. A link created in between would be
//! followed; steps of such systems run in a virtual machine without links of theirs.

use std::{
    ffi::{OsStr, OsString},
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    time::SystemTime,
};

use crate::{Facts, Kind, Refusal};

/// A directory's path.
#[derive(Debug)]
pub(crate) struct Handle(PathBuf);

/// Opens a directory by a path, following links.
pub(crate) fn open(path: &Path) -> io::Result<Handle> {
    let path = fs::canonicalize(path)?;
    if path.is_dir() { Ok(Handle(path)) } else { Err(io::ErrorKind::NotADirectory.into()) }
}

/// Opens a directory in a directory.
pub(crate) fn enter(directory: &Handle, name: &OsStr) -> io::Result<Handle> {
    match look(directory, name)?.kind {
        Kind::Directory => Ok(Handle(directory.0.join(name))),
        _ => Err(io::ErrorKind::NotADirectory.into()),
    }
}

/// Opens a file that [`look`] has reported as regular.
pub(crate) fn file(directory: &Handle, name: &OsStr) -> io::Result<File> {
    File::open(directory.0.join(name))
}

/// Creates a new file.
pub(crate) fn create(directory: &Handle, name: &OsStr, _mode: u32) -> io::Result<File> {
    File::options().write(true).create_new(true).open(directory.0.join(name))
}

/// Creates a new directory.
pub(crate) fn make_directory(directory: &Handle, name: &OsStr, _mode: u32) -> io::Result<()> {
    fs::create_dir(directory.0.join(name))
}

/// Links are not created on this system.
pub(crate) fn link(_directory: &Handle, _name: &OsStr, target: &Path) -> io::Result<()> {
    Err(io::Error::other(format!("links such as the one to {} are not made on this system", target.display())))
}

/// The target of a link.
pub(crate) fn read_link(directory: &Handle, name: &OsStr) -> io::Result<OsString> {
    Ok(fs::read_link(directory.0.join(name))?.into_os_string())
}

/// Removes an entry that is not a directory.
pub(crate) fn remove(directory: &Handle, name: &OsStr) -> io::Result<()> {
    fs::remove_file(directory.0.join(name))
}

/// Removes an empty directory.
pub(crate) fn remove_directory(directory: &Handle, name: &OsStr) -> io::Result<()> {
    fs::remove_dir(directory.0.join(name))
}

/// Renames an entry, and replaces an existing one.
pub(crate) fn rename(from: &Handle, name: &OsStr, to: &Handle, new: &OsStr) -> io::Result<()> {
    fs::rename(from.0.join(name), to.0.join(new))
}

/// The metadata of a name; of a link, those of the link itself.
pub(crate) fn look(directory: &Handle, name: &OsStr) -> io::Result<Facts> {
    Ok(facts(&fs::symlink_metadata(directory.0.join(name))?))
}

/// The metadata of an open file.
pub(crate) fn facts_of(file: &File) -> io::Result<Facts> {
    Ok(facts(&file.metadata()?))
}

/// The metadata of an open directory.
pub(crate) fn facts_of_directory(directory: &Handle) -> io::Result<Facts> {
    Ok(facts(&fs::symlink_metadata(&directory.0)?))
}

/// Directories have no mode on this system.
pub(crate) fn set_mode(_directory: &Handle, _mode: u32) -> io::Result<()> {
    Ok(())
}

/// The directory as a file, for owner and times.
pub(crate) fn as_file(directory: &Handle) -> io::Result<File> {
    File::open(&directory.0)
}

/// The names in a directory, sorted, at most `limit` of them.
pub(crate) fn names(directory: &Handle, limit: usize) -> Result<Vec<OsString>, Refusal> {
    let mut names = Vec::new();
    for entry in fs::read_dir(&directory.0)? {
        if names.len() == limit {
            return Err(Refusal::TooMany(limit));
        }
        names.push(entry?.file_name());
    }
    names.sort();
    Ok(names)
}

/// Whether an error of [`enter`] or [`file`] may come from a link or from another kind of thing.
pub(crate) fn is_other_kind(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotADirectory | io::ErrorKind::PermissionDenied)
}

fn facts(metadata: &fs::Metadata) -> Facts {
    let kind = match metadata.file_type() {
        kind if kind.is_symlink() => Kind::Link,
        kind if kind.is_dir() => Kind::Directory,
        kind if kind.is_file() => Kind::File,
        _ => Kind::Other,
    };
    Facts {
        kind,
        bytes: metadata.len(),
        modified: metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH),
        mode: if kind == Kind::Directory { 0o755 } else { 0o644 },
        owner: (0, 0),
        identity: (0, 0),
    }
}
