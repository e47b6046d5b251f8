//! The emulator without a socket, for this crate's tests: requests in, responses out.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use jiff::Timestamp;
use tempfile::TempDir;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::{
    Clock, Config, LogEntry, RequestLog,
    emulator::{Emulator, Listener},
    http::ResponseBody,
};

/// The registry of the tests.
pub(crate) const REGISTRY: &str = "123456789012.dkr.ecr.us-east-1.amazonaws.com";
/// The time of the tests.
pub(crate) const START: i64 = 1_767_225_600;

/// An emulator over a temporary directory, with a clock that the test controls.
pub(crate) struct Bench {
    pub(crate) dir: TempDir,
    emulator: Arc<Emulator>,
    seconds: Arc<AtomicI64>,
    requests: UnboundedReceiver<LogEntry>,
}

/// A response, read completely.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: http::HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> String {
        self.headers.get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {}", self.text()))
    }
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut Config)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let seconds = Arc::new(AtomicI64::new(START));
        let now = Arc::clone(&seconds);
        let (sender, requests) = unbounded_channel();
        let mut config = Config {
            default_account: "123456789012".to_owned(),
            clock: Clock::from_fn(move || Timestamp::from_second(now.load(Ordering::Relaxed)).unwrap()),
            request_log: RequestLog::Channel(sender),
            ..Config::new(dir.path())
        };
        change(&mut config);
        let emulator = Arc::new(Emulator::open(config).unwrap());
        Self { dir, emulator, seconds, requests }
    }

    pub(crate) fn emulator(&self) -> &Emulator {
        &self.emulator
    }

    /// Advances the clock.
    pub(crate) fn pass(&self, seconds: i64) {
        self.seconds.fetch_add(seconds, Ordering::Relaxed);
    }

    /// Sends a request over TLS; the path follows the host: `sts.amazonaws.com/?Action=…`.
    pub(crate) async fn send(&self, method: Method, url: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        self.send_by(Listener::Tls, method, url, headers, body).await
    }

    pub(crate) async fn send_by(
        &self,
        listener: Listener,
        method: Method,
        url: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> Answer {
        let (host, path) = url.split_once('/').unwrap();
        let mut request = Request::builder().method(method).uri(format!("/{path}")).header("host", host);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let body = Full::new(Bytes::copy_from_slice(body)).map_err(|never| match never {}).boxed_unsync();
        read(crate::router::handle(&self.emulator, listener, request.body(body).unwrap()).await).await
    }

    /// Calls an STS action with a signature that only a lenient emulator accepts.
    pub(crate) async fn sts(&self, query: &str) -> Answer {
        let scope = unchecked_signature("AKIAIOSFODNN7EXAMPLE", "sts");
        self.send(Method::POST, "sts.amazonaws.com/", &[FORM, ("authorization", &scope)], query.as_bytes()).await
    }

    /// Calls an ECR action in the same way.
    pub(crate) async fn ecr(&self, action: &str, input: &str) -> Answer {
        let scope = unchecked_signature("AKIAIOSFODNN7EXAMPLE", "ecr");
        let target = format!("AmazonEC2ContainerRegistry_V20150921.{action}");
        let headers = [("x-amz-target", target.as_str()), ("authorization", &scope)];
        self.send(Method::POST, "api.ecr.us-east-1.amazonaws.com/", &headers, input.as_bytes()).await
    }

    /// Returns the `Authorization` header of a registry login.
    pub(crate) async fn login(&self) -> String {
        let answer = self.ecr("GetAuthorizationToken", "{}").await.json();
        format!("Basic {}", answer["authorizationData"][0]["authorizationToken"].as_str().unwrap())
    }

    /// Returns the log's entries since the last call.
    pub(crate) fn entries(&mut self) -> Vec<LogEntry> {
        std::iter::from_fn(|| self.requests.try_recv().ok()).collect()
    }
}

/// The content type of a query protocol body.
pub(crate) const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// Returns an `Authorization` header with a key id, but without a valid signature.
pub(crate) fn unchecked_signature(key: &str, service: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=00"
    )
}

async fn read(response: Response<ResponseBody>) -> Answer {
    let (parts, body) = response.into_parts();
    Answer { status: parts.status, headers: parts.headers, body: body.collect().await.unwrap().to_bytes() }
}
