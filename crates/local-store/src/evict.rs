//! Eviction: removes the least recently used objects when the store exceeds its limit.

use std::{
    path::{Path, PathBuf},
    time::SystemTime,
};

use cirun_beneath::{Kind, Refusal, Root};

use crate::{
    StoreError,
    error::refused,
    files::{self, LIMITS},
};

/// Removes the least recently used objects of all repositories until at most `limit` bytes are left, and the temporary
/// files of killed runs. Calls `say` if something was removed.
///
/// # Errors
/// [`StoreError::Io`] for an object that cannot be removed.
pub fn make_room_in_all(caches: &Path, limit: u64, say: &mut dyn FnMut(&str)) -> Result<(), StoreError> {
    let root = files::open(caches)?;
    files::remove_abandoned(&root);
    make_room(&root, limit, Path::new(""), say)
}

/// Removes the least recently used objects until the store has at most `limit` bytes; `kept` stays whatever its size.
pub(crate) fn make_room(root: &Root, limit: u64, kept: &Path, say: &mut dyn FnMut(&str)) -> Result<(), StoreError> {
    let mut objects: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
    // An object that cannot be read, or is already gone, takes no space.
    for entry in root.walk(LIMITS).filter_map(Result::ok).filter(|entry| entry.facts.kind == Kind::File) {
        let name = entry.path.file_name().unwrap_or_default().to_string_lossy();
        if !name.starts_with(files::TEMPORARY) {
            objects.push((entry.facts.modified, entry.facts.bytes, entry.path));
        }
    }
    let mut held: u64 = objects.iter().map(|(_, bytes, _)| bytes).sum();
    objects.sort();
    let mut gone = (0_u64, 0_u64);
    for (_, bytes, path) in objects.into_iter().filter(|(_, _, path)| path != kept) {
        if held <= limit {
            break;
        }
        match root.remove(&path) {
            Ok(()) | Err(Refusal::Missing) => {}
            Err(refusal) => return Err(refused("remove", &path)(refusal)),
        }
        // A directory with another object in it stays.
        drop(path.parent().map(|parent| root.remove_directory(parent)));
        held -= bytes;
        gone = (gone.0 + 1, gone.1 + bytes);
    }
    if gone.0 > 0 {
        let (count, bytes) = gone;
        let (bytes, limit) = (files::size(bytes), files::size(limit));
        say(&format!("removed the least recently used ({count} of the kept paths, {bytes}): at most {limit} are kept"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{fs, time::Duration};

    use super::*;

    #[test]
    fn the_least_recently_used_go_first() {
        let dir = tempfile::tempdir().unwrap();
        for (age, name) in [(3, "old"), (2, "older-use"), (1, "new")] {
            let path = dir.path().join("s3/b").join(name).join("object");
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, [0; 100]).unwrap();
            let then = SystemTime::now() - Duration::from_secs(age * 60);
            fs::File::options().append(true).open(&path).unwrap().set_modified(then).unwrap();
        }
        let mut output = String::new();
        let (root, below) = (Root::open(dir.path()).unwrap(), Path::new("s3/b/old/object"));
        let kept = dir.path().join(below);
        make_room(&root, 250, below, &mut |line| output.push_str(line)).unwrap();
        assert_eq!(output, "removed the least recently used (1 of the kept paths, 100 B): at most 250 B are kept");
        assert!(kept.exists() && !dir.path().join("s3/b/older-use").exists());
        make_room(&root, 10, below, &mut |_| {}).unwrap();
        assert!(kept.exists() && !dir.path().join("s3/b/new").exists());
        make_room_in_all(dir.path(), 10, &mut |_| {}).unwrap();
        assert!(!kept.exists());
    }
}
