//! Removes what a killed run left in its record: files of steps, clean clones, homes and sockets.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use cirun_project::Paths;

use super::{ALIVE, CLEAN_CLONE, ENGINE, HOMES, PRIVATE, SOCKET, was_killed};

/// The directories that a run removes when it ends.
const LEFT: [&str; 5] = [ENGINE, PRIVATE, CLEAN_CLONE, HOMES, SOCKET];

/// The records in which killed runs left such directories.
///
/// # Errors
/// The directory of records cannot be read.
pub fn left_behind(paths: &Paths) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(paths.runs()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut left = Vec::new();
    for entry in entries {
        let record = entry?.path();
        if was_killed(&record) {
            left.push(record);
        }
    }
    left.sort();
    Ok(left)
}

/// Removes what a killed run left in its record. Continues after an error.
///
/// # Errors
/// The last error, if a directory cannot be removed.
pub fn remove(record: &Path) -> io::Result<()> {
    let mut failed = None;
    for name in LEFT {
        // The standard library does not follow links in a directory that it removes.
        match fs::remove_dir_all(record.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => failed = Some(error),
            Ok(()) | Err(_) => {}
        }
    }
    match failed {
        Some(error) => Err(error),
        None => fs::remove_file(record.join(ALIVE)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Record;

    fn fill(record: &Record) {
        for name in LEFT {
            fs::create_dir_all(record.directory.join(name).join("deep")).unwrap();
        }
        fs::write(record.directory.join("plan.json"), "{}").unwrap();
    }

    #[test]
    fn leftovers_of_killed_runs_are_removed_at_the_next_start() {
        let directory = tempfile::tempdir().unwrap();
        let at = directory.path().to_owned();
        let paths = Paths { home: at.clone(), config: at.clone(), data: at.clone(), state: at.clone(), cache: at };
        let killed = Record::create(&paths, "killed").unwrap();
        fill(&killed);
        let living = Record::create(&paths, "living").unwrap();
        fill(&living);
        let path = killed.directory.clone();
        drop(killed);
        assert_eq!(left_behind(&paths).unwrap(), std::slice::from_ref(&path));
        drop(Record::create(&paths, "next").unwrap());
        assert!(LEFT.iter().all(|name| !path.join(name).exists()) && path.join("plan.json").exists());
        assert!(LEFT.iter().all(|name| living.directory.join(name).join("deep").exists()));
    }
}
