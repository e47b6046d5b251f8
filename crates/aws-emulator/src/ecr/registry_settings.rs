//! The settings of a registry: its policy, replication and account settings. Stored, but not applied.

use cirun_image_ref::{is_account, partition_of};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{
    Call, EcrError,
    choice::Choice,
    statement::{self, Scope},
};
use crate::{EcrRegistry, StoreError, storage::RegistryText};

/// The maximum number of rules in a registry, and of destinations in each.
const MOST_RULES: usize = 25;
const MOST_DESTINATIONS: usize = 100;
/// The actions that a registry policy may contain, unless the account has chosen the newer scope.
const FIRST_SCOPE: &[&str] = &["ecr:CreateRepository", "ecr:ReplicateImage", "ecr:BatchImportUpstreamImage"];

pub(super) fn describe(call: &Call) -> Result<Value, EcrError> {
    let registry = call.registry(None)?;
    let replication = read(call, &registry, RegistryText::Replication)?.unwrap_or_else(|| json!({ "rules": [] }));
    Ok(json!({ "registryId": registry.account, "replicationConfiguration": replication }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PolicyInput {
    policy_text: String,
}

pub(super) fn put_policy(call: &Call) -> Result<Value, EcrError> {
    let input: PolicyInput = call.input()?;
    let registry = call.registry(None)?;
    let settings = read(call, &registry, RegistryText::Settings)?.unwrap_or_default();
    let actions = match settings.get("REGISTRY_POLICY_SCOPE").and_then(Value::as_str) {
        Some("V2") => None,
        Some(_) | None => Some(FIRST_SCOPE),
    };
    statement::check(&input.policy_text, Scope::Registry { actions })?;
    let text = input.policy_text.clone();
    write(call, &registry, RegistryText::Policy, |_| Ok((Some(text), ())))?;
    Ok(policy(&registry, &input.policy_text))
}

pub(super) fn get_policy(call: &Call) -> Result<Value, EcrError> {
    let registry = call.registry(None)?;
    let text = call.emulator.store.registry_text(&(&registry).into(), RegistryText::Policy)?;
    text.map(|text| policy(&registry, &text)).ok_or_else(|| no_policy(&registry))
}

pub(super) fn delete_policy(call: &Call) -> Result<Value, EcrError> {
    let registry = call.registry(None)?;
    write(call, &registry, RegistryText::Policy, |text| {
        let text = text.ok_or_else(|| no_policy(&registry))?;
        Ok((None, policy(&registry, &text)))
    })
}

fn policy(registry: &EcrRegistry, text: &str) -> Value {
    json!({ "registryId": registry.account, "policyText": text })
}

fn no_policy(registry: &EcrRegistry) -> EcrError {
    let message = format!("Registry policy does not exist in the registry with id '{}'", registry.account);
    EcrError::Named("RegistryPolicyNotFoundException", message)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReplicationInput {
    replication_configuration: Replication,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Replication {
    rules: Vec<Rule>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Rule {
    destinations: Vec<Destination>,
    #[serde(skip_serializing_if = "Option::is_none")]
    repository_filters: Option<Vec<Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delete_replication: Option<Value>,
}

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Destination {
    region: String,
    registry_id: String,
}

pub(super) fn put_replication(call: &Call) -> Result<Value, EcrError> {
    let ReplicationInput { replication_configuration: replication } = call.input()?;
    let registry = call.registry(None)?;
    let refused = |rule: &str| Err(EcrError::constraint("replicationConfiguration", rule));
    if replication.rules.len() > MOST_RULES {
        return refused(&format!("rules must have at most {MOST_RULES} members"));
    }
    for rule in &replication.rules {
        if rule.destinations.len() > MOST_DESTINATIONS {
            return refused(&format!("destinations must have at most {MOST_DESTINATIONS} members"));
        }
        for Destination { region, registry_id } in &rule.destinations {
            if !is_account(registry_id) || partition_of(region).is_none() {
                return refused(&format!("Invalid replication destination '{registry_id}' in '{region}'"));
            }
            if *region == registry.region && *registry_id == registry.account {
                return refused("Replication destination cannot be the same as the source registry");
            }
        }
    }
    let value = json!(replication);
    let text = value.to_string();
    write(call, &registry, RegistryText::Replication, |_| Ok((Some(text), ())))?;
    Ok(json!({ "replicationConfiguration": value }))
}

/// An account setting.
#[derive(Clone, Copy)]
enum Setting {
    BasicScan,
    BlobMounting,
    PolicyScope,
}

impl Choice for Setting {
    const VALUES: &'static [(&'static str, Self)] = &[
        ("BASIC_SCAN_TYPE_VERSION", Self::BasicScan),
        ("BLOB_MOUNTING", Self::BlobMounting),
        ("REGISTRY_POLICY_SCOPE", Self::PolicyScope),
    ];
}

impl Setting {
    /// Its values, the default first.
    fn values(self) -> &'static [&'static str] {
        match self {
            Self::BasicScan => &["AWS_NATIVE", "CLAIR"],
            Self::BlobMounting => &["DISABLED", "ENABLED"],
            Self::PolicyScope => &["V1", "V2"],
        }
    }
}

#[derive(Deserialize)]
struct SettingInput {
    name: String,
    value: Option<String>,
}

pub(super) fn put_setting(call: &Call) -> Result<Value, EcrError> {
    let input: SettingInput = call.input()?;
    let setting = Setting::read("name", &input.name)?;
    let value = input.value.ok_or_else(|| EcrError::missing("value"))?;
    if !setting.values().contains(&value.as_str()) {
        let rule = format!("Member must satisfy enum value set: [{}]", setting.values().join(", "));
        return Err(EcrError::constraint("value", &rule));
    }
    let registry = call.registry(None)?;
    write(call, &registry, RegistryText::Settings, |text| {
        let mut settings: Map<String, Value> = text.map_or_else(|| Ok(Map::new()), |text| parse(&text))?;
        settings.insert(input.name.clone(), Value::String(value.clone()));
        Ok((Some(Value::Object(settings).to_string()), ()))
    })?;
    Ok(json!({ "name": input.name, "value": value }))
}

pub(super) fn get_setting(call: &Call) -> Result<Value, EcrError> {
    let input: SettingInput = call.input()?;
    let setting = Setting::read("name", &input.name)?;
    let registry = call.registry(None)?;
    let settings = read(call, &registry, RegistryText::Settings)?.unwrap_or_default();
    let value = settings.get(&input.name).and_then(Value::as_str).unwrap_or(setting.values()[0]);
    Ok(json!({ "name": input.name, "value": value }))
}

/// Reads a registry's JSON.
pub(super) fn read(call: &Call, registry: &EcrRegistry, text: RegistryText) -> Result<Option<Value>, EcrError> {
    call.emulator.store.registry_text(&registry.into(), text)?.map(|text| parse(&text)).transpose()
}

/// Changes a registry's JSON.
pub(super) fn write<T>(
    call: &Call,
    registry: &EcrRegistry,
    text: RegistryText,
    change: impl FnOnce(Option<String>) -> Result<(Option<String>, T), EcrError>,
) -> Result<T, EcrError> {
    call.emulator.store.change_registry_text(&registry.into(), text, change)
}

/// Parses JSON written by the emulator.
pub(super) fn parse<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, EcrError> {
    serde_json::from_str(text).map_err(|e| EcrError::Internal(format!("a setting of the registry is damaged: {e}")))
}

impl From<StoreError> for EcrError {
    fn from(error: StoreError) -> Self {
        Self::Internal(error.client_message())
    }
}
