//! Blobs: content shared by all repositories, readable from those with a link to it.

use std::fs::File;

use super::{Digest, RepositoryRef, Store, StoreError, files};

/// A layer or config that a repository may read.
pub(crate) struct LayerFile {
    /// The open content.
    pub(crate) file: File,
    /// Its length in bytes.
    pub(crate) size: u64,
}

impl Store {
    /// Opens a repository's blob for reading.
    pub(crate) fn open_layer(&self, repository: &RepositoryRef, digest: &Digest) -> Result<LayerFile, StoreError> {
        let not_found = || StoreError::LayerNotFound(digest.clone());
        if !self.repository_dir(repository).join("layers").join(digest.hex()).exists() {
            return Err(not_found());
        }
        let path = self.blob(digest);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(e) if files::is_absent(&e) => return Err(not_found()),
            Err(e) => return Err(StoreError::io(&path)(e)),
        };
        let size = file.metadata().map_err(StoreError::io(&path))?.len();
        Ok(LayerFile { file, size })
    }

    /// Returns a blob's size if the repository has it, and protects it from garbage collection for the grace period: a
    /// client that gets a "yes" does not send it again.
    pub(crate) fn claim_layer(&self, repository: &RepositoryRef, digest: &Digest) -> Result<u64, StoreError> {
        let _shared = self.lock_shared()?;
        let layer = self.open_layer(repository, digest)?;
        files::touch(&self.repository_dir(repository).join("layers").join(digest.hex()))?;
        Ok(layer.size)
    }

    /// Lets `to` read a blob of `from`.
    pub(crate) fn mount_layer(
        &self,
        from: &RepositoryRef,
        to: &RepositoryRef,
        digest: &Digest,
    ) -> Result<u64, StoreError> {
        let _shared = self.lock_shared()?;
        let layer = self.open_layer(from, digest)?;
        self.link_layer(to, digest)?;
        Ok(layer.size)
    }

    /// Removes a blob from a repository; the content stays until garbage collection.
    pub(crate) fn unlink_layer(&self, repository: &RepositoryRef, digest: &Digest) -> Result<(), StoreError> {
        self.repository(repository)?;
        let link = self.repository_dir(repository).join("layers").join(digest.hex());
        if files::remove(&link)? { Ok(()) } else { Err(StoreError::LayerNotFound(digest.clone())) }
    }

    /// Records that a repository has a blob. The caller holds the shared lock.
    pub(super) fn link_layer(&self, repository: &RepositoryRef, digest: &Digest) -> Result<(), StoreError> {
        // A repository that was removed meanwhile must not reappear as a directory without settings.
        self.repository(repository)?;
        files::touch(&self.repository_dir(repository).join("layers").join(digest.hex()))
    }

    /// Stores small content under its own digest. The caller holds the shared lock.
    pub(super) fn put_blob(&self, digest: &Digest, bytes: &[u8]) -> Result<(), StoreError> {
        let path = self.blob(digest);
        if path.exists() {
            return Ok(());
        }
        files::replace(&self.tmp(), &path, bytes)
    }
}
