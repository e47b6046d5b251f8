//! Images that are missing here: read from the real registry of the same name; only reads are forwarded.

use std::{collections::BTreeMap, io, net::SocketAddr, time::Duration};

use bytes::Bytes;
use cirun_image_ref::is_aws_name;
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::body::Incoming;
use thiserror::Error;

use super::user::User;
use crate::{
    Origins,
    http::{ResponseBody, percent_encode},
    http_client::{Client, ClientError, Target, UnusableRoot},
};

/// The timeout for a registry to accept a connection, and to begin its response.
const PATIENCE: Duration = Duration::from_secs(20);
/// The maximum number of redirects.
const MAX_REDIRECTS: usize = 5;
/// The largest response of a token endpoint.
const MAX_TOKEN_BYTES: usize = 256 * 1024;
/// The response's headers about its content.
const CONTENT_HEADERS: [&str; 7] = [
    "content-type",
    "content-length",
    "content-range",
    "docker-content-digest",
    "etag",
    "accept-ranges",
    "last-modified",
];

/// Why the real registry gives no content.
#[derive(Debug, Error)]
pub(super) enum OriginError {
    #[error("{0} is an AWS name, and AWS is emulated: nothing is read from there")]
    Aws(String),
    #[error("`{0}` is not an address")]
    Address(String),
    #[error(transparent)]
    Request(http::Error),
    #[error("cannot reach {host}: {error}")]
    Unreachable { host: String, error: io::Error },
    #[error("{host}: {error}")]
    Tls { host: String, error: io::Error },
    #[error("{host}: no answer in {} s", PATIENCE.as_secs())]
    NoAnswer { host: String },
    #[error("{0}: too many redirects")]
    Redirects(String),
    #[error(transparent)]
    Broken(ClientError),
    #[error(transparent)]
    Token(Box<dyn std::error::Error + Send + Sync>),
}

impl OriginError {
    fn of(error: ClientError, host: String) -> Self {
        match error {
            ClientError::Connect(error) => Self::Unreachable { host, error },
            ClientError::Tls(error) => Self::Tls { host, error },
            ClientError::Name(_) | ClientError::Http(_) => Self::Broken(error),
        }
    }
}

/// A client of the real registries.
#[derive(Clone)]
pub(crate) struct OriginClient {
    addresses: BTreeMap<String, SocketAddr>,
    without_aws: bool,
    client: Client,
}

/// A client's request that may be answered by the real registry.
pub(super) struct Wanted {
    pub(super) host: String,
    pub(super) path: String,
    pub(super) method: Method,
    pub(super) headers: HeaderMap,
    pub(super) user: Option<User>,
}

impl Wanted {
    /// The registry, as text to print.
    pub(super) fn host(&self) -> &str {
        &self.host
    }
}

impl OriginClient {
    /// Prepares the client.
    ///
    /// # Errors
    /// A certificate that cannot be used.
    pub(crate) fn new(origins: &Origins) -> Result<Self, UnusableRoot> {
        Ok(Self {
            addresses: origins.addresses.clone(),
            without_aws: origins.without_aws,
            client: Client::trusting(&origins.roots)?,
        })
    }

    /// Calls the real registry: first without credentials, then as the client.
    pub(super) async fn fetch(&self, wanted: &Wanted) -> Result<Response<ResponseBody>, OriginError> {
        let url = format!("https://{}{}", wanted.host, wanted.path);
        let mut answer = self.follow(&url, wanted, None).await?;
        if answer.status() == StatusCode::UNAUTHORIZED
            && let Some(authorization) = self.authorization(&answer, wanted).await?
        {
            answer = self.follow(&url, wanted, Some(authorization)).await?;
        }
        let (parts, body) = answer.into_parts();
        let mut response = Response::new(body.map_err(io::Error::other).boxed_unsync());
        *response.status_mut() = parts.status;
        for name in CONTENT_HEADERS {
            if let Some(value) = parts.headers.get(name) {
                response.headers_mut().insert(name, value.clone());
            }
        }
        Ok(response)
    }

