//! Access rights in a registry.

use http::Method;

use super::{
    RegistryError,
    login::{self, Login},
    user::User,
};
use crate::{
    AuthKind, RegistryHost, Strictness,
    ecr::{RegistryToken, TokenError},
    emulator::Exchange,
    http::header_text,
};

/// The rights of a request.
#[derive(Clone, Debug)]
pub(super) struct Access {
    /// Whether a push creates the repository that it names.
    pub(super) creates_repositories: bool,
    /// The reader of a registry other than AWS's, if missing content may come from the real one.
    pub(super) reader: Option<Login>,
}

impl Access {
    /// Allows a request to read what is here.
    pub(super) fn to_read() -> Self {
        Self { creates_repositories: false, reader: None }
    }

    /// Checks the request's login to the registry. `owner` requests need none.
    pub(super) fn check(
        exchange: &mut Exchange<'_>,
        registry: &RegistryHost,
        repository: Option<&str>,
        owner: bool,
    ) -> Result<Self, RegistryError> {
        let emulator = exchange.emulator;
        let reads = matches!(exchange.parts.method, Method::GET | Method::HEAD);
        if owner {
            return if reads || emulator.plain_http.write {
                let creates_repositories = emulator.plain_http.create_on_push || registry.ecr().is_none();
                Ok(Self { creates_repositories, reader: None })
            } else {
                Err(RegistryError::Denied("this address is for reading".to_owned()))
            };
        }
        let Some(ecr) = registry.ecr() else { return Self::elsewhere(exchange, registry, repository, reads) };
        let basic = header_text(&exchange.parts, "authorization").and_then(|value| value.strip_prefix("Basic "));
        let unauthorized = || RegistryError::Unauthorized {
            challenge: format!("Basic realm=\"https://{}/\",service=\"ecr.amazonaws.com\"", exchange.authority),
        };
        let basic = basic.ok_or_else(unauthorized)?;
        if emulator.any_token {
            let user = User::from_basic(basic).filter(|user| user.name == "AWS").ok_or_else(unauthorized)?;
            exchange.entry.auth = AuthKind::Basic;
            exchange.entry.param("user", &user.name);
            return Ok(Self { creates_repositories: emulator.create_on_push, reader: None });
        }
        let token = RegistryToken::check(&emulator.signer, basic, emulator.clock.now()).map_err(|e| match e {
            TokenError::Invalid => unauthorized(),
            TokenError::Expired => RegistryError::TokenExpired,
        })?;
        if emulator.strictness == Strictness::Strict && token.account != ecr.account {
            let message = format!("User: {} may not use the registry of account {}", token.arn, ecr.account);
            return Err(RegistryError::Denied(message));
        }
        exchange.entry.auth = AuthKind::Basic;
        exchange.entry.principal = Some(token.arn);
        exchange.entry.access_key_id = Some(token.access_key_id);
        Ok(Self { creates_repositories: emulator.create_on_push, reader: None })
    }

    /// A registry other than AWS's: the first push creates a repository, and pushes require a login.
    fn elsewhere(
        exchange: &mut Exchange<'_>,
        registry: &RegistryHost,
        repository: Option<&str>,
        reads: bool,
    ) -> Result<Self, RegistryError> {
        let open = exchange.emulator.open_registries.contains(registry);
        let login = login::read(exchange, repository);
        if let Some(user) = login.as_ref().and_then(|login| login.user.as_ref()) {
            exchange.entry.auth = AuthKind::Basic;
            exchange.entry.param("user", &user.name);
        }
        match login {
            Some(login) if reads || login.pushes => Ok(Self { creates_repositories: true, reader: Some(login) }),
            None if open => Ok(Self { creates_repositories: true, reader: Some(Login::default()) }),
            Some(_) | None => {
                let actions = if reads { "pull" } else { "pull,push" };
                let scope = repository.map(|name| format!("repository:{name}:{actions}"));
                Err(RegistryError::Unauthorized { challenge: login::challenge(exchange, registry, scope.as_deref()) })
            }
        }
    }
}
