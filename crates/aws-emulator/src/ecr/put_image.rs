//! PutImage: a manifest whose parts already exist.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Call, EcrError, Repository, image_id::ImageId};
use crate::{
    Digest, StoreError, Tag,
    storage::{NewManifest, Reference, Store},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    registry_id: Option<String>,
    repository_name: String,
    image_manifest: String,
    image_manifest_media_type: Option<String>,
    image_tag: Option<String>,
    image_digest: Option<String>,
}

pub(super) fn put(call: &Call) -> Result<Value, EcrError> {
    let input: Input = call.input()?;
    let repository = call.repository(input.registry_id.as_deref(), &input.repository_name)?;
    let store = &call.emulator.store;
    store.repository(&repository.at).map_err(repository.error())?;
    let digest = Digest::of(input.image_manifest.as_bytes());
    if let Some(claimed) = input.image_digest.as_ref().filter(|claimed| **claimed != digest.to_string()) {
        return Err(EcrError::Named(
            "ImageDigestDoesNotMatchException",
            format!("The provided image digest '{claimed}' does not match the image's '{digest}'"),
        ));
    }
    let tag: Option<Tag> = match &input.image_tag {
        Some(tag) => Some(tag.parse().map_err(|_| {
            EcrError::constraint("imageTag", "must satisfy regular expression '[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}'")
        })?),
        None => None,
    };
    let media_type = media_type(&input)?;
    if is_there(store, &repository, &digest, tag.as_ref()).map_err(repository.error())? {
        return Err(already_there(&repository, &digest, tag.as_ref()));
    }
    let reference = match tag {
        Some(tag) => Reference::Tag(tag),
        None => Reference::Digest(digest.clone()),
    };
    let new = NewManifest {
        bytes: input.image_manifest.as_bytes(),
        media_type: Some(&media_type),
        reference: &reference,
        now: call.emulator.clock.now(),
    };
    store.put_manifest(&repository.at, &new).map_err(repository.error())?;
    Ok(json!({ "image": {
        "registryId": repository.registry.account,
        "repositoryName": repository.at.name.as_str(),
        "imageId": ImageId::of(&digest, input.image_tag),
        "imageManifest": input.image_manifest,
        "imageManifestMediaType": media_type,
    } }))
}

/// Returns the manifest's media type: from the parameter or the manifest. ECR does not guess it.
fn media_type(input: &Input) -> Result<String, EcrError> {
    if let Some(given) = input.image_manifest_media_type.as_ref().filter(|given| !given.is_empty()) {
        return Ok(given.clone());
    }
    let manifest: Value = serde_json::from_str(&input.image_manifest)
        .map_err(|error| EcrError::constraint("ImageManifest", &format!("Invalid JSON syntax: {error}")))?;
    manifest.get("mediaType").and_then(Value::as_str).map(str::to_owned).ok_or_else(|| {
        EcrError::InvalidParameter("image manifest mediatype not provided in manifest or parameter".to_owned())
    })
}

/// Whether nothing would change: the image exists and, if a tag is given, has it.
fn is_there(store: &Store, repository: &Repository, digest: &Digest, tag: Option<&Tag>) -> Result<bool, StoreError> {
    match store.manifest_record(&repository.at, digest) {
        Err(StoreError::ImageNotFound(_)) => return Ok(false),
        found => found?,
    };
    let Some(tag) = tag else { return Ok(true) };
    match store.resolve(&repository.at, &Reference::Tag(tag.clone())) {
        Err(StoreError::ImageNotFound(_)) => Ok(false),
        found => Ok(found? == *digest),
    }
}

fn already_there(repository: &Repository, digest: &Digest, tag: Option<&Tag>) -> EcrError {
    let tag = tag.map_or("null", Tag::as_str);
    let (name, account) = (&repository.at.name, &repository.registry.account);
    EcrError::Named(
        "ImageAlreadyExistsException",
        format!(
            "Image with digest '{digest}' and tag '{tag}' already exists in the repository with name '{name}' in \
             registry with id '{account}'"
        ),
    )
}
