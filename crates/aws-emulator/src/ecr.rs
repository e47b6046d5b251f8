//! ECR's control plane: JSON 1.1, the action in `X-Amz-Target`.

mod batch;
mod choice;
mod encryption;
mod error;
mod image;
mod image_id;
mod layer;
mod lifecycle;
mod mirror;
mod mutability;
mod page;
mod policy;
mod policy_text;
mod pull_through;
mod put_image;
mod registry_settings;
mod repository;
mod scan;
mod scanning;
mod statement;
mod tag;
mod token;

use std::sync::Arc;

use cirun_image_ref::is_account;
use http::{Response, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::Value;

use self::image_id::ImageId;
pub(crate) use self::{
    error::{EcrError, images_missing, immutable},
    token::{RegistryToken, TokenError},
};
use crate::{
    AuthKind, EcrRegistry, RepositoryName, Service, Strictness,
    aws_host::ECR_TARGET,
    emulator::{Emulator, Exchange, blocking},
    forward::{self, Part},
    http::{RequestBody, ResponseBody, content, header_text, read_body},
    identity::{Caller, authenticate},
    storage::RepositoryRef,
};

type Action = fn(&Call) -> Result<Value, EcrError>;

/// The actions that are implemented; ECR's other actions are refused by name.
const ACTIONS: &[(&str, Action)] = &[
    ("BatchCheckLayerAvailability", layer::check),
    ("BatchDeleteImage", batch::delete),
    ("BatchGetImage", batch::get),
    ("BatchGetRepositoryScanningConfiguration", scanning::batch_get),
    ("CompleteLayerUpload", layer::complete),
    ("CreatePullThroughCacheRule", pull_through::create),
    ("CreateRepository", repository::create),
    ("DeleteLifecyclePolicy", lifecycle::delete),
    ("DeletePullThroughCacheRule", pull_through::delete),
    ("DeleteRegistryPolicy", registry_settings::delete_policy),
    ("DeleteRepository", repository::delete),
    ("DeleteRepositoryPolicy", policy::delete),
    ("DescribeImageScanFindings", scan::findings),
    ("DescribeImages", image::describe),
    ("DescribePullThroughCacheRules", pull_through::describe),
    ("DescribeRegistry", registry_settings::describe),
    ("DescribeRepositories", repository::describe),
    ("GetAccountSetting", registry_settings::get_setting),
    ("GetAuthorizationToken", token::get),
    ("GetDownloadUrlForLayer", layer::download_url),
    ("GetLifecyclePolicy", lifecycle::get),
    ("GetLifecyclePolicyPreview", lifecycle::get_preview),
    ("GetRegistryPolicy", registry_settings::get_policy),
    ("GetRegistryScanningConfiguration", scanning::get),
    ("GetRepositoryPolicy", policy::get),
    ("InitiateLayerUpload", layer::initiate),
    ("ListImageReferrers", image::referrers),
    ("ListImages", image::list),
    ("ListTagsForResource", tag::list),
    ("PutAccountSetting", registry_settings::put_setting),
    ("PutImage", put_image::put),
    ("PutImageScanningConfiguration", repository::put_scanning),
    ("PutImageTagMutability", repository::put_mutability),
    ("PutLifecyclePolicy", lifecycle::put),
    ("PutRegistryPolicy", registry_settings::put_policy),
    ("PutRegistryScanningConfiguration", scanning::put),
    ("PutReplicationConfiguration", registry_settings::put_replication),
    ("SetRepositoryPolicy", policy::put),
    ("StartImageScan", scan::start),
    ("StartLifecyclePolicyPreview", lifecycle::start_preview),
    ("TagResource", tag::add),
    ("UntagResource", tag::remove),
    ("UpdatePullThroughCacheRule", pull_through::update),
    ("UploadLayerPart", layer::upload_part),
];

/// One call of an action.
pub(crate) struct Call {
    emulator: Arc<Emulator>,
    caller: Caller,
    region: String,
    /// `https://HOST`, as the client addresses the emulator.
    endpoint: String,
    input: Value,
}

impl Call {
    /// Parses the input of an action.
    fn input<T: DeserializeOwned>(&self) -> Result<T, EcrError> {
        serde_json::from_value(self.input.clone()).map_err(|e| EcrError::InvalidParameter(e.to_string()))
    }

    /// Returns the registry of a call: the caller's own, unless it names another, which a strict emulator refuses.
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
        let at = RepositoryRef { registry: (&registry).into(), name };
        Ok(Repository { registry, at })
    }
}

/// The repository of a call.
struct Repository {
    registry: EcrRegistry,
    at: RepositoryRef,
}

impl Repository {
    fn arn(&self) -> String {
        self.registry.repository_arn(self.at.name.as_str())
    }

    /// Returns the error for an image that does not exist.
    fn image_not_found(&self, id: &ImageId) -> EcrError {
        let (name, account) = (&self.at.name, &self.registry.account);
        let message = format!(
            "The image with imageId {} does not exist within the repository with name '{name}' in the registry with id \
             '{account}'",
            id.shown()
        );
        EcrError::Named("ImageNotFoundException", message)
    }

    /// Returns the error for something that the repository does not have.
    fn without(&self, code: &'static str, what: &str) -> EcrError {
        let (name, account) = (&self.at.name, &self.registry.account);
        let message =
            format!("{what} does not exist for the repository with name '{name}' in the registry with id '{account}'");
        EcrError::Named(code, message)
    }

    /// Converts a storage error to ECR's, with repository and registry.
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
    let scheme = if call.listener.is_tls() { "https" } else { "http" };
    let endpoint = format!("{scheme}://{}", call.authority);
    let run = Call { emulator: Arc::clone(call.emulator), caller, region, endpoint, input };
    blocking(move || {
        expire_images(&run)?;
        match upstream_value {
            Some(value) => mirror::apply(&run, &name, *action, value),
            None => action(&run),
        }
    })
    .await
}

/// Applies the lifecycle policy of a call's repository, if it is due.
fn expire_images(call: &Call) -> Result<(), EcrError> {
    let text = |field: &str| call.input.get(field).and_then(Value::as_str);
    let Some(name) = text("repositoryName") else { return Ok(()) };
    // The action itself reports invalid names.
    let Ok(repository) = call.repository(text("registryId"), name) else { return Ok(()) };
    lifecycle::apply_if_due(call, &repository)
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
