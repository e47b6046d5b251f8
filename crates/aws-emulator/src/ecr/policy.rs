//! The policy of a repository. Stored, but not applied.

use serde::Deserialize;
use serde_json::Value;

use super::{
    Call, EcrError, Repository,
    policy_text::ACCESS,
    statement::{self, Scope},
};

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
    let text = ACCESS.current(call, &repository)?;
    Ok(ACCESS.render(&repository, &text))
}

pub(super) fn put(call: &Call) -> Result<Value, EcrError> {
    let (input, repository) = read(call)?;
    let store = &call.emulator.store;
    store.repository(&repository.at).map_err(repository.error())?;
    let text = input.policy_text.ok_or_else(|| EcrError::missing("policyText"))?;
    statement::check(&text, Scope::Repository)?;
    store.set_policy(&repository.at, ACCESS.kind, Some(&text)).map_err(repository.error())?;
    Ok(ACCESS.render(&repository, &text))
}

pub(super) fn delete(call: &Call) -> Result<Value, EcrError> {
    let (_, repository) = read(call)?;
    let text = ACCESS.current(call, &repository)?;
    call.emulator.store.set_policy(&repository.at, ACCESS.kind, None).map_err(repository.error())?;
    Ok(ACCESS.render(&repository, &text))
}
