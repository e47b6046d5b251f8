//! The emulator: receives a request, finds the service, and logs the result.

use std::{net::IpAddr, sync::Arc, time::Instant};

use http::{Method, Request, Response, StatusCode, header};
use hyper::body::Body as _;

use crate::{
    AuthKind, Clock, Config, Identity, LogEntry, PlainHttp, RegistryHost, Role, Service, StoreError, Strictness,
    clouds,
    dispatch::{self, Destination},
    ecr,
    fault::{Failure, FaultKind, Faults},
    forward::UpstreamClient,
    http::{RequestBody, ResponseBody, authority, content, without_body},
    log::Log,
    oidc::{self, OidcIssuer},
    refuse,
    registry::{self, HashCache, OriginClient},
    s3,
    server::ServeError,
    storage::{RepositoryRef, RepositorySettings, Store},
    sts,
    token::Signer,
};

/// How a request arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Listener {
    Tls,
    Plain,
}

impl Listener {
    /// Whether clients use TLS.
    pub(crate) fn is_tls(self) -> bool {
        self == Self::Tls
    }
}

/// The state that all requests share. It never changes an answer, only its speed.
pub(crate) struct Emulator {
    pub(crate) store: Store,
    pub(crate) signer: Signer,
    pub(crate) default_account: String,
    pub(crate) default_region: String,
    pub(crate) create_on_push: bool,
    pub(crate) plain_http: PlainHttp,
    pub(crate) strictness: Strictness,
    pub(crate) identities: Vec<Identity>,
    pub(crate) roles: Vec<Role>,
    pub(crate) clock: Clock,
    pub(crate) hashes: HashCache,
    pub(crate) issuer: OidcIssuer,
    pub(crate) upstream: Option<UpstreamClient>,
    pub(crate) open_registries: Vec<RegistryHost>,
    pub(crate) any_token: bool,
    pub(crate) origins: Option<OriginClient>,
    faults: Faults,
    log: Log,
}

impl Emulator {
    /// Opens the data directory and creates the seeds.
    pub(crate) fn open(config: Config) -> Result<Self, ServeError> {
        let store = Store::open(&config.data_dir)?;
        for (registry, name) in &config.seeds.repositories {
            let repository = RepositoryRef { registry: registry.host(), name: name.clone() };
            match store.create_repository(&repository, &RepositorySettings::new(config.clock.now())) {
                Ok(()) | Err(StoreError::RepositoryExists(_)) => {}
                Err(e) => return Err(e.into()),
            }
        }
        Ok(Self {
            signer: Signer::new(&store.secret()?),
            issuer: match config.issuer {
                Some(issuer) => issuer,
                None => OidcIssuer::of_store(&store)?,
            },
            upstream: config.upstream.map(UpstreamClient::new).transpose().map_err(ServeError::Certificate)?,
            open_registries: config.open_registries,
            any_token: config.any_token,
            origins: config.origins.as_ref().map(OriginClient::new).transpose().map_err(ServeError::Certificate)?,
            store,
            default_account: config.default_account,
            default_region: config.default_region,
            create_on_push: config.create_on_push,
            plain_http: config.plain_http,
            strictness: config.strictness,
            identities: config.seeds.identities,
            roles: config.seeds.roles,
            clock: config.clock,
            hashes: HashCache::default(),
            faults: Faults::new(&config.faults),
            log: Log::open(&config.request_log).map_err(ServeError::RequestLog)?,
        })
    }

    /// Answers a request.
    pub(crate) async fn handle(
        self: &Arc<Self>,
        listener: Listener,
        request: Request<RequestBody>,
    ) -> Response<ResponseBody> {
        let started = Instant::now();
        let authority = authority(&request);
        let mut entry = LogEntry::begin(self.clock.now(), host_of(&authority));
        let (parts, body) = request.into_parts();
        let is_head = parts.method == Method::HEAD;
        let destination = dispatch::destination(&entry.host, &parts);
        let call = Exchange { emulator: self, listener, authority, parts, entry: &mut entry };
        let response = match destination {
            Destination::Sts => sts::answer(call, body).await,
            Destination::Ecr { region } => ecr::answer(call, region, body).await,
            Destination::Registry(host) => registry::answer(call, Some(host), body).await,
            Destination::AnyRegistry => registry::answer(call, None, body).await,
            Destination::RegistryToken => registry::login::answer(call, body).await,
            Destination::Cloud(cloud) => clouds::answer(call, cloud, body).await,
            Destination::Oidc => oidc::answer(call),
            Destination::S3 { bucket } => s3::answer(call, bucket, body).await,
            Destination::NotEmulated { service } => refuse::answer(call, &service),
            Destination::Unknown => unknown(call),
        };
        // HTTP/1.1 omits the content of these by itself; HTTP/2 does not.
        let response = if is_head { without_body(response) } else { response };
        entry.status = response.status().as_u16();
        entry.bytes_out = length(&response);
        entry.ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.log.write(entry);
        response
    }

    /// Returns the error for the next request to a service, after a delay if it should be late.
    pub(crate) async fn fault(&self, service: Service) -> Option<Failure> {
        match self.faults.next(service)? {
            FaultKind::Slow(delay) => {
                tokio::time::sleep(delay).await;
                None
            }
            FaultKind::Fail(failure) => Some(failure),
        }
    }
}

/// A request in progress, and its log entry.
pub(crate) struct Exchange<'a> {
    pub(crate) emulator: &'a Arc<Emulator>,
    pub(crate) listener: Listener,
    /// The host of the request, including the port.
    pub(crate) authority: String,
    pub(crate) parts: http::request::Parts,
    pub(crate) entry: &'a mut LogEntry,
}

/// Runs file operations outside the connection's thread.
pub(crate) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(value) => value,
        Err(e) => std::panic::resume_unwind(e.into_panic()),
    }
}

fn host_of(authority: &str) -> String {
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    };
    match host.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(IpAddr::V6(address)) => address.to_string(),
        _ => host.trim_end_matches('.').to_ascii_lowercase(),
    }
}

/// The content's length; for a streamed answer it is only in the header.
fn length(response: &Response<ResponseBody>) -> u64 {
    let declared = || response.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok();
    response.body().size_hint().exact().or_else(declared).unwrap_or_default()
}

fn unknown(call: Exchange<'_>) -> Response<ResponseBody> {
    call.entry.action = call.parts.method.to_string();
    call.entry.auth = AuthKind::None;
    call.entry.param("path", call.parts.uri.path());
    let text = format!("cirun's AWS emulator does not answer for {}\n", call.entry.host);
    content(StatusCode::NOT_FOUND, "text/plain", text)
}
