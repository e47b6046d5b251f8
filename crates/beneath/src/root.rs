//! A directory, and the operations in it.

use std::{
    ffi::{OsStr, OsString},
    fs::File,
    io,
    path::{Component, Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use crate::{
    Kind, Refusal, read_capped,
    sys::{self, Handle},
};

/// The metadata of a name, or of an open file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// The type.
    pub kind: Kind,
    /// Its length.
    pub bytes: u64,
    /// The time of its last change, in whole seconds.
    pub modified: SystemTime,
    /// Permission bits.
    pub mode: u32,
    /// User and group, by number.
    pub owner: (u32, u32),
    /// Its device and inode: equal for the same file or directory.
    pub identity: (u64, u64),
}

/// A handle of a directory. All paths of its functions are relative to it, and resolved without following links.
#[derive(Debug, Clone)]
pub struct Root {
    handle: Arc<Handle>,
}

impl Root {
    /// Opens a directory by a trusted path: links in it are followed.
    ///
    /// # Errors
    /// [`Refusal::Missing`], or an error of the system.
    pub fn open(path: &Path) -> Result<Self, Refusal> {
        sys::open(path).map(|handle| Self::of(Arc::new(handle))).map_err(plain)
    }

    pub(crate) fn of(handle: Arc<Handle>) -> Self {
        Self { handle }
    }

    pub(crate) fn handle(&self) -> &Arc<Handle> {
        &self.handle
    }

    /// Opens a directory in this one as a root of its own.
    ///
    /// # Errors
    /// [`Refusal::Link`], [`Refusal::Outside`], [`Refusal::Kind`] if it is not a directory, [`Refusal::Missing`].
    pub fn sub(&self, below: &Path) -> Result<Self, Refusal> {
        Ok(self.way(&names(below)?)?.map_or_else(|| self.clone(), |handle| Self::of(Arc::new(handle))))
    }

    /// The metadata of a name; of a link, those of the link itself.
    ///
    /// # Errors
    /// As [`Root::sub`].
    pub fn look(&self, below: &Path) -> Result<Facts, Refusal> {
        match self.place(below)? {
            Some((directory, name)) => sys::look(&directory, name).map_err(plain),
            None => Ok(sys::facts_of_directory(&self.handle)?),
        }
    }

    /// The target of a link.
    ///
    /// # Errors
    /// As [`Root::look`].
    pub fn read_link(&self, below: &Path) -> Result<OsString, Refusal> {
        let (directory, name) = self.named(below)?;
        sys::read_link(&directory, name).map_err(plain)
    }

    /// Opens a regular file for reading.
    ///
    /// # Errors
    /// [`Refusal::Kind`] for all other types, [`Refusal::Link`] for a link anywhere in the path, [`Refusal::Outside`],
    /// [`Refusal::Missing`].
    pub fn file(&self, below: &Path) -> Result<File, Refusal> {
        match self.place(below)? {
            Some((directory, name)) => open_file(&directory, name, below),
            None => Err(Refusal::Kind { found: Kind::Directory, wanted: Kind::File }),
        }
    }

    /// Reads a regular file of at most `limit` bytes.
    ///
    /// # Errors
    /// As [`Root::file`], and [`Refusal::TooLarge`].
    pub fn read(&self, below: &Path, limit: u64) -> Result<Vec<u8>, Refusal> {
        read_capped(self.file(below)?, limit)
    }

    /// Creates a new file for writing. Ignores the process's umask.
    ///
    /// # Errors
    /// [`Refusal::Exists`] for any existing entry, and as [`Root::sub`] for its path.
    pub fn create(&self, below: &Path, mode: u32) -> Result<File, Refusal> {
        let (directory, name) = self.named(below)?;
        sys::create(&directory, name, mode).map_err(plain)
    }

    /// Creates a directory and its missing parents; returns whether it was missing. An existing directory stays
    /// unchanged.
    ///
    /// # Errors
    /// As [`Root::sub`].
    pub fn make_directories(&self, below: &Path, mode: u32) -> Result<bool, Refusal> {
        let mut at = self.clone();
        let mut made = false;
        for (index, name) in names(below)?.iter().enumerate() {
            made = match sys::make_directory(&at.handle, name, mode) {
                Ok(()) => true,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => false,
                Err(error) => return Err(plain(error)),
            };
            at = Self::of(Arc::new(enter(&at.handle, name, || first(below, index))?));
        }
        Ok(made)
    }

    /// Creates a link; its target is not checked.
    ///
    /// # Errors
    /// As [`Root::create`].
    pub fn link(&self, below: &Path, target: &Path) -> Result<(), Refusal> {
        let (directory, name) = self.named(below)?;
        sys::link(&directory, name, target).map_err(plain)
    }

    /// Removes a file, or a link itself.
    ///
    /// # Errors
    /// As [`Root::sub`] for its path.
    pub fn remove(&self, below: &Path) -> Result<(), Refusal> {
        let (directory, name) = self.named(below)?;
        sys::remove(&directory, name).map_err(plain)
    }

    /// Removes an empty directory.
    ///
    /// # Errors
    /// As [`Root::sub`] for its path, and an error of the system if it is not empty.
    pub fn remove_directory(&self, below: &Path) -> Result<(), Refusal> {
        let (directory, name) = self.named(below)?;
        sys::remove_directory(&directory, name).map_err(plain)
    }

    /// Renames a file, and replaces an existing one.
    ///
    /// # Errors
    /// As [`Root::sub`] for both paths.
    pub fn rename(&self, below: &Path, new: &Path) -> Result<(), Refusal> {
        let ((from, name), (to, new)) = (self.named(below)?, self.named(new)?);
        sys::rename(&from, name, &to, new).map_err(plain)
    }

    /// Sets the permissions of a directory.
    ///
    /// # Errors
    /// As [`Root::sub`].
    pub fn set_directory_mode(&self, below: &Path, mode: u32) -> Result<(), Refusal> {
        Ok(sys::set_mode(&self.sub(below)?.handle, mode)?)
    }

    /// A directory as an open file, for operations of the standard library: owner, times.
    ///
    /// # Errors
    /// As [`Root::sub`].
    pub fn directory_as_file(&self, below: &Path) -> Result<File, Refusal> {
        Ok(sys::as_file(&self.sub(below)?.handle)?)
    }

    /// The parent of a path's last name, and that name; `None` for this directory itself.
    fn place<'p>(&self, below: &'p Path) -> Result<Option<(Arc<Handle>, &'p OsStr)>, Refusal> {
        let names = names(below)?;
        let Some((name, before)) = names.split_last() else { return Ok(None) };
        Ok(Some((self.way(before)?.map_or_else(|| Arc::clone(&self.handle), Arc::new), name)))
    }

    fn named<'p>(&self, below: &'p Path) -> Result<(Arc<Handle>, &'p OsStr), Refusal> {
        self.place(below)?.ok_or(Refusal::Outside)
    }

    /// Follows a path from directory to directory; `None` for an empty path.
    fn way(&self, names: &[&OsStr]) -> Result<Option<Handle>, Refusal> {
        let mut at: Option<Handle> = None;
        for (index, name) in names.iter().enumerate() {
            let next = enter(at.as_ref().unwrap_or(&self.handle), name, || names[..=index].iter().collect())?;
            at = Some(next);
        }
        Ok(at)
    }
}

