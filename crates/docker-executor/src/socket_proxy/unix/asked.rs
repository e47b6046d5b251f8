//! A parsed request, from which the forwarded one is rewritten: the client's bytes are never forwarded.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::{
    Method, Request,
    body::Incoming,
    header::{
        ACCEPT, CONNECTION, CONTENT_ENCODING, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue, UPGRADE,
        USER_AGENT,
    },
    upgrade::{OnUpgrade, on},
};
use serde_json::Value;

use super::{
    address::Address,
    answer::{self, Body, BoxError, passed},
    document::{self, Object},
    refusal::Refusal,
};

/// Larger than any JSON body of the API.
const MAX_BYTES: usize = 16 << 20;
/// The content type whose body the engine reads parameters from, in addition to the address.
const FORM: &str = "application/x-www-form-urlencoded";
/// The headers that the engine uses.
const HEADERS: [HeaderName; 5] = [
    ACCEPT,
    USER_AGENT,
    CONTENT_ENCODING,
    HeaderName::from_static("x-registry-auth"),
    HeaderName::from_static("x-registry-config"),
];
/// The prefix of headers for connections that change their protocol.
const OF_UPGRADES: [&str; 2] = ["x-docker-expose-session-", "sec-websocket-"];

/// The body of a request, until it is read.
#[derive(Clone, Default)]
pub(super) struct Unread(Arc<Mutex<Option<Incoming>>>);

impl Unread {
    fn put(&self, body: Incoming) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(body);
    }

    fn take(&self) -> Option<Incoming> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Reads a body that was not read, up to a limit: a client that is still writing would not see the response.
    pub(super) async fn drain(&self) {
        if let Some(body) = self.take() {
            // A body that breaks off, or is longer, can be ignored.
            drop(Limited::new(body, MAX_BYTES).collect().await);
        }
    }
}

/// A request.
pub(super) struct Asked {
    pub(super) method: Method,
    pub(super) address: Address,
    pub(super) headers: HeaderMap,
    body: Unread,
    /// The connection after it has changed its protocol.
    pub(super) upgrade: Option<OnUpgrade>,
}

impl Asked {
    /// Parses a request up to its body.
    ///
    /// # Errors
    /// An address that cannot be parsed, or a form as body.
    pub(super) fn read(mut request: Request<Incoming>, unread: &Unread) -> Result<Self, Refusal> {
        let upgrade = request.headers().contains_key(UPGRADE).then(|| on(&mut request));
        let (parts, body) = request.into_parts();
        unread.put(body);
        let types = parts.headers.get_all(CONTENT_TYPE);
        let is_form = |value: &HeaderValue| value.to_str().is_ok_and(|text| text.to_ascii_lowercase().contains(FORM));
        if types.iter().any(is_form) {
            let message = "a form cannot hold parameters: give them in the address";
            return Err(Refusal { status: 415, ..Refusal::bad(message) });
        }
        let address = Address::read(&parts.uri)?;
        Ok(Self { method: parts.method, address, headers: parts.headers, body: unread.clone(), upgrade })
    }

    /// The whole body.
    ///
    /// # Errors
    /// A body that breaks off, or is too large.
    pub(super) async fn bytes(&self) -> Result<Bytes, BoxError> {
        match self.body.take() {
            Some(body) => Ok(Limited::new(body, MAX_BYTES).collect().await?.to_bytes()),
            None => Ok(Bytes::new()),
        }
    }

    /// The body as a JSON object.
    ///
    /// # Errors
    /// As [`Asked::bytes`], and those of [`document::read`].
    pub(super) async fn object(&self) -> Result<Object, BoxError> {
        Ok(document::read(&self.bytes().await?)?)
    }

    /// The body as a stream.
    pub(super) fn body(&self) -> Option<Incoming> {
        self.body.take()
    }

    /// The request without a body.
    pub(super) fn plain(&self) -> Result<Request<Body>, BoxError> {
        self.with(None, answer::whole(Bytes::new()))
    }

    /// The request with an archive as body, as a stream.
    pub(super) fn archive(&self) -> Result<Request<Body>, BoxError> {
        let body = self.body.take().map_or_else(|| answer::whole(Bytes::new()), passed);
        self.with(Some("application/x-tar"), body)
    }

    /// The request with this JSON body.
    pub(super) fn json(&self, object: Object) -> Result<Request<Body>, BoxError> {
        self.with(Some("application/json"), answer::whole(Value::Object(object).to_string()))
    }

    /// The request with another body of this content type.
    pub(super) fn with(&self, kind: Option<&'static str>, body: Body) -> Result<Request<Body>, BoxError> {
        let mut request =
            Request::builder().method(self.method.clone()).uri(self.address.written()).header(HOST, "docker");
        let is_passed = |name: &HeaderName| {
            let of_upgrade = OF_UPGRADES.iter().any(|start| name.as_str().starts_with(start));
            HEADERS.contains(name) || (self.upgrade.is_some() && of_upgrade)
        };
        for (name, value) in self.headers.iter().filter(|(name, _)| is_passed(name)) {
            request = request.header(name, value);
        }
        if let (Some(_), Some(protocol)) = (&self.upgrade, self.headers.get(UPGRADE)) {
            request = request.header(CONNECTION, "Upgrade").header(UPGRADE, protocol);
        }
        if let Some(kind) = kind {
            request = request.header(CONTENT_TYPE, kind);
        }
        Ok(request.body(body)?)
    }
}
