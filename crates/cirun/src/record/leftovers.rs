//! What a killed run leaves in its record besides what is kept: clean clones, sockets, outputs that are secret.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use cirun_beneath::{Kind, Limits, Refusal, Root};

use super::{CLEAN_CLONE, GUARD, SECRET_OUTPUTS, STEPS};
use crate::paths::Paths;

/// A file that is locked as long as its run lives; the kernel unlocks it, however the process ends.
const IN_USE: &str = "in-use";
/// How many files of steps are looked at.
const LIMITS: Limits = Limits { entries: 1_000_000, depth: 0 };

/// Something that a run would have removed at its end.
#[derive(Debug)]
pub(crate) struct Leftover {
    /// Where it is.
    pub path: PathBuf,
    kind: Left,
}

#[derive(Debug)]
enum Left {
    /// A directory of cirun's, with all that is in it.
    Tree,
    /// A file of a directory that steps can write to.
    Beneath(Root, PathBuf),
}

impl Leftover {
    /// Removes it; what is gone already counts as removed.
    pub(crate) fn remove(&self) -> io::Result<()> {
        match &self.kind {
            // The standard library follows no link below it.
            Left::Tree => match fs::remove_dir_all(&self.path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                Ok(()) | Err(_) => Ok(()),
            },
            Left::Beneath(root, below) => match root.remove(below) {
                Ok(()) | Err(Refusal::Missing) => Ok(()),
                Err(refusal) => Err(refusal.into()),
            },
        }
    }
}

/// Makes the directory of a run and marks it as in use, as long as the file is open.
pub(super) fn mark(directory: &Path) -> io::Result<File> {
    fs::create_dir_all(directory)?;
    let in_use = File::create(directory.join(IN_USE))?;
    in_use.lock()?;
    Ok(in_use)
}

/// Whether the run of a record lives. One without a mark is of an earlier version, or being made.
pub(super) fn is_in_use(directory: &Path) -> bool {
    let Ok(mark) = File::open(directory.join(IN_USE)) else { return false };
    matches!(mark.try_lock(), Err(TryLockError::WouldBlock))
}

/// What runs that live no more left in their records.
pub(crate) fn left_behind(paths: &Paths) -> io::Result<Vec<Leftover>> {
    let entries = match fs::read_dir(paths.runs()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut left = Vec::new();
    for entry in entries {
        let directory = entry?.path();
        if !directory.join(IN_USE).exists() || is_in_use(&directory) {
            continue;
        }
        for tree in [CLEAN_CLONE, GUARD] {
            let path = directory.join(tree);
            if path.is_dir() {
                left.push(Leftover { path, kind: Left::Tree });
            }
        }
        left.extend(secret_outputs(&directory)?);
    }
    Ok(left)
}

/// The files of secret outputs in a record. They are not masked.
pub(super) fn secret_outputs(directory: &Path) -> io::Result<Vec<Leftover>> {
    let steps = directory.join(STEPS);
    let root = match Root::open(&steps) {
        Err(Refusal::Missing) => return Ok(Vec::new()),
        root => root?,
    };
    let mut found = Vec::new();
    for entry in root.walk(LIMITS) {
        match entry {
            Ok(entry) if entry.facts.kind == Kind::Directory => {}
            Ok(entry) if entry.path.to_string_lossy().ends_with(SECRET_OUTPUTS) => {
                let path = steps.join(&entry.path);
                found.push(Leftover { path, kind: Left::Beneath(root.clone(), entry.path) });
            }
            Ok(_) | Err((_, Refusal::TooDeep(_))) => {}
            Err((_, refusal)) => return Err(refusal.into()),
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Record;

    fn paths(directory: &Path) -> Paths {
        let directory = directory.to_owned();
        Paths {
            home: directory.clone(),
            config: directory.clone(),
            data: directory.clone(),
            state: directory.clone(),
            cache: directory,
        }
    }

    fn fill(record: &Record) {
        for directory in [record.clean_clone().join("build/.git"), record.directory.join(GUARD)] {
            fs::create_dir_all(directory).unwrap();
        }
        for name in ["a-output.env", "a-output-secrets.env"] {
            fs::write(record.steps().join(name), "K=v").unwrap();
        }
    }

    #[test]
    fn what_a_killed_run_left_goes_at_the_next_start_and_what_lives_stays() {
        let directory = tempfile::tempdir().unwrap();
        let paths = paths(directory.path());
        let killed = Record::create(&paths, "killed").unwrap();
        fill(&killed);
        let living = Record::create(&paths, "living").unwrap();
        fill(&living);
        let path = killed.directory.clone();
        drop(killed);
        let named = left_behind(&paths).unwrap().into_iter().map(|left| left.path);
        let mut named: Vec<_> = named.map(|left| left.strip_prefix(&path).unwrap().display().to_string()).collect();
        named.sort();
        assert_eq!(named, ["engine/a-output-secrets.env", "guard", "workspace"]);
        drop(Record::create(&paths, "next").unwrap());
        assert!(path.join("engine/a-output.env").exists(), "what is kept stays");
        assert!(!path.join("workspace").exists() && !path.join("engine/a-output-secrets.env").exists());
        assert!(living.clean_clone().exists() && living.steps().join("a-output-secrets.env").exists());
        assert!(left_behind(&paths).unwrap().is_empty());
    }
}
