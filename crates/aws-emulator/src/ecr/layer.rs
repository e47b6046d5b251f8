//! Layers in the control plane: checks, uploads in parts, downloads. The registry shares the uploads.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Call, EcrError, Repository};
use crate::{Digest, StoreError, registry::layer_address};

/// The part size for clients, in bytes.
const PART_BYTES: u64 = 5 * 1024 * 1024;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    registry_id: Option<String>,
    repository_name: String,
    #[serde(default)]
    layer_digests: Vec<String>,
    layer_digest: Option<String>,
    upload_id: Option<String>,
    part_first_byte: Option<u64>,
    part_last_byte: Option<u64>,
    layer_part_blob: Option<String>,
}

impl Input {
    fn read(call: &Call) -> Result<(Self, Repository), EcrError> {
        let input: Self = call.input()?;
        let repository = call.repository(input.registry_id.as_deref(), &input.repository_name)?;
        // A missing repository is an error of the call.
        call.emulator.store.repository(&repository.at).map_err(repository.error())?;
        Ok((input, repository))
    }

    fn upload_id(&self) -> Result<&str, EcrError> {
        self.upload_id.as_deref().ok_or_else(|| EcrError::missing("uploadId"))
    }
}

pub(super) fn check(call: &Call) -> Result<Value, EcrError> {
    let (input, repository) = Input::read(call)?;
    let (mut layers, mut failures) = (Vec::new(), Vec::new());
    for text in &input.layer_digests {
        let Ok(digest) = text.parse::<Digest>() else {
            failures.push(json!({
                "layerDigest": text,
                "failureCode": "InvalidLayerDigest",
                "failureReason": "Invalid layer digest",
            }));
            continue;
        };
        match call.emulator.store.claim_layer(&repository.at, &digest) {
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
        }
    }
    Ok(json!({ "layers": layers, "failures": failures }))
}

pub(super) fn initiate(call: &Call) -> Result<Value, EcrError> {
    let (_, repository) = Input::read(call)?;
    let id = call.emulator.store.start_upload(&repository.at).map_err(repository.error())?;
    Ok(json!({ "uploadId": id, "partSize": PART_BYTES }))
}

pub(super) fn upload_part(call: &Call) -> Result<Value, EcrError> {
    let (input, repository) = Input::read(call)?;
    let id = input.upload_id()?;
    let first = input.part_first_byte.ok_or_else(|| EcrError::missing("partFirstByte"))?;
    let last = input.part_last_byte.ok_or_else(|| EcrError::missing("partLastByte"))?;
    let blob = input.layer_part_blob.as_deref().ok_or_else(|| EcrError::missing("layerPartBlob"))?;
    let part = STANDARD.decode(blob).map_err(|error| EcrError::Serialization(error.to_string()))?;
    let emulator = &call.emulator;
    let known = emulator.hashes.take(id);
    let mut writer = emulator.store.continue_upload(&repository.at, id, known).map_err(repository.error())?;
    let begins = writer.length();
    let fits = first == begins && last.checked_sub(first).is_some_and(|more| more + 1 == part.len() as u64);
    if fits {
        writer.append(&part).map_err(repository.error())?;
    }
    let length = writer.length();
    let (id, hasher) = writer.suspend().map_err(repository.error())?;
    emulator.hashes.put(id.clone(), hasher);
    if !fits {
        let message = format!(
            "The layer part of {} bytes, {first} to {last}, does not follow the {begins} bytes that the upload '{id}' \
             in the repository with name '{}' in the registry with id '{}' holds",
            part.len(),
            repository.at.name,
            repository.registry.account
        );
        return Err(EcrError::Named("InvalidLayerPartException", message));
    }
    Ok(json!({
        "registryId": repository.registry.account,
        "repositoryName": repository.at.name.as_str(),
        "uploadId": id,
        "lastByteReceived": length.saturating_sub(1),
    }))
}

pub(super) fn complete(call: &Call) -> Result<Value, EcrError> {
    let (input, repository) = Input::read(call)?;
    let id = input.upload_id()?;
    let [text] = input.layer_digests.as_slice() else {
        return Err(EcrError::constraint("layerDigests", "Member must have length equal to 1"));
    };
    let digest: Digest = text.parse().map_err(|_| {
        EcrError::constraint("layerDigests", "must satisfy regular expression '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'")
    })?;
    let emulator = &call.emulator;
    let (name, account) = (&repository.at.name, &repository.registry.account);
    let within = format!("the repository with name '{name}' in the registry with id '{account}'");
    let known = emulator.hashes.take(id);
    let writer = emulator.store.continue_upload(&repository.at, id, known).map_err(repository.error())?;
    if writer.length() == 0 {
        let message = format!("No layer part was uploaded for the upload '{id}' in {within}");
        return Err(EcrError::Named("EmptyUploadException", message));
    }
    match emulator.store.claim_layer(&repository.at, &digest) {
        Err(StoreError::LayerNotFound(_)) => {}
        Ok(_) => {
            drop(writer);
            emulator.store.cancel_upload(&repository.at, id).map_err(repository.error())?;
            let message = format!("Layer with digest '{digest}' already exists in {within}");
            return Err(EcrError::Named("LayerAlreadyExistsException", message));
        }
        Err(error) => return Err(repository.error()(error)),
    }
    emulator.store.finish_upload(&repository.at, writer, &digest).map_err(|error| match error {
        StoreError::DigestMismatch { claimed, found } => EcrError::Named(
            "InvalidLayerException",
            format!("The layer with digest '{claimed}' does not match what was uploaded to {within}: '{found}'"),
        ),
        other => repository.error()(other),
    })?;
    Ok(json!({
        "registryId": account,
        "repositoryName": name.as_str(),
        "uploadId": id,
        "layerDigest": digest.to_string(),
    }))
}

pub(super) fn download_url(call: &Call) -> Result<Value, EcrError> {
    let (input, repository) = Input::read(call)?;
    let text = input.layer_digest.as_deref().ok_or_else(|| EcrError::missing("layerDigest"))?;
    let digest: Digest = text.parse().map_err(|_| {
        EcrError::constraint("layerDigest", "must satisfy regular expression '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'")
    })?;
    call.emulator.store.claim_layer(&repository.at, &digest).map_err(repository.error())?;
    let url = layer_address(&call.emulator, &call.endpoint, &repository.at, &digest);
    Ok(json!({ "downloadUrl": url, "layerDigest": text }))
}
