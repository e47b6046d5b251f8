//! Images that are missing here: read from the real registry of the same name; only reads are forwarded.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use cirun_image_ref::is_aws_name;
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri, header};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::{body::Incoming, client::conn::http1};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

use super::user::User;
use crate::{Origins, http::ResponseBody, tls_client::trusting};

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

/// A client of the real registries.
#[derive(Clone)]
pub(crate) struct OriginClient {
    addresses: BTreeMap<String, SocketAddr>,
    without_aws: bool,
    tls: Arc<ClientConfig>,
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
    pub(crate) fn new(origins: &Origins) -> Result<Self, String> {
        Ok(Self {
            addresses: origins.addresses.clone(),
            without_aws: origins.without_aws,
            tls: trusting(&origins.roots)?,
        })
    }

    /// Calls the real registry: first without credentials, then as the client.
    pub(super) async fn fetch(&self, wanted: &Wanted) -> Result<Response<ResponseBody>, String> {
        let url = format!("https://{}{}", wanted.host, wanted.path);
        let mut answer = self.follow(&url, wanted, None).await?;
        if answer.status() == StatusCode::UNAUTHORIZED
            && let Some(authorization) = self.authorization(&answer, wanted).await?
        {
            answer = self.follow(&url, wanted, Some(authorization)).await?;
        }
        let (parts, body) = answer.into_parts();
        let mut response = Response::new(body.map_err(std::io::Error::other).boxed_unsync());
        *response.status_mut() = parts.status;
        for name in CONTENT_HEADERS {
            if let Some(value) = parts.headers.get(name) {
                response.headers_mut().insert(name, value.clone());
            }
        }
        Ok(response)
    }

    /// The header for the registry's challenge.
    async fn authorization(&self, refused: &Response<Incoming>, wanted: &Wanted) -> Result<Option<String>, String> {
        let challenge = refused.headers().get(header::WWW_AUTHENTICATE).and_then(|value| value.to_str().ok());
        let basic = wanted.user.as_ref().map(basic);
        let Some(bearer) = challenge.and_then(|text| text.strip_prefix("Bearer ")) else { return Ok(basic) };
        let Some(realm) = parameter(bearer, "realm") else { return Ok(None) };
        let mut url = format!("{realm}?service={}", encode(parameter(bearer, "service").unwrap_or_default()));
        if let Some(scope) = parameter(bearer, "scope") {
            url.push_str(&format!("&scope={}", encode(scope)));
        }
        // The client's password may be one that only the emulator accepts.
        for authorization in basic.map(Some).into_iter().chain([None]) {
            if let Some(token) = self.token(&url, authorization.as_deref()).await? {
                return Ok(Some(format!("Bearer {token}")));
            }
        }
        Ok(None)
    }

    async fn token(&self, url: &str, authorization: Option<&str>) -> Result<Option<String>, String> {
        let answer = self.ask(url, &Method::GET, &HeaderMap::new(), authorization).await?;
        if !answer.status().is_success() {
            return Ok(None);
        }
        let body = Limited::new(answer.into_body(), MAX_TOKEN_BYTES).collect().await.map_err(|e| e.to_string())?;
        let json: serde_json::Value = serde_json::from_slice(&body.to_bytes()).map_err(|e| e.to_string())?;
        let token = ["token", "access_token"].iter().find_map(|name| json.get(name)?.as_str());
        Ok(token.map(str::to_owned))
    }

    /// Sends a request and follows redirects; a password is not sent to another host.
    async fn follow(
        &self,
        url: &str,
        wanted: &Wanted,
        authorization: Option<String>,
    ) -> Result<Response<Incoming>, String> {
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
        Err(format!("{url}: too many redirects"))
    }

    async fn ask(
        &self,
        url: &str,
        method: &Method,
        headers: &HeaderMap,
        authorization: Option<&str>,
    ) -> Result<Response<Incoming>, String> {
        let uri: Uri = url.parse().map_err(|_| format!("`{url}` is not an address"))?;
        let host = uri.host().unwrap_or_default().to_owned();
        if self.without_aws && is_aws_name(&host) {
            return Err(format!("{host} is an AWS name, and AWS is emulated: nothing is read from there"));
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
            .map_err(|error| error.to_string())?;
        let exchange = async {
            let stream = match self.addresses.get(&host) {
                Some(address) => TcpStream::connect(address).await,
                None => TcpStream::connect((host.as_str(), uri.port_u16().unwrap_or(443))).await,
            };
            let stream = stream.map_err(|error| format!("cannot reach {host}: {error}"))?;
            let name = ServerName::try_from(host.clone()).map_err(|error| error.to_string())?;
            let stream = TlsConnector::from(Arc::clone(&self.tls)).connect(name, stream).await;
            send(stream.map_err(|error| format!("{host}: {error}"))?, request).await
        };
        tokio::time::timeout(PATIENCE, exchange)
            .await
            .map_err(|_| format!("{host}: no answer in {} s", PATIENCE.as_secs()))?
    }
}

async fn send(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    request: Request<Empty<Bytes>>,
) -> Result<Response<Incoming>, String> {
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
    // Ends with the body that it transfers, which gets any error.
    tokio::spawn(async move { connection.await.ok() });
    sender.send_request(request).await.map_err(|error| error.to_string())
}

fn basic(user: &User) -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    format!("Basic {}", STANDARD.encode(format!("{}:{}", user.name, user.password)))
}

fn encode(text: &str) -> String {
    crate::http::percent_encode(text)
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
