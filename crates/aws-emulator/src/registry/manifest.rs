//! Manifests: put, get, delete; and referrers.

use http::{Method, Response, StatusCode};
use serde_json::{Value, json};

use super::{Call, RegistryError};
use crate::{
    Digest, StoreError,
    http::{RequestBody, ResponseBody, content, empty, header_text, read_body, set},
    storage::{Document, NewManifest, Reference, StoredManifest},
};

const INDEX: &str = "application/vnd.oci.image.index.v1+json";

/// Answers requests for a manifest, by tag or digest.
pub(super) async fn answer(
    mut call: Call<'_, '_>,
    reference: &str,
    body: RequestBody,
) -> Result<Response<ResponseBody>, RegistryError> {
    let reference = parse(reference)?;
    match &reference {
        Reference::Tag(tag) => call.exchange.entry.param("tag", tag),
        Reference::Digest(digest) => call.exchange.entry.param("digest", digest),
    }
    match call.exchange.parts.method {
        Method::PUT => put(call, reference, body).await,
        Method::GET | Method::HEAD => {
            let head = call.exchange.parts.method == Method::HEAD;
            call.action(if head { "HeadManifest" } else { "GetManifest" });
            let manifest =
                call.store(move |emulator, repository| emulator.store.manifest(repository, &reference)).await?;
            call.exchange.entry.param("digest", &manifest.digest);
            Ok(show(manifest))
        }
        Method::DELETE => {
            call.action("DeleteManifest");
            call.store(move |emulator, repository| match &reference {
                Reference::Tag(tag) => emulator.store.delete_tag(repository, tag),
                Reference::Digest(digest) => emulator.store.delete_manifest(repository, digest),
            })
            .await?;
            Ok(empty(StatusCode::ACCEPTED))
        }
        _ => Err(RegistryError::MethodNotAllowed),
    }
}

async fn put(
    mut call: Call<'_, '_>,
    reference: Reference,
    mut body: RequestBody,
) -> Result<Response<ResponseBody>, RegistryError> {
    call.action("PutManifest");
    call.ensure_repository().await?;
    let bytes = read_body(&mut body).await.map_err(|e| RegistryError::Broken(e.to_string()))?;
    call.exchange.entry.bytes_in = bytes.len() as u64;
    let media_type = header_text(&call.exchange.parts, "content-type").map(str::to_owned);
    let put = call
        .store(move |emulator, repository| {
            let new = NewManifest {
                bytes: &bytes,
                media_type: media_type.as_deref(),
                reference: &reference,
                now: emulator.clock.now(),
            };
            emulator.store.put_manifest(repository, &new)
        })
        .await?;
    call.exchange.entry.param("digest", &put.digest);
    let mut response = empty(StatusCode::CREATED);
    set(&mut response, "location", &format!("{}/manifests/{}", call.base, put.digest));
    set(&mut response, "docker-content-digest", &put.digest.to_string());
    set(&mut response, "content-length", "0");
    if let Some(subject) = put.subject {
        set(&mut response, "oci-subject", &subject.to_string());
    }
    Ok(response)
}

fn show(manifest: StoredManifest) -> Response<ResponseBody> {
    let mut response = content(StatusCode::OK, INDEX, manifest.bytes);
    // The text is the client's, so it may be an invalid header value: then the generic type is used.
    let media_type = manifest.record.media_type.parse();
    let generic = http::HeaderValue::from_static("application/json");
    response.headers_mut().insert(http::header::CONTENT_TYPE, media_type.unwrap_or(generic));
    set(&mut response, "docker-content-digest", &manifest.digest.to_string());
    response
}

/// Answers `GET …/referrers/<digest>`: an index of the manifests with this subject.
pub(super) async fn referrers(mut call: Call<'_, '_>, digest: &str) -> Result<Response<ResponseBody>, RegistryError> {
    call.action("ListReferrers");
    if !matches!(call.exchange.parts.method, Method::GET | Method::HEAD) {
        return Err(RegistryError::MethodNotAllowed);
    }
    let subject: Digest = digest.parse().map_err(|_| RegistryError::Digest(digest.to_owned()))?;
    call.exchange.entry.param("digest", &subject);
    // A repository that a push will create has none yet: "not found" would mean that the registry does not support
    // referrers.
    let may_be_absent = call.access.creates_repositories;
    let manifests = call
        .store(move |emulator, repository| {
            let digests = match emulator.store.referrers(repository, &subject) {
                Err(StoreError::RepositoryNotFound(_)) if may_be_absent => Vec::new(),
                found => found?,
            };
            // One that was removed since the listing is skipped.
            let manifest = |digest| emulator.store.manifest(repository, &Reference::Digest(digest)).ok();
            Ok(digests.into_iter().filter_map(manifest).collect::<Vec<_>>())
        })
        .await?;
    let filter = call.query("artifactType");
    let descriptors: Vec<Value> = manifests
        .iter()
        .filter(|manifest| filter.is_none() || manifest.record.artifact_type == filter)
        .map(descriptor)
        .collect();
    let index = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": descriptors });
    let mut response = content(StatusCode::OK, INDEX, index.to_string());
    if filter.is_some() {
        set(&mut response, "oci-filters-applied", "artifactType");
    }
    Ok(response)
}

fn descriptor(manifest: &StoredManifest) -> Value {
    let mut descriptor = json!({
        "mediaType": manifest.record.media_type,
        "digest": manifest.digest.to_string(),
        "size": manifest.record.size,
    });
    if let Some(artifact_type) = &manifest.record.artifact_type {
        descriptor["artifactType"] = Value::String(artifact_type.clone());
    }
    let document = Document::parse(&manifest.bytes, Some(&manifest.record.media_type));
    if let Some(annotations) = document.ok().and_then(|document| document.annotations) {
        descriptor["annotations"] = Value::Object(annotations);
    }
    descriptor
}

fn parse(text: &str) -> Result<Reference, RegistryError> {
    if text.contains(':') {
        return text.parse().map(Reference::Digest).map_err(|_| RegistryError::Digest(text.to_owned()));
    }
    text.parse().map(Reference::Tag).map_err(RegistryError::Name)
}
