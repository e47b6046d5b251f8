//! The times of image scans.

use jiff::Timestamp;

use super::{Digest, RepositoryRef, Store, StoreError, files};

impl Store {
    /// Returns when the image was last scanned on demand.
    pub(crate) fn scanned_at(
        &self,
        repository: &RepositoryRef,
        digest: &Digest,
    ) -> Result<Option<Timestamp>, StoreError> {
        let path = self.scan_path(repository, digest);
        let Some(bytes) = files::read_optional(&path)? else { return Ok(None) };
        let text = String::from_utf8_lossy(&bytes).into_owned();
        text.parse().map(Some).map_err(|e: jiff::Error| StoreError::Corrupt { path, reason: e.to_string() })
    }

    /// Records a scan of an image.
    pub(crate) fn note_scan(
        &self,
        repository: &RepositoryRef,
        digest: &Digest,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let _shared = self.lock_shared()?;
        self.manifest_record(repository, digest)?;
        files::replace(&self.tmp(), &self.scan_path(repository, digest), now.to_string().as_bytes())
    }

    pub(super) fn scan_path(&self, repository: &RepositoryRef, digest: &Digest) -> std::path::PathBuf {
        self.repository_dir(repository).join("scans").join(digest.hex())
    }
}
