//! DescribeImages and ListImages.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Call, EcrError, Repository,
    choice::Choice,
    image_id::ImageId,
    page::{page, with_token},
    scan,
    token::seconds,
};
use crate::{
    Digest, StoreError, Tag,
    storage::{ManifestRecord, RepositorySettings},
};

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Filter {
    tag_status: Option<String>,
}

impl Filter {
    /// Returns the images that match.
    pub(super) fn tag_status(&self) -> Result<TagStatus, EcrError> {
        let status = TagStatus::read_optional("filter.tagStatus", self.tag_status.as_deref())?;
        Ok(status.unwrap_or(TagStatus::Any))
    }
}

/// Selects the images for a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TagStatus {
    Tagged,
    Untagged,
    Any,
}

impl Choice for TagStatus {
    const VALUES: &'static [(&'static str, Self)] =
        &[("TAGGED", Self::Tagged), ("UNTAGGED", Self::Untagged), ("ANY", Self::Any)];
}

impl TagStatus {
    /// Whether to include an image with or without tags.
    pub(super) fn takes(self, tagged: bool) -> bool {
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

/// An image with its tags.
pub(super) struct Image {
    pub(super) digest: Digest,
    pub(super) tags: Vec<Tag>,
    pub(super) record: ManifestRecord,
}

/// Returns the tags of a repository's images by their digest.
fn tags_by_digest(call: &Call, repository: &Repository) -> Result<BTreeMap<Digest, Vec<Tag>>, EcrError> {
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

/// Returns a repository's images, in the order of their push.
pub(super) fn images(call: &Call, repository: &Repository) -> Result<Vec<Image>, EcrError> {
    let mut images = Vec::new();
    for (digest, tags) in tags_by_digest(call, repository)? {
        match call.emulator.store.manifest_record(&repository.at, &digest) {
            Ok(record) => images.push(Image { digest, tags, record }),
            // Another process removed it between the listing and the reading.
            Err(StoreError::ImageNotFound(_)) => {}
            Err(error) => return Err(repository.error()(error)),
        }
    }
    images.sort_by(|a, b| (a.record.pushed_at, &a.digest).cmp(&(b.record.pushed_at, &b.digest)));
    Ok(images)
}

pub(super) fn describe(call: &Call) -> Result<Value, EcrError> {
    let (input, repository) = Input::read(call)?;
    let settings = call.emulator.store.repository(&repository.at).map_err(repository.error())?;
    let mut images = images(call, &repository)?;
    let next = match input.image_ids.filter(|ids| !ids.is_empty()) {
        Some(ids) => {
            let mut wanted = Vec::new();
            for id in ids {
                wanted.push(id.require(&call.emulator.store, &repository)?);
            }
            images.retain(|image| wanted.contains(&image.digest));
            None
        }
        None => {
            let status = input.filter.tag_status()?;
            images.retain(|image| status.takes(!image.tags.is_empty()));
            // Sorts like time and digest.
            let key = |image: &Image| format!("{:030} {}", image.record.pushed_at.as_nanosecond(), image.digest);
            let next;
            (images, next) = page(images, key, input.max_results, input.next_token.as_deref())?;
            next
        }
    };
    let mut details = Vec::new();
    for image in images {
        details.push(detail(call, &repository, &settings, &image)?);
    }
    Ok(with_token(json!({ "imageDetails": details }), next))
}

fn detail(
    call: &Call,
    repository: &Repository,
    settings: &RepositorySettings,
    image: &Image,
) -> Result<Value, EcrError> {
    let record = &image.record;
    let mut detail = json!({
        "registryId": repository.registry.account,
        "repositoryName": repository.at.name.as_str(),
        "imageDigest": image.digest.to_string(),
        "imageSizeInBytes": record.content_bytes,
        "imagePushedAt": seconds(record.pushed_at),
        "imageManifestMediaType": record.media_type,
    });
    if !image.tags.is_empty() {
        detail["imageTags"] = image.tags.iter().map(Tag::as_str).collect();
    }
    if let Some(artifact_type) = &record.artifact_type {
        detail["artifactMediaType"] = Value::String(artifact_type.clone());
    }
    if let Some(time) = scan::of(call, repository, settings, &image.digest, record)? {
        detail["imageScanStatus"] = scan::complete();
        detail["imageScanFindingsSummary"] = scan::summary(time);
    }
    Ok(detail)
}

pub(super) fn list(call: &Call) -> Result<Value, EcrError> {
    let (input, repository) = Input::read(call)?;
    let status = input.filter.tag_status()?;
    let mut ids = Vec::new();
    for (digest, tags) in tags_by_digest(call, &repository)? {
        if !status.takes(!tags.is_empty()) {
            continue;
        }
        if tags.is_empty() {
            ids.push(ImageId::of(&digest, None));
        } else {
            ids.extend(tags.iter().map(|tag| ImageId::of(&digest, Some(tag.to_string()))));
        }
    }
    let key = |id: &ImageId| {
        format!("{} {}", id.image_digest.as_deref().unwrap_or(""), id.image_tag.as_deref().unwrap_or(""))
    };
    let (ids, next) = page(ids, key, input.max_results, input.next_token.as_deref())?;
    Ok(with_token(json!({ "imageIds": ids }), next))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Referrers {
    registry_id: Option<String>,
    repository_name: String,
    subject_id: Subject,
    filter: Option<ReferrerFilter>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Subject {
    image_digest: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReferrerFilter {
    artifact_types: Option<Vec<String>>,
}

pub(super) fn referrers(call: &Call) -> Result<Value, EcrError> {
    let input: Referrers = call.input()?;
    let repository = call.repository(input.registry_id.as_deref(), &input.repository_name)?;
    let store = &call.emulator.store;
    let subject: Digest = input.subject_id.image_digest.parse().map_err(|_| {
        EcrError::constraint("subjectId.imageDigest", "must satisfy regular expression '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'")
    })?;
    let types = input.filter.and_then(|filter| filter.artifact_types);
    let digests = store.referrers(&repository.at, &subject).map_err(repository.error())?;
    let (digests, next) = page(digests, Digest::to_string, input.max_results, input.next_token.as_deref())?;
    let mut referrers = Vec::new();
    for digest in digests {
        let record = match store.manifest_record(&repository.at, &digest) {
            Err(StoreError::ImageNotFound(_)) => continue,
            found => found.map_err(repository.error())?,
        };
        let artifact_type = record.artifact_type.unwrap_or_default();
        if types.as_ref().is_none_or(|types| types.contains(&artifact_type)) {
            referrers.push(json!({
                "digest": digest.to_string(),
                "mediaType": record.media_type,
                "artifactType": artifact_type,
                "size": record.size,
                "artifactStatus": "ACTIVE",
            }));
        }
    }
    Ok(with_token(json!({ "referrers": referrers }), next))
}
