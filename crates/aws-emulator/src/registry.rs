//! The OCI registry: the distribution protocol over the shared directory, with ECR's login and ECR's refusals.

mod access;
mod blob;
mod catalog;
mod error;
mod hash_cache;
mod layer_link;
pub(crate) mod login;
mod manifest;
mod origin;
mod page;
mod receive;
mod route;
mod tag;
mod upload;
mod user;
mod wanted;

use std::sync::Arc;

use http::{Response, StatusCode};

use self::{
    access::Access,
    error::RegistryError,
    origin::Wanted,
    route::{Object, Route},
    wanted::wanted,
};
pub(crate) use self::{hash_cache::HashCache, layer_link::layer_address, origin::OriginClient};
use crate::{
    EcrRegistry, RegistryHost, Service, StoreError, Strictness,
    emulator::{Emulator, Exchange, Listener, blocking},
    forward,
    http::{RequestBody, ResponseBody, empty, form_pairs, set},
    storage::{RepositoryRef, RepositorySettings},
};

/// A request about one repository.
struct Call<'a, 'b> {
    exchange: &'a mut Exchange<'b>,
    access: Access,
    repository: RepositoryRef,
    /// `/v2/<name>`, as the client wrote it: the prefix of addresses in responses.
    base: String,
}

impl Call<'_, '_> {
    /// Returns a parameter of the query.
    fn query(&self, name: &str) -> Option<String> {
        let pairs = form_pairs(self.exchange.parts.uri.query().unwrap_or_default());
        pairs.into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    fn emulator(&self) -> &Arc<Emulator> {
        self.exchange.emulator
    }

    fn action(&mut self, action: &str) {
        self.exchange.entry.action = action.to_owned();
    }

    /// Runs a storage operation and converts its errors to the registry's.
    async fn store<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Emulator, &RepositoryRef) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, RegistryError> {
        let (emulator, repository) = (Arc::clone(self.emulator()), self.repository.clone());
        blocking(move || work(&emulator, &repository).map_err(|e| RegistryError::store(e, &repository))).await
    }

    /// Whether the repository does not exist here, but in the emulator that calls are forwarded to.
    async fn is_known_upstream(&self) -> Result<bool, RegistryError> {
        let Some(upstream) = &self.emulator().upstream else { return Ok(false) };
        let here = self.store(|emulator, repository| match emulator.store.repository(repository) {
            Ok(_) => Ok(true),
            Err(StoreError::RepositoryNotFound(_)) => Ok(false),
            Err(e) => Err(e),
        });
        if here.await? {
            return Ok(false);
        }
        let known = forward::knows_repository(upstream, &self.repository).await;
        known.map_err(|e| RegistryError::Upstream(e.to_string()))
    }

    /// Ensures that the repository exists before anything is written to it.
    async fn ensure_repository(&self) -> Result<(), RegistryError> {
        let create = self.access.creates_repositories || self.is_known_upstream().await?;
        self.store(move |emulator, repository| match emulator.store.repository(repository) {
            Ok(_) => Ok(()),
            Err(StoreError::RepositoryNotFound(_)) if create => {
                let settings = RepositorySettings::new(emulator.clock.now());
                match emulator.store.create_repository(repository, &settings) {
                    Err(StoreError::RepositoryExists(_)) => Ok(()),
                    other => other,
                }
            }
            Err(e) => Err(e),
        })
        .await
    }
}

/// Answers a request to the registry `host`, or to the one in the path.
pub(crate) async fn answer(
    mut exchange: Exchange<'_>,
    host: Option<RegistryHost>,
    body: RequestBody,
) -> Response<ResponseBody> {
    exchange.entry.service = Service::Registry;
    let mut response = match run(&mut exchange, host, body).await {
        Ok(response) => response,
        Err(error) => {
            exchange.entry.error = Some(error.code().to_owned());
            error.response()
        }
    };
    set(&mut response, "docker-distribution-api-version", "registry/2.0");
    response
}

