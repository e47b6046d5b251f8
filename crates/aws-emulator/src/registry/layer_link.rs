//! Layer addresses that need no login, like ECR's: a token in the query names the layer that may be read.

use std::time::Duration;

use http::Method;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::route::{Object, Route};
use crate::{
    Digest, RegistryHost,
    aws_host::is_emulated,
    emulator::{Emulator, Exchange},
    http::form_pairs,
    storage::RepositoryRef,
};

const PURPOSE: &str = "layer";
/// The parameter that carries the token.
const PARAMETER: &str = "X-Layer-Token";
/// The lifetime of such an address, like AWS's.
const LIFETIME: Duration = Duration::from_secs(3600);

#[derive(PartialEq, Eq, Serialize, Deserialize)]
struct Grant {
    registry: String,
    repository: String,
    digest: String,
    expires: Timestamp,
}

/// Returns the address of a layer for the client of an endpoint (`https://api.ecr.REGION.amazonaws.com`): at the
/// registry's name, or for an endpoint with another name, at that endpoint.
pub(crate) fn layer_address(
    emulator: &Emulator,
    endpoint: &str,
    repository: &RepositoryRef,
    digest: &Digest,
) -> String {
    let RepositoryRef { registry, name } = repository;
    let grant = Grant {
        registry: registry.to_string(),
        repository: name.to_string(),
        digest: digest.to_string(),
        expires: emulator.clock.now() + LIFETIME,
    };
    let token = emulator.signer.seal(PURPOSE, &grant);
    let host = endpoint.split_once("://").map_or(endpoint, |(_, authority)| authority);
    let host = host.split(':').next().unwrap_or_default();
    let base = match is_emulated(host, false) {
        true => format!("https://{registry}/v2"),
        false => format!("{endpoint}/v2/{registry}"),
    };
    format!("{base}/{name}/blobs/{digest}?{PARAMETER}={token}")
}

/// Whether a request has a valid token for its layer.
pub(super) fn allows(exchange: &Exchange<'_>, registry: &RegistryHost, name: Option<&str>, route: &Route<'_>) -> bool {
    let Route::Repository { object: Object::Blob(digest), .. } = route else { return false };
    let reads = matches!(exchange.parts.method, Method::GET | Method::HEAD);
    let pairs = form_pairs(exchange.parts.uri.query().unwrap_or_default());
    let token = pairs.iter().find(|(key, _)| key == PARAMETER).map(|(_, token)| token.as_str());
    let grant = token.and_then(|token| exchange.emulator.signer.open::<Grant>(PURPOSE, token));
    reads
        && grant.is_some_and(|grant| {
            grant.registry == registry.as_str()
                && Some(grant.repository.as_str()) == name
                && grant.digest == *digest
                && grant.expires > exchange.emulator.clock.now()
        })
}
