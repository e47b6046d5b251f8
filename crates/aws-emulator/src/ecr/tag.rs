//! Resource tags of repositories.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Call, EcrError, Repository};

/// A tag in the API's form.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TagEntry {
    key: String,
    #[serde(default)]
    value: String,
}

impl TagEntry {
    pub(super) fn into_pair(self) -> (String, String) {
        (self.key, self.value)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    resource_arn: String,
    #[serde(default)]
    tags: Vec<TagEntry>,
    #[serde(default)]
    tag_keys: Vec<String>,
}

pub(super) fn list(call: &Call) -> Result<Value, EcrError> {
    let input: Input = call.input()?;
    let repository = of_arn(call, &input.resource_arn)?;
    let settings = call.emulator.store.repository(&repository.at).map_err(repository.error())?;
    let tags: Vec<Value> = settings.tags.iter().map(|(key, value)| json!({ "Key": key, "Value": value })).collect();
    Ok(json!({ "tags": tags }))
}

pub(super) fn add(call: &Call) -> Result<Value, EcrError> {
    let input: Input = call.input()?;
    let repository = of_arn(call, &input.resource_arn)?;
    let tags = input.tags.into_iter().map(TagEntry::into_pair);
    call.emulator
        .store
        .change_repository(&repository.at, |settings| settings.tags.extend(tags))
        .map_err(repository.error())?;
    Ok(json!({}))
}

pub(super) fn remove(call: &Call) -> Result<Value, EcrError> {
    let input: Input = call.input()?;
    let repository = of_arn(call, &input.resource_arn)?;
    call.emulator
        .store
        .change_repository(&repository.at, |settings| settings.tags.retain(|key, _| !input.tag_keys.contains(key)))
        .map_err(repository.error())?;
    Ok(json!({}))
}

/// Finds the repository of `arn:aws:ecr:<region>:<account>:repository/<name>`.
fn of_arn(call: &Call, arn: &str) -> Result<Repository, EcrError> {
    let parts: Vec<&str> = arn.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", _, "ecr", region, account, resource] if *region == call.region => {
            resource.strip_prefix("repository/").map(|name| call.repository(Some(account), name))
        }
        _ => None,
    }
    .unwrap_or_else(|| Err(EcrError::constraint("resourceArn", "Invalid ARN")))
}
