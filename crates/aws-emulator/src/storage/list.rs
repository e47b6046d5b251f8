//! Lists of images: an image stays as long as a list that contains it.

use std::collections::BTreeMap;

use super::{Digest, RepositoryRef, Store, StoreError, document::is_list};

impl Store {
    /// Returns the lists that contain images of the repository, by image.
    pub(crate) fn lists(&self, repository: &RepositoryRef) -> Result<BTreeMap<Digest, Vec<Digest>>, StoreError> {
        let mut lists: BTreeMap<Digest, Vec<Digest>> = BTreeMap::new();
        for digest in self.manifests(repository)? {
            let record = match self.manifest_record(repository, &digest) {
                // Another process removed it between the listing and the reading.
                Err(StoreError::ImageNotFound(_)) => continue,
                found => found?,
            };
            if !is_list(&record.media_type) {
                continue;
            }
            for image in self.document(repository, &digest)?.map(|list| list.manifests).unwrap_or_default() {
                lists.entry(image).or_default().push(digest.clone());
            }
        }
        Ok(lists)
    }

    /// Returns the size of a list, as ECR defines it: that of its largest image.
    pub(super) fn list_bytes(&self, repository: &RepositoryRef, images: &[Digest]) -> Result<u64, StoreError> {
        images.iter().try_fold(0, |largest, image| {
            self.manifest_record(repository, image).map(|record| record.content_bytes.max(largest))
        })
    }
}
