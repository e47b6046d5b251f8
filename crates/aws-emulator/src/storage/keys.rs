//! The owners of keys that another emulator issued.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Store, StoreError, files};

/// The owner of a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeyRecord {
    pub(crate) arn: String,
    pub(crate) account: String,
    pub(crate) user_id: String,
}

impl Store {
    /// Records the owner of a key. Ignores texts that are not key ids.
    pub(crate) fn remember_key(&self, id: &str, record: &KeyRecord) -> Result<(), StoreError> {
        let Some(path) = self.key_path(id) else { return Ok(()) };
        files::replace(&self.tmp(), &path, &serde_json::to_vec(record).expect("a record is three strings"))
    }

    /// Returns the owner of a key, if it was recorded.
    pub(crate) fn recall_key(&self, id: &str) -> Option<KeyRecord> {
        let bytes = files::read_optional(&self.key_path(id)?).ok()??;
        serde_json::from_slice(&bytes).ok()
    }

    fn key_path(&self, id: &str) -> Option<PathBuf> {
        let valid = (16..=128).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric());
        valid.then(|| self.root.join("keys").join(id))
    }
}
