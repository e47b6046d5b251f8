//! Repositories: created, changed, listed and removed.

use std::{collections::BTreeMap, fs, io::ErrorKind, path::PathBuf};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{RegistryHost, RepositoryName, Store, StoreError, Tag, files, registry};
use crate::pattern::wildcard;

/// The directory of a repository's own files; no component of a name may begin with `_`.
const OWN: &str = "_repository";

/// A repository of a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RepositoryRef {
    /// Its registry.
    pub(crate) registry: RegistryHost,
    /// Its name.
    pub(crate) name: RepositoryName,
}

/// Whether a tag may be moved to another image.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum TagMutability {
    /// A push may move a tag.
    #[default]
    Mutable,
    /// A pushed tag is final.
    Immutable,
    /// A push may move a tag, but not those that a filter of the repository matches.
    MutableWithExclusion,
    /// A pushed tag is final, except those that match a filter of the repository.
    ImmutableWithExclusion,
}

/// The settings of a repository, as in `repository.json`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RepositorySettings {
    pub(crate) created_at: Timestamp,
    #[serde(default)]
    pub(crate) tag_mutability: TagMutability,
    /// The exceptions to `tag_mutability`: patterns with `*`.
    #[serde(default)]
    pub(crate) mutability_exclusions: Vec<String>,
    #[serde(default)]
    pub(crate) scan_on_push: bool,
    /// `encryptionConfiguration`, as requested.
    #[serde(default)]
    pub(crate) encryption: Option<serde_json::Value>,
    /// Resource tags.
    #[serde(default)]
    pub(crate) tags: BTreeMap<String, String>,
    /// When the lifecycle policy was last applied.
    #[serde(default)]
    pub(crate) lifecycle_evaluated_at: Option<Timestamp>,
}

/// A policy text of a repository.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PolicyKind {
    Lifecycle,
    /// The stored preview of a lifecycle policy.
    LifecyclePreview,
    Access,
}

impl RepositorySettings {
    /// Returns the default settings of a repository.
    pub(crate) fn new(created_at: Timestamp) -> Self {
        Self {
            created_at,
            tag_mutability: TagMutability::Mutable,
            mutability_exclusions: Vec::new(),
            scan_on_push: false,
            encryption: None,
            tags: BTreeMap::new(),
            lifecycle_evaluated_at: None,
        }
    }

    /// Whether a push may move this tag to another image.
    pub(crate) fn may_move(&self, tag: &Tag) -> bool {
        let excluded = || self.mutability_exclusions.iter().any(|filter| wildcard(filter, tag.as_str()));
        match self.tag_mutability {
            TagMutability::Mutable => true,
            TagMutability::Immutable => false,
            TagMutability::MutableWithExclusion => !excluded(),
            TagMutability::ImmutableWithExclusion => excluded(),
        }
    }
}

impl Store {
    /// Creates a repository; of several callers exactly one succeeds.
    pub(crate) fn create_repository(
        &self,
        repository: &RepositoryRef,
        settings: &RepositorySettings,
    ) -> Result<(), StoreError> {
        let aside = files::aside(&self.tmp());
        files::create_dir(&aside)?;
        files::replace(&self.tmp(), &aside.join("repository.json"), &encode(settings))?;
        let dir = self.repository_dir(repository);
        match files::publish(&aside, &dir) {
            Ok(()) => Ok(()),
            Err(StoreError::Io { source, .. })
                if matches!(source.kind(), ErrorKind::DirectoryNotEmpty | ErrorKind::AlreadyExists) =>
            {
                files::remove_tree(&aside)?;
                Err(StoreError::RepositoryExists(repository.name.clone()))
            }
            Err(e) => Err(e),
        }
    }

    /// Reads a repository's settings.
    pub(crate) fn repository(&self, repository: &RepositoryRef) -> Result<RepositorySettings, StoreError> {
        let path = self.repository_dir(repository).join("repository.json");
        let bytes =
            files::read_optional(&path)?.ok_or_else(|| StoreError::RepositoryNotFound(repository.name.clone()))?;
        serde_json::from_slice(&bytes).map_err(|e| StoreError::Corrupt { path, reason: e.to_string() })
    }

