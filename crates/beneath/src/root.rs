//! A directory, and what may be done below it.

use std::{
    ffi::{OsStr, OsString},
    fs::File,
    io,
    path::{Component, Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use crate::{
    Entry, Kind, Limits, Refusal, Walk, read_capped,
    sys::{self, Handle},
};

/// What is known of a name, or of an open file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// What it is.
    pub kind: Kind,
    /// Its length.
    pub bytes: u64,
    /// When it was changed last, in whole seconds.
    pub modified: SystemTime,
    /// Permission bits.
    pub mode: u32,
    /// User and group, by number.
    pub owner: (u32, u32),
    /// The device and the number of the file there: equal for what is the same file or directory.
    pub identity: (u64, u64),
}

/// A handle of a directory. Every path that its functions take is relative to it, and is followed without links.
#[derive(Debug, Clone)]
pub struct Root {
    handle: Arc<Handle>,
}

impl Root {
    /// Opens a directory by a path that the caller trusts: links on the way to it are followed.
    ///
    /// # Errors
    /// [`Refusal::Missing`], or the system's reason.
    pub fn open(path: &Path) -> Result<Self, Refusal> {
        sys::open(path).map(|handle| Self::of(Arc::new(handle))).map_err(plain)
    }

    pub(crate) fn of(handle: Arc<Handle>) -> Self {
        Self { handle }
    }

    /// A directory below this one, as a root of its own.
    ///
    /// # Errors
    /// [`Refusal::Link`], [`Refusal::Outside`], [`Refusal::Kind`] where it is none, [`Refusal::Missing`].
    pub fn sub(&self, below: &Path) -> Result<Self, Refusal> {
        Ok(self.way(&names(below)?)?.map_or_else(|| self.clone(), |handle| Self::of(Arc::new(handle))))
    }

    /// What is known of a name; of a link, the link itself.
    ///
    /// # Errors
    /// As [`Root::sub`].
    pub fn look(&self, below: &Path) -> Result<Facts, Refusal> {
        match self.place(below)? {
            Some((directory, name)) => sys::look(&directory, name).map_err(plain),
            None => Ok(sys::facts_of_directory(&self.handle)?),
        }
    }

    /// A name, to be read later.
    ///
    /// # Errors
    /// As [`Root::look`].
    pub fn entry(&self, below: &Path) -> Result<Entry, Refusal> {
        Ok(Entry::new(below.to_owned(), self.look(below)?, self.clone(), below.to_owned()))
    }

    /// What a link says.
    ///
    /// # Errors
    /// As [`Root::look`].
    pub fn read_link(&self, below: &Path) -> Result<OsString, Refusal> {
        let (directory, name) = self.named(below)?;
        sys::read_link(&directory, name).map_err(plain)
    }

    /// Opens a regular file to read.
    ///
    /// # Errors
    /// [`Refusal::Kind`] for everything else, [`Refusal::Link`] where a link is on the way or is meant, [`Refusal::Outside`],
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

    /// Makes a file that must not exist, to write to. The process's mask does not count.
    ///
    /// # Errors
    /// [`Refusal::Exists`] whatever has the name, and as [`Root::sub`] for the way there.
    pub fn create(&self, below: &Path, mode: u32) -> Result<File, Refusal> {
        let (directory, name) = self.named(below)?;
        sys::create(&directory, name, mode).map_err(plain)
    }

    /// Makes a directory and those above it that are missing; says whether it was missing. One that is there stays as it is.
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

    /// Makes a link; what it leads to is not looked at.
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
    /// As [`Root::sub`] for the way there.
    pub fn remove(&self, below: &Path) -> Result<(), Refusal> {
        let (directory, name) = self.named(below)?;
        sys::remove(&directory, name).map_err(plain)
    }

    /// Removes a directory that is empty.
    ///
    /// # Errors
    /// As [`Root::sub`] for the way there, and the system's reason where it is not empty.
    pub fn remove_directory(&self, below: &Path) -> Result<(), Refusal> {
        let (directory, name) = self.named(below)?;
        sys::remove_directory(&directory, name).map_err(plain)
    }

    /// Gives a file another name, in place of what has that name.
    ///
    /// # Errors
    /// As [`Root::sub`] for both ways.
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

    /// A directory as an open file, for what the standard library does with one: owner, times.
    ///
    /// # Errors
    /// As [`Root::sub`].
    pub fn directory_as_file(&self, below: &Path) -> Result<File, Refusal> {
        Ok(sys::as_file(&self.sub(below)?.handle)?)
    }

    /// Goes over everything below this directory, sorted by name, each directory before what is in it.
    pub fn walk(&self, limits: Limits) -> Walk {
        Walk::new(Arc::clone(&self.handle), limits)
    }

    /// The directory that a path's last name is in, and that name; `None` for this directory itself.
    fn place<'p>(&self, below: &'p Path) -> Result<Option<(Arc<Handle>, &'p OsStr)>, Refusal> {
        let names = names(below)?;
        let Some((name, before)) = names.split_last() else { return Ok(None) };
        Ok(Some((self.way(before)?.map_or_else(|| Arc::clone(&self.handle), Arc::new), name)))
    }

    fn named<'p>(&self, below: &'p Path) -> Result<(Arc<Handle>, &'p OsStr), Refusal> {
        self.place(below)?.ok_or(Refusal::Outside)
    }

    /// Goes from directory to directory; `None` where there is no step to go.
    fn way(&self, names: &[&OsStr]) -> Result<Option<Handle>, Refusal> {
        let mut at: Option<Handle> = None;
        for (index, name) in names.iter().enumerate() {
            let next = enter(at.as_ref().unwrap_or(&self.handle), name, || names[..=index].iter().collect())?;
            at = Some(next);
        }
        Ok(at)
    }
}

/// Opens a directory's regular file.
fn open_file(directory: &Handle, name: &OsStr, shown: &Path) -> Result<File, Refusal> {
    // A device may act when it is opened, so it is not, unless it is put there this very moment.
    demand(sys::look(directory, name).map_err(plain)?.kind, Kind::File, || shown.to_owned())?;
    let file = match sys::file(directory, name) {
        Ok(file) => file,
        Err(error) => return Err(why(directory, name, Kind::File, error, || shown.to_owned())),
    };
    demand(sys::facts_of(&file)?.kind, Kind::File, || shown.to_owned())?;
    Ok(file)
}

/// Opens a directory's directory.
pub(crate) fn enter(directory: &Handle, name: &OsStr, shown: impl FnOnce() -> PathBuf) -> Result<Handle, Refusal> {
    sys::enter(directory, name).map_err(|error| why(directory, name, Kind::Directory, error, shown))
}

/// The rule behind the system's reason.
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

/// The names of a path that stays below where it begins.
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
