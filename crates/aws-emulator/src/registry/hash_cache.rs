//! Hashes of uploads between two requests, so that finishing one need not read it again.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use crate::storage::Hasher;

/// Uploads remembered at once; a forgotten one is hashed from the disk.
const CAPACITY: usize = 256;

/// What this process has hashed. Another process, or this one after a restart, reads the file instead.
#[derive(Default)]
pub(crate) struct HashCache(Mutex<VecDeque<(String, Hasher)>>);

impl HashCache {
    /// Remembers an upload's hash so far.
    pub(crate) fn put(&self, id: String, hasher: Hasher) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() == CAPACITY {
            entries.pop_front();
        }
        entries.push_back((id, hasher));
    }

    /// Takes an upload's hash out.
    pub(crate) fn take(&self, id: &str) -> Option<Hasher> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let index = entries.iter().rposition(|(known, _)| known == id)?;
        entries.remove(index).map(|(_, hasher)| hasher)
    }
}
