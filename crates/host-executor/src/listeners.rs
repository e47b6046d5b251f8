//! The ports that the processes of a step listen on.

/// Which of `wanted` ports the processes below a supervisor listen on, and which another program uses; `None` if that is
/// unknown.
#[cfg(target_os = "linux")]
pub(crate) fn below(supervisor: u32, wanted: &[u16]) -> Option<Found> {
    use std::{collections::BTreeSet, fs};

    use cirun_engine::listening;

    let tables =
        ["tcp", "tcp6"].map(|table| fs::read_to_string(format!("/proc/{supervisor}/net/{table}")).unwrap_or_default());
    let open: Vec<_> =
        listening(&tables.concat()).into_iter().filter(|found| wanted.contains(&found.address.port())).collect();
    if open.is_empty() {
        return Some(Found::default());
    }
    let mut sockets = BTreeSet::new();
    for process in crate::process_table::descendants_of(i32::try_from(supervisor).ok()?) {
        // A process that has just ended has no sockets.
        for file in fs::read_dir(format!("/proc/{process}/fd")).into_iter().flatten().flatten() {
            let target = fs::read_link(file.path()).unwrap_or_default();
            let number =
                target.to_str().and_then(|text| text.strip_prefix("socket:[")?.strip_suffix(']')?.parse::<u64>().ok());
            sockets.extend(number);
        }
    }
    let (own, others): (Vec<_>, Vec<_>) = open.iter().partition(|found| sockets.contains(&found.inode));
    let ports = |found: Vec<&cirun_engine::Listener>| found.iter().map(|found| found.address.port()).collect();
    Some(Found { own: ports(own), others: ports(others) })
}

/// Only Linux has this information without another program.
#[cfg(not(target_os = "linux"))]
pub(crate) fn below(_guard: u32, _wanted: &[u16]) -> Option<Found> {
    None
}

/// The owners of the wanted ports.
#[derive(Debug, Default)]
pub(crate) struct Found {
    own: Vec<u16>,
    others: Vec<u16>,
}

impl Found {
    /// Whether the step listens on all of them.
    pub(crate) fn has_all(&self, wanted: &[u16]) -> bool {
        wanted.iter().all(|port| self.own.contains(port))
    }

    /// The missing ports, as text to print.
    pub(crate) fn missing(&self, wanted: &[u16]) -> String {
        let port = wanted.iter().find(|port| !self.own.contains(port)).copied().unwrap_or_default();
        let taken = if self.others.contains(&port) { "; another program of this machine does" } else { "" };
        format!("none of its processes listens on port {port}{taken}")
    }
}
