//! Room in the store: the objects that were used least recently go when it holds more than its limit.

use std::{
    fs,
    path::Path,
    time::{Duration, SystemTime},
};

use walkdir::WalkDir;

use crate::{StoreError, error::io_error, files};

/// A file that is still being written after this time was left by a killed run.
const ABANDONED: Duration = Duration::from_secs(24 * 60 * 60);

/// Removes the least recently used objects until the store holds at most `limit` bytes; `kept` stays whatever its size.
pub(crate) fn make_room(caches: &Path, limit: u64, kept: &Path, say: &mut dyn FnMut(&str)) -> Result<(), StoreError> {
    let mut objects: Vec<(SystemTime, u64, std::path::PathBuf)> = Vec::new();
    for entry in WalkDir::new(caches).into_iter().filter_map(Result::ok).filter(|entry| entry.file_type().is_file()) {
        // What another run has removed meanwhile needs no room.
        let Ok(metadata) = entry.metadata() else { continue };
        let used = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        let writing = entry.file_name().to_string_lossy().starts_with(files::TEMPORARY);
        if writing && used.elapsed().is_ok_and(|age| age < ABANDONED) {
            continue;
        }
        objects.push((used, metadata.len(), entry.into_path()));
    }
    let mut held: u64 = objects.iter().map(|(_, bytes, _)| bytes).sum();
    objects.sort();
    let mut gone = (0_u64, 0_u64);
    for (_, bytes, path) in objects.into_iter().filter(|(_, _, path)| path != kept) {
        if held <= limit {
            break;
        }
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(io_error("remove", &path)(error)),
            Ok(()) | Err(_) => {}
        }
        // A directory that another object is in stays.
        drop(path.parent().map(fs::remove_dir));
        held -= bytes;
        gone = (gone.0 + 1, gone.1 + bytes);
    }
    if gone.0 > 0 {
        let (count, bytes) = gone;
        let (bytes, limit) = (files::size(bytes), files::size(limit));
        say(&format!(
            "removed what was used longest ago ({count} of the kept paths, {bytes}): at most {limit} are kept"
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
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
        let mut told = String::new();
        let kept = dir.path().join("s3/b/old/object");
        make_room(dir.path(), 250, &kept, &mut |line| told.push_str(line)).unwrap();
        assert_eq!(told, "removed what was used longest ago (1 of the kept paths, 100 B): at most 250 B are kept");
        assert!(kept.exists() && !dir.path().join("s3/b/older-use").exists());
        make_room(dir.path(), 10, &kept, &mut |_| {}).unwrap();
        assert!(kept.exists() && !dir.path().join("s3/b/new").exists());
    }
}
