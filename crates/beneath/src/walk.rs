//! Walks through a directory, within limits: its creator may have made it endless.

use std::{
    ffi::OsString,
    fs::File,
    path::{Path, PathBuf},
    sync::Arc,
    vec,
};

use crate::{
    Facts, Kind, Refusal, Root, read_capped,
    root::enter,
    sys::{self, Handle},
};

/// The limits of a walk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The number of names.
    pub entries: usize,
    /// Levels of directories below the first; 0 for the names in the directory itself.
    pub depth: usize,
}

/// An entry in the directory.
#[derive(Debug)]
pub struct Entry {
    /// Its path, relative to the directory.
    pub path: PathBuf,
    /// Its type; of a link, the link itself.
    pub facts: Facts,
    /// The open parent directory, and the path from there.
    from: Root,
    way: PathBuf,
}

impl Entry {
    fn new(path: PathBuf, facts: Facts, from: Root, way: PathBuf) -> Self {
        Self { path, facts, from, way }
    }

    /// The entry as `path` in `root`, to be kept: an entry of a walk keeps its directory open, and a process has a
    /// limit of open files.
    #[must_use]
    pub fn settled(self, root: &Root, path: PathBuf) -> Self {
        Self { from: root.clone(), way: path.clone(), path, ..self }
    }

    /// Opens it, if it is still a regular file.
    ///
    /// # Errors
    /// As [`Root::file`].
    pub fn open(&self) -> Result<File, Refusal> {
        self.from.file(&self.way).map_err(|refusal| self.named(refusal))
    }

    /// Reads it, if it is still a regular file.
    ///
    /// # Errors
    /// As [`Root::read`].
    pub fn read(&self, limit: u64) -> Result<Vec<u8>, Refusal> {
        read_capped(self.open()?, limit)
    }

    /// Its target, if it is still a link.
    ///
    /// # Errors
    /// As [`Root::read_link`].
    pub fn read_link(&self) -> Result<OsString, Refusal> {
        self.from.read_link(&self.way)
    }

    fn named(&self, refusal: Refusal) -> Refusal {
        match refusal {
            Refusal::Link(way) if way == self.way => Refusal::Link(self.path.clone()),
            other => other,
        }
    }
}

impl Root {
    /// Returns an entry to be read later.
    ///
    /// # Errors
    /// As [`Root::look`].
    pub fn entry(&self, below: &Path) -> Result<Entry, Refusal> {
        Ok(Entry::new(below.to_owned(), self.look(below)?, self.clone(), below.to_owned()))
    }

    /// Walks through everything in this directory, sorted by name, each directory before its content.
    pub fn walk(&self, limits: Limits) -> Walk {
        Walk::new(Arc::clone(self.handle()), limits)
    }
}

/// A directory in progress.
#[derive(Debug)]
struct Level {
    handle: Arc<Handle>,
    path: PathBuf,
    names: vec::IntoIter<OsString>,
}

/// The entries in a directory, each directory before its content. An entry that cannot be read is returned as an error
/// with its path, and the walk continues; it ends with [`Refusal::TooMany`].
#[derive(Debug)]
pub struct Walk {
    limits: Limits,
    seen: usize,
    levels: Vec<Level>,
    /// The next directory, unless it is skipped.
    next: Option<(Arc<Handle>, OsString, PathBuf)>,
}

impl Walk {
    fn new(root: Arc<Handle>, limits: Limits) -> Self {
        let path = PathBuf::new();
        // The first level is read like the others, but through the root's own handle.
        Self { limits, seen: 0, levels: Vec::new(), next: Some((root, OsString::new(), path)) }
    }

    /// Skips the content of the last returned directory.
    pub fn skip_directory(&mut self) {
        if !self.levels.is_empty() {
            self.next = None;
        }
    }

    /// Enters the last returned directory.
    fn descend(&mut self) -> Result<(), (PathBuf, Refusal)> {
        let Some((directory, name, path)) = self.next.take() else { return Ok(()) };
        if self.levels.len() > self.limits.depth {
            return Err((path, Refusal::TooDeep(self.limits.depth)));
        }
        let handle = match name.is_empty() {
            true => Ok(directory),
            false => enter(&directory, &name, || path.clone()).map(Arc::new),
        };
        let read = handle.and_then(|handle| {
            let names = sys::names(&handle, self.limits.entries - self.seen)?;
            Ok((handle, names))
        });
        match read {
            Ok((handle, names)) => {
                self.seen += names.len();
                self.levels.push(Level { handle, path, names: names.into_iter() });
                Ok(())
            }
            Err(Refusal::TooMany(_)) => {
                self.levels.clear();
                Err((path, Refusal::TooMany(self.limits.entries)))
            }
            Err(refusal) => Err((path, refusal)),
        }
    }
}

