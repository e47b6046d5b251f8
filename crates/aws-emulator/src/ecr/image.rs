//! Images: described, listed, fetched, put and removed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Call, EcrError, Repository, page::page, token::seconds};
use crate::{
    Digest, StoreError, Tag,
    storage::{ManifestRecord, NewManifest, Reference},
};

/// How the API names an image.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct ImageId {
    #[serde(skip_serializing_if = "Option::is_none")]
    image_digest: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    image_tag: Option<String>,
}

impl ImageId {
    fn reference(&self) -> Result<Reference, EcrError> {
        let invalid = |what: &str| EcrError::invalid("imageIds", what, "[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+");
        match (&self.image_digest, &self.image_tag) {
            (Some(digest), _) => digest.parse().map(Reference::Digest).map_err(|_| invalid(digest)),
            (None, Some(tag)) => tag.parse().map(Reference::Tag).map_err(|_| invalid(tag)),
            (None, None) => Err(invalid("")),
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Filter {
    tag_status: Option<TagStatus>,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum TagStatus {
    Tagged,
    Untagged,
    #[default]
    Any,
}

impl TagStatus {
    fn takes(self, tagged: bool) -> bool {
        match self {
            Self::Tagged => tagged,
            Self::Untagged => !tagged,
            Self::Any => true,
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    registry_id: Option<String>,
    repository_name: String,
    image_ids: Option<Vec<ImageId>>,
    #[serde(default)]
    layer_digests: Vec<String>,
    #[serde(default)]
    filter: Filter,
    max_results: Option<usize>,
    next_token: Option<String>,
}

impl Input {
    fn read(call: &Call) -> Result<(Self, Repository), EcrError> {
        let input: Self = call.input()?;
        let repository = call.repository(input.registry_id.as_deref(), &input.repository_name)?;
        Ok((input, repository))
    }
}

/// A repository's images: their tags by digest.
fn images(call: &Call, repository: &Repository) -> Result<BTreeMap<Digest, Vec<Tag>>, EcrError> {
    let store = &call.emulator.store;
    let manifests = store.manifests(&repository.at).map_err(repository.error())?;
    let mut images: BTreeMap<Digest, Vec<Tag>> = manifests.into_iter().map(|digest| (digest, Vec::new())).collect();
    for (tag, digest) in store.tags(&repository.at).map_err(repository.error())? {
        if let Some(tags) = images.get_mut(&digest) {
            tags.push(tag);
        }
    }
    Ok(images)
}

pub(super) fn describe(call: &Call) -> Result<Value, EcrError> {
    let (input, repository) = Input::read(call)?;
    let store = &call.emulator.store;
    let images = images(call, &repository)?;
    let (digests, next) = match &input.image_ids {
        Some(ids) if !ids.is_empty() => {
            let mut digests = Vec::new();
            for id in ids {
                let digest = store.resolve(&repository.at, &id.reference()?).map_err(repository.error())?;
                if !images.contains_key(&digest) {
                    return Err(repository.error()(StoreError::ImageNotFound(digest.to_string())));
                }
                digests.push(digest);
            }
            (digests, None)
        }
        _ => {
            let status = input.filter.tag_status.unwrap_or_default();
            let kept = images.iter().filter(|(_, tags)| status.takes(!tags.is_empty()));
            let digests = kept.map(|(digest, _)| digest.clone()).collect();
            page(digests, Digest::to_string, input.max_results, input.next_token.as_deref())?
        }
    };
    let mut details = Vec::new();
    for digest in digests {
        let record = store.manifest_record(&repository.at, &digest).map_err(repository.error())?;
        details.push(detail(&repository, &digest, &images[&digest], &record));
    }
    Ok(with_token(json!({ "imageDetails": details }), next))
}

fn detail(repository: &Repository, digest: &Digest, tags: &[Tag], record: &ManifestRecord) -> Value {
    let mut detail = json!({
        "registryId": repository.registry.account,
        "repositoryName": repository.at.name.as_str(),
        "imageDigest": digest.to_string(),
        "imageSizeInBytes": record.content_bytes,
        "imagePushedAt": seconds(record.pushed_at),
        "imageManifestMediaType": record.media_type,
    });
    if !tags.is_empty() {
        detail["imageTags"] = tags.iter().map(Tag::as_str).collect();
    }
    if let Some(artifact_type) = &record.artifact_type {
        detail["artifactMediaType"] = Value::String(artifact_type.clone());
    }
    detail
}

pub(super) fn list(call: &Call) -> Result<Value, EcrError> {
    let (input, repository) = Input::read(call)?;
    let status = input.filter.tag_status.unwrap_or_default();
    let mut ids = Vec::new();
    for (digest, tags) in images(call, &repository)? {
        if !status.takes(!tags.is_empty()) {
            continue;
        }
        let digest = Some(digest.to_string());
        if tags.is_empty() {
            ids.push(ImageId { image_digest: digest, image_tag: None });
        } else {
            ids.extend(
                tags.iter().map(|tag| ImageId { image_digest: digest.clone(), image_tag: Some(tag.to_string()) }),
            );
        }
    }
    let key = |id: &ImageId| {
        format!("{} {}", id.image_digest.as_deref().unwrap_or(""), id.image_tag.as_deref().unwrap_or(""))
    };
    let (ids, next) = page(ids, key, input.max_results, input.next_token.as_deref())?;
    Ok(with_token(json!({ "imageIds": ids }), next))
}

pub(super) fn batch_get(call: &Call) -> Result<Value, EcrError> {
    let (input, repository) = Input::read(call)?;
    let store = &call.emulator.store;
    // A missing repository is an error of the call, a missing image one of its entry.
    store.repository(&repository.at).map_err(repository.error())?;
    let (mut found, mut failures) = (Vec::new(), Vec::new());
    for id in input.image_ids.unwrap_or_default() {
        match store.manifest(&repository.at, &id.reference()?) {
            Ok(manifest) => found.push(json!({
                "registryId": repository.registry.account,
                "repositoryName": repository.at.name.as_str(),
                "imageId": ImageId { image_digest: Some(manifest.digest.to_string()), ..id },
                "imageManifest": String::from_utf8_lossy(&manifest.bytes),
                "imageManifestMediaType": manifest.record.media_type,
            })),
            Err(StoreError::ImageNotFound(_)) => failures.push(missing(&id)),
            Err(e) => return Err(repository.error()(e)),
        }
    }
    Ok(json!({ "images": found, "failures": failures }))
}

pub(super) fn batch_delete(call: &Call) -> Result<Value, EcrError> {
    let (input, repository) = Input::read(call)?;
    let store = &call.emulator.store;
    store.repository(&repository.at).map_err(repository.error())?;
    let (mut deleted, mut failures) = (Vec::new(), Vec::new());
    for id in input.image_ids.unwrap_or_default() {
        let reference = id.reference()?;
        let result = store.resolve(&repository.at, &reference).and_then(|digest| {
            match &reference {
                Reference::Tag(tag) => store.delete_tag(&repository.at, tag)?,
                Reference::Digest(digest) => store.delete_manifest(&repository.at, digest)?,
            }
            Ok(digest)
        });
        match result {
            Ok(digest) => deleted.push(ImageId { image_digest: Some(digest.to_string()), image_tag: id.image_tag }),
            Err(StoreError::ImageNotFound(_)) => failures.push(missing(&id)),
            Err(e) => return Err(repository.error()(e)),
        }
    }
    Ok(json!({ "imageIds": deleted, "failures": failures }))
}

fn missing(id: &ImageId) -> Value {
    json!({ "imageId": id, "failureCode": "ImageNotFound", "failureReason": "Requested image not found" })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Put {
    registry_id: Option<String>,
    repository_name: String,
    image_manifest: String,
    image_manifest_media_type: Option<String>,
    image_tag: Option<String>,
    image_digest: Option<String>,
}

pub(super) fn put(call: &Call) -> Result<Value, EcrError> {
    let input: Put = call.input()?;
    let repository = call.repository(input.registry_id.as_deref(), &input.repository_name)?;
    let digest = Digest::of(input.image_manifest.as_bytes()).to_string();
    if input.image_digest.as_ref().is_some_and(|claimed| *claimed != digest) {
        return Err(EcrError::Named(
            "ImageDigestDoesNotMatchException",
            format!("The provided image digest does not match the image's '{digest}'"),
        ));
    }
    let id = ImageId {
        image_digest: if input.image_tag.is_some() { None } else { Some(digest.clone()) },
        image_tag: input.image_tag,
    };
    let new = NewManifest {
        bytes: input.image_manifest.as_bytes(),
        media_type: input.image_manifest_media_type.as_deref(),
        reference: &id.reference()?,
        now: call.emulator.clock.now(),
    };
    call.emulator.store.put_manifest(&repository.at, &new).map_err(repository.error())?;
    Ok(json!({ "image": {
        "registryId": repository.registry.account,
        "repositoryName": repository.at.name.as_str(),
        "imageId": ImageId { image_digest: Some(digest), ..id },
        "imageManifest": input.image_manifest,
    } }))
}

pub(super) fn check_layers(call: &Call) -> Result<Value, EcrError> {
    let (input, repository) = Input::read(call)?;
    let store = &call.emulator.store;
    store.repository(&repository.at).map_err(repository.error())?;
    let (mut layers, mut failures) = (Vec::new(), Vec::new());
    for text in &input.layer_digests {
        let failure =
            |code: &str, reason: &str| json!({ "layerDigest": text, "failureCode": code, "failureReason": reason });
        match text.parse::<Digest>() {
            Err(_) => failures.push(failure("InvalidLayerDigest", "Invalid layer digest")),
            Ok(digest) => match store.claim_layer(&repository.at, &digest) {
                Ok(size) => layers.push(json!({
                    "layerDigest": text,
                    "layerAvailability": "AVAILABLE",
                    "layerSize": size,
                    "mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip",
                })),
                Err(StoreError::LayerNotFound(_)) => {
                    layers.push(json!({ "layerDigest": text, "layerAvailability": "UNAVAILABLE" }));
                }
                Err(e) => return Err(repository.error()(e)),
            },
        }
    }
    Ok(json!({ "layers": layers, "failures": failures }))
}

fn with_token(mut answer: Value, next: Option<String>) -> Value {
    if let Some(next) = next {
        answer["nextToken"] = Value::String(next);
    }
    answer
}
