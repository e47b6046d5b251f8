//! The emulator's settings.

mod seeds;

use std::{collections::BTreeMap, fmt, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

pub use self::seeds::InvalidSeeds;
use crate::{Clock, EcrRegistry, Fault, Limits, OidcIssuer, RegistryHost, RepositoryName, RequestLog, Upstream};

/// The settings of [`serve`](crate::serve).
#[derive(Clone, Debug)]
pub struct Config {
    /// The directory with repositories, images and the signing key; several processes may share it.
    pub data_dir: PathBuf,
    /// Where to listen; at least one address.
    pub listen: Listen,
    /// The source of certificates for the TLS address.
    pub tls: Option<Arc<dyn Certificates>>,
    /// The account of callers whose key belongs to no other account, and of repositories named without a registry.
    pub default_account: String,
    /// The region of calls that name none.
    pub default_region: String,
    /// Whether a push creates the repository that it names; ECR does not.
    pub create_on_push: bool,
    /// What clients of the plain HTTP address may do without a token.
    pub plain_http: PlainHttp,
    /// Whether to accept what is not declared in `seeds`.
    pub strictness: Strictness,
    /// Identities and repositories that exist from the start.
    pub seeds: Seeds,
    /// The log of requests.
    pub request_log: RequestLog,
    /// Errors to return on purpose.
    pub faults: Vec<Fault>,
    /// The issuer of the CI's web identity tokens; by default one with its key in the data directory.
    pub issuer: Option<OidcIssuer>,
    /// The emulator that answers STS and ECR calls first; images stay here.
    pub upstream: Option<Upstream>,
    /// Registries outside AWS that accept pushes without a login.
    pub open_registries: Vec<RegistryHost>,
    /// Whether ECR's registries accept any password of the user `AWS`: tokens come from the real ECR.
    pub any_token: bool,
    /// The real registries outside AWS from which images may be read; without it only pushed images exist.
    pub origins: Option<Origins>,
    /// The limits of clients.
    pub limits: Limits,
    /// The time.
    pub clock: Clock,
}

impl Config {
    /// Returns lenient settings for a data directory, without a listener.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            listen: Listen::default(),
            tls: None,
            default_account: "000000000000".to_owned(),
            default_region: "us-east-1".to_owned(),
            create_on_push: false,
            plain_http: PlainHttp::default(),
            strictness: Strictness::Lenient,
            seeds: Seeds::default(),
            request_log: RequestLog::Off,
            faults: Vec::new(),
            issuer: None,
            upstream: None,
            open_registries: Vec::new(),
            any_token: false,
            origins: None,
            limits: Limits::default(),
            clock: Clock::system(),
        }
    }
}

/// The addresses to listen on; port 0 uses a free one.
#[derive(Clone, Debug, Default)]
pub struct Listen {
    /// TLS, with HTTP/1.1 and HTTP/2.
    pub https: Option<SocketAddr>,
    /// Plain HTTP: the loopback registry, and clients with an endpoint option.
    pub http: Option<SocketAddr>,
    /// TLS or plain HTTP, whichever the client uses: for registries on ports of their own.
    pub either: Vec<SocketAddr>,
}

/// A server's certificate, made by the caller's certificate authority.
#[derive(Clone)]
pub struct Tls {
    /// The certificate with its issuers, as PEM.
    pub certificate_chain: String,
    /// The private key, as PEM.
    pub private_key: String,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").field("private_key", &"[secret]").finish_non_exhaustive()
    }
}

/// The source of certificates for the TLS address.
pub trait Certificates: fmt::Debug + Send + Sync {
    /// Creates the certificate for the name in the client's request, in lower case, or for a client without a name;
    /// `None` refuses the client. It is called once per name, on a connection's thread.
    fn of(&self, name: Option<&str>) -> Option<Tls>;
}

/// One certificate for every client.
impl Certificates for Tls {
    fn of(&self, _name: Option<&str>) -> Option<Tls> {
        Some(self.clone())
    }
}

/// The addresses of the registries whose names the emulator uses.
#[derive(Clone, Debug, Default)]
pub struct Origins {
    /// The addresses of hosts that are not looked up.
    pub addresses: BTreeMap<String, SocketAddr>,
    /// AWS names are never called, not even after a redirect.
    pub without_aws: bool,
    /// Certificates (PEM) to trust in addition to the public roots.
    pub roots: Vec<String>,
}

/// What a client of the plain HTTP address may do without a token, besides reading; a strict emulator ignores it.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlainHttp {
    /// Whether it may push and delete.
    pub write: bool,
    /// Whether its push creates the repository; in registries other than AWS's it always does.
    pub create_on_push: bool,
}

/// How to handle unknown keys, roles and signatures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strictness {
    /// Unknown keys and roles are accepted, and signatures are not checked. Declarations in `seeds` are still enforced.
    #[default]
    Lenient,
    /// As in AWS: signatures, keys, roles and web identity tokens must be right.
    Strict,
}

/// What exists from the start.
#[derive(Clone, Debug, Default)]
pub struct Seeds {
    /// Repositories to create if they do not exist.
    pub repositories: Vec<(EcrRegistry, RepositoryName)>,
    /// Users with their keys.
    pub identities: Vec<Identity>,
    /// Roles that can be assumed.
    pub roles: Vec<Role>,
}

/// A user and its access key.
#[derive(Clone)]
pub struct Identity {
    /// The key's id, `AKIA…`.
    pub access_key_id: String,
    /// The key.
    pub secret_access_key: String,
    /// The user's account.
    pub account: String,
    /// The user's name.
    pub user: String,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("access_key_id", &self.access_key_id).finish_non_exhaustive()
    }
}

/// A role with its trust policy.
#[derive(Clone, Debug)]
pub struct Role {
    /// The role's ARN.
    pub arn: String,
    /// The `ExternalId` that callers must send.
    pub external_id: Option<String>,
    /// ARNs of users and roles, or account ids, that may assume it; empty means anyone.
    pub trusted: Vec<String>,
    /// Web identities that may assume it; `None` means that none may.
    pub oidc: Option<OidcTrust>,
    /// The longest session.
    pub max_session: Duration,
}

/// The conditions of a web identity trust policy. `*` and `?` match as in IAM's `StringLike`.
#[derive(Clone, Debug)]
pub struct OidcTrust {
    /// The token's `iss`.
    pub issuer: String,
    /// Allowed values of `aud`; empty means any.
    pub audiences: Vec<String>,
    /// Allowed values of `sub`; empty means any.
    pub subjects: Vec<String>,
}
