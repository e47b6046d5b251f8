//! Uploads: started, continued in pieces, finished, checked, cancelled; and mounts, which avoid them.

use http::{Method, Response, StatusCode};

use super::{
    Call, RegistryError,
    error::received,
    receive::{keep, receive},
};
use crate::{
    Digest, StoreError,
    http::{RequestBody, ResponseBody, empty, header_text, set},
    storage::RepositoryRef,
};

/// Answers `POST …/blobs/uploads/`.
pub(super) async fn start(
    mut call: Call<'_, '_>,
    mut body: RequestBody,
) -> Result<Response<ResponseBody>, RegistryError> {
    call.action("StartUpload");
    if call.exchange.parts.method != Method::POST {
        return Err(RegistryError::MethodNotAllowed);
    }
    call.ensure_repository().await?;
    if let Some(digest) = call.query("mount")
        && let Some(response) = mount(&mut call, &digest).await?
    {
        return Ok(response);
    }
    let id = call.store(|emulator, repository| emulator.store.start_upload(repository)).await?;
    match call.query("digest") {
        Some(digest) => finish(call, &id, &digest, &mut body).await,
        None => {
            let mut response = progress(&call, StatusCode::ACCEPTED, &id, 0);
            set(&mut response, "content-length", "0");
            Ok(response)
        }
    }
}

/// Mounts a blob from another repository of the registry; `None` means that the client must send it.
async fn mount(call: &mut Call<'_, '_>, digest: &str) -> Result<Option<Response<ResponseBody>>, RegistryError> {
    let Ok(digest) = digest.parse::<Digest>() else { return Ok(None) };
    let Some(from) = call.query("from") else { return Ok(None) };
    // On an endpoint the client writes the registry's host name before the repository's.
    let from = from.strip_prefix(&format!("{}/", call.repository.registry)).unwrap_or(&from);
    let Ok(name) = from.parse() else { return Ok(None) };
    let from = RepositoryRef { registry: call.repository.registry.clone(), name };
    let wanted = digest.clone();
    match call.store(move |emulator, to| emulator.store.mount_layer(&from, to, &wanted)).await {
        Ok(_) => {
            call.action("MountBlob");
            call.exchange.entry.param("digest", &digest);
            Ok(Some(created(call, &digest)))
        }
        Err(RegistryError::Store(StoreError::LayerNotFound(_), _)) => Ok(None),
        Err(e) => Err(e),
    }
}

/// Answers requests about a started upload.
pub(super) async fn answer(
    mut call: Call<'_, '_>,
    id: &str,
    mut body: RequestBody,
) -> Result<Response<ResponseBody>, RegistryError> {
    match call.exchange.parts.method {
        Method::PATCH => {
            call.action("UploadChunk");
            let start = content_range(&call)?;
            let writer = receive(&mut call, id, start, &mut body).await?;
            let length = keep(&call, writer).await?;
            Ok(progress(&call, StatusCode::ACCEPTED, id, length))
        }
        Method::PUT => {
            call.action("FinishUpload");
            let digest = call.query("digest").ok_or_else(|| RegistryError::Digest(String::new()))?;
            finish(call, id, &digest, &mut body).await
        }
        Method::GET | Method::HEAD => {
            call.action("GetUpload");
            let upload = id.to_owned();
            let length =
                call.store(move |emulator, repository| emulator.store.upload_length(repository, &upload)).await?;
            Ok(progress(&call, StatusCode::NO_CONTENT, id, length))
        }
        Method::DELETE => {
            call.action("CancelUpload");
            let upload = id.to_owned();
            call.store(move |emulator, repository| emulator.store.cancel_upload(repository, &upload)).await?;
            Ok(empty(StatusCode::NO_CONTENT))
        }
        _ => Err(RegistryError::MethodNotAllowed),
    }
}

async fn finish(
    mut call: Call<'_, '_>,
    id: &str,
    digest: &str,
    body: &mut RequestBody,
) -> Result<Response<ResponseBody>, RegistryError> {
    let digest: Digest = digest.parse().map_err(|_| RegistryError::Digest(digest.to_owned()))?;
    call.action("FinishUpload");
    call.exchange.entry.param("digest", &digest);
    let start = content_range(&call)?;
    let writer = receive(&mut call, id, start, body).await?;
    let claimed = digest.clone();
    call.store(move |emulator, repository| emulator.store.finish_upload(repository, writer, &claimed)).await?;
    Ok(created(&call, &digest))
}

/// Parses the start of a piece: `Content-Range: <first>-<last>`, with or without the unit and the whole size that some
/// clients add. The range must be as long as the content says that it is; no range is that of no content.
fn content_range(call: &Call<'_, '_>) -> Result<Option<u64>, RegistryError> {
    let Some(text) = header_text(&call.exchange.parts, "content-range") else { return Ok(None) };
    let range = text.strip_prefix("bytes ").unwrap_or(text);
    let range = range.split_once('/').map_or(range, |(range, _size)| range);
    let wrong = || RegistryError::Range(text.to_owned());
    let (first, last) = range.split_once('-').ok_or_else(wrong)?;
    let (first, last): (u64, u64) = first.trim().parse().ok().zip(last.trim().parse().ok()).ok_or_else(wrong)?;
    let length = header_text(&call.exchange.parts, "content-length").and_then(|length| length.parse().ok());
    match length {
        Some(length) if length > 0 && last.checked_sub(first).and_then(|span| span.checked_add(1)) != Some(length) => {
            Err(RegistryError::Size { range: text.to_owned(), length })
        }
        _ => Ok(Some(first)),
    }
}

fn progress(call: &Call<'_, '_>, status: StatusCode, id: &str, length: u64) -> Response<ResponseBody> {
    let mut response = empty(status);
    set(&mut response, "location", &format!("{}/blobs/uploads/{id}", call.base));
    set(&mut response, "range", &received(length));
    set(&mut response, "docker-upload-uuid", id);
    response
}

fn created(call: &Call<'_, '_>, digest: &Digest) -> Response<ResponseBody> {
    let mut response = empty(StatusCode::CREATED);
    set(&mut response, "location", &format!("{}/blobs/{digest}", call.base));
    set(&mut response, "docker-content-digest", &digest.to_string());
    set(&mut response, "content-length", "0");
    response
}
