//! Resolves a step's path in a directory of this machine.

use std::{
    ffi::OsString,
    fs, io,
    path::{Component, Path, PathBuf},
};

use super::refusal::Refusal;

/// The limit of the kernel.
const MAX_LINKS: usize = 40;

/// A directory of this machine in the containers of a stage.
#[derive(Debug, Clone)]
pub(super) struct Mounted {
    /// Its path in the containers.
    pub(super) container: PathBuf,
    /// Its path on this machine.
    pub(super) machine: PathBuf,
}

/// How to handle a path that does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    /// Create its directories, as the engine would, but as this user.
    Made,
    /// Return an error.
    Refused,
}

/// The resolution of a path in a mounted directory; links resolve as they do in the containers.
pub(super) struct Walk<'a> {
    mounted: &'a Mounted,
    /// The mounted directory, without links.
    root: PathBuf,
    asked: &'a str,
    missing: Missing,
    /// The resolved part, below the root.
    at: PathBuf,
    /// The remaining parts, the next one last.
    ahead: Vec<OsString>,
    links: usize,
}

impl<'a> Walk<'a> {
    /// Starts at the mounted directory, for a path in a step's request.
    ///
    /// # Errors
    /// A directory that does not exist.
    pub(super) fn new(mounted: &'a Mounted, asked: &'a str, missing: Missing) -> Result<Self, Refusal> {
        let root = fs::canonicalize(&mounted.machine)
            .map_err(|error| Refusal::bad(format_args!("{}: {error}", mounted.machine.display())))?;
        Ok(Self { mounted, root, asked, missing, at: PathBuf::new(), ahead: Vec::new(), links: 0 })
    }

    /// Resolves the `rest` of the path to a path on this machine.
    ///
    /// # Errors
    /// A link out of the directory, or a path that does not exist.
    pub(super) fn go(mut self, rest: &Path) -> Result<PathBuf, Refusal> {
        self.follow(rest)?;
        while let Some(part) = self.ahead.pop() {
            if part == ".." {
                if !self.at.pop() {
                    return Err(self.leaves());
                }
                continue;
            }
            let here = self.root.join(&self.at).join(&part);
            match fs::symlink_metadata(&here) {
                Ok(found) if found.is_symlink() => {
                    self.links += 1;
                    let target = fs::read_link(&here).map_err(|error| self.broken(&error))?;
                    if self.links > MAX_LINKS {
                        return Err(self.broken(&"too many links"));
                    }
                    self.follow(&target)?;
                }
                Ok(_) => self.at.push(part),
                Err(error) if error.kind() == io::ErrorKind::NotFound && self.missing == Missing::Made => {
                    fs::create_dir(&here).map_err(|error| self.broken(&error))?;
                    self.at.push(part);
                }
                Err(error) => return Err(self.broken(&error)),
            }
        }
        Ok(below(&self.root, &self.at))
    }

    /// Inserts a path before the remaining parts; an absolute one starts again at the root, as the containers see it.
    fn follow(&mut self, path: &Path) -> Result<(), Refusal> {
        let rest = if path.is_absolute() {
            let rest = path.strip_prefix(&self.mounted.container).map_err(|_| self.leaves())?;
            self.at = PathBuf::new();
            rest
        } else {
            path
        };
        for component in rest.components().rev() {
            match component {
                Component::Normal(part) => self.ahead.push(part.to_owned()),
                Component::ParentDir => self.ahead.push("..".into()),
                Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
            }
        }
        Ok(())
    }

    fn leaves(&self) -> Refusal {
        let reason = format!("a link leads out of `{}`", self.mounted.container.display());
        Refusal::forbidden(format_args!("a mount of `{}`", self.asked), &reason)
    }

    fn broken(&self, error: &dyn std::fmt::Display) -> Refusal {
        Refusal::bad(format_args!("bind source path does not exist: {} ({error})", self.asked))
    }
}

/// A path below another one, without a trailing slash.
pub(super) fn below(root: &Path, rest: &Path) -> PathBuf {
    if rest.as_os_str().is_empty() { root.to_owned() } else { root.join(rest) }
}