async fn run(
    exchange: &mut Exchange<'_>,
    host: Option<RegistryHost>,
    body: RequestBody,
) -> Result<Response<ResponseBody>, RegistryError> {
    let path = exchange.parts.uri.path().to_owned();
    exchange.entry.action = exchange.parts.method.to_string();
    let route = Route::parse(&path).ok_or(RegistryError::NoSuchRoute)?;
    let (registry, name) = locate(exchange.emulator, host.as_ref(), &route)?;
    // Only an endpoint without a name belongs to the owner of the machine, and a strict emulator has none.
    let lenient = exchange.emulator.strictness == Strictness::Lenient;
    let owner = lenient && host.is_none() && exchange.listener == Listener::Plain;
    let access = match layer_link::allows(exchange, &registry, name, &route) {
        true => Access::to_read(),
        false => Access::check(exchange, &registry, name, owner)?,
    };
    if let Some(fault) = exchange.emulator.fault(Service::Registry).await {
        return Err(RegistryError::Fault(fault));
    }
    let (name, given, object) = match (name, route) {
        (Some(name), Route::Repository { name: given, object }) => (name, given, object),
        (_, Route::Catalog) => return catalog::list(exchange, (!owner).then_some(registry)).await,
        (_, Route::Ping | Route::Repository { .. }) => {
            exchange.entry.action = "Ping".to_owned();
            return Ok(empty(StatusCode::OK));
        }
    };
    let name = name.parse().map_err(RegistryError::Name)?;
    exchange.entry.param("registry", &registry);
    exchange.entry.param("repository", &name);
    let repository = RepositoryRef { registry, name };
    let emulator = Arc::clone(exchange.emulator);
    let call = Call { exchange: &mut *exchange, access, repository, base: format!("/v2/{given}") };
    let wanted = wanted(&call, &object);
    let here = match object {
        Object::Blob(digest) => blob::answer(call, digest).await,
        Object::StartUpload => upload::start(call, body).await,
        Object::Upload(id) => upload::answer(call, id, body).await,
        Object::Manifest(reference) => manifest::answer(call, reference, body).await,
        Object::Tags => tag::list(call).await,
        Object::Referrers(digest) => manifest::referrers(call, digest).await,
    };
    match (here, wanted) {
        (Err(error), Some(wanted)) if error.is_absent() => elsewhere(exchange, &emulator, &wanted, error).await,
        (here, _) => here,
    }
}

/// Reads from the real registry what is missing here, if that is allowed.
async fn elsewhere(
    exchange: &mut Exchange<'_>,
    emulator: &Emulator,
    wanted: &Wanted,
    absent: RegistryError,
) -> Result<Response<ResponseBody>, RegistryError> {
    let Some(origins) = &emulator.origins else {
        return Err(absent.explained(&format!("this run does not read from the real {}", wanted.host())));
    };
    exchange.entry.param("from", wanted.host());
    let answer = origins.fetch(wanted).await;
    answer.map_err(|error| absent.explained(&format!("nor can the real registry be read: {error}")))
}

/// Finds the registry and the name of the repository in it. On an endpoint without a name, the path's first component
/// is the registry if it has a dot (`127.0.0.1:5000/123456789012.dkr.ecr.us-east-1.amazonaws.com/shop`).
fn locate<'a>(
    emulator: &Emulator,
    host: Option<&RegistryHost>,
    route: &Route<'a>,
) -> Result<(RegistryHost, Option<&'a str>), RegistryError> {
    let name = match route {
        Route::Ping | Route::Catalog => None,
        Route::Repository { name, .. } => Some(*name),
    };
    if let Some(host) = host {
        return Ok((host.clone(), name));
    }
    match name.and_then(|name| name.split_once('/')).filter(|(first, _)| first.contains('.')) {
        Some((registry, name)) => Ok((registry.parse().map_err(RegistryError::Name)?, Some(name))),
        None => Ok(((&EcrRegistry::new(&emulator.default_account, &emulator.default_region)).into(), name)),
    }
}

#[cfg(test)]
mod tests;
