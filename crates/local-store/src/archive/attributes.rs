//! What a file has besides its content: mode, owner, time, or that it is a link. Systems differ in that.

use std::{fs, io, path::Path};

use tar::Header;

/// The mode of an entry.
pub(super) fn mode(header: &Header) -> u32 {
    header.mode().unwrap_or(0o755) & 0o7777
}

/// Owner, mode and time, as far as the step's user may set them; the plugin too ignores what it may not.
#[cfg(unix)]
pub(super) fn preserve(target: &Path, header: &Header) {
    use std::os::unix::fs::chown;
    let id = |id: io::Result<u64>| id.ok().and_then(|id| u32::try_from(id).ok());
    drop(chown(target, id(header.uid()), id(header.gid())));
    drop(set_mode(target, mode(header)));
    let seconds = std::time::Duration::from_secs(header.mtime().unwrap_or(0));
    let time = std::time::UNIX_EPOCH + seconds;
    drop(fs::File::open(target).and_then(|file| file.set_modified(time)));
}

#[cfg(not(unix))]
pub(super) fn preserve(_target: &Path, _header: &Header) {}

#[cfg(unix)]
pub(super) fn set_mode(target: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(target, fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
pub(super) fn set_mode(_target: &Path, _mode: u32) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
pub(super) fn set_directory_mode(builder: &mut fs::DirBuilder, mode: u32) {
    use std::os::unix::fs::DirBuilderExt;
    builder.mode(mode);
}

#[cfg(not(unix))]
pub(super) fn set_directory_mode(_builder: &mut fs::DirBuilder, _mode: u32) {}

#[cfg(unix)]
pub(super) fn set_file_mode(options: &mut fs::OpenOptions, mode: u32) {
    use std::os::unix::fs::OpenOptionsExt;
    options.mode(mode);
}

#[cfg(not(unix))]
pub(super) fn set_file_mode(_options: &mut fs::OpenOptions, _mode: u32) {}

#[cfg(unix)]
pub(super) fn symlink(link: &Path, target: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(link, target)
}

#[cfg(not(unix))]
pub(super) fn symlink(link: &Path, _target: &Path) -> io::Result<()> {
    Err(io::Error::other(format!("links such as the one to {} are not restored on this system", link.display())))
}