    /// Changes a repository's settings and returns the new ones; changes from several processes are serialised.
    pub(crate) fn change_repository(
        &self,
        repository: &RepositoryRef,
        change: impl FnOnce(&mut RepositorySettings),
    ) -> Result<RepositorySettings, StoreError> {
        let _exclusive = self.lock_exclusive()?;
        let mut settings = self.repository(repository)?;
        change(&mut settings);
        let path = self.repository_dir(repository).join("repository.json");
        files::replace(&self.tmp(), &path, &encode(&settings))?;
        Ok(settings)
    }

    /// Removes a repository and its images; the blobs stay until garbage collection.
    pub(crate) fn delete_repository(&self, repository: &RepositoryRef) -> Result<(), StoreError> {
        let _exclusive = self.lock_exclusive()?;
        let dir = self.repository_dir(repository);
        let aside = files::aside(&self.tmp());
        match fs::rename(&dir, &aside) {
            Ok(()) => files::remove_tree(&aside),
            Err(e) if files::is_absent(&e) => Err(StoreError::RepositoryNotFound(repository.name.clone())),
            Err(e) => Err(StoreError::io(dir)(e)),
        }
    }

    /// Lists a registry's repositories by name.
    pub(crate) fn repositories(&self, host: &RegistryHost) -> Result<Vec<RepositoryName>, StoreError> {
        let mut found = Vec::new();
        let mut open = vec![String::new()];
        while let Some(prefix) = open.pop() {
            let dir = self.registries().join(host.as_str()).join(&prefix);
            for name in files::names(&dir)? {
                if name == OWN {
                    found.extend(prefix.parse().ok());
                } else if prefix.is_empty() && name == registry::OWN {
                    // The registry's own settings.
                } else if prefix.is_empty() {
                    open.push(name);
                } else {
                    open.push(format!("{prefix}/{name}"));
                }
            }
        }
        found.sort();
        Ok(found)
    }

    /// Lists the registries with a directory.
    pub(crate) fn registry_hosts(&self) -> Result<Vec<RegistryHost>, StoreError> {
        Ok(files::names(&self.registries())?.iter().filter_map(|name| name.parse().ok()).collect())
    }

    /// Reads a repository's policy text, `None` if it has none.
    pub(crate) fn policy(&self, repository: &RepositoryRef, kind: PolicyKind) -> Result<Option<String>, StoreError> {
        self.repository(repository)?;
        let path = self.policy_path(repository, kind);
        let Some(bytes) = files::read_optional(&path)? else { return Ok(None) };
        String::from_utf8(bytes).map(Some).map_err(|e| StoreError::Corrupt { path, reason: e.to_string() })
    }

    /// Sets or removes a repository's policy text.
    pub(crate) fn set_policy(
        &self,
        repository: &RepositoryRef,
        kind: PolicyKind,
        text: Option<&str>,
    ) -> Result<(), StoreError> {
        let _shared = self.lock_shared()?;
        self.repository(repository)?;
        let path = self.policy_path(repository, kind);
        match text {
            Some(text) => files::replace(&self.tmp(), &path, text.as_bytes()),
            None => files::remove(&path).map(|_| ()),
        }
    }

    pub(super) fn repository_dir(&self, repository: &RepositoryRef) -> PathBuf {
        self.registries().join(repository.registry.as_str()).join(repository.name.as_str()).join(OWN)
    }

    fn policy_path(&self, repository: &RepositoryRef, kind: PolicyKind) -> PathBuf {
        self.repository_dir(repository).join(match kind {
            PolicyKind::Lifecycle => "lifecycle.json",
            PolicyKind::LifecyclePreview => "lifecycle-preview.json",
            PolicyKind::Access => "policy.json",
        })
    }
}

fn encode(settings: &RepositorySettings) -> Vec<u8> {
    serde_json::to_vec_pretty(settings).expect("settings are strings, numbers and lists")
}
