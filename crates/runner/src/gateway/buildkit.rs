//! The configuration by which BuildKit in a container of its own trusts the registries that the gateway answers for.

use std::collections::BTreeMap;

use cirun_diagnostics::{Failure, FailureKind};
use cirun_planner::Planned;
use serde::Serialize;

#[derive(Serialize)]
struct Configuration<'a> {
    registry: BTreeMap<&'a str, Registry<'a>>,
}

#[derive(Serialize)]
struct Registry<'a> {
    ca: [&'a str; 1],
}

/// The file for the names that the gateway takes, and the plan's registries with their ports; `ca` is where the plugin's
/// container has the certificates, from which buildx copies them.
///
/// # Errors
/// The text cannot be written.
pub(crate) fn buildkit_config(planned: &Planned, names: &[String], ca: &str) -> Result<String, Failure> {
    let targets = planned.targets.iter().flat_map(|target| target.hosts());
    let registry = names.iter().map(String::as_str).chain(targets).map(|host| (host, Registry { ca: [ca] })).collect();
    toml::to_string(&Configuration { registry })
        .map_err(|error| Failure::new(FailureKind::Aws, format!("buildkitd.toml: {error}")))
}
