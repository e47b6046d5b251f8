//! ECR's control plane: JSON 1.1, the action in `X-Amz-Target`.

mod error;
mod image;
mod mirror;
mod page;
mod policy;
mod repository;
mod tag;
mod token;

use std::sync::Arc;

use http::{Response, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;

pub(crate) use self::{
    error::{EcrError, immutable},
    token::{RegistryToken, TokenError},
};
use crate::{
    AuthKind, EcrRegistry, RepositoryName, Service, Strictness,
    dispatch::ECR_TARGET,
    emulator::{Emulator, Exchange, blocking},
    forward::{self, Part},
    http::{RequestBody, ResponseBody, content, header_text, read_body},
    identity::{Caller, authenticate},
    storage::{RepositoryRef, is_account},
};

type Action = fn(&Call) -> Result<Value, EcrError>;

/// The actions that are answered; the rest of ECR's are refused by name.
const ACTIONS: &[(&str, Action)] = &[
    ("BatchCheckLayerAvailability", image::check_layers),
    ("BatchDeleteImage", image::batch_delete),
    ("BatchGetImage", image::batch_get),
    ("CreateRepository", repository::create),
    ("DeleteLifecyclePolicy", policy::delete_lifecycle),
    ("DeleteRepository", repository::delete),
    ("DeleteRepositoryPolicy", policy::delete_access),
    ("DescribeImages", image::describe),
    ("DescribeRegistry", repository::describe_registry),
    ("DescribeRepositories", repository::describe),
    ("GetAuthorizationToken", token::get),
    ("GetLifecyclePolicy", policy::get_lifecycle),
    ("GetRepositoryPolicy", policy::get_access),
    ("ListImages", image::list),
    ("ListTagsForResource", tag::list),
    ("PutImage", image::put),
    ("PutImageScanningConfiguration", repository::put_scanning),
    ("PutImageTagMutability", repository::put_mutability),
    ("PutLifecyclePolicy", policy::put_lifecycle),
    ("SetRepositoryPolicy", policy::put_access),
    ("TagResource", tag::add),
    ("UntagResource", tag::remove),
];

/// One call of an action.
pub(crate) struct Call {
    emulator: Arc<Emulator>,
    caller: Caller,
    region: String,
    input: Value,
}

impl Call {
    /// Reads the input as an action expects it.
    fn input<T: DeserializeOwned>(&self) -> Result<T, EcrError> {
        serde_json::from_value(self.input.clone()).map_err(|e| EcrError::InvalidParameter(e.to_string()))
    }

    /// Returns the registry that is meant: the caller's own, unless it names another, which a strict emulator does not open.
    fn registry(&self, id: Option<&str>) -> Result<EcrRegistry, EcrError> {
        match id {
            Some(id) if self.emulator.strictness == Strictness::Strict && id != self.caller.principal.account => {
                let arn = &self.caller.principal.arn;
                let message = format!("User: {arn} is not authorized to use the registry of account {id}");
                Err(EcrError::Named("AccessDeniedException", message))
            }
            Some(id) => self.registry_of(id),
            None => Ok(EcrRegistry::new(&self.caller.principal.account, &self.region)),
        }
    }

    /// Returns the registry of an account.
    fn registry_of(&self, id: &str) -> Result<EcrRegistry, EcrError> {
        match is_account(id) {
            true => Ok(EcrRegistry::new(id, &self.region)),
            false => Err(EcrError::invalid("registryId", id, "[0-9]{12}")),
        }
    }

    fn repository(&self, registry_id: Option<&str>, name: &str) -> Result<Repository, EcrError> {
        let registry = self.registry(registry_id)?;
        let pattern = "(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*";
        let name: RepositoryName = name.parse().map_err(|_| EcrError::invalid("repositoryName", name, pattern))?;
        let at = RepositoryRef { registry: registry.host(), name };
        Ok(Repository { registry, at })
    }
}

/// A repository that a call is about.
struct Repository {
    registry: EcrRegistry,
    at: RepositoryRef,
}

impl Repository {
    fn arn(&self) -> String {
        self.registry.repository_arn(&self.at.name)
    }

    /// Turns a storage error into ECR's, which names repository and registry.
    fn error(&self) -> impl Fn(crate::StoreError) -> EcrError + Copy + '_ {
        |source| EcrError::of_store(source, self.at.name.as_str(), &self.registry.account)
    }
}

