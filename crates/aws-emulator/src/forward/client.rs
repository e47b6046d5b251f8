//! One request to the upstream endpoint.

use std::{fmt, io, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode, header, request::Parts};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use thiserror::Error;

use super::upstream::Upstream;
use crate::{
    StoreError,
    http::{RequestBody, ResponseBody},
    http_client::{Client, Target, UnusableRoot},
};

/// The timeout of an upstream; LocalStack loads a service at its first call.
const PATIENCE: Duration = Duration::from_secs(30);
/// The largest response of an API call.
const MAX_ANSWER_BYTES: usize = 8 * 1024 * 1024;
/// Headers that belong to a connection, not to the call.
const HOP_BY_HOP: [header::HeaderName; 4] =
    [header::CONNECTION, header::TRANSFER_ENCODING, header::UPGRADE, header::EXPECT];

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why a call could not be forwarded.
#[derive(Debug, Error)]
pub(crate) enum UpstreamError {
    #[error("cannot reach {upstream}: {reason}")]
    Unreachable { upstream: String, reason: String },
    #[error("{0}")]
    Local(String),
}

impl From<StoreError> for UpstreamError {
    fn from(error: StoreError) -> Self {
        Self::Local(error.to_string())
    }
}

/// The response of the upstream.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    /// Whether the upstream does not support the call (LocalStack's free edition: 501).
    pub(crate) fn is_unsupported(&self) -> bool {
        matches!(self.status, StatusCode::NOT_IMPLEMENTED | StatusCode::METHOD_NOT_ALLOWED)
    }

    /// Returns the response for the client.
    pub(crate) fn into_response(self) -> Response<ResponseBody> {
        answer(self.status, &self.headers, Full::new(self.body).map_err(|never| match never {}).boxed_unsync())
    }
}

/// A client of the upstream endpoint.
pub(crate) struct UpstreamClient {
    upstream: Upstream,
    client: Client,
}

impl fmt::Display for UpstreamClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.upstream.endpoint.fmt(f)
    }
}

impl UpstreamClient {
    /// Creates the client.
    ///
    /// # Errors
    /// A certificate that cannot be used.
    pub(crate) fn new(upstream: Upstream) -> Result<Self, UnusableRoot> {
        let client = Client::trusting(&upstream.roots)?;
        Ok(Self { upstream, client })
    }

    /// Forwards a call unchanged, with the client's host name.
    pub(crate) async fn send(&self, parts: &Parts, authority: &str, body: Bytes) -> Result<Answer, UpstreamError> {
        let read = async {
            let body = Full::new(body).map_err(|never| match never {}).boxed_unsync();
            let (parts, body) = self.pass_on(parts, authority, body).await?.into_parts();
            let body = Limited::new(body, MAX_ANSWER_BYTES).collect().await?.to_bytes();
            Ok(Answer { status: parts.status, headers: parts.headers, body })
        };
        match tokio::time::timeout(PATIENCE, read).await {
            Ok(answer) => answer.map_err(|e: BoxError| self.unreachable(e.to_string())),
            Err(_) => Err(self.unreachable(format!("no answer in {} s", PATIENCE.as_secs()))),
        }
    }

    /// Forwards a call, and returns the response, as streams: neither is held in memory.
    pub(crate) async fn stream(
        &self,
        parts: &Parts,
        authority: &str,
        body: RequestBody,
    ) -> Result<Response<ResponseBody>, UpstreamError> {
        let (parts, body) =
            self.pass_on(parts, authority, body).await.map_err(|e| self.unreachable(e.to_string()))?.into_parts();
        Ok(answer(parts.status, &parts.headers, body.map_err(io::Error::other).boxed_unsync()))
    }

    fn unreachable(&self, reason: String) -> UpstreamError {
        UpstreamError::Unreachable { upstream: self.to_string(), reason }
    }

    async fn pass_on(&self, parts: &Parts, authority: &str, body: RequestBody) -> Result<Response<Incoming>, BoxError> {
        let mut request = Request::new(body);
        *request.method_mut() = parts.method.clone();
        *request.uri_mut() = parts.uri.path_and_query().map_or("/", |path| path.as_str()).parse()?;
        *request.headers_mut() = of_the_call(&parts.headers);
        request.headers_mut().insert(header::HOST, authority.parse()?);
        let Upstream { endpoint, relay, start, .. } = &self.upstream;
        // An IPv6 address has brackets in a URL, and none in a socket's address.
        let name = endpoint.host.trim_matches(['[', ']']);
        let target = match relay {
            None => Target::Host { name, port: endpoint.port, start: *start },
            Some(relay) => Target::Socket(relay),
        };
        Ok(self.client.send(target, endpoint.secure.then_some(name), request).await?)
    }
}

/// All headers except those of the connection.
fn of_the_call(headers: &HeaderMap) -> HeaderMap {
    let kept = headers.iter().filter(|(name, _)| !HOP_BY_HOP.contains(name));
    let mut call = HeaderMap::new();
    for (name, value) in kept {
        call.append(name, value.clone());
    }
    call
}

fn answer(status: StatusCode, headers: &HeaderMap, body: ResponseBody) -> Response<ResponseBody> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = of_the_call(headers);
    response
}
