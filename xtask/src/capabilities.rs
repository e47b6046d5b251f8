//! The kernel's capabilities by name, and those that this host does not have.

use std::fs;

use anyhow::{Context, Result};

/// By number: linux/capability.h.
const NAMES: [&str; 41] = [
    "CAP_CHOWN",
    "CAP_DAC_OVERRIDE",
    "CAP_DAC_READ_SEARCH",
    "CAP_FOWNER",
    "CAP_FSETID",
    "CAP_KILL",
    "CAP_SETGID",
    "CAP_SETUID",
    "CAP_SETPCAP",
    "CAP_LINUX_IMMUTABLE",
    "CAP_NET_BIND_SERVICE",
    "CAP_NET_BROADCAST",
    "CAP_NET_ADMIN",
    "CAP_NET_RAW",
    "CAP_IPC_LOCK",
    "CAP_IPC_OWNER",
    "CAP_SYS_MODULE",
    "CAP_SYS_RAWIO",
    "CAP_SYS_CHROOT",
    "CAP_SYS_PTRACE",
    "CAP_SYS_PACCT",
    "CAP_SYS_ADMIN",
    "CAP_SYS_BOOT",
    "CAP_SYS_NICE",
    "CAP_SYS_RESOURCE",
    "CAP_SYS_TIME",
    "CAP_SYS_TTY_CONFIG",
    "CAP_MKNOD",
    "CAP_LEASE",
    "CAP_AUDIT_WRITE",
    "CAP_AUDIT_CONTROL",
    "CAP_SETFCAP",
    "CAP_MAC_OVERRIDE",
    "CAP_MAC_ADMIN",
    "CAP_SYSLOG",
    "CAP_WAKE_ALARM",
    "CAP_BLOCK_SUSPEND",
    "CAP_AUDIT_READ",
    "CAP_PERFMON",
    "CAP_BPF",
    "CAP_CHECKPOINT_RESTORE",
];

/// The capabilities that the kernel knows and this process may not pass on.
pub(crate) fn missing() -> Result<Vec<&'static str>> {
    let status = fs::read_to_string("/proc/self/status").context("cannot read /proc/self/status")?;
    let last = fs::read_to_string("/proc/sys/kernel/cap_last_cap").context("cannot read cap_last_cap")?;
    missing_from(&status, last.trim().parse().context("cap_last_cap is no number")?)
}

fn missing_from(status: &str, last: usize) -> Result<Vec<&'static str>> {
    let bounding = status.lines().find_map(|line| line.strip_prefix("CapBnd:")).context("no CapBnd in the status")?;
    let bounding = u64::from_str_radix(bounding.trim(), 16).context("CapBnd is no number")?;
    let known = NAMES.iter().enumerate().take_while(|(number, _)| *number <= last);
    Ok(known.filter(|(number, _)| bounding & (1 << number) == 0).map(|(_, name)| *name).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_the_bounding_set_lacks() {
        let status = "CapEff:\t000001fffeffffff\nCapBnd:\t000001fffeffffff\n";
        assert_eq!(missing_from(status, 40).unwrap(), ["CAP_SYS_RESOURCE"]);
        assert_eq!(missing_from("CapBnd:\t00000001ffffffff\n", 33).unwrap(), ["CAP_MAC_ADMIN"]);
        assert!(missing_from("CapBnd:\t000001ffffffffff\n", 40).unwrap().is_empty());
    }
}
