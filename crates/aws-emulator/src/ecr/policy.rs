//! The two policy texts of a repository: who may use it, and which images expire. Kept, not applied.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Call, EcrError, Repository};
use crate::storage::PolicyKind;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    registry_id: Option<String>,
    repository_name: String,
    #[serde(alias = "lifecyclePolicyText")]
    policy_text: Option<String>,
}

pub(super) fn get_lifecycle(call: &Call) -> Result<Value, EcrError> {
    get(call, PolicyKind::Lifecycle)
}

pub(super) fn put_lifecycle(call: &Call) -> Result<Value, EcrError> {
    put(call, PolicyKind::Lifecycle)
}

pub(super) fn delete_lifecycle(call: &Call) -> Result<Value, EcrError> {
    delete(call, PolicyKind::Lifecycle)
}

pub(super) fn get_access(call: &Call) -> Result<Value, EcrError> {
    get(call, PolicyKind::Access)
}

pub(super) fn put_access(call: &Call) -> Result<Value, EcrError> {
    put(call, PolicyKind::Access)
}

pub(super) fn delete_access(call: &Call) -> Result<Value, EcrError> {
    delete(call, PolicyKind::Access)
}

fn get(call: &Call, kind: PolicyKind) -> Result<Value, EcrError> {
    let (_, repository) = read(call)?;
    let text = current(call, &repository, kind)?;
    Ok(render(&repository, kind, &text))
}

fn put(call: &Call, kind: PolicyKind) -> Result<Value, EcrError> {
    let (input, repository) = read(call)?;
    let field = field(kind);
    let text = input.policy_text.unwrap_or_default();
    if !serde_json::from_str::<Value>(&text).is_ok_and(|policy| policy.is_object()) {
        return Err(EcrError::InvalidParameter(format!(
            "Invalid parameter at '{field}' failed to satisfy constraint: 'Invalid JSON document'"
        )));
    }
    call.emulator.store.set_policy(&repository.at, kind, Some(&text)).map_err(repository.error())?;
    Ok(render(&repository, kind, &text))
}

fn delete(call: &Call, kind: PolicyKind) -> Result<Value, EcrError> {
    let (_, repository) = read(call)?;
    let text = current(call, &repository, kind)?;
    call.emulator.store.set_policy(&repository.at, kind, None).map_err(repository.error())?;
    Ok(render(&repository, kind, &text))
}

fn read(call: &Call) -> Result<(Input, Repository), EcrError> {
    let input: Input = call.input()?;
    let repository = call.repository(input.registry_id.as_deref(), &input.repository_name)?;
    Ok((input, repository))
}

fn current(call: &Call, repository: &Repository, kind: PolicyKind) -> Result<String, EcrError> {
    let text = call.emulator.store.policy(&repository.at, kind).map_err(repository.error())?;
    let (code, what) = match kind {
        PolicyKind::Lifecycle => ("LifecyclePolicyNotFoundException", "Lifecycle policy"),
        PolicyKind::Access => ("RepositoryPolicyNotFoundException", "Repository policy"),
    };
    text.ok_or_else(|| {
        let (name, account) = (&repository.at.name, &repository.registry.account);
        let message =
            format!("{what} does not exist for the repository with name '{name}' in the registry with id '{account}'");
        EcrError::Named(code, message)
    })
}

fn render(repository: &Repository, kind: PolicyKind, text: &str) -> Value {
    json!({
        "registryId": repository.registry.account,
        "repositoryName": repository.at.name.as_str(),
        field(kind): text,
    })
}

fn field(kind: PolicyKind) -> &'static str {
    match kind {
        PolicyKind::Lifecycle => "lifecyclePolicyText",
        PolicyKind::Access => "policyText",
    }
}
