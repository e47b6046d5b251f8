//! Checks the ports and disks of this machine.

use std::{
    net::{SocketAddr, TcpListener},
    path::Path,
};

use cirun_report::human_bytes;

use super::Finding;

/// Free space in bytes below which doctor warns. An image build can need this much.
const LITTLE_SPACE: u64 = 5_000_000_000;

/// Checks that the ports of `cirun aws serve` are free.
pub(super) fn ports(addresses: [SocketAddr; 2]) -> Finding {
    let is_taken = |address: &SocketAddr| TcpListener::bind(address).is_err();
    let taken: Vec<String> = addresses.into_iter().filter(is_taken).map(|address| address.port().to_string()).collect();
    if taken.is_empty() {
        let ports = addresses.map(|address| address.port().to_string()).join(" and ");
        return Finding::good("ports", format!("{ports} are free for `cirun aws serve`"));
    }
    let text = format!("{} of this machine is in use, and `cirun aws serve` needs it", taken.join(" and "));
    Finding::remark("ports", text, "`cirun aws serve --port 0` uses a free one")
}

/// Checks that runs can be recorded in `directory`, and the free space there.
pub(super) fn records(directory: &Path) -> Finding {
    let there = directory.ancestors().find(|parent| parent.exists()).unwrap_or(directory);
    if is_writable(there) {
        return disk("records", directory);
    }
    let remedy = "make it writable, or set XDG_STATE_HOME to another directory";
    Finding::bad("disk", format!("records: cannot write to {}", there.display()), remedy)
}

/// Checks the free space of the disk where `directory` is or will be.
pub(crate) fn disk(what: &'static str, directory: &Path) -> Finding {
    let there = directory.ancestors().find(|parent| parent.exists()).unwrap_or(directory);
    match free_bytes(there) {
        Ok(bytes) => space(what, directory, bytes),
        Err(error) => Finding::remark("disk", format!("{what}: {}: {error}", there.display()), "see `df`"),
    }
}

fn space(what: &str, directory: &Path, bytes: u64) -> Finding {
    let text = format!("{what}: {} free at {}", human_bytes(bytes), directory.display());
    if bytes >= LITTLE_SPACE {
        return Finding::good("disk", text);
    }
    Finding::remark("disk", text, "free some space: `cirun aws gc`, `cirun clean --all`, `docker image prune`")
}

#[cfg(unix)]
fn is_writable(directory: &Path) -> bool {
    rustix::fs::access(directory, rustix::fs::Access::WRITE_OK).is_ok()
}

#[cfg(not(unix))]
fn is_writable(directory: &Path) -> bool {
    std::fs::metadata(directory).is_ok_and(|found| !found.permissions().readonly())
}

#[cfg(unix)]
fn free_bytes(path: &Path) -> std::io::Result<u64> {
    let found = rustix::fs::statvfs(path)?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}

#[cfg(not(unix))]
fn free_bytes(_path: &Path) -> std::io::Result<u64> {
    Err(std::io::Error::from(std::io::ErrorKind::Unsupported))
}

#[cfg(test)]
mod tests {
    use super::{super::State, *};

    #[test]
    fn little_space_has_a_remedy() {
        let state = |bytes| space("images", Path::new("/var/lib/docker"), bytes).state;
        assert_eq!([state(LITTLE_SPACE), state(LITTLE_SPACE - 1)], [State::Good, State::Remark]);
        assert_eq!(space("images", Path::new("/x"), 1_500_000_000).text, "images: 1.5 GB free at /x");
    }

    #[test]
    fn finds_the_disk_of_a_directory_that_does_not_exist() {
        let directory = tempfile::tempdir().unwrap();
        let finding = records(&directory.path().join("cirun/runs"));
        assert!(finding.text.starts_with("records: ") && finding.text.ends_with("cirun/runs"), "{finding:?}");
    }
}
