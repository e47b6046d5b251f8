//! A response of the engine that is forwarded as it arrives, with an action before its end.

use std::future::{Future, poll_fn};

use bytes::Bytes;
use futures_util::stream::unfold;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Frame, Incoming};
use serde::Deserialize;
use tokio::sync::mpsc;

use super::answer::{Body, BoxError};
use crate::shared::Shared;

/// The number of parts of a response that may wait.
const PIECES: usize = 8;
/// The longest line that is parsed.
const MAX_LINE_BYTES: usize = 64 * 1024;

/// The results in the lines of a response.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    /// Whether the response broke off, or a line reported an error.
    pub(super) failed: bool,
    /// The engine's error message.
    pub(super) failure: Option<String>,
    /// Tags and digests of pushed images.
    pub(super) pushed: Vec<(String, String)>,
    /// Names of loaded images.
    pub(super) loaded: Vec<String>,
}

/// Forwards the body, and runs `last` before its end, even if the client has gone, because the engine continues then.
pub(super) fn then<F: Future<Output = ()> + Send + 'static>(
    shared: &Shared,
    mut body: Incoming,
    last: impl FnOnce(Said) -> F + Send + 'static,
) -> Body {
    let (sender, receiver) = mpsc::channel::<Result<Frame<Bytes>, BoxError>>(PIECES);
    shared.tasks.spawn(async move {
        let mut lines = Lines::default();
        while let Some(frame) = body.frame().await {
            if let Some(bytes) = frame.as_ref().ok().and_then(Frame::data_ref) {
                lines.take(bytes);
            }
            let broken = frame.is_err();
            lines.said.failed |= broken;
            // Without a receiver the engine still does the work.
            drop(sender.send(frame.map_err(Into::into)).await);
            if broken {
                break;
            }
        }
        last(lines.end()).await;
    });
    let frames = unfold(receiver, |mut receiver| async move {
        let next = poll_fn(|context| receiver.poll_recv(context)).await;
        next.map(|frame| (frame, receiver))
    });
    StreamBody::new(frames).boxed_unsync()
}

/// Reads a response to its end.
pub(super) async fn read(mut body: Incoming) -> Said {
    let mut lines = Lines::default();
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => frame.data_ref().into_iter().for_each(|bytes| lines.take(bytes)),
            Err(error) => {
                lines.said.failed = true;
                lines.said.failure = Some(error.to_string());
                break;
            }
        }
    }
    lines.end()
}

/// The relevant fields of a line in the engine's stream.
#[derive(Deserialize)]
struct Line {
    error: Option<String>,
    message: Option<String>,
    stream: Option<String>,
    aux: Option<Aux>,
}

#[derive(Deserialize)]
struct Aux {
    #[serde(rename = "Tag")]
    tag: Option<String>,
    #[serde(rename = "Digest")]
    digest: Option<String>,
}

#[derive(Default)]
struct Lines {
    rest: Vec<u8>,
    said: Said,
}

impl Lines {
    fn take(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            if self.rest.len() + piece.len() <= MAX_LINE_BYTES {
                self.rest.extend_from_slice(piece);
            }
            if piece.ends_with(b"\n") {
                self.line();
            }
        }
    }

    fn line(&mut self) {
        let line = std::mem::take(&mut self.rest);
        let Ok(Line { error, message, stream, aux }) = serde_json::from_slice(&line) else { return };
        self.said.failed |= error.is_some();
        self.said.failure = error.or(message).or(self.said.failure.take());
        let loaded = stream.as_deref().and_then(|stream| stream.trim().strip_prefix("Loaded image: "));
        self.said.loaded.extend(loaded.map(str::to_owned));
        if let Some(Aux { tag: Some(tag), digest: Some(digest) }) = aux {
            self.said.pushed.push((tag, digest));
        }
    }

    fn end(mut self) -> Said {
        self.line();
        self.said
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_in_pieces() {
        let text = "{\"status\":\"Pushed\"}\r\n{\"progressDetail\":{},\"aux\":{\"Tag\":\"1\",\"Digest\":\"sha256:a\",\"Size\":7}}\r\n{\"stream\":\"Loaded image: a:1\\n\"}\n{\"error\":\"no\"}";
        for size in [1, 7, 1000] {
            let mut lines = Lines::default();
            text.as_bytes().chunks(size).for_each(|piece| lines.take(piece));
            let pushed = vec![("1".to_owned(), "sha256:a".to_owned())];
            let loaded = vec!["a:1".to_owned()];
            let expected = Said { failed: true, failure: Some("no".to_owned()), pushed, loaded };
            assert_eq!(lines.end(), expected);
        }
    }
}
