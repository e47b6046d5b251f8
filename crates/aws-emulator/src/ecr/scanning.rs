//! The scan configuration: the registry's rules, and their effect on a repository.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Call, EcrError, Repository,
    choice::Choice,
    registry_settings::{parse, read, write},
};
use crate::{
    EcrRegistry, StoreError,
    pattern::wildcard,
    storage::{RegistryText, RepositorySettings},
};

/// The scan frequencies, the highest last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Frequency {
    Manual,
    OnPush,
    Continuous,
}

impl Choice for Frequency {
    const VALUES: &'static [(&'static str, Self)] =
        &[("SCAN_ON_PUSH", Self::OnPush), ("CONTINUOUS_SCAN", Self::Continuous), ("MANUAL", Self::Manual)];
}

impl Frequency {
    fn name(self) -> &'static str {
        Self::VALUES.iter().find(|(_, value)| *value == self).map_or("MANUAL", |(name, _)| name)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ScanType {
    Basic,
    Enhanced,
}

impl Choice for ScanType {
    const VALUES: &'static [(&'static str, Self)] = &[("BASIC", Self::Basic), ("ENHANCED", Self::Enhanced)];
}

/// The registry's rules.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Scanning {
    #[serde(default = "basic")]
    scan_type: String,
    #[serde(default)]
    rules: Vec<Rule>,
}

fn basic() -> String {
    "BASIC".to_owned()
}

impl Default for Scanning {
    fn default() -> Self {
        Self { scan_type: basic(), rules: Vec::new() }
    }
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    scan_frequency: String,
    repository_filters: Vec<Filter>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Filter {
    filter: String,
    filter_type: String,
}

#[derive(Clone, Copy)]
enum FilterType {
    Wildcard,
}

impl Choice for FilterType {
    const VALUES: &'static [(&'static str, Self)] = &[("WILDCARD", Self::Wildcard)];
}

pub(super) fn put(call: &Call) -> Result<Value, EcrError> {
    let scanning: Scanning = call.input()?;
    let registry = call.registry(None)?;
    let scan_type = ScanType::read("scanType", &scanning.scan_type)?;
    for rule in &scanning.rules {
        let frequency = Frequency::read("rules.scanFrequency", &rule.scan_frequency)?;
        if scan_type == ScanType::Basic && frequency == Frequency::Continuous {
            return Err(EcrError::constraint("rules.scanFrequency", "CONTINUOUS_SCAN needs a scanType of ENHANCED"));
        }
        for filter in &rule.repository_filters {
            let FilterType::Wildcard = FilterType::read("rules.repositoryFilters.filterType", &filter.filter_type)?;
        }
    }
    let value = json!(scanning);
    let text = value.to_string();
    write(call, &registry, RegistryText::Scanning, |_| Ok((Some(text), ())))?;
    Ok(json!({ "registryScanningConfiguration": value }))
}

pub(super) fn get(call: &Call) -> Result<Value, EcrError> {
    let registry = call.registry(None)?;
    let scanning = of_registry(call, &registry)?;
    Ok(json!({ "registryId": registry.account, "scanningConfiguration": scanning }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    repository_names: Vec<String>,
}

pub(super) fn batch_get(call: &Call) -> Result<Value, EcrError> {
    let input: Input = call.input()?;
    let (mut found, mut failures) = (Vec::new(), Vec::new());
    for name in input.repository_names {
        let repository = call.repository(None, &name)?;
        let settings = match call.emulator.store.repository(&repository.at) {
            Err(StoreError::RepositoryNotFound(_)) => {
                failures.push(json!({
                    "repositoryName": name,
                    "failureCode": "REPOSITORY_NOT_FOUND",
                    "failureReason": "REPOSITORY_NOT_FOUND",
                }));
                continue;
            }
            settings => settings.map_err(repository.error())?,
        };
        let (frequency, filters) = applied(&of_registry(call, &repository.registry)?, &repository, &settings)?;
        found.push(json!({
            "repositoryArn": repository.arn(),
            "repositoryName": name,
            "scanOnPush": settings.scan_on_push,
            "scanFrequency": frequency.name(),
            "appliedScanFilters": filters,
        }));
    }
    Ok(json!({ "scanningConfigurations": found, "failures": failures }))
}

/// Whether a repository's images are scanned at their push.
pub(super) fn is_on_push(
    call: &Call,
    repository: &Repository,
    settings: &RepositorySettings,
) -> Result<bool, EcrError> {
    let (frequency, _) = applied(&of_registry(call, &repository.registry)?, repository, settings)?;
    Ok(frequency >= Frequency::OnPush)
}

fn of_registry(call: &Call, registry: &EcrRegistry) -> Result<Scanning, EcrError> {
    let scanning = read(call, registry, RegistryText::Scanning)?;
    scanning.map_or_else(|| Ok(Scanning::default()), |value| parse(&value.to_string()))
}

/// Returns the scan frequency of a repository, and the filters that set it.
fn applied(
    scanning: &Scanning,
    repository: &Repository,
    settings: &RepositorySettings,
) -> Result<(Frequency, Vec<Filter>), EcrError> {
    let mut frequency = if settings.scan_on_push { Frequency::OnPush } else { Frequency::Manual };
    let mut filters = Vec::new();
    for rule in &scanning.rules {
        let fits = |filter: &&Filter| wildcard(&filter.filter, repository.at.name.as_str());
        let fitting: Vec<Filter> = rule.repository_filters.iter().filter(fits).cloned().collect();
        if !fitting.is_empty() {
            frequency = frequency.max(Frequency::read("rules.scanFrequency", &rule.scan_frequency)?);
            filters.extend(fitting);
        }
    }
    Ok((frequency, filters))
}
