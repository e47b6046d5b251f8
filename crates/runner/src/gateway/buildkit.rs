//! The configuration that makes a BuildKit container trust the registries that the gateway answers for.

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

/// The text of `buildkitd.toml` for `names` and for the plan's registries with their ports. `ca` is the path of the
/// certificates in the plugin's container; buildx copies them from there.
///
/// # Errors
/// The text cannot be serialised.
pub(crate) fn buildkit_config(planned: &Planned, names: &[String], ca: &str) -> Result<String, Failure> {
    let targets = planned.targets.iter().flat_map(|target| target.hosts());
    let registry = names.iter().map(String::as_str).chain(targets).map(|host| (host, Registry { ca: [ca] })).collect();
    toml::to_string(&Configuration { registry })
        .map_err(|error| Failure::new(FailureKind::Aws, format!("buildkitd.toml: {error}")))
}
