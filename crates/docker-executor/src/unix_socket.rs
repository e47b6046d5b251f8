//! Unix sockets in directories with paths longer than a socket address.

use std::{
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use tokio::net::{UnixListener, UnixStream};

/// The length limit of a socket address is about a hundred bytes.
const MAX_ADDRESS_BYTES: usize = 100;

/// Listens on a socket named `name` in `directory`. The socket is created anew and open to every user: the engine may
/// map root in containers to another user.
///
/// # Errors
/// Those of the file system.
pub fn listen(directory: &Path, name: &str) -> io::Result<UnixListener> {
    let path = directory.join(name);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let (address, _open) = short(directory, name)?;
    let listener = UnixListener::bind(address)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o666))?;
    Ok(listener)
}

/// Connects to a socket.
pub(crate) async fn connect(path: &Path) -> io::Result<UnixStream> {
    let (directory, name) = (path.parent().unwrap_or(Path::new("/")), path.file_name().unwrap_or_default());
    let (address, _open) = short(directory, &name.to_string_lossy())?;
    UnixStream::connect(address).await
}

/// The address, valid as long as the second value lives: on Linux an open directory has a short path.
fn short(directory: &Path, name: &str) -> io::Result<(PathBuf, Option<fs::File>)> {
    let path = directory.join(name);
    if path.as_os_str().len() <= MAX_ADDRESS_BYTES || !cfg!(target_os = "linux") {
        return Ok((path, None));
    }
    let open = fs::File::open(directory)?;
    let short = format!("/proc/self/fd/{}/{name}", std::os::fd::AsRawFd::as_raw_fd(&open));
    Ok((short.into(), Some(open)))
}
