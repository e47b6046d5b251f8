//! Images of a repository: manifests, their tags, and their referrers.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Digest, Document, RepositoryRef, Store, StoreError, Tag, files,
    files::{Created, Readers},
    is_list,
};

/// How a request names an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reference {
    Tag(Tag),
    Digest(Digest),
}

/// A repository's data about a manifest, besides its bytes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ManifestRecord {
    pub(crate) media_type: String,
    pub(crate) artifact_type: Option<String>,
    pub(crate) pushed_at: Timestamp,
    /// The size of config and layers, or for a list, of its largest image.
    pub(crate) content_bytes: u64,
    /// The size of the manifest itself.
    pub(crate) size: u64,
}

/// A stored manifest.
#[derive(Debug)]
pub(crate) struct StoredManifest {
    pub(crate) digest: Digest,
    pub(crate) record: ManifestRecord,
    pub(crate) bytes: Vec<u8>,
}

/// A pushed manifest.
pub(crate) struct NewManifest<'a> {
    pub(crate) bytes: &'a [u8],
    /// The request's `Content-Type`.
    pub(crate) media_type: Option<&'a str>,
    pub(crate) reference: &'a Reference,
    pub(crate) now: Timestamp,
}

/// The result of a push.
#[derive(Debug)]
pub(crate) struct PutManifest {
    pub(crate) digest: Digest,
    pub(crate) subject: Option<Digest>,
}

impl Store {
    /// Stores a manifest and points the tag to it.
    ///
    /// As in ECR, all blobs and manifests that it names must already be in the repository.
    pub(crate) fn put_manifest(
        &self,
        repository: &RepositoryRef,
        new: &NewManifest<'_>,
    ) -> Result<PutManifest, StoreError> {
        let document = Document::parse(new.bytes, new.media_type)?;
        let digest = match new.reference {
            Reference::Tag(_) => Digest::of(new.bytes),
            Reference::Digest(claimed) => {
                let found = claimed.algorithm().digest(new.bytes);
                if found != *claimed {
                    return Err(StoreError::DigestMismatch { claimed: claimed.clone(), found });
                }
                found
            }
        };
        let _shared = self.lock_shared()?;
        let settings = self.repository(repository)?;
        if let Reference::Tag(tag) = new.reference
            && !settings.may_move(tag)
        {
            // Before anything is stored: a refused push leaves no untagged image.
            match self.resolve(repository, new.reference) {
                Ok(tagged) if tagged != digest => return Err(StoreError::TagImmutable(tag.clone())),
                Ok(_) | Err(StoreError::ImageNotFound(_)) => {}
                Err(error) => return Err(error),
            }
        }
        let dir = self.repository_dir(repository);
        let missing = |folder: &str, parts: &[Digest]| {
            parts.iter().filter(|part| !dir.join(folder).join(part.hex()).exists()).cloned().collect::<Vec<_>>()
        };
        let absent = missing("layers", &document.blobs);
        if !absent.is_empty() {
            return Err(StoreError::LayersMissing(absent));
        }
        let absent = missing("manifests", &document.manifests);
        if !absent.is_empty() {
            return Err(StoreError::ImagesMissing(absent));
        }
        let content_bytes = match is_list(&document.media_type) {
            true => self.list_bytes(repository, &document.manifests)?,
            false => document.content_bytes,
        };
        self.put_blob(&digest, new.bytes)?;
        if let Some(subject) = &document.subject {
            files::touch(&dir.join("referrers").join(subject.hex()).join(digest.hex()))?;
        }
        let record = ManifestRecord {
            media_type: document.media_type,
            artifact_type: document.artifact_type,
            pushed_at: new.now,
            content_bytes,
            size: new.bytes.len() as u64,
        };
        let record = serde_json::to_vec(&record).expect("a record is strings and numbers");
        files::create_once(&self.tmp(), &dir.join("manifests").join(digest.hex()), &record, Readers::All)?;
        if let Reference::Tag(tag) = new.reference {
            self.set_tag(repository, tag, &digest, settings.may_move(tag))?;
        }
        Ok(PutManifest { digest, subject: document.subject })
    }

    fn set_tag(
        &self,
        repository: &RepositoryRef,
        tag: &Tag,
        digest: &Digest,
        may_move: bool,
    ) -> Result<(), StoreError> {
        let path = self.repository_dir(repository).join("tags").join(tag.as_str());
        let content = digest.to_string();
        if may_move {
            return files::replace(&self.tmp(), &path, content.as_bytes());
        }
        match files::create_once(&self.tmp(), &path, content.as_bytes(), Readers::All)? {
            Created::Now => Ok(()),
            Created::Before if files::read(&path)? == content.as_bytes() => Ok(()),
            Created::Before => Err(StoreError::TagImmutable(tag.clone())),
        }
    }

