//! Garbage collection: removes content that no manifest needs or is about to need.

use std::{
    collections::HashSet,
    fs,
    path::Path,
    time::{Duration, SystemTime},
};

use super::{Algorithm, Digest, RepositoryRef, Store, StoreError, files};

/// The options of a collection.
#[derive(Clone, Copy, Debug)]
pub struct GcOptions {
    /// Unreferenced content younger than this stays: its manifest may still be pushed.
    pub grace: Duration,
    /// Untagged images older than this are removed; `None` keeps them, as ECR does without a lifecycle policy.
    pub untagged_after: Option<Duration>,
    /// Only counts what would be removed.
    pub dry_run: bool,
}

impl Default for GcOptions {
    fn default() -> Self {
        Self { grace: Duration::from_secs(24 * 60 * 60), untagged_after: None, dry_run: false }
    }
}

/// The result of a collection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GcReport {
    /// Blobs that no repository reads any more.
    pub blobs: u64,
    /// Their size in bytes.
    pub bytes: u64,
    /// Unfinished uploads.
    pub uploads: u64,
    /// Untagged images.
    pub images: u64,
}

/// Removes the garbage of a data directory while other processes use it.
///
/// # Errors
/// The directory could not be read or changed; what was removed until then was garbage.
pub fn gc(data_dir: &Path, options: GcOptions) -> Result<GcReport, StoreError> {
    let store = Store::open(data_dir)?;
    let mut report = GcReport { uploads: store.collect_stale_uploads(&options)?, ..GcReport::default() };
    let _exclusive = store.lock_exclusive()?;
    let mut live = HashSet::new();
    for registry in store.registry_hosts()? {
        for name in store.repositories(&registry)? {
            let repository = RepositoryRef { registry: registry.clone(), name };
            let untagged = match options.untagged_after {
                Some(age) => store.untagged(&repository, age)?,
                None => HashSet::new(),
            };
            report.images += untagged.len() as u64;
            if !options.dry_run {
                for digest in &untagged {
                    store.delete_manifest(&repository, digest)?;
                }
            }
            live.extend(store.collect_layers(&repository, &untagged, &options)?);
        }
    }
    for blobs in Algorithm::ALL.map(|algorithm| store.blobs(algorithm)) {
        for shard in files::names(&blobs)? {
            let shard = blobs.join(shard);
            for name in files::names(&shard)? {
                let path = shard.join(&name);
                let dead = Digest::from_hex(&name).is_ok_and(|digest| !live.contains(&digest));
                if dead && is_older(&path, options.grace)? {
                    report.bytes += fs::metadata(&path).map_err(StoreError::io(&path))?.len();
                    report.blobs += u64::from(options.dry_run || files::remove(&path)?);
                }
            }
        }
    }
    Ok(report)
}

impl Store {
    /// Removes uploads without a write for `age`, and what killed processes left in `tmp/`.
    pub(crate) fn collect_uploads(&self, age: Duration) -> Result<u64, StoreError> {
        self.collect_stale_uploads(&GcOptions { grace: age, ..GcOptions::default() })
    }

    fn collect_stale_uploads(&self, options: &GcOptions) -> Result<u64, StoreError> {
        let mut count = 0;
        for id in files::names(&self.uploads())? {
            let dir = self.uploads().join(id);
            let data = dir.join("data");
            if is_older(if data.exists() { &data } else { &dir }, options.grace)? {
                if !options.dry_run {
                    files::remove_tree(&dir)?;
                }
                count += 1;
            }
        }
        if options.dry_run {
            return Ok(count);
        }
        for name in files::names(&self.tmp())? {
            let path = self.tmp().join(name);
            if is_older(&path, options.grace)? {
                if path.is_dir() { files::remove_tree(&path)? } else { files::remove(&path).map(|_| ())? }
            }
        }
        Ok(count)
    }

    /// Finds the images without a tag, index or subject that are old enough.
    fn untagged(&self, repository: &RepositoryRef, age: Duration) -> Result<HashSet<Digest>, StoreError> {
        let mut wanted: HashSet<Digest> = self.tags(repository)?.into_values().collect();
        let manifests = self.manifests(repository)?;
        for digest in &manifests {
            let Some(document) = self.document(repository, digest)? else { continue };
            wanted.extend(document.manifests);
            // A signature or SBOM stays as long as the image that it describes.
            wanted.extend(document.subject.filter(|subject| manifests.contains(subject)).map(|_| digest.clone()));
        }
        let mut untagged = HashSet::new();
        for digest in manifests.into_iter().filter(|digest| !wanted.contains(digest)) {
            let path = self.repository_dir(repository).join("manifests").join(digest.hex());
            if is_older(&path, age)? {
                untagged.insert(digest);
            }
        }
        Ok(untagged)
    }

    /// Unlinks the layers that no manifest of the repository names, other than those of `gone`; returns the digests
    /// that it still needs.
    fn collect_layers(
        &self,
        repository: &RepositoryRef,
        gone: &HashSet<Digest>,
        options: &GcOptions,
    ) -> Result<HashSet<Digest>, StoreError> {
        let mut live = HashSet::new();
        for digest in self.manifests(repository)?.into_iter().filter(|digest| !gone.contains(digest)) {
            let Some(document) = self.document(repository, &digest)? else { continue };
            live.extend(document.references());
            live.insert(digest);
        }
        let layers = self.repository_dir(repository).join("layers");
        for name in files::names(&layers)? {
            let Ok(digest) = Digest::from_hex(&name) else { continue };
            if live.contains(&digest) {
                continue;
            }
            if !is_older(&layers.join(&name), options.grace)? {
                live.insert(digest);
            } else if !options.dry_run {
                files::remove(&layers.join(&name))?;
            }
        }
        Ok(live)
    }
}

/// Whether a file was last changed more than `age` ago; false if it does not exist.
fn is_older(path: &Path, age: Duration) -> Result<bool, StoreError> {
    match fs::metadata(path).and_then(|metadata| metadata.modified()) {
        Ok(modified) => Ok(SystemTime::now().duration_since(modified).is_ok_and(|since| since >= age)),
        Err(e) if files::is_absent(&e) => Ok(false),
        Err(e) => Err(StoreError::io(path)(e)),
    }
}
