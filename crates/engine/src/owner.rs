//! The process that owns a run, and whether it is still alive, so that the next run can remove what a killed run left.

#[cfg_attr(target_os = "linux", path = "owner/linux.rs")]
#[cfg_attr(not(target_os = "linux"), path = "owner/other.rs")]
mod system;

/// A process, distinct from every other one on this or any other machine.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Owner {
    /// The machine and its pid namespace; pids have no meaning elsewhere. Several machines may share an engine.
    pub host: String,
    /// The machine's current boot; empty if it is unknown.
    pub boot_id: String,
    /// The process id.
    pub pid: u32,
    /// Its start time, for comparison only (a pid may be reused); empty if it is unknown.
    pub started: String,
}

/// Whether an owner is still alive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Liveness {
    /// The process runs.
    Alive,
    /// It has ended, or its machine has rebooted since.
    Dead,
    /// It belongs to another machine or pid namespace.
    Unknown,
}

impl Owner {
    /// This process.
    pub fn current() -> Self {
        let pid = std::process::id();
        Self {
            host: system::host(),
            boot_id: system::boot_id(),
            pid,
            started: system::started(pid).unwrap_or_default(),
        }
    }

    /// Whether this owner is alive, as seen from the process `me`.
    pub fn liveness(&self, me: &Self) -> Liveness {
        judge(self, me, system::started)
    }
}

/// `started` returns when the process with that pid began, or `None` without such a process.
fn judge(owner: &Owner, me: &Owner, started: impl Fn(u32) -> Option<String>) -> Liveness {
    if owner.host != me.host || owner.boot_id.is_empty() {
        return Liveness::Unknown;
    }
    if owner.boot_id != me.boot_id {
        return Liveness::Dead;
    }
    match started(owner.pid) {
        Some(now) if now == owner.started => Liveness::Alive,
        Some(_) | None => Liveness::Dead,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(host: &str, boot: &str, pid: u32, started: &str) -> Owner {
        Owner { host: host.to_owned(), boot_id: boot.to_owned(), pid, started: started.to_owned() }
    }

    #[test]
    fn table() {
        let me = owner("box", "b1", 10, "500");
        let running = |pid: u32| (pid == 7).then(|| "70".to_owned());
        for (other, expected) in [
            (owner("box", "b1", 7, "70"), Liveness::Alive),
            (owner("box", "b1", 7, "69"), Liveness::Dead),
            (owner("box", "b1", 8, "80"), Liveness::Dead),
            (owner("box", "b0", 7, "70"), Liveness::Dead),
            (owner("laptop", "b0", 7, "70"), Liveness::Unknown),
            (owner("box", "", 7, ""), Liveness::Unknown),
        ] {
            assert_eq!(judge(&other, &me, running), expected, "{other:?}");
        }
    }

    #[test]
    fn this_process_is_not_dead() {
        let me = Owner::current();
        assert_ne!(me.liveness(&me), Liveness::Dead);
    }
}
