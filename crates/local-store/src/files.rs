//! Files of the local store: written whole or not at all, and removable by the person, whoever the step ran as.

use std::{
    fs::{self, File},
    io,
    path::Path,
};

use tempfile::NamedTempFile;

use crate::{StoreError, error::io_error};

/// Makes a directory and those above it, open to every user: steps run as any of them, and the directories around the
/// store are closed to others.
pub(crate) fn make_directory(path: &Path) -> Result<(), StoreError> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        make_directory(parent)?;
    }
    match fs::create_dir(path) {
        Ok(()) => open_to_all(path, 0o777).map_err(io_error("open", path)),
        // Another run was quicker.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        Err(error) => Err(io_error("make the directory", path)(error)),
    }
}

/// Writes a file by `fill`; until all of it is on the disk, what was there before stays.
pub(crate) fn write_whole<T>(
    path: &Path,
    fill: impl FnOnce(&mut File) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let mut file = temporary(directory).map_err(io_error("write", path))?;
    let filled = fill(file.as_file_mut())?;
    file.as_file().sync_all().map_err(io_error("write", path))?;
    open_to_all(file.path(), 0o666).map_err(io_error("open", path))?;
    file.persist(path).map_err(|error| io_error("write", path)(error.error))?;
    Ok(filled)
}

/// Another run may remove the directory while it is empty.
fn temporary(directory: &Path) -> io::Result<NamedTempFile> {
    let mut tries = 0;
    loop {
        make_directory(directory).map_err(io::Error::other)?;
        match NamedTempFile::with_prefix_in(TEMPORARY, directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && tries < 3 => tries += 1,
            made => return made,
        }
    }
}

/// How the names of files begin that are being written.
pub(crate) const TEMPORARY: &str = ".writing-";

#[cfg(unix)]
fn open_to_all(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn open_to_all(_path: &Path, _mode: u32) -> io::Result<()> {
    Ok(())
}

/// A size for people.
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

    #[test]
    fn what_was_there_stays_until_all_is_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b");
        write_whole(&path, |file| io::Write::write_all(file, b"one").map_err(io_error("write", &path))).unwrap();
        let failed: Result<(), _> = write_whole(&path, |file| {
            io::Write::write_all(file, b"half").map_err(io_error("write", &path))?;
            Err(StoreError::Key("stop".to_owned()))
        });
        assert!(failed.is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "one");
        assert_eq!(fs::read_dir(dir.path().join("a")).unwrap().count(), 1, "nothing is left beside it");
    }
}
