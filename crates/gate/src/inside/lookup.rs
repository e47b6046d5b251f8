//! Finds a command's program as a container engine does.

use std::{
    ffi::OsStr,
    fs,
    io::ErrorKind,
    os::unix::{ffi::OsStrExt, fs::PermissionsExt},
    path::{Path, PathBuf},
};

use crate::protocol::NotStarted;

/// Returns the file to execute for a command's first word: a path, or a name in one of the directories of `path`.
pub(super) fn find(name: &OsStr, path: Option<&OsStr>, directory: &Path) -> Result<PathBuf, NotStarted> {
    if name.as_bytes().contains(&b'/') {
        let file = directory.join(name);
        return is_executable(&file).map(|()| file);
    }
    let directories = path.unwrap_or_default().as_bytes().split(|byte| *byte == b':');
    let mut files = directories.map(|in_path| directory.join(OsStr::from_bytes(in_path)).join(name));
    files.find(|file| is_executable(file).is_ok()).ok_or(NotStarted::NotFound)
}

fn is_executable(file: &Path) -> Result<(), NotStarted> {
    match fs::metadata(file) {
        Ok(facts) if !facts.is_dir() && facts.permissions().mode() & 0o111 != 0 => Ok(()),
        Ok(_) => Err(NotStarted::NotExecutable),
        Err(error) if error.kind() == ErrorKind::PermissionDenied => Err(NotStarted::NotExecutable),
        Err(_) => Err(NotStarted::NotFound),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_paths() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("bin/tool")).unwrap();
        fs::create_dir_all(dir.path().join("more")).unwrap();
        fs::write(dir.path().join("more/tool"), "").unwrap();
        fs::set_permissions(dir.path().join("more/tool"), fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(dir.path().join("more/text"), "").unwrap();
        let found = |name: &str| find(OsStr::new(name), Some(OsStr::new("none:bin:more")), dir.path());
        assert_eq!(found("tool"), Ok(dir.path().join("more/tool")));
        assert_eq!(found("./more/tool"), Ok(dir.path().join("./more/tool")));
        assert_eq!(found("text"), Err(NotStarted::NotFound));
        assert_eq!(found("more/text"), Err(NotStarted::NotExecutable));
        assert_eq!(found("bin/tool"), Err(NotStarted::NotExecutable));
        assert_eq!(found("more/none"), Err(NotStarted::NotFound));
    }
}