impl Iterator for Walk {
    type Item = Result<Entry, (PathBuf, Refusal)>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Err(refused) = self.descend() {
            return Some(Err(refused));
        }
        loop {
            let level = self.levels.last_mut()?;
            let Some(name) = level.names.next() else {
                self.levels.pop();
                continue;
            };
            let (directory, path) = (Arc::clone(&level.handle), joined(&level.path, &name));
            let facts = match sys::look(&directory, &name) {
                // It has been removed meanwhile.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => return Some(Err((path, Refusal::Io(error)))),
                Ok(facts) => facts,
            };
            if facts.kind == Kind::Directory {
                self.next = Some((Arc::clone(&directory), name.clone(), path.clone()));
            }
            return Some(Ok(Entry::new(path, facts, Root::of(directory), PathBuf::from(name))));
        }
    }
}

fn joined(path: &Path, name: &OsString) -> PathBuf {
    if path.as_os_str().is_empty() { PathBuf::from(name) } else { path.join(name) }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::{fs, os::unix::fs::symlink};

    use super::*;

    const WIDE: Limits = Limits { entries: 1000, depth: 16 };

    fn shown(root: &Path, limits: Limits) -> String {
        let entries = Root::open(root).unwrap().walk(limits);
        let lines = entries.map(|entry| match entry {
            Ok(entry) => format!("{} {}", entry.path.display(), entry.facts.kind),
            Err((path, refusal)) => format!("{}: {refusal}", path.display()),
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    fn tree() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("b/c/d")).unwrap();
        for file in ["a", "b/e", "b/c/d/f", "z"] {
            fs::write(dir.path().join(file), file).unwrap();
        }
        symlink("/", dir.path().join("b/link")).unwrap();
        dir
    }

    #[test]
    fn each_directory_before_what_is_in_it() {
        assert_eq!(
            shown(tree().path(), WIDE),
            "a a regular file\nb a directory\nb/c a directory\nb/c/d a directory\nb/c/d/f a regular file\n\
             b/e a regular file\nb/link a symbolic link\nz a regular file"
        );
    }

    #[test]
    fn within_the_limits() {
        assert_eq!(
            shown(tree().path(), Limits { depth: 1, ..WIDE }),
            "a a regular file\nb a directory\nb/c a directory\nb/c: it is nested more than 1 directories deep\n\
             b/e a regular file\nb/link a symbolic link\nz a regular file"
        );
        let few = shown(tree().path(), Limits { entries: 4, ..WIDE });
        assert_eq!(few, "a a regular file\nb a directory\nb: it holds more than 4 files and directories");
    }

    #[test]
    fn a_directory_is_passed_over() {
        let dir = tree();
        let mut walk = Root::open(dir.path()).unwrap().walk(WIDE);
        let mut paths = Vec::new();
        while let Some(entry) = walk.next() {
            let entry = entry.unwrap();
            if entry.path.ends_with("c") {
                walk.skip_directory();
            }
            paths.push(entry.path.display().to_string());
        }
        assert_eq!(paths.join(" "), "a b b/c b/e b/link z");
    }

    /// A directory that is replaced by a link between listing and entering is not entered.
    #[test]
    fn a_directory_that_becomes_a_link() {
        let dir = tree();
        let mut walk = Root::open(dir.path()).unwrap().walk(WIDE);
        assert!(walk.by_ref().any(|entry| entry.unwrap().path.ends_with("b")));
        fs::rename(dir.path().join("b"), dir.path().join("moved")).unwrap();
        symlink("/etc", dir.path().join("b")).unwrap();
        let (path, refusal) = walk.next().unwrap().unwrap_err();
        assert_eq!(
            (path.as_path(), refusal.to_string().as_str()),
            (Path::new("b"), "`b` is a symbolic link, and links are not followed")
        );
        assert!(walk.all(|entry| entry.unwrap().path == Path::new("z")));
    }

    #[test]
    fn an_entry_is_read_where_it_was_found() {
        let dir = tree();
        let mut walk = Root::open(dir.path()).unwrap().walk(WIDE);
        let entry = walk.find(|entry| entry.as_ref().is_ok_and(|entry| entry.path.ends_with("f"))).unwrap().unwrap();
        assert_eq!(entry.read(100).unwrap(), b"b/c/d/f");
        let path = entry.path.clone();
        let entry = entry.settled(&Root::open(dir.path()).unwrap(), path);
        assert_eq!(entry.read(100).unwrap(), b"b/c/d/f");
        assert!(matches!(entry.read(3), Err(Refusal::TooLarge(3))));
        fs::remove_file(dir.path().join("b/c/d/f")).unwrap();
        symlink("/proc/self/environ", dir.path().join("b/c/d/f")).unwrap();
        assert!(matches!(entry.read(100), Err(Refusal::Link(_))));
    }
}