    /// The header for the registry's challenge.
    async fn authorization(
        &self,
        refused: &Response<Incoming>,
        wanted: &Wanted,
    ) -> Result<Option<String>, OriginError> {
        let challenge = refused.headers().get(header::WWW_AUTHENTICATE).and_then(|value| value.to_str().ok());
        let basic = wanted.user.as_ref().map(basic);
        let Some(bearer) = challenge.and_then(|text| text.strip_prefix("Bearer ")) else { return Ok(basic) };
        let Some(realm) = parameter(bearer, "realm") else { return Ok(None) };
        let mut url = format!("{realm}?service={}", percent_encode(parameter(bearer, "service").unwrap_or_default()));
        if let Some(scope) = parameter(bearer, "scope") {
            url.push_str(&format!("&scope={}", percent_encode(scope)));
        }
        // The client's password may be one that only the emulator accepts.
        for authorization in basic.map(Some).into_iter().chain([None]) {
            if let Some(token) = self.token(&url, authorization.as_deref()).await? {
                return Ok(Some(format!("Bearer {token}")));
            }
        }
        Ok(None)
    }

    async fn token(&self, url: &str, authorization: Option<&str>) -> Result<Option<String>, OriginError> {
        let answer = self.ask(url, &Method::GET, &HeaderMap::new(), authorization).await?;
        if !answer.status().is_success() {
            return Ok(None);
        }
        let body = Limited::new(answer.into_body(), MAX_TOKEN_BYTES).collect().await.map_err(OriginError::Token)?;
        let json: serde_json::Value =
            serde_json::from_slice(&body.to_bytes()).map_err(|e| OriginError::Token(e.into()))?;
        let token = ["token", "access_token"].iter().find_map(|name| json.get(name)?.as_str());
        Ok(token.map(str::to_owned))
    }

    /// Sends a request and follows redirects; a password is not sent to another host.
    async fn follow(
        &self,
        url: &str,
        wanted: &Wanted,
        authorization: Option<String>,
    ) -> Result<Response<Incoming>, OriginError> {
        let (mut url, mut authorization) = (url.to_owned(), authorization);
        for _ in 0..=MAX_REDIRECTS {
            let answer = self.ask(&url, &wanted.method, &wanted.headers, authorization.as_deref()).await?;
            let location = answer.headers().get(header::LOCATION).and_then(|value| value.to_str().ok());
            match location {
                Some(location) if answer.status().is_redirection() => {
                    let next = if location.starts_with('/') {
                        format!("{}{location}", origin_of(&url))
                    } else {
                        location.to_owned()
                    };
                    if origin_of(&next) != origin_of(&url) {
                        authorization = None;
                    }
                    url = next;
                }
                _ => return Ok(answer),
            }
        }
        Err(OriginError::Redirects(url))
    }

    async fn ask(
        &self,
        url: &str,
        method: &Method,
        headers: &HeaderMap,
        authorization: Option<&str>,
    ) -> Result<Response<Incoming>, OriginError> {
        let uri: Uri = url.parse().map_err(|_| OriginError::Address(url.to_owned()))?;
        let host = uri.host().unwrap_or_default().to_owned();
        if self.without_aws && is_aws_name(&host) {
            return Err(OriginError::Aws(host));
        }
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, &host);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        if let Some(authorization) = authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        let request = request
            .header(header::USER_AGENT, concat!("cirun/", env!("CARGO_PKG_VERSION")))
            .body(Empty::<Bytes>::new())
            .map_err(OriginError::Request)?;
        let target = match self.addresses.get(&host) {
            Some(address) => Target::Address(*address),
            None => Target::Host { name: &host, port: uri.port_u16().unwrap_or(443), start: Duration::ZERO },
        };
        match tokio::time::timeout(PATIENCE, self.client.send(target, Some(&host), request)).await {
            Ok(answer) => answer.map_err(|error| OriginError::of(error, host.clone())),
            Err(_) => Err(OriginError::NoAnswer { host }),
        }
    }
}

fn basic(user: &User) -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    format!("Basic {}", STANDARD.encode(format!("{}:{}", user.name, user.password)))
}

/// `https://host:port` of an address.
fn origin_of(url: &str) -> &str {
    let start = url.find("://").map_or(0, |at| at + 3);
    url[start..].find('/').map_or(url, |end| &url[..start + end])
}

/// A parameter of a challenge.
fn parameter<'t>(challenge: &'t str, name: &str) -> Option<&'t str> {
    let at = challenge.find(&format!("{name}=\""))? + name.len() + 2;
    challenge[at..].split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn challenges() {
        let text = r#"realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a:pull""#;
        assert_eq!(parameter(text, "realm"), Some("https://auth.docker.io/token"));
        assert_eq!(parameter(text, "scope"), Some("repository:a:pull"));
        assert_eq!(parameter(text, "error"), None);
    }

    #[test]
    fn origins() {
        assert_eq!(origin_of("https://a.b:1/c?d"), "https://a.b:1");
        assert_eq!(origin_of("https://a.b"), "https://a.b");
    }
}
