//! The home directory of a stage: new for each stage, as on a CI VM, and removed with it.
//!
//! The tools of a step find neither the user's logins there, nor anything of another stage.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use cirun_plan::StageId;

/// The home of a stage, in `homes`.
pub(crate) fn of(homes: &Path, stage: &StageId) -> PathBuf {
    homes.join(stage.0.replace(['/', '\\', '.'], "_"))
}

/// Creates the home, empty.
pub(crate) fn make(home: &Path) -> io::Result<()> {
    remove(home)?;
    if let Some(homes) = home.parent() {
        fs::create_dir_all(homes)?;
    }
    make_private(home)
}

#[cfg(unix)]
fn make_private(home: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().mode(0o700).create(home)
}

#[cfg(not(unix))]
fn make_private(home: &Path) -> io::Result<()> {
    fs::create_dir(home)
}

/// Removes the home with its content.
pub(crate) fn remove(home: &Path) -> io::Result<()> {
    let gone = |result: io::Result<()>| match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    };
    match gone(fs::remove_dir_all(home)) {
        // Go's module directories are not writable, not even for their owner.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            open(home)?;
            gone(fs::remove_dir_all(home))
        }
        other => other,
    }
}

/// Makes a directory and everything in it writable for the owner. Links are not followed.
fn open(directory: &Path) -> io::Result<()> {
    let metadata = fs::symlink_metadata(directory)?;
    if !metadata.is_dir() {
        return Ok(());
    }
    let mut permissions = metadata.permissions();
    make_writable(&mut permissions);
    fs::set_permissions(directory, permissions)?;
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            open(&entry.path())?;
        }
    }
    Ok(())
}

#[cfg(unix)]
fn make_writable(permissions: &mut fs::Permissions) {
    use std::os::unix::fs::PermissionsExt;
    permissions.set_mode(permissions.mode() | 0o700);
}

#[cfg(not(unix))]
fn make_writable(permissions: &mut fs::Permissions) {
    permissions.set_readonly(false);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn it_begins_empty_and_ends_whatever_is_in_it() {
        use std::os::unix::fs::PermissionsExt;
        let place = tempfile::tempdir().unwrap();
        let outside = place.path().join("outside");
        fs::create_dir(&outside).unwrap();
        fs::write(outside.join("kept"), "").unwrap();
        fs::set_permissions(&outside, fs::Permissions::from_mode(0o500)).unwrap();
        let home = of(&place.path().join("homes"), &StageId("build.a/b".to_owned()));
        assert_eq!(home, place.path().join("homes/build_a_b"));
        make(&home).unwrap();
        assert_eq!(fs::metadata(&home).unwrap().permissions().mode() & 0o777, 0o700);
        let module = home.join("go/pkg/module");
        fs::create_dir_all(&module).unwrap();
        fs::write(module.join("file"), "").unwrap();
        std::os::unix::fs::symlink(&outside, home.join("go/link")).unwrap();
        fs::set_permissions(&module, fs::Permissions::from_mode(0o500)).unwrap();
        make(&home).unwrap();
        assert_eq!(fs::read_dir(&home).unwrap().count(), 0);
        remove(&home).unwrap();
        remove(&home).unwrap();
        assert!(!home.exists() && outside.join("kept").exists());
        assert_eq!(fs::metadata(&outside).unwrap().permissions().mode() & 0o777, 0o500);
        fs::set_permissions(&outside, fs::Permissions::from_mode(0o700)).unwrap();
    }
}