/// Opens a regular file in a directory.
fn open_file(directory: &Handle, name: &OsStr, shown: &Path) -> Result<File, Refusal> {
    // Opening a device may have an effect, so it is checked first, and opened only if it is created in that very
    // moment.
    demand(sys::look(directory, name).map_err(plain)?.kind, Kind::File, || shown.to_owned())?;
    let file = match sys::file(directory, name) {
        Ok(file) => file,
        Err(error) => return Err(why(directory, name, Kind::File, error, || shown.to_owned())),
    };
    demand(sys::facts_of(&file)?.kind, Kind::File, || shown.to_owned())?;
    Ok(file)
}

/// Opens a directory in a directory.
pub(crate) fn enter(directory: &Handle, name: &OsStr, shown: impl FnOnce() -> PathBuf) -> Result<Handle, Refusal> {
    sys::enter(directory, name).map_err(|error| why(directory, name, Kind::Directory, error, shown))
}

/// The rule for an error of the system.
fn why(directory: &Handle, name: &OsStr, wanted: Kind, error: io::Error, shown: impl FnOnce() -> PathBuf) -> Refusal {
    if !sys::is_other_kind(&error) {
        return plain(error);
    }
    match sys::look(directory, name) {
        Ok(facts) => demand(facts.kind, wanted, shown).err().unwrap_or(Refusal::Changed),
        Err(error) => plain(error),
    }
}

fn demand(found: Kind, wanted: Kind, shown: impl FnOnce() -> PathBuf) -> Result<(), Refusal> {
    match found {
        same if same == wanted => Ok(()),
        Kind::Link => Err(Refusal::Link(shown())),
        found => Err(Refusal::Kind { found, wanted }),
    }
}

fn plain(error: io::Error) -> Refusal {
    match error.kind() {
        io::ErrorKind::NotFound => Refusal::Missing,
        io::ErrorKind::AlreadyExists => Refusal::Exists,
        _ => Refusal::Io(error),
    }
}

/// The names of a path that stays in its start directory.
fn names(below: &Path) -> Result<Vec<&OsStr>, Refusal> {
    let name = |part| match part {
        Component::Normal(name) => Some(Ok(name)),
        Component::CurDir => None,
        Component::ParentDir | Component::RootDir | Component::Prefix(_) => Some(Err(Refusal::Outside)),
    };
    below.components().filter_map(name).collect()
}

fn first(below: &Path, index: usize) -> PathBuf {
    below.components().filter(|part| matches!(part, Component::Normal(_))).take(index + 1).collect()
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
