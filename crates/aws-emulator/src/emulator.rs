//! The state that all requests share, and a request in progress.

use std::sync::Arc;

use crate::{
    Clock, Config, Identity, LogEntry, PlainHttp, RegistryHost, Role, ServeError, Service, StoreError, Strictness,
    fault::{Failure, FaultKind, Faults},
    forward::UpstreamClient,
    log::Log,
    oidc::OidcIssuer,
    registry::{HashCache, OriginClient},
    storage::{RepositoryRef, RepositorySettings, Store},
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
    pub(crate) log: Log,
}

impl Emulator {
    /// Opens the data directory and creates the seeds.
    pub(crate) fn open(config: Config) -> Result<Self, ServeError> {
        let store = Store::open(&config.data_dir)?;
        for (registry, name) in &config.seeds.repositories {
            let repository = RepositoryRef { registry: registry.into(), name: name.clone() };
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
            upstream: config
                .upstream
                .map(UpstreamClient::new)
                .transpose()
                .map_err(|error| ServeError::Certificate(error.to_string()))?,
            open_registries: config.open_registries,
            any_token: config.any_token,
            origins: config
                .origins
                .as_ref()
                .map(OriginClient::new)
                .transpose()
                .map_err(|error| ServeError::Certificate(error.to_string()))?,
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
