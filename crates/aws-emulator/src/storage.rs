//! The emulator's storage: repositories, manifests, tags and blobs as files in one directory.
//!
//! Several processes share the directory (one emulator container per run, and the registry of the machine), so nothing
//! is kept in memory between two requests: every change is a file that is written to a temporary name, synced and
//! renamed into place. A process may be killed at any time; what it leaves behind is in `tmp/` or `uploads/`, which no
//! one reads.
//!
//! ```text
//! secret                       key of the tokens that the processes issue
//! lock                         shared while a blob gets its first reference, exclusive for garbage collection
//! blobs/<algorithm>/ab/<hex>   contents, once for all repositories
//! uploads/<id>/{data,upload.json}
//! keys/<access key id>         KeyRecord as JSON: sessions that a forwarded STS call gave
//! registries/<host>/<name>/_repository/
//!     repository.json, lifecycle.json, lifecycle-preview.json, policy.json
//!     layers/<hex>             empty: this repository may read that blob
//!     manifests/<hex>          ManifestRecord as JSON
//!     tags/<tag>               digest
//!     referrers/<hex>/<hex>    empty: subject / the manifest that names it
//!     scans/<hex>              when the manifest was scanned
//! registries/<host>/_registry/ policy.json and others: what the registry is set to
//! ```

mod blob;
mod digest;
mod document;
mod error;
mod files;
mod gc;
mod image;
mod keys;
mod list;
mod name;
mod registry;
mod repository;
mod scan;
mod upload;

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use ring::rand::{SecureRandom, SystemRandom};

pub(crate) use self::{
    blob::LayerFile,
    digest::Algorithm,
    document::{Document, is_list},
    image::{ManifestRecord, NewManifest, Reference, StoredManifest},
    keys::KeyRecord,
    registry::RegistryText,
    repository::{PolicyKind, RepositoryRef, RepositorySettings, TagMutability},
    upload::{Hasher, UploadWriter},
};
pub use self::{
    digest::{Digest, InvalidDigest},
    error::StoreError,
    gc::{GcOptions, GcReport, gc},
    name::{InvalidName, RegistryHost, RepositoryName, Tag},
};

/// The length of the key that signs tokens and derives session keys.
const SECRET_BYTES: usize = 32;

/// The directory with everything that outlives a request. Cheap to clone; its only state is the path.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    root: PathBuf,
}

impl Store {
    /// Opens the directory, and creates what is missing.
    pub(crate) fn open(root: &Path) -> Result<Self, StoreError> {
        let store = Self { root: root.to_owned() };
        for dir in Algorithm::ALL.map(|algorithm| store.blobs(algorithm)) {
            files::create_dir(&dir)?;
        }
        for dir in [store.uploads(), store.registries(), store.tmp()] {
            files::create_dir(&dir)?;
        }
        Ok(store)
    }

    /// Returns the key that all processes of this directory share; the first one creates it.
    pub(crate) fn secret(&self) -> Result<Vec<u8>, StoreError> {
        self.shared_bytes("secret", || random(SECRET_BYTES))
    }

    /// Returns the contents of a private file, which the first caller creates.
    pub(crate) fn shared_bytes(&self, name: &str, make: impl FnOnce() -> Vec<u8>) -> Result<Vec<u8>, StoreError> {
        let path = self.root.join(name);
        if let Some(bytes) = files::read_optional(&path)? {
            return Ok(bytes);
        }
        let bytes = make();
        match files::create_once(&self.tmp(), &path, &bytes, files::Readers::Owner)? {
            files::Created::Now => Ok(bytes),
            files::Created::Before => files::read(&path),
        }
    }

    fn tmp(&self) -> PathBuf {
        self.root.join("tmp")
    }

    fn uploads(&self) -> PathBuf {
        self.root.join("uploads")
    }

    fn blobs(&self, algorithm: Algorithm) -> PathBuf {
        self.root.join("blobs").join(algorithm.name())
    }

    fn blob(&self, digest: &Digest) -> PathBuf {
        let hex = digest.hex();
        self.blobs(digest.algorithm()).join(&hex[..2]).join(hex)
    }

    fn registries(&self) -> PathBuf {
        self.root.join("registries")
    }

    /// Prevents garbage collection until the guard is dropped (by the kernel, if the process dies).
    fn lock_shared(&self) -> Result<File, StoreError> {
        files::lock(&self.root.join("lock"), files::Lock::Shared)
    }

    /// Waits until no one else changes references, and prevents further changes.
    fn lock_exclusive(&self) -> Result<File, StoreError> {
        files::lock(&self.root.join("lock"), files::Lock::Exclusive)
    }
}

/// Returns `count` random bytes.
pub(crate) fn random(count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    SystemRandom::new()
        .fill(&mut bytes)
        .expect("the operating system's random source works: TLS could not start without");
    bytes
}

#[cfg(test)]
mod tests;
