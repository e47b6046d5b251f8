//! Receives a request's content for an upload: the connection on one thread, hashing and writing on another.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::BodyExt;
use tokio::sync::mpsc;

use super::{Call, RegistryError};
use crate::{StoreError, emulator::blocking, http::RequestBody, storage::UploadWriter};

/// Pieces, of at most [`READ_BYTES`](crate::server::READ_BYTES) each, that may wait for the disk: limits the memory of
/// one upload.
const WAITING_PIECES: usize = 8;

/// Appends the body to an upload, which must have `start` bytes, if that is given.
///
/// If the connection breaks, what has arrived stays, so that the client can resume.
pub(super) async fn receive(
    call: &mut Call<'_, '_>,
    id: &str,
    start: Option<u64>,
    body: &mut RequestBody,
) -> Result<UploadWriter, RegistryError> {
    let known = call.emulator().hashes.take(id);
    let upload = id.to_owned();
    let writer = call
        .store(move |emulator, repository| {
            let writer = emulator.store.continue_upload(repository, &upload, known)?;
            match start {
                Some(start) if start != writer.length() => {
                    let have = writer.length();
                    let (id, hasher) = writer.suspend()?;
                    emulator.hashes.put(id, hasher);
                    Err(StoreError::UploadRange { have, start })
                }
                _ => Ok(writer),
            }
        })
        .await?;
    let (sender, pieces) = mpsc::channel(WAITING_PIECES);
    let (written, sent) = tokio::join!(blocking(move || write(writer, pieces)), send(body, sender));
    call.exchange.entry.bytes_in += sent.bytes;
    let writer = written.map_err(|e| RegistryError::store(e, &call.repository))?;
    if let Some(reason) = sent.broken {
        keep(call, writer).await?;
        return Err(RegistryError::Broken(reason));
    }
    Ok(writer)
}

/// Keeps an upload for the next request.
pub(super) async fn keep(call: &Call<'_, '_>, writer: UploadWriter) -> Result<u64, RegistryError> {
    let emulator = Arc::clone(call.emulator());
    let length = writer.length();
    let suspended = blocking(move || writer.suspend().map(|(id, hasher)| emulator.hashes.put(id, hasher))).await;
    suspended.map_err(|e| RegistryError::store(e, &call.repository))?;
    Ok(length)
}

fn write(mut writer: UploadWriter, mut pieces: mpsc::Receiver<Bytes>) -> Result<UploadWriter, StoreError> {
    while let Some(piece) = pieces.blocking_recv() {
        writer.append(&piece)?;
    }
    Ok(writer)
}

/// The result of the connection's side.
struct Sent {
    bytes: u64,
    broken: Option<String>,
}

async fn send(body: &mut RequestBody, sender: mpsc::Sender<Bytes>) -> Sent {
    let mut sent = Sent { bytes: 0, broken: None };
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => {
                let Ok(data) = frame.into_data() else { continue };
                sent.bytes += data.len() as u64;
                // A closed channel means that the disk failed: the writer has the reason.
                if sender.send(data).await.is_err() {
                    break;
                }
            }
            Err(e) => {
                sent.broken = Some(e.to_string());
                break;
            }
        }
    }
    sent
}
