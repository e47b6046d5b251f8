//! Reads the files of a repository, which may be hostile: only regular files below its directory, and within limits.
//!
//! Links are not followed, not even to another file of the repository: that could be an untracked one such as `.env` or
//! `.git/config`, and diagnostics print excerpts. Files outside the repository belong to the person who names them: links,
//! pipes and `/dev/fd/3` work.

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

/// Maximum size of a document, in bytes.
pub const LARGEST: u64 = cirun_parser::MAX_BYTES as u64;
/// Maximum size of a settings file, in bytes.
pub(crate) const LARGEST_SETTINGS: u64 = 1 << 20;

/// The boundary between a repository's files and those of the user.
#[derive(Debug, Clone, Default)]
pub(crate) struct Boundary {
    /// The repository's directory, as found from the person's path and without links; none outside of any repository.
    directory: Option<(PathBuf, PathBuf)>,
    /// The start of relative paths.
    here: PathBuf,
}

impl Boundary {
    /// The boundary of the repository at `directory`. Relative paths start from `here`.
    pub(crate) fn new(directory: Option<&Path>, here: &Path) -> Self {
        let directory = directory.and_then(|directory| Some((directory.to_owned(), fs::canonicalize(directory).ok()?)));
        Self { directory, here: here.to_owned() }
    }

    /// The repository's directory, without links.
    pub(crate) fn directory(&self) -> Option<&Path> {
        self.directory.as_ref().map(|(_, real)| real.as_path())
    }

    /// Reads a file that a person named, of at most `limit` bytes. If it is in the repository, the repository's rules apply.
    ///
    /// # Errors
    /// The rule that the file breaks, or the system's error.
    pub(crate) fn read(&self, path: &Path, limit: u64) -> Result<Vec<u8>, Refusal> {
        match self.below(path) {
            Some((root, below)) => Root::open(&root)?.read(&below, limit),
            None => read_own(&self.here.join(path), limit),
        }
    }

    /// Opens a directory that a person or the settings named.
    ///
    /// # Errors
    /// The same as of [`Boundary::read`].
    pub(crate) fn open(&self, path: &Path) -> Result<Root, Refusal> {
        match self.below(path) {
            Some((root, below)) => Root::open(&root)?.sub(&below),
            None => Root::open(&self.here.join(path)),
        }
    }

    /// The repository without links, and the path below it; none for a path outside.
    fn below(&self, path: &Path) -> Option<(PathBuf, PathBuf)> {
        let (named, real) = self.directory.as_ref()?;
        let path = self.here.join(path);
        let climbs = path.components().any(|part| part == Component::ParentDir);
        if !climbs && let Ok(below) = path.strip_prefix(named) {
            return Some((real.clone(), below.to_owned()));
        }
        // The path leads into the repository by links or `..`, which are the person's own choice up to the file's directory.
        let below = fs::canonicalize(path.parent()?).ok()?.strip_prefix(real).ok()?.join(path.file_name()?);
        Some((real.clone(), below))
    }
}

/// Reads one of the user's own files, of at most `limit` bytes. Follows links.
///
/// # Errors
/// [`Refusal::TooLarge`], [`Refusal::Kind`] for a directory, or the system's error.
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
    fn the_rules_apply_inside_the_repository_only() {
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
