//! The processes of this machine and their parents, from `/proc`.

use std::{collections::BTreeMap, fs};

use rustix::process::Pid;

/// The processes whose parent is `parent`.
pub(crate) fn children_of(parent: Pid) -> Vec<Pid> {
    let of_parent = |pid: &i32| parent_of(*pid) == Some(parent.as_raw_pid());
    pids().filter(of_parent).filter_map(Pid::from_raw).collect()
}

/// The processes below `ancestor`, at any depth.
pub(crate) fn descendants_of(ancestor: i32) -> Vec<i32> {
    let mut children: BTreeMap<i32, Vec<i32>> = BTreeMap::new();
    for pid in pids() {
        if let Some(parent) = parent_of(pid) {
            children.entry(parent).or_default().push(pid);
        }
    }
    let (mut found, mut next) = (Vec::new(), vec![ancestor]);
    while let Some(pid) = next.pop() {
        let own = children.remove(&pid).unwrap_or_default();
        found.extend_from_slice(&own);
        next.extend(own);
    }
    found
}

fn pids() -> impl Iterator<Item = i32> {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// The parent of a process, from `/proc/PID/stat`: the second field after the name, which is in parentheses and may
/// contain any character.
fn parent_of(pid: i32) -> Option<i32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, after_name) = stat.rsplit_once(')')?;
    after_name.split_ascii_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use rustix::process::{getpid, getppid};

    use super::*;

    #[test]
    fn this_process_is_found_below_its_parent() {
        let (own, parent) = (getpid().as_raw_pid(), getppid().unwrap());
        assert_eq!(parent_of(own), Some(parent.as_raw_pid()));
        assert_eq!(parent_of(-1), None);
        assert!(descendants_of(parent.as_raw_pid()).contains(&own));
        assert!(!descendants_of(own).contains(&own));
    }
}
