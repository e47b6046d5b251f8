//! The references in a manifest: only these are parsed, and the manifest is kept byte for byte.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::{Digest, StoreError};

/// The largest manifest that registries accept (ECR and distribution agree).
pub(crate) const MAX_MANIFEST_BYTES: usize = 4 * 1024 * 1024;

const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";

/// A pointer to content, in the form of manifests.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Descriptor {
    digest: String,
    #[serde(default)]
    pub(crate) size: u64,
    #[serde(default)]
    pub(crate) media_type: Option<String>,
    #[serde(default)]
    urls: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    schema_version: u32,
    media_type: Option<String>,
    artifact_type: Option<String>,
    config: Option<Descriptor>,
    #[serde(default)]
    layers: Vec<Descriptor>,
    #[serde(default)]
    manifests: Vec<Descriptor>,
    subject: Option<Descriptor>,
    annotations: Option<serde_json::Map<String, serde_json::Value>>,
}

/// The kind of a manifest, and its references.
pub(crate) struct Document {
    /// Its own media type, from the header or the body.
    pub(crate) media_type: String,
    /// `artifactType`, or the config's media type in its absence.
    pub(crate) artifact_type: Option<String>,
    /// Its annotations, for the referrers list.
    pub(crate) annotations: Option<serde_json::Map<String, serde_json::Value>>,
    /// Blobs that must be in the repository: config and layers.
    pub(crate) blobs: Vec<Digest>,
    /// Manifests that must be in the repository.
    pub(crate) manifests: Vec<Digest>,
    /// The manifest that this one describes; it need not exist.
    pub(crate) subject: Option<Digest>,
    /// Sum of the sizes of config and layers, or of the manifests in an index.
    pub(crate) content_bytes: u64,
}

/// Whether a manifest is for one image or for several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manifest {
    Image,
    Index,
}

impl Document {
    /// Parses a manifest. The media type of the request overrides the body's, which is optional in OCI.
    pub(crate) fn parse(bytes: &[u8], content_type: Option<&str>) -> Result<Self, StoreError> {
        let invalid = |reason: String| StoreError::ManifestInvalid(reason);
        if bytes.len() > MAX_MANIFEST_BYTES {
            return Err(invalid(format!("larger than {MAX_MANIFEST_BYTES} bytes")));
        }
        let wire: Wire = serde_json::from_slice(bytes).map_err(|e| invalid(e.to_string()))?;
        if wire.schema_version != 2 {
            return Err(invalid(format!("schemaVersion {} is not kept, only 2", wire.schema_version)));
        }
        let fallback = if wire.config.is_some() { OCI_MANIFEST } else { OCI_INDEX };
        let media_type = content_type
            .filter(|given| !given.is_empty() && *given != "application/json" && *given != "application/octet-stream")
            .map(str::to_owned)
            .or(wire.media_type)
            .unwrap_or_else(|| fallback.to_owned());
        let kind = kind(&media_type).ok_or_else(|| invalid(format!("unknown media type `{media_type}`")))?;
        if kind == Manifest::Image && wire.config.is_none() {
            return Err(invalid("no `config`".to_owned()));
        }
        let artifact_type =
            wire.artifact_type.or_else(|| wire.config.as_ref().and_then(|config| config.media_type.clone()));
        let kept = wire.layers.iter().filter(|layer| layer.urls.is_empty());
        let blobs = wire.config.iter().chain(kept);
        // These are the client's own numbers, so they may have any value.
        let sizes = wire.config.iter().chain(&wire.layers).chain(&wire.manifests).map(|part| part.size);
        Ok(Self {
            media_type,
            artifact_type,
            annotations: wire.annotations,
            content_bytes: sizes.fold(0, u64::saturating_add),
            blobs: digests(blobs)?,
            manifests: digests(wire.manifests.iter())?,
            subject: digests(wire.subject.iter())?.pop(),
        })
    }

    /// Returns everything that must stay as long as this manifest.
    pub(crate) fn references(&self) -> BTreeSet<Digest> {
        self.blobs.iter().chain(&self.manifests).cloned().collect()
    }
}

/// Whether a media type is for several images.
pub(crate) fn is_list(media_type: &str) -> bool {
    kind(media_type) == Some(Manifest::Index)
}

/// Returns the kind of a media type, `None` if it is not a manifest's.
fn kind(media_type: &str) -> Option<Manifest> {
    match media_type.split(';').next().unwrap_or_default().trim() {
        OCI_MANIFEST | DOCKER_MANIFEST => Some(Manifest::Image),
        OCI_INDEX | DOCKER_LIST => Some(Manifest::Index),
        _ => None,
    }
}

fn digests<'a>(descriptors: impl Iterator<Item = &'a Descriptor>) -> Result<Vec<Digest>, StoreError> {
    descriptors.map(|d| d.digest.parse().map_err(|e| StoreError::ManifestInvalid(format!("{e}")))).collect()
}
