//! What cirun reads of a repository: regular files beneath it, within limits. A stranger may have made it.
//!
//! A link is not followed, not even to another file of the repository: it could be one that git does not track, such as `.env`
//! or `.git/config`, and what a document is wrong with is printed. Files that a person names outside of the repository are that
//! person's own: links, pipes and `/dev/fd/3` are read as they are meant.

mod documents;
mod left_out;

use std::{
    fs::{self, File},
    path::{Component, Path, PathBuf},
};

use cirun_beneath::{Refusal, Root, read_capped};

pub use self::left_out::is_left_out;
pub(crate) use self::{
    documents::{Place, find},
    left_out::{LeftOut, why},
};

/// The largest file that is read of a repository.
pub const LARGEST: u64 = cirun_parser::MAX_BYTES as u64;
/// The largest settings file that is read.
pub(crate) const LARGEST_SETTINGS: u64 = 1 << 20;

/// Where a repository begins.
#[derive(Debug, Clone, Default)]
pub(crate) struct Boundary {
    /// As it was found from what a person named, and as it is without links; none outside of any repository.
    directory: Option<(PathBuf, PathBuf)>,
    /// What relative paths begin at.
    here: PathBuf,
}

impl Boundary {
    /// The repository of a directory; `here` is what relative paths begin at.
    pub(crate) fn new(directory: Option<&Path>, here: &Path) -> Self {
        let directory = directory.and_then(|directory| Some((directory.to_owned(), fs::canonicalize(directory).ok()?)));
        Self { directory, here: here.to_owned() }
    }

    /// The repository's directory, without links.
    pub(crate) fn directory(&self) -> Option<&Path> {
        self.directory.as_ref().map(|(_, real)| real.as_path())
    }

    /// Reads a file that a person named, of at most `limit` bytes: one of the repository by its rules, any other as it is.
    ///
    /// # Errors
    /// The rule that it breaks, or the system's reason.
    pub(crate) fn read(&self, path: &Path, limit: u64) -> Result<Vec<u8>, Refusal> {
        match self.below(path) {
            Some((root, below)) => Root::open(&root)?.read(&below, limit),
            None => read_own(&self.here.join(path), limit),
        }
    }

    /// Opens a directory that a person or the settings named.
    ///
    /// # Errors
    /// As [`Boundary::read`].
    pub(crate) fn open(&self, path: &Path) -> Result<Root, Refusal> {
        match self.below(path) {
            Some((root, below)) => Root::open(&root)?.sub(&below),
            None => Root::open(&self.here.join(path)),
        }
    }

    /// The repository, and where a path is in it; none for a path outside.
    fn below(&self, path: &Path) -> Option<(PathBuf, PathBuf)> {
        let (named, real) = self.directory.as_ref()?;
        let path = self.here.join(path);
        let climbs = path.components().any(|part| part == Component::ParentDir);
        if !climbs && let Ok(below) = path.strip_prefix(named) {
            return Some((real.clone(), below.to_owned()));
        }
        // By another way into the repository: what leads to the file's directory was named by the person.
        let below = fs::canonicalize(path.parent()?).ok()?.strip_prefix(real).ok()?.join(path.file_name()?);
        Some((real.clone(), below))
    }
}

/// Reads a file of the user's own, of at most `limit` bytes, following links.
///
/// # Errors
/// [`Refusal::TooLarge`], or the system's reason.
pub fn read_own(path: &Path, limit: u64) -> Result<Vec<u8>, Refusal> {
    let file = File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(Refusal::Kind { found: cirun_beneath::Kind::Directory, wanted: cirun_beneath::Kind::File });
    }
    read_capped(file, limit)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn read(boundary: &Boundary, path: &Path) -> String {
        match boundary.read(path, 100) {
            Ok(content) => String::from_utf8(content).unwrap(),
            Err(refusal) => refusal.to_string(),
        }
    }

    #[test]
    fn the_rules_of_a_repository_hold_in_it_and_not_outside() {
        let place = tempfile::tempdir().unwrap();
        let repository = place.path().join("repository");
        fs::create_dir_all(repository.join("sub")).unwrap();
        for (path, text) in [("repository/ci.yaml", "inside"), ("credentials", "outside")] {
            fs::write(place.path().join(path), text).unwrap();
        }
        symlink(place.path().join("credentials"), repository.join("linked.yaml")).unwrap();
        symlink(place.path(), repository.join("sub/up")).unwrap();
        symlink(place.path().join("credentials"), place.path().join("mine")).unwrap();
        symlink(&repository, place.path().join("way")).unwrap();
        let boundary = Boundary::new(Some(&repository), &repository);
        let refused = |path: &str| format!("`{path}` is a symbolic link, and links are not followed");
        assert_eq!(read(&boundary, Path::new("ci.yaml")), "inside");
        assert_eq!(read(&boundary, Path::new("sub/../ci.yaml")), "inside");
        assert_eq!(read(&boundary, Path::new("linked.yaml")), refused("linked.yaml"));
        assert_eq!(read(&boundary, &repository.join("linked.yaml")), refused("linked.yaml"));
        assert_eq!(read(&boundary, &place.path().join("way/linked.yaml")), refused("linked.yaml"));
        assert_eq!(read(&boundary, Path::new("sub/up/credentials")), refused("sub/up"));
        assert_eq!(read(&boundary, &place.path().join("mine")), "outside");
        assert_eq!(read(&boundary, Path::new("../credentials")), "outside");
        assert_eq!(read(&Boundary::new(None, &repository), Path::new("linked.yaml")), "outside");
        assert_eq!(read(&boundary, place.path()), "it is a directory, not a regular file");
        assert_eq!(read(&boundary, Path::new("/dev/zero")), "it is larger than 100 bytes");
    }
}
