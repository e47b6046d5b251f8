//! Repeats here what another emulator has accepted, so that pushes find their repository.

use serde_json::Value;

use super::{Action, Call, EcrError};
use crate::{StoreError, forward::Answer, storage::RepositorySettings};

/// Reads the upstream's response; a refusal is passed on.
pub(super) fn accept(answer: Answer) -> Result<Value, EcrError> {
    let value: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    if answer.status.is_success() {
        return Ok(value);
    }
    let text = |names: &[&str]| names.iter().find_map(|name| value.get(name)?.as_str()).unwrap_or_default().to_owned();
    Err(EcrError::Refused {
        status: answer.status.as_u16(),
        code: text(&["__type", "code"]).rsplit('#').next().unwrap_or_default().to_owned(),
        message: text(&["message", "Message"]),
    })
}

/// Repeats the upstream's change. If the change already exists here, the upstream's response is used.
pub(super) fn apply(call: &Call, name: &str, action: Action, upstream: Value) -> Result<Value, EcrError> {
    if !matches!(name, "CreateRepository" | "DeleteRepository") {
        let named = call.input.get("repositoryName").and_then(Value::as_str);
        let listed = upstream.get("repositories").and_then(Value::as_array).into_iter().flatten();
        for name in listed.filter_map(|repository| repository.get("repositoryName")?.as_str()).chain(named) {
            ensure(call, name)?;
        }
    }
    match action(call) {
        Err(EcrError::Named("RepositoryAlreadyExistsException" | "RepositoryNotFoundException", _)) => Ok(upstream),
        result => result,
    }
}

fn ensure(call: &Call, name: &str) -> Result<(), EcrError> {
    let registry_id = call.input.get("registryId").and_then(Value::as_str);
    let repository = call.repository(registry_id, name)?;
    let settings = RepositorySettings::new(call.emulator.clock.now());
    match call.emulator.store.create_repository(&repository.at, &settings) {
        Ok(()) | Err(StoreError::RepositoryExists(_)) => Ok(()),
        Err(e) => Err(repository.error()(e)),
    }
}
