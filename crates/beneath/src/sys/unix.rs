//! Unix: a handle is an open directory.

use std::{
    ffi::{OsStr, OsString},
    fs::File,
    io,
    os::{
        fd::{AsFd, OwnedFd},
        unix::ffi::OsStrExt,
    },
    path::Path,
    time::{Duration, SystemTime},
};

use rustix::{
    fs::{self, AtFlags, FileType, Mode, OFlags, RawMode, Stat},
    io::Errno,
};

use crate::{Facts, Kind, Refusal};

/// An open directory.
#[derive(Debug)]
pub(crate) struct Handle(OwnedFd);

const DIRECTORY: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
/// Opens a pipe without waiting for its other end, and a terminal without making it this process's.
const FILE: OFlags =
    OFlags::RDONLY.union(OFlags::NOFOLLOW).union(OFlags::NONBLOCK).union(OFlags::NOCTTY).union(OFlags::CLOEXEC);
const NEW: OFlags =
    OFlags::WRONLY.union(OFlags::CREATE).union(OFlags::EXCL).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);

/// Opens a directory by a path, following links.
pub(crate) fn open(path: &Path) -> io::Result<Handle> {
    Ok(Handle(fs::open(path, DIRECTORY, Mode::empty())?))
}

/// Opens a directory in a directory.
pub(crate) fn enter(directory: &Handle, name: &OsStr) -> io::Result<Handle> {
    Ok(Handle(fs::openat(&directory.0, name, DIRECTORY | OFlags::NOFOLLOW, Mode::empty())?))
}

/// Opens a file that [`look`] has reported as regular; the caller checks with [`facts_of`] whether it still is.
pub(crate) fn file(directory: &Handle, name: &OsStr) -> io::Result<File> {
    Ok(File::from(fs::openat(&directory.0, name, FILE, Mode::empty())?))
}

/// Creates a new file.
pub(crate) fn create(directory: &Handle, name: &OsStr, mode: u32) -> io::Result<File> {
    let file = fs::openat(&directory.0, name, NEW, self::mode(mode & 0o600))?;
    // Ignores the process's umask.
    fs::fchmod(&file, self::mode(mode))?;
    Ok(File::from(file))
}

/// Creates a new directory.
pub(crate) fn make_directory(directory: &Handle, name: &OsStr, mode: u32) -> io::Result<()> {
    fs::mkdirat(&directory.0, name, self::mode(0o700))?;
    Ok(fs::fchmod(&enter(directory, name)?.0, self::mode(mode))?)
}

/// Creates a link; its target is not checked.
pub(crate) fn link(directory: &Handle, name: &OsStr, target: &Path) -> io::Result<()> {
    Ok(fs::symlinkat(target, &directory.0, name)?)
}

/// The target of a link.
pub(crate) fn read_link(directory: &Handle, name: &OsStr) -> io::Result<OsString> {
    Ok(OsStr::from_bytes(fs::readlinkat(&directory.0, name, Vec::new())?.as_bytes()).to_owned())
}

/// Removes an entry that is not a directory; of a link, the link itself.
pub(crate) fn remove(directory: &Handle, name: &OsStr) -> io::Result<()> {
    Ok(fs::unlinkat(&directory.0, name, AtFlags::empty())?)
}

/// Removes an empty directory.
pub(crate) fn remove_directory(directory: &Handle, name: &OsStr) -> io::Result<()> {
    Ok(fs::unlinkat(&directory.0, name, AtFlags::REMOVEDIR)?)
}

/// Renames an entry, and replaces an existing one.
pub(crate) fn rename(from: &Handle, name: &OsStr, to: &Handle, new: &OsStr) -> io::Result<()> {
    Ok(fs::renameat(&from.0, name, &to.0, new)?)
}

/// The metadata of a name; of a link, those of the link itself.
pub(crate) fn look(directory: &Handle, name: &OsStr) -> io::Result<Facts> {
    Ok(facts(&fs::statat(&directory.0, name, AtFlags::SYMLINK_NOFOLLOW)?))
}

/// The metadata of an open file.
pub(crate) fn facts_of(file: &File) -> io::Result<Facts> {
    Ok(facts(&fs::fstat(file)?))
}

/// The metadata of an open directory.
pub(crate) fn facts_of_directory(directory: &Handle) -> io::Result<Facts> {
    Ok(facts(&fs::fstat(&directory.0)?))
}

/// Sets the mode and, as far as the user may, owner and time of a directory.
pub(crate) fn set_mode(directory: &Handle, mode: u32) -> io::Result<()> {
    Ok(fs::fchmod(&directory.0, self::mode(mode))?)
}

/// The directory as a file, for owner and times.
pub(crate) fn as_file(directory: &Handle) -> io::Result<File> {
    Ok(File::from(directory.0.try_clone()?))
}

/// The names in a directory, sorted, at most `limit` of them.
pub(crate) fn names(directory: &Handle, limit: usize) -> Result<Vec<OsString>, Refusal> {
    let mut names = Vec::new();
    for entry in fs::Dir::read_from(directory.0.as_fd()).map_err(io::Error::from)? {
        let entry = entry.map_err(io::Error::from)?;
        let name = entry.file_name().to_bytes();
        if matches!(name, b"." | b"..") {
            continue;
        }
        if names.len() == limit {
            return Err(Refusal::TooMany(limit));
        }
        names.push(OsStr::from_bytes(name).to_owned());
    }
    names.sort();
    Ok(names)
}

/// Whether an error of [`enter`] or [`file`] may come from a link or from another kind of thing.
pub(crate) fn is_other_kind(error: &io::Error) -> bool {
    // A link with NOFOLLOW; the same on FreeBSD; not a directory; a socket; a pipe or device without its other end.
    let kinds = [Errno::LOOP, Errno::MLINK, Errno::NOTDIR, Errno::NXIO, Errno::ISDIR, Errno::OPNOTSUPP];
    Errno::from_io_error(error).is_some_and(|errno| kinds.contains(&errno))
}

fn mode(mode: u32) -> Mode {
    Mode::from_raw_mode((mode & 0o7777) as RawMode)
}

fn facts(stat: &Stat) -> Facts {
    let kind = match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => Kind::File,
        FileType::Directory => Kind::Directory,
        FileType::Symlink => Kind::Link,
        FileType::Fifo => Kind::Pipe,
        FileType::Socket => Kind::Socket,
        FileType::BlockDevice | FileType::CharacterDevice => Kind::Device,
        _ => Kind::Other,
    };
    let seconds = u64::try_from(stat.st_mtime).unwrap_or_default();
    Facts {
        kind,
        bytes: u64::try_from(stat.st_size).unwrap_or_default(),
        modified: SystemTime::UNIX_EPOCH + Duration::from_secs(seconds),
        #[expect(clippy::useless_conversion, reason = "the types differ between systems")]
        mode: u32::from(stat.st_mode) & 0o7777,
        owner: (stat.st_uid, stat.st_gid),
        #[expect(clippy::useless_conversion, reason = "the types differ between systems")]
        identity: (u64::try_from(stat.st_dev).unwrap_or_default(), u64::from(stat.st_ino)),
    }
}
