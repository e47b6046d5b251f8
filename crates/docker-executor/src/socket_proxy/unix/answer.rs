//! Responses in the engine's form.

use bytes::Bytes;
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use hyper::{Response, body::Incoming, header::CONTENT_TYPE};
use serde_json::json;

pub(super) type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A body from the engine, or one of cirun's own.
pub(super) type Body = UnsyncBoxBody<Bytes, BoxError>;

/// The engine's body.
pub(super) fn passed(body: Incoming) -> Body {
    body.map_err(Into::into).boxed_unsync()
}

/// A complete body.
pub(super) fn whole(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).map_err(|never| match never {}).boxed_unsync()
}

/// A JSON answer.
pub(super) fn json(status: u16, value: &serde_json::Value) -> Response<Body> {
    let mut response = Response::new(whole(format!("{value}\n")));
    *response.status_mut() = status.try_into().expect("the statuses of this module's callers are HTTP's");
    response
        .headers_mut()
        .insert(CONTENT_TYPE, "application/json".parse().expect("a constant that is a header's value"));
    response
}

/// A refusal, which clients print as `Error response from daemon: …`.
pub(super) fn refusal(status: u16, message: &str) -> Response<Body> {
    json(status, &json!({"message": message}))
}

/// An error in the engine's form inside a stream, after its `200`.
pub(super) fn failure(message: &str) -> Response<Body> {
    json(200, &json!({"errorDetail": {"message": message}, "error": message}))
}
