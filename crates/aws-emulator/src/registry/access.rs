//! Who may do what in a registry.

use http::Method;

use super::RegistryError;
use crate::{
    AuthKind, RegistryHost, Strictness,
    ecr::{RegistryToken, TokenError},
    emulator::Exchange,
    http::header_text,
};

/// What a request may do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Access {
    /// Whether a push makes the repository that it names.
    pub(super) creates_repositories: bool,
}

impl Access {
    /// Checks the request's login against the registry. `owner` requests need none.
    pub(super) fn check(
        exchange: &mut Exchange<'_>,
        registry: &RegistryHost,
        owner: bool,
    ) -> Result<Self, RegistryError> {
        let emulator = exchange.emulator;
        let basic = header_text(&exchange.parts, "authorization").and_then(|value| value.strip_prefix("Basic "));
        if owner {
            let reads = matches!(exchange.parts.method, Method::GET | Method::HEAD);
            return if reads || emulator.plain_http.write {
                Ok(Self { creates_repositories: emulator.plain_http.create_on_push })
            } else {
                Err(RegistryError::Denied("this address is for reading".to_owned()))
            };
        }
        let Some(ecr) = registry.ecr() else {
            // A registry that is not AWS's: it is here so that nothing leaves the machine, and asks for no login.
            return Ok(Self { creates_repositories: true });
        };
        let unauthorized = || RegistryError::Unauthorized { realm: exchange.authority.clone() };
        let basic = basic.ok_or_else(unauthorized)?;
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
        Ok(Self { creates_repositories: emulator.create_on_push })
    }
}
