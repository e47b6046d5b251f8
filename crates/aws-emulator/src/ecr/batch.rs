//! Images in batches: get and delete. An error of one image is a failure of its entry.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Call, EcrError, Repository,
    image_id::{FindError, IdFailure, ImageId},
};
use crate::{
    Digest, StoreError, Tag,
    storage::{Reference, Store},
};

/// The maximum number of images in a call.
const MOST_IMAGES: usize = 100;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    registry_id: Option<String>,
    repository_name: String,
    image_ids: Vec<ImageId>,
}

fn read(call: &Call) -> Result<(Vec<ImageId>, Repository), EcrError> {
    let input: Input = call.input()?;
    let repository = call.repository(input.registry_id.as_deref(), &input.repository_name)?;
    if !(1..=MOST_IMAGES).contains(&input.image_ids.len()) {
        let rule = format!("Member must have length between 1 and {MOST_IMAGES}");
        return Err(EcrError::constraint("imageIds", &rule));
    }
    // A missing repository is an error of the call, a missing image an error of its entry.
    call.emulator.store.repository(&repository.at).map_err(repository.error())?;
    Ok((input.image_ids, repository))
}

/// Collects the result of each image.
fn each<T>(
    ids: Vec<ImageId>,
    repository: &Repository,
    mut act: impl FnMut(&ImageId) -> Result<Vec<T>, FindError>,
) -> Result<(Vec<T>, Vec<Value>), EcrError> {
    let (mut done, mut failures) = (Vec::new(), Vec::new());
    for id in ids {
        match act(&id) {
            Ok(more) => done.extend(more),
            Err(FindError::Id(failure)) => failures.push(failure.entry(&id)),
            Err(FindError::Store(error)) => return Err(repository.error()(error)),
        }
    }
    Ok((done, failures))
}

pub(super) fn get(call: &Call) -> Result<Value, EcrError> {
    let (ids, repository) = read(call)?;
    let store = &call.emulator.store;
    let (images, failures) = each(ids, &repository, |id| {
        let digest = id.find(store, &repository)?;
        let manifest = store.manifest(&repository.at, &Reference::Digest(digest))?;
        Ok(vec![json!({
            "registryId": repository.registry.account,
            "repositoryName": repository.at.name.as_str(),
            "imageId": ImageId::of(&manifest.digest, id.image_tag.clone()),
            "imageManifest": String::from_utf8_lossy(&manifest.bytes),
            "imageManifestMediaType": manifest.record.media_type,
        })])
    })?;
    Ok(json!({ "images": images, "failures": failures }))
}

pub(super) fn delete(call: &Call) -> Result<Value, EcrError> {
    let (ids, repository) = read(call)?;
    let store = &call.emulator.store;
    let (deleted, failures) = each(ids, &repository, |id| {
        let digest = id.find(store, &repository)?;
        remove(store, &repository, id, &digest)
    })?;
    Ok(json!({ "imageIds": deleted, "failures": failures }))
}

/// Removes a tag, and the image with its last tag; an image named by digest is removed with all its tags.
fn remove(store: &Store, repository: &Repository, id: &ImageId, digest: &Digest) -> Result<Vec<ImageId>, FindError> {
    let tags = tags(store, repository, digest)?;
    let by_tag = tags.iter().find(|tag| id.image_digest.is_none() && id.image_tag.as_deref() == Some(tag.as_str()));
    if let Some(tag) = by_tag
        && tags.len() > 1
    {
        store.delete_tag(&repository.at, tag)?;
        return Ok(vec![ImageId::of(digest, Some(tag.to_string()))]);
    }
    if let Some(lists) = store.lists(&repository.at)?.remove(digest) {
        return Err(FindError::Id(IdFailure::Listed(lists)));
    }
    store.delete_manifest(&repository.at, digest)?;
    if tags.is_empty() {
        return Ok(vec![ImageId::of(digest, None)]);
    }
    Ok(tags.iter().map(|tag| ImageId::of(digest, Some(tag.to_string()))).collect())
}

fn tags(store: &Store, repository: &Repository, digest: &Digest) -> Result<Vec<Tag>, StoreError> {
    let tags = store.tags(&repository.at)?;
    Ok(tags.into_iter().filter(|(_, target)| target == digest).map(|(tag, _)| tag).collect())
}
