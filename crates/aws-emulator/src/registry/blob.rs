//! Blobs: checked and read, completely or in part.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
};

use bytes::Bytes;
use http::{Method, Response, StatusCode};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::Frame;
use tokio::{
    sync::mpsc::{self, Sender},
    task::spawn_blocking,
};

use super::{Call, RegistryError};
use crate::{
    Digest,
    http::{ResponseBody, empty, header_text, set},
    storage::LayerFile,
};

/// The size of a read from disk, and how many such pieces may wait for the client.
const PIECE_BYTES: usize = 256 * 1024;
const WAITING_PIECES: usize = 2;

/// Answers requests for a blob.
pub(super) async fn answer(mut call: Call<'_, '_>, digest: &str) -> Result<Response<ResponseBody>, RegistryError> {
    let digest: Digest = digest.parse().map_err(|_| RegistryError::Digest(digest.to_owned()))?;
    call.exchange.entry.param("digest", &digest);
    let wanted = digest.clone();
    match call.exchange.parts.method {
        Method::HEAD => {
            call.action("HeadBlob");
            let size = call.store(move |emulator, repository| {
                emulator.store.repository(repository)?;
                emulator.store.claim_layer(repository, &wanted)
            });
            Ok(describe(empty(StatusCode::OK), &digest, size.await?))
        }
        Method::GET => {
            call.action("GetBlob");
            let layer = call.store(move |emulator, repository| {
                emulator.store.repository(repository)?;
                emulator.store.open_layer(repository, &wanted)
            });
            let layer = layer.await?;
            read(&call, &digest, layer)
        }
        Method::DELETE => {
            call.action("DeleteBlob");
            call.store(move |emulator, repository| emulator.store.unlink_layer(repository, &wanted)).await?;
            Ok(empty(StatusCode::ACCEPTED))
        }
        _ => Err(RegistryError::MethodNotAllowed),
    }
}

fn read(call: &Call<'_, '_>, digest: &Digest, layer: LayerFile) -> Result<Response<ResponseBody>, RegistryError> {
    let size = layer.size;
    let range = header_text(&call.exchange.parts, "range");
    let part = match range {
        None => None,
        Some(text) => Some(byte_range(text, size).ok_or_else(|| RegistryError::Range(text.to_owned()))?),
    };
    let (first, length) = part.unwrap_or((0, size));
    let mut response = Response::new(stream(layer.file, first, length));
    if part.is_some() {
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
        set(&mut response, "content-range", &format!("bytes {first}-{}/{size}", first + length - 1));
    }
    Ok(describe(response, digest, length))
}

/// Streams a part of a file, read on a thread of its own, at the client's pace.
fn stream(file: File, first: u64, length: u64) -> ResponseBody {
    let (sender, mut pieces) = mpsc::channel(WAITING_PIECES);
    spawn_blocking(move || {
        if let Err(error) = send(file, first, length, &sender) {
            // The client sees the connection break, if it is still there.
            sender.blocking_send(Err(error)).ok();
        }
    });
    let frames = futures_util::stream::poll_fn(move |context| pieces.poll_recv(context));
    StreamBody::new(frames).boxed_unsync()
}

fn send(mut file: File, first: u64, length: u64, sender: &Sender<io::Result<Frame<Bytes>>>) -> io::Result<()> {
    file.seek(SeekFrom::Start(first))?;
    let mut left = length;
    while left > 0 {
        let mut piece = vec![0; usize::try_from(left).unwrap_or(PIECE_BYTES).min(PIECE_BYTES)];
        file.read_exact(&mut piece)?;
        left -= piece.len() as u64;
        if sender.blocking_send(Ok(Frame::data(Bytes::from(piece)))).is_err() {
            break;
        }
    }
    Ok(())
}

fn describe(mut response: Response<ResponseBody>, digest: &Digest, length: u64) -> Response<ResponseBody> {
    set(&mut response, "content-type", "application/octet-stream");
    set(&mut response, "content-length", &length.to_string());
    set(&mut response, "docker-content-digest", &digest.to_string());
    set(&mut response, "accept-ranges", "bytes");
    response
}

/// Parses a `Range` header with one range; returns its start and length. `None` if it cannot be satisfied.
fn byte_range(text: &str, size: u64) -> Option<(u64, u64)> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let (first, last) = match (first, last) {
        ("", suffix) => (size.saturating_sub(suffix.parse().ok()?), size.checked_sub(1)?),
        (first, "") => (first.parse().ok()?, size.checked_sub(1)?),
        (first, last) => (first.parse().ok()?, last.parse::<u64>().ok()?.min(size.checked_sub(1)?)),
    };
    (first <= last && first < size).then(|| (first, last - first + 1))
}

#[cfg(test)]
mod tests {
    use super::byte_range;

    #[test]
    fn ranges() {
        assert_eq!(byte_range("bytes=0-3", 10), Some((0, 4)));
        assert_eq!(byte_range("bytes=4-", 10), Some((4, 6)));
        assert_eq!(byte_range("bytes=-3", 10), Some((7, 3)));
        assert_eq!(byte_range("bytes=-30", 10), Some((0, 10)));
        assert_eq!(byte_range("bytes=8-99", 10), Some((8, 2)));
        for bad in ["bytes=10-", "bytes=5-4", "bytes=a-b", "lines=1-2", "bytes=-0", "bytes=0-1,3-4"] {
            assert_eq!(byte_range(bad, 10), None, "{bad}");
        }
        assert_eq!(byte_range("bytes=0-", 0), None);
    }
}
