//! Files of the local store: written atomically, inside its directory, and removable by the user, whoever the step ran
//! as.

use std::{
    fs::File,
    hash::{BuildHasher, RandomState},
    path::{Path, PathBuf},
};

use cirun_beneath::{Kind, Limits, Refusal, Root};

use crate::{StoreError, error::refused};

/// The limits of a walk through the store.
pub(crate) const LIMITS: Limits = Limits { entries: 10_000_000, depth: 256 };

/// The prefix of temporary files. Such a file is locked as long as its writer lives.
pub(crate) const TEMPORARY: &str = ".writing-";

/// Opens the store's directory.
pub(crate) fn open(directory: &Path) -> Result<Root, StoreError> {
    Root::open(directory).map_err(refused("open", directory))
}

/// Writes a file with `fill`; the previous file stays until all of it is on the disk.
pub(crate) fn write_whole<T>(
    root: &Root,
    path: &Path,
    fill: impl FnOnce(&mut File) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let (temporary, mut file) = temporary(root, path).map_err(refused("write", path))?;
    let written = fill(&mut file).and_then(|filled| {
        file.sync_all().map_err(|error| refused("write", path)(error.into()))?;
        root.rename(&temporary, path).map_err(refused("write", path))?;
        Ok(filled)
    });
    if written.is_err() {
        // If this fails, the next use of the store removes it.
        drop(root.remove(&temporary));
    }
    written
}

/// Creates a locked file next to `path`, and the missing directories: open to every user, because steps run as any
/// user, while the directories around the store are private.
fn temporary(root: &Root, path: &Path) -> Result<(PathBuf, File), Refusal> {
    let directory = path.parent().unwrap_or(Path::new(""));
    let mut tries = 0;
    loop {
        root.make_directories(directory, 0o777)?;
        let name = directory.join(format!("{TEMPORARY}{:016x}", RandomState::new().hash_one(tries)));
        let made = root.create(&name, 0o666).and_then(|file| {
            file.lock()?;
            // Another run may have removed it as a leftover before it was locked.
            root.look(&name).map(|_| file)
        });
        match made {
            Ok(file) => return Ok((name, file)),
            // Another run may remove the directory while it is empty.
            Err(Refusal::Missing | Refusal::Exists) if tries < 3 => tries += 1,
            Err(refusal) => return Err(refusal),
        }
    }
}

/// Removes the temporary files of killed runs.
pub(crate) fn remove_abandoned(root: &Root) {
    for entry in root.walk(LIMITS).filter_map(Result::ok).filter(|entry| entry.facts.kind == Kind::File) {
        let is_temporary = entry.path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(TEMPORARY));
        if !is_temporary {
            continue;
        }
        // Another run may be faster. The lock is held until the file is gone, so that its writer notices.
        if let Ok(file) = entry.open()
            && file.try_lock().is_ok()
        {
            drop(root.remove(&entry.path));
        }
    }
}

/// A size, as text to print.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["B", "kB", "MB", "GB"];
    let mut amount = bytes as f64;
    let mut unit = 0;
    while amount >= 1000.0 && unit + 1 < UNITS.len() {
        amount /= 1000.0;
        unit += 1;
    }
    match unit {
        0 => format!("{bytes} B"),
        _ => format!("{amount:.1} {}", UNITS[unit]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!(
            [0, 999, 1000, 1_234_567, 5_000_000_000_000].map(size).join(", "),
            "0 B, 999 B, 1.0 kB, 1.2 MB, 5000.0 GB"
        );
    }

    fn text(text: &str) -> impl FnOnce(&mut File) -> Result<(), StoreError> + '_ {
        move |file| {
            std::io::Write::write_all(file, text.as_bytes()).map_err(|error| refused("w", Path::new("w"))(error.into()))
        }
    }

    #[test]
    fn what_was_there_stays_until_all_is_written() {
        let dir = tempfile::tempdir().unwrap();
        let (root, path) = (open(dir.path()).unwrap(), Path::new("a/b"));
        write_whole(&root, path, text("one")).unwrap();
        let failed: Result<(), _> = write_whole(&root, path, |file| {
            text("half")(file)?;
            Err(StoreError::Key("stop".to_owned()))
        });
        assert!(failed.is_err());
        assert_eq!(root.read(path, 9).unwrap(), b"one");
        assert_eq!(std::fs::read_dir(dir.path().join("a")).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn what_a_killed_run_left_goes_and_what_is_being_written_stays() {
        let dir = tempfile::tempdir().unwrap();
        let root = open(dir.path()).unwrap();
        std::fs::create_dir(dir.path().join("a")).unwrap();
        std::fs::write(dir.path().join("a/.writing-0123"), "half").unwrap();
        write_whole(&root, Path::new("a/b"), |file| {
            remove_abandoned(&root);
            text("one")(file)
        })
        .unwrap();
        let names: Vec<_> = root.walk(LIMITS).map(|entry| entry.unwrap().path).collect();
        assert_eq!(names, [Path::new("a"), Path::new("a/b")]);
    }
}
