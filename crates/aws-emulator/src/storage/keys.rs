//! Keys that another emulator issued: whose they are.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Store, StoreError, files};

/// Who holds a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct KeyRecord {
    pub(crate) arn: String,
    pub(crate) account: String,
    pub(crate) user_id: String,
}

impl Store {
    /// Notes whose a key is. What is no key id is not noted.
    pub(crate) fn remember_key(&self, id: &str, record: &KeyRecord) -> Result<(), StoreError> {
        let Some(path) = self.key_path(id) else { return Ok(()) };
        files::replace(&self.tmp(), &path, &serde_json::to_vec(record).expect("a record is three strings"))
    }

    /// Returns whose a key is, if that was noted.
    pub(crate) fn recall_key(&self, id: &str) -> Option<KeyRecord> {
        let bytes = files::read_optional(&self.key_path(id)?).ok()??;
        serde_json::from_slice(&bytes).ok()
    }

    fn key_path(&self, id: &str) -> Option<PathBuf> {
        let valid = (16..=128).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric());
        valid.then(|| self.root.join("keys").join(id))
    }
}
