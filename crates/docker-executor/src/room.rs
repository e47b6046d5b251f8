//! The size of the machine that containers run on.

use std::{fs, thread};

use cirun_engine::BackendError;

use crate::Engine;

/// What an engine's machine has for containers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Processors.
    pub cpus: usize,
    /// Memory, in bytes.
    pub memory: u64,
}

impl Engine {
    /// The size of its machine. An engine on this machine is not asked: its answer takes longer than a step's start.
    ///
    /// # Errors
    /// [`BackendError::Engine`] if it does not respond.
    pub async fn room(&self) -> Result<Room, BackendError> {
        if self.socket_here().is_some()
            && let Some(room) = this_machine()
        {
            return Ok(room);
        }
        let info = self.info().await?;
        Ok(Room { cpus: usize::try_from(info.cpus).unwrap_or(usize::MAX), memory: info.memory_bytes })
    }
}

fn this_machine() -> Option<Room> {
    let memory = total_memory(&fs::read_to_string("/proc/meminfo").ok()?)?;
    Some(Room { cpus: thread::available_parallelism().ok()?.get(), memory })
}

fn total_memory(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_of_a_linux_machine() {
        assert_eq!(total_memory("MemTotal:        8152552 kB\nMemFree:  1 kB\n"), Some(8_152_552 * 1024));
        assert_eq!(total_memory("MemFree:  1 kB\n"), None);
    }
}