/// Answers a request to ECR's API.
pub(crate) async fn answer(
    mut call: Exchange<'_>,
    region: Option<String>,
    mut body: RequestBody,
) -> Response<ResponseBody> {
    call.entry.service = Service::Ecr;
    let (status, value) = match run(&mut call, region, &mut body).await {
        Ok(value) => (StatusCode::OK, value),
        Err(error) => {
            call.entry.error = Some(error.code().to_owned());
            (error.status(), error.document())
        }
    };
    content(status, "application/x-amz-json-1.1", value.to_string())
}

async fn run(call: &mut Exchange<'_>, region: Option<String>, body: &mut RequestBody) -> Result<Value, EcrError> {
    let body = read_body(body).await.map_err(|e| EcrError::Serialization(e.to_string()))?;
    call.entry.bytes_in = body.len() as u64;
    let target = header_text(&call.parts, "x-amz-target").unwrap_or_default();
    let name = target.strip_prefix(ECR_TARGET).unwrap_or(target).to_owned();
    call.entry.action.clone_from(&name);
    let input: Value = if body.is_empty() {
        Value::Object(serde_json::Map::new())
    } else {
        serde_json::from_slice(&body).map_err(|e| EcrError::Serialization(e.to_string()))?
    };
    log_params(call, &input);
    if let Some(fault) = call.emulator.fault(Service::Ecr).await {
        return Err(EcrError::Fault(fault));
    }
    let caller = authenticate(call.emulator, "ecr", &call.parts, &call.authority, &body)?;
    call.entry.auth = AuthKind::Signed;
    call.entry.principal = Some(caller.principal.arn.clone());
    call.entry.access_key_id = Some(caller.access_key_id.clone());
    let (_, action) = ACTIONS.iter().find(|(known, _)| *known == name).ok_or(EcrError::UnknownOperation)?;
    let region = region.unwrap_or_else(|| caller.region.clone());
    call.entry.param("region", &region);
    let forwarded = match &call.emulator.upstream {
        Some(upstream) if forward::part(&name) == Part::Both => {
            let answer = upstream.send(&call.parts, &call.authority, body).await;
            let answer = answer.map_err(|e| EcrError::Upstream(e.to_string()))?;
            (!answer.is_unsupported()).then_some((upstream.to_string(), answer))
        }
        _ => None,
    };
    let mut upstream_value = None;
    if let Some((upstream, answer)) = forwarded {
        call.entry.param("forwarded", upstream);
        upstream_value = Some(mirror::accept(answer)?);
    }
    let run = Call { emulator: Arc::clone(call.emulator), caller, region, input };
    blocking(move || match upstream_value {
        Some(value) => mirror::apply(&run, &name, *action, value),
        None => action(&run),
    })
    .await
}

fn log_params(call: &mut Exchange<'_>, input: &Value) {
    for (field, name) in [("repositoryName", "repository"), ("registryId", "registryId")] {
        if let Some(value) = input.get(field).and_then(Value::as_str) {
            call.entry.param(name, value);
        }
    }
    for (field, name) in [("repositoryNames", "repository"), ("registryIds", "registryId")] {
        if let Some(values) = input.get(field).and_then(Value::as_array).filter(|values| !values.is_empty()) {
            let values: Vec<&str> = values.iter().filter_map(Value::as_str).collect();
            call.entry.param(name, values.join(","));
        }
    }
}

#[cfg(test)]
mod tests;
