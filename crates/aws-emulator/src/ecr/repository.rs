//! Repositories: create, describe, delete, and their settings.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Call, EcrError, Repository,
    encryption::Encryption,
    mutability::{self, Mutability},
    page::{page, with_token},
    tag::TagEntry,
    token::seconds,
};
use crate::{
    RepositoryName,
    storage::{RepositoryRef, RepositorySettings},
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Scanning {
    #[serde(default)]
    scan_on_push: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Create {
    registry_id: Option<String>,
    repository_name: String,
    #[serde(flatten)]
    mutability: mutability::Input,
    image_scanning_configuration: Option<Scanning>,
    encryption_configuration: Option<Encryption>,
    #[serde(default)]
    tags: Vec<TagEntry>,
}

pub(super) fn create(call: &Call) -> Result<Value, EcrError> {
    let input: Create = call.input()?;
    let repository = call.repository(input.registry_id.as_deref(), &input.repository_name)?;
    let encryption = input.encryption_configuration.map(|encryption| encryption.render(&repository.registry));
    let mut settings = RepositorySettings {
        scan_on_push: input.image_scanning_configuration.is_some_and(|scanning| scanning.scan_on_push),
        encryption: encryption.transpose()?,
        tags: input.tags.into_iter().map(TagEntry::into_pair).collect::<BTreeMap<_, _>>(),
        ..RepositorySettings::new(call.emulator.clock.now())
    };
    if let Some(mutability) = Mutability::read(input.mutability)? {
        mutability.set(&mut settings);
    }
    call.emulator.store.create_repository(&repository.at, &settings).map_err(repository.error())?;
    Ok(json!({ "repository": render(&repository, &settings) }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Describe {
    registry_id: Option<String>,
    repository_names: Option<Vec<String>>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

pub(super) fn describe(call: &Call) -> Result<Value, EcrError> {
    let input: Describe = call.input()?;
    let store = &call.emulator.store;
    let registry = call.registry(input.registry_id.as_deref())?;
    if let Some(names) = input.repository_names.filter(|names| !names.is_empty()) {
        let mut rendered = Vec::new();
        for name in names {
            let repository = call.repository(input.registry_id.as_deref(), &name)?;
            let settings = store.repository(&repository.at).map_err(repository.error())?;
            rendered.push(render(&repository, &settings));
        }
        return Ok(json!({ "repositories": rendered }));
    }
    let names = store.repositories(&(&registry).into()).map_err(|e| EcrError::Internal(e.client_message()))?;
    let (names, next) = page(names, RepositoryName::to_string, input.max_results, input.next_token.as_deref())?;
    let mut rendered = Vec::new();
    for name in names {
        let at = RepositoryRef { registry: (&registry).into(), name };
        // One that was removed since the listing is skipped.
        if let Ok(settings) = store.repository(&at) {
            rendered.push(render(&Repository { registry: registry.clone(), at }, &settings));
        }
    }
    Ok(with_token(json!({ "repositories": rendered }), next))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Delete {
    registry_id: Option<String>,
    repository_name: String,
    #[serde(default)]
    force: bool,
}

pub(super) fn delete(call: &Call) -> Result<Value, EcrError> {
    let input: Delete = call.input()?;
    let repository = call.repository(input.registry_id.as_deref(), &input.repository_name)?;
    let store = &call.emulator.store;
    let settings = store.repository(&repository.at).map_err(repository.error())?;
    if !input.force && !store.manifests(&repository.at).map_err(repository.error())?.is_empty() {
        return Err(repository.error()(crate::StoreError::RepositoryNotEmpty(repository.at.name.clone())));
    }
    store.delete_repository(&repository.at).map_err(repository.error())?;
    Ok(json!({ "repository": render(&repository, &settings) }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PutScanning {
    registry_id: Option<String>,
    repository_name: String,
    image_scanning_configuration: Scanning,
}

pub(super) fn put_scanning(call: &Call) -> Result<Value, EcrError> {
    let input: PutScanning = call.input()?;
    let repository = call.repository(input.registry_id.as_deref(), &input.repository_name)?;
    let scan = input.image_scanning_configuration.scan_on_push;
    let change = |settings: &mut RepositorySettings| settings.scan_on_push = scan;
    call.emulator.store.change_repository(&repository.at, change).map_err(repository.error())?;
    Ok(json!({
        "registryId": repository.registry.account,
        "repositoryName": repository.at.name.as_str(),
        "imageScanningConfiguration": { "scanOnPush": scan },
    }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PutMutability {
    registry_id: Option<String>,
    repository_name: String,
    #[serde(flatten)]
    mutability: mutability::Input,
}

pub(super) fn put_mutability(call: &Call) -> Result<Value, EcrError> {
    let input: PutMutability = call.input()?;
    let repository = call.repository(input.registry_id.as_deref(), &input.repository_name)?;
    // A missing repository is reported first, as for the other settings.
    call.emulator.store.repository(&repository.at).map_err(repository.error())?;
    let mutability = Mutability::read(input.mutability)?.ok_or_else(|| EcrError::missing("imageTagMutability"))?;
    let change = |settings: &mut RepositorySettings| mutability.set(settings);
    let settings = call.emulator.store.change_repository(&repository.at, change).map_err(repository.error())?;
    let mut answer = json!({
        "registryId": repository.registry.account,
        "repositoryName": repository.at.name.as_str(),
    });
    mutability::render(&mut answer, &settings);
    Ok(answer)
}

fn render(repository: &Repository, settings: &RepositorySettings) -> Value {
    let Repository { registry, at } = repository;
    let mut answer = json!({
        "repositoryArn": repository.arn(),
        "registryId": registry.account,
        "repositoryName": at.name.as_str(),
        "repositoryUri": format!("{}/{}", registry.host(), at.name),
        "createdAt": seconds(settings.created_at),
    });
    mutability::render(&mut answer, settings);
    answer["imageScanningConfiguration"] = json!({ "scanOnPush": settings.scan_on_push });
    answer["encryptionConfiguration"] =
        settings.encryption.clone().unwrap_or_else(|| json!({ "encryptionType": "AES256" }));
    answer
}
