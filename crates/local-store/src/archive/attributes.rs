//! The attributes of a file: mode, owner, time. Systems differ in them.

use std::{fs::File, io};

use tar::Header;

/// The mode of an entry.
pub(super) fn mode(header: &Header) -> u32 {
    header.mode().unwrap_or(0o755) & 0o7777
}

/// Sets owner, mode and time of an open file or directory, as far as the step's user may; the plugin also ignores
/// errors.
#[cfg(unix)]
pub(super) fn preserve(target: &File, header: &Header) {
    use std::{
        fs::Permissions,
        os::unix::fs::{PermissionsExt, fchown},
    };
    let id = |id: io::Result<u64>| id.ok().and_then(|id| u32::try_from(id).ok());
    drop(fchown(target, id(header.uid()), id(header.gid())));
    drop(target.set_permissions(Permissions::from_mode(mode(header))));
    let seconds = std::time::Duration::from_secs(header.mtime().unwrap_or(0));
    drop(target.set_modified(std::time::UNIX_EPOCH + seconds));
}

#[cfg(not(unix))]
pub(super) fn preserve(_target: &File, _header: &Header) {}
