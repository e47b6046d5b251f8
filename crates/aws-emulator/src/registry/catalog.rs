//! The list of repositories, in pages.

use std::sync::Arc;

use http::{Method, Response, StatusCode};
use serde_json::json;

use super::{
    RegistryError,
    page::{Page, link},
};
use crate::{
    EcrRegistry, RegistryHost, StoreError,
    emulator::{Emulator, Exchange, blocking},
    http::{ResponseBody, content},
};

/// Answers `GET /v2/_catalog` of a registry. For the owner of the machine (`None`) it lists every registry's
/// repositories, with names for this endpoint.
pub(super) async fn list(
    exchange: &mut Exchange<'_>,
    registry: Option<RegistryHost>,
) -> Result<Response<ResponseBody>, RegistryError> {
    exchange.entry.action = "ListRepositories".to_owned();
    if !matches!(exchange.parts.method, Method::GET | Method::HEAD) {
        return Err(RegistryError::MethodNotAllowed);
    }
    let page = Page::read(exchange.parts.uri.query().unwrap_or_default())?;
    let emulator = Arc::clone(exchange.emulator);
    let names = blocking(move || names(&emulator, registry.as_ref()));
    let names = names.await.map_err(|error| {
        let message = error.client_message();
        RegistryError::Store(error, message)
    })?;
    let (names, last) = page.cut(names.iter().map(String::as_str));
    let mut response = content(StatusCode::OK, "application/json", json!({ "repositories": names }).to_string());
    link(&mut response, "/v2/_catalog", &page, last);
    Ok(response)
}

fn names(emulator: &Emulator, registry: Option<&RegistryHost>) -> Result<Vec<String>, StoreError> {
    let of = |registry: &RegistryHost| emulator.store.repositories(registry);
    if let Some(registry) = registry {
        return Ok(of(registry)?.iter().map(ToString::to_string).collect());
    }
    let default = RegistryHost::from(&EcrRegistry::new(&emulator.default_account, &emulator.default_region));
    let mut names = Vec::new();
    for registry in emulator.store.registry_hosts()? {
        let prefix = if registry == default { String::new() } else { format!("{registry}/") };
        names.extend(of(&registry)?.iter().map(|name| format!("{prefix}{name}")));
    }
    names.sort();
    Ok(names)
}
