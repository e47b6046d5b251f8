//! Scans of images. There is no vulnerability database: every scan completes at once without findings.

use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Call, EcrError, Repository, image_id::ImageId, scanning, token::seconds};
use crate::{
    Digest,
    storage::{ManifestRecord, RepositorySettings, is_list},
};

/// The minimum time between two scans of an image on demand.
const SCAN_EVERY: Duration = Duration::from_secs(24 * 3600);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    registry_id: Option<String>,
    repository_name: String,
    image_id: ImageId,
}

/// The image of a call.
struct Subject {
    repository: Repository,
    settings: RepositorySettings,
    id: ImageId,
    digest: Digest,
    record: ManifestRecord,
}

impl Subject {
    fn read(call: &Call) -> Result<Self, EcrError> {
        let Input { registry_id, repository_name, image_id: id } = call.input()?;
        let repository = call.repository(registry_id.as_deref(), &repository_name)?;
        let store = &call.emulator.store;
        let settings = store.repository(&repository.at).map_err(repository.error())?;
        let digest = id.require(store, &repository)?;
        let record = store.manifest_record(&repository.at, &digest).map_err(repository.error())?;
        Ok(Self { repository, settings, id, digest, record })
    }

    fn answer(&self) -> Value {
        json!({
            "registryId": self.repository.registry.account,
            "repositoryName": self.repository.at.name.as_str(),
            "imageId": ImageId::of(&self.digest, self.id.image_tag.clone()),
        })
    }
}

pub(super) fn start(call: &Call) -> Result<Value, EcrError> {
    let subject = Subject::read(call)?;
    let Subject { repository, digest, record, .. } = &subject;
    if is_list(&record.media_type) {
        let message = format!("Scanning is not supported for images of the type '{}'", record.media_type);
        return Err(EcrError::Named("UnsupportedImageTypeException", message));
    }
    let (store, now) = (&call.emulator.store, call.emulator.clock.now());
    let before = store.scanned_at(&repository.at, digest).map_err(repository.error())?;
    if before.is_some_and(|before| now < before + SCAN_EVERY) {
        let message = "The scan quota per image has been exceeded. Wait and try again.";
        return Err(EcrError::Named("LimitExceededException", message.to_owned()));
    }
    store.note_scan(&repository.at, digest, now).map_err(repository.error())?;
    let mut answer = subject.answer();
    answer["imageScanStatus"] = json!({ "status": "IN_PROGRESS" });
    Ok(answer)
}

pub(super) fn findings(call: &Call) -> Result<Value, EcrError> {
    let subject = Subject::read(call)?;
    let Subject { repository, settings, id, digest, record } = &subject;
    let time = of(call, repository, settings, digest, record)?.ok_or_else(|| {
        let (name, account) = (&repository.at.name, &repository.registry.account);
        let message = format!(
            "Image scan does not exist for the image with '{}' in the repository with name '{name}' in the registry \
             with id '{account}'",
            id.shown()
        );
        EcrError::Named("ScanNotFoundException", message)
    })?;
    let mut found = summary(time);
    found["findings"] = json!([]);
    let mut answer = subject.answer();
    answer["imageScanStatus"] = complete();
    answer["imageScanFindings"] = found;
    Ok(answer)
}

/// Returns the time of an image's scan: on demand, or at its push.
pub(super) fn of(
    call: &Call,
    repository: &Repository,
    settings: &RepositorySettings,
    digest: &Digest,
    record: &ManifestRecord,
) -> Result<Option<Timestamp>, EcrError> {
    let on_demand = call.emulator.store.scanned_at(&repository.at, digest).map_err(repository.error())?;
    if on_demand.is_some() || is_list(&record.media_type) {
        return Ok(on_demand);
    }
    Ok(scanning::is_on_push(call, repository, settings)?.then_some(record.pushed_at))
}

/// Renders the status of a completed scan.
pub(super) fn complete() -> Value {
    json!({ "status": "COMPLETE", "description": "The scan was completed successfully." })
}

/// Renders the findings of a scan.
pub(super) fn summary(time: Timestamp) -> Value {
    json!({
        "imageScanCompletedAt": seconds(time),
        "vulnerabilitySourceUpdatedAt": seconds(time),
        "findingSeverityCounts": {},
    })
}
