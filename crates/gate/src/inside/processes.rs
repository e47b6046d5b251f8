//! The processes of the container: reaping, killing, and what the kernel's memory limit did to them.

use std::{fs, io};

use rustix::process::{
    Pid, Signal, WaitOptions, WaitStatus, getpid, kill_process, kill_process_group, set_child_subreaper, wait,
};

use crate::protocol::End;

/// The bit of a wait status that reports a core file.
const CORE: i32 = 0x80;

/// Files of control groups with the number of processes that were killed for their memory limit: versions 2 and 1.
const MEMORY_EVENTS: [&str; 2] = ["/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control"];

/// Makes processes without a parent the gate's children; those of a container's first process are anyway.
pub(super) fn adopt_orphans() -> io::Result<()> {
    if !is_first() {
        set_child_subreaper(Some(getpid()))?;
    }
    Ok(())
}

/// Whether the gate is the first process of its container, and every other process belongs to it.
fn is_first() -> bool {
    getpid() == Pid::INIT
}

/// Reaps every process that has ended.
pub(super) fn reap() -> Vec<(Pid, End)> {
    let mut ended = Vec::new();
    while let Ok(Some((pid, status))) = wait(WaitOptions::NOHANG) {
        ended.extend(end_of(status).map(|end| (pid, end)));
    }
    ended
}

fn end_of(status: WaitStatus) -> Option<End> {
    let code = status.exit_status().map(End::Code);
    code.or_else(|| {
        let signal = status.terminating_signal()?;
        Some(End::Signal { signal, core: status.as_raw() & CORE != 0 })
    })
}

/// Sends a signal to one process.
pub(super) fn signal(pid: Pid, signal: i32) {
    if let Some(signal) = Signal::from_named_raw(signal) {
        let _it_may_have_ended = kill_process(pid, signal);
    }
}

/// Kills a command: its own process group.
pub(super) fn kill_group(pid: Pid) {
    let _it_may_have_ended = kill_process_group(pid, Signal::KILL);
}

/// Kills every other process of the container, as the end of its first process would.
pub(super) fn kill_others() {
    if is_first() {
        let _there_may_be_none = kill_process_group(Pid::INIT, Signal::KILL);
    }
}

/// How many processes of the container were killed for its memory limit so far.
pub(super) fn oom_kills() -> u64 {
    let texts = MEMORY_EVENTS.iter().filter_map(|path| fs::read_to_string(path).ok());
    texts.filter_map(|text| count_of(&text)).next().unwrap_or(0)
}

fn count_of(text: &str) -> Option<u64> {
    text.lines().find_map(|line| line.strip_prefix("oom_kill ")?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_versions_of_control_groups() {
        assert_eq!(count_of("low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 0\n"), Some(2));
        assert_eq!(count_of("oom_kill_disable 0\nunder_oom 0\noom_kill 1\n"), Some(1));
        assert_eq!(count_of("oom_kill_disable 0\n"), None);
    }
}
