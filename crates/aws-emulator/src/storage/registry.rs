//! The settings of a whole registry: a JSON text for each subject.

use std::path::PathBuf;

use super::{RegistryHost, Store, StoreError, files};

/// The directory of a registry's own files; no component of a repository's name may begin with `_`.
pub(super) const OWN: &str = "_registry";

/// A text of a registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RegistryText {
    /// Who may replicate to it.
    Policy,
    /// Where it replicates to.
    Replication,
    /// Which repositories are scanned.
    Scanning,
    /// Pull through cache rules.
    PullThrough,
    /// Account settings.
    Settings,
}

impl RegistryText {
    fn file(self) -> &'static str {
        match self {
            Self::Policy => "policy.json",
            Self::Replication => "replication.json",
            Self::Scanning => "scanning.json",
            Self::PullThrough => "pull-through.json",
            Self::Settings => "settings.json",
        }
    }
}

impl Store {
    /// Reads a registry's text, `None` if it has none.
    pub(crate) fn registry_text(&self, host: &RegistryHost, text: RegistryText) -> Result<Option<String>, StoreError> {
        let path = self.registry_path(host, text);
        let Some(bytes) = files::read_optional(&path)? else { return Ok(None) };
        String::from_utf8(bytes).map(Some).map_err(|e| StoreError::Corrupt { path, reason: e.to_string() })
    }

    /// Changes a registry's text; changes from several processes are serialised. `change` gets the current text and
    /// returns the new one, with a result for the caller.
    pub(crate) fn change_registry_text<T, E: From<StoreError>>(
        &self,
        host: &RegistryHost,
        text: RegistryText,
        change: impl FnOnce(Option<String>) -> Result<(Option<String>, T), E>,
    ) -> Result<T, E> {
        let _exclusive = self.lock_exclusive()?;
        let (after, answer) = change(self.registry_text(host, text)?)?;
        let path = self.registry_path(host, text);
        match after {
            Some(after) => files::replace(&self.tmp(), &path, after.as_bytes())?,
            None => files::remove(&path).map(|_| ())?,
        }
        Ok(answer)
    }

    fn registry_path(&self, host: &RegistryHost, text: RegistryText) -> PathBuf {
        self.registries().join(host.as_str()).join(OWN).join(text.file())
    }
}
