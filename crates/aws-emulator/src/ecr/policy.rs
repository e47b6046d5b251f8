//! The policy of a repository. Stored, but not applied.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Call, EcrError, Repository,
    statement::{self, Scope},
};
use crate::storage::PolicyKind;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    registry_id: Option<String>,
    repository_name: String,
    policy_text: Option<String>,
}

fn read(call: &Call) -> Result<(Input, Repository), EcrError> {
    let input: Input = call.input()?;
    let repository = call.repository(input.registry_id.as_deref(), &input.repository_name)?;
    Ok((input, repository))
}

pub(super) fn get(call: &Call) -> Result<Value, EcrError> {
    let (_, repository) = read(call)?;
    let text = current(call, &repository)?;
    Ok(render(&repository, &text))
}

pub(super) fn put(call: &Call) -> Result<Value, EcrError> {
    let (input, repository) = read(call)?;
    let store = &call.emulator.store;
    store.repository(&repository.at).map_err(repository.error())?;
    let text = input.policy_text.ok_or_else(|| EcrError::missing("policyText"))?;
    statement::check(&text, Scope::Repository)?;
    store.set_policy(&repository.at, PolicyKind::Access, Some(&text)).map_err(repository.error())?;
    Ok(render(&repository, &text))
}

pub(super) fn delete(call: &Call) -> Result<Value, EcrError> {
    let (_, repository) = read(call)?;
    let text = current(call, &repository)?;
    call.emulator.store.set_policy(&repository.at, PolicyKind::Access, None).map_err(repository.error())?;
    Ok(render(&repository, &text))
}

fn current(call: &Call, repository: &Repository) -> Result<String, EcrError> {
    let text = call.emulator.store.policy(&repository.at, PolicyKind::Access).map_err(repository.error())?;
    text.ok_or_else(|| repository.without("RepositoryPolicyNotFoundException", "Repository policy"))
}

fn render(repository: &Repository, text: &str) -> Value {
    json!({
        "registryId": repository.registry.account,
        "repositoryName": repository.at.name.as_str(),
        "policyText": text,
    })
}
