//! Files that only their owner may read.

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

/// Writes a file with mode 0600, on systems with file modes, and replaces an existing one: readers see either the old
/// or the new one.
pub(crate) fn replace(path: &Path, content: &str) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory)?;
    let temporary = directory.join(format!(".{}.{}", std::process::id(), file_name(path)));
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&temporary)?;
    file.write_all(content.as_bytes())?;
    file.sync_all()?;
    fs::rename(&temporary, path)
}

fn file_name(path: &Path) -> std::borrow::Cow<'_, str> {
    path.file_name().map_or("file".into(), |name| name.to_string_lossy())
}