    /// Finds a manifest by tag or digest.
    pub(crate) fn manifest(
        &self,
        repository: &RepositoryRef,
        reference: &Reference,
    ) -> Result<StoredManifest, StoreError> {
        let digest = self.resolve(repository, reference)?;
        let record = self.manifest_record(repository, &digest)?;
        let bytes = files::read(&self.blob(&digest))?;
        Ok(StoredManifest { digest, record, bytes })
    }

    /// Finds the digest of a reference; a tag whose image is gone is not found.
    pub(crate) fn resolve(&self, repository: &RepositoryRef, reference: &Reference) -> Result<Digest, StoreError> {
        self.repository(repository)?;
        match reference {
            Reference::Digest(digest) => Ok(digest.clone()),
            Reference::Tag(tag) => {
                let path = self.repository_dir(repository).join("tags").join(tag.as_str());
                let text = files::read_optional(&path)?.ok_or_else(|| StoreError::ImageNotFound(tag.to_string()))?;
                let text = String::from_utf8_lossy(&text).into_owned();
                text.parse().map_err(|_| StoreError::Corrupt { path, reason: text })
            }
        }
    }

    /// Reads a repository's data about a manifest.
    pub(crate) fn manifest_record(
        &self,
        repository: &RepositoryRef,
        digest: &Digest,
    ) -> Result<ManifestRecord, StoreError> {
        let path = self.repository_dir(repository).join("manifests").join(digest.hex());
        let bytes = files::read_optional(&path)?.ok_or_else(|| StoreError::ImageNotFound(digest.to_string()))?;
        serde_json::from_slice(&bytes).map_err(|e| StoreError::Corrupt { path, reason: e.to_string() })
    }

    /// Reads the references of a repository's manifest, as the kind that it was pushed as; `None` if it no longer
    /// exists.
    pub(super) fn document(&self, repository: &RepositoryRef, digest: &Digest) -> Result<Option<Document>, StoreError> {
        let StoredManifest { record, bytes, .. } = match self.manifest(repository, &Reference::Digest(digest.clone())) {
            Err(StoreError::ImageNotFound(_)) => return Ok(None),
            found => found?,
        };
        let corrupt = |e: StoreError| StoreError::Corrupt { path: self.blob(digest), reason: e.to_string() };
        Document::parse(&bytes, Some(&record.media_type)).map(Some).map_err(corrupt)
    }

    /// Lists the repository's manifests.
    pub(crate) fn manifests(&self, repository: &RepositoryRef) -> Result<Vec<Digest>, StoreError> {
        self.repository(repository)?;
        let names = files::names(&self.repository_dir(repository).join("manifests"))?;
        Ok(names.iter().filter_map(|name| Digest::from_hex(name).ok()).collect())
    }

    /// Lists the repository's tags with their digests, by tag.
    pub(crate) fn tags(&self, repository: &RepositoryRef) -> Result<BTreeMap<Tag, Digest>, StoreError> {
        self.repository(repository)?;
        let mut tags = BTreeMap::new();
        for name in files::names(&self.repository_dir(repository).join("tags"))? {
            let Ok(tag) = name.parse::<Tag>() else { continue };
            match self.resolve(repository, &Reference::Tag(tag.clone())) {
                Ok(digest) => tags.insert(tag, digest),
                // Another process removed it between the listing and the reading.
                Err(StoreError::ImageNotFound(_)) => None,
                Err(e) => return Err(e),
            };
        }
        Ok(tags)
    }

    /// Removes a tag; the image stays.
    pub(crate) fn delete_tag(&self, repository: &RepositoryRef, tag: &Tag) -> Result<(), StoreError> {
        self.repository(repository)?;
        let path = self.repository_dir(repository).join("tags").join(tag.as_str());
        if files::remove(&path)? { Ok(()) } else { Err(StoreError::ImageNotFound(tag.to_string())) }
    }

    /// Removes a manifest with all its tags; its blobs stay until garbage collection.
    pub(crate) fn delete_manifest(&self, repository: &RepositoryRef, digest: &Digest) -> Result<(), StoreError> {
        let dir = self.repository_dir(repository);
        for (tag, target) in self.tags(repository)? {
            if target == *digest {
                files::remove(&dir.join("tags").join(tag.as_str()))?;
            }
        }
        // A damaged one can still be removed.
        if let Some(subject) = self.document(repository, digest).ok().flatten().and_then(|document| document.subject) {
            files::remove(&dir.join("referrers").join(subject.hex()).join(digest.hex()))?;
        }
        files::remove(&self.scan_path(repository, digest))?;
        if files::remove(&dir.join("manifests").join(digest.hex()))? {
            Ok(())
        } else {
            Err(StoreError::ImageNotFound(digest.to_string()))
        }
    }

    /// Lists the manifests that name this one as their subject.
    pub(crate) fn referrers(&self, repository: &RepositoryRef, subject: &Digest) -> Result<Vec<Digest>, StoreError> {
        self.repository(repository)?;
        let names = files::names(&self.repository_dir(repository).join("referrers").join(subject.hex()))?;
        Ok(names.iter().filter_map(|name| Digest::from_hex(name).ok()).collect())
    }
}
