//! Hashes of uploads between two requests, so that finishing one does not have to read it again.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use crate::storage::Hasher;

/// The maximum number of remembered uploads; others are hashed from the disk.
const CAPACITY: usize = 256;

/// The hashes of this process. Another process, or this one after a restart, reads the file instead.
#[derive(Default)]
pub(crate) struct HashCache(Mutex<VecDeque<(String, Hasher)>>);

impl HashCache {
    /// Stores an upload's hash so far.
    pub(crate) fn put(&self, id: String, hasher: Hasher) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() == CAPACITY {
            entries.pop_front();
        }
        entries.push_back((id, hasher));
    }

    /// Removes an upload's hash.
    pub(crate) fn take(&self, id: &str) -> Option<Hasher> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let index = entries.iter().rposition(|(known, _)| known == id)?;
        entries.remove(index).map(|(_, hasher)| hasher)
    }
}
