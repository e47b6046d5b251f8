//! Every row of the seeds' tables, and every setting that the seeds' pages describe, has a golden test.
//!
//! The seeds are not part of the repository; `CIRUN_SEEDS` names them, or they stand beside the repository. Where they
//! are not named and not there, only the tests' names are checked.

#![expect(clippy::disallowed_methods, reason = "the seeds and these tests are files")]

use std::{collections::BTreeSet, fs, path::PathBuf};

/// A row: the seed's number, the heading above it, its first cell, and the test that shows it.
type Row = (&'static str, &'static str, &'static str, &'static str);

#[rustfmt::skip]
const ROWS: &[Row] = &[
    ("000", "Auth Flow Matrix", "Docker Username/Password", "background::docker_username_password_is_for_pulls_only"),
    ("000", "Auth Flow Matrix", "Docker Anonymous", "background::docker_anonymous_needs_no_credentials"),
    ("000", "Phase 4: Background Step Inputs Summary", "image", "background::image_required_for_k8"),
    ("000", "Phase 4: Background Step Inputs Summary", "connectorRef", "background::connector_ref_required_for_k8"),
    ("000", "Phase 4: Background Step Inputs Summary", "command", "background::command"),
    ("000", "Phase 4: Background Step Inputs Summary", "entrypoint", "background::entrypoint"),
    ("000", "Phase 4: Background Step Inputs Summary", "envVariables", "background::env_variables"),
    ("000", "Phase 4: Background Step Inputs Summary", "resources", "background::resources"),
    ("000", "Phase 4: Background Step Inputs Summary", "privileged", "background::privileged"),
    ("000", "Phase 4: Background Step Inputs Summary", "runAsUser", "background::run_as_user"),
    ("000", "Phase 4: Background Step Inputs Summary", "shell", "background::shell"),
    ("000", "Phase 4: Background Step Inputs Summary", "imagePullPolicy", "background::image_pull_policy"),
    ("000", "Phase 4: Background Step Inputs Summary", "portBindings", "background_applicability::port_bindings_rejected_on_k8"),
    ("000", "Phase 4: Background Step Inputs Summary", "ports", "background_applicability::ports_alternative_on_vm"),
    ("000", "Phase 4: Background Step Inputs Summary", "networkAliases", "background_applicability::network_aliases_vm_only"),
    ("000", "Phase 4: Background Step Inputs Summary", "reports", "background::reports"),
    ("000", "Phase 4: Background Step Inputs Summary", "retry", "background::retry"),
    ("000", "Phase 4: Background Step Inputs Summary", "harnessManagedImage", "background_applicability::harness_managed_image_needs_no_connector_on_k8"),
    ("000", "Applicability Matrix", "image required", "background::image_required_for_k8"),
    ("000", "Applicability Matrix", "connectorRef required", "background::connector_ref_required_for_k8"),
    ("000", "Applicability Matrix", "portBindings", "background_applicability::port_bindings_rejected_on_k8"),
    ("000", "Applicability Matrix", "networkAliases", "background_applicability::network_aliases_vm_only"),
    ("000", "Applicability Matrix", "command/entrypoint", "background::entrypoint_takes_precedence_over_command"),

    ("001", "", "Important notes", "background_applicability::failure_strategies_not_supported"),
    ("001", "", "Name", "background::name_and_id"),
    ("001", "", "Container Registry", "background::docker_username_password_is_for_pulls_only"),
    ("001", "", "Image", "background::image_pull_policy_unset_pulls_latest_only"),
    ("001", "", "Shell", "background::shell"),
    ("001", "", "Entry Point", "background::entrypoint_takes_precedence_over_command"),
    ("001", "", "Command", "background::command"),
    ("001", "", "Additional Configuration", "background_applicability::not_every_setting_on_every_infrastructure"),
    ("001", "", "Privileged", "background::privileged"),
    ("001", "", "Report Paths", "background::reports"),
    ("001", "", "Environment Variables", "background::env_variables"),
    ("001", "", "Image Pull Policy", "background::image_pull_policy"),
    ("001", "", "Port Bindings", "background_applicability::port_bindings_rejected_on_k8"),
    ("001", "", "Run as User", "background::run_as_user"),
    ("001", "", "Set Container Resources", "background_applicability::resources_default_on_k8"),

    ("002", "Step Inputs → Plugin Env Vars", "connectorRef", "ecr::connector_ref_required"),
    ("002", "Step Inputs → Plugin Env Vars", "account", "ecr::account_required"),
    ("002", "Step Inputs → Plugin Env Vars", "region", "ecr::region_required"),
    ("002", "Step Inputs → Plugin Env Vars", "imageName", "ecr::image_name_required"),
    ("002", "Step Inputs → Plugin Env Vars", "tags", "ecr::tags"),
    ("002", "Step Inputs → Plugin Env Vars", "dockerfile", "ecr::dockerfile"),
    ("002", "Step Inputs → Plugin Env Vars", "context", "ecr::context"),
    ("002", "Step Inputs → Plugin Env Vars", "target", "ecr::target"),
    ("002", "Step Inputs → Plugin Env Vars", "buildArgs", "ecr::build_args"),
    ("002", "Step Inputs → Plugin Env Vars", "labels", "ecr::labels"),
    ("002", "Step Inputs → Plugin Env Vars", "optimize", "ecr::optimize_false"),
    ("002", "Step Inputs → Plugin Env Vars", "caching", "ecr_caches::caching"),
    ("002", "Step Inputs → Plugin Env Vars", "cacheFrom", "ecr_caches::cache_from"),
    ("002", "Step Inputs → Plugin Env Vars", "cacheTo", "ecr_caches::cache_to"),
    ("002", "Step Inputs → Plugin Env Vars", "remoteCacheImage", "ecr_caches::remote_cache_image"),
    ("002", "Step Inputs → Plugin Env Vars", "baseImageConnectorRefs", "ecr_caches::base_image_connector_refs"),
    ("002", "Step Inputs → Plugin Env Vars", "envDockerSecrets", "ecr_caches::env_docker_secrets"),
    ("002", "Step Inputs → Plugin Env Vars", "fileDockerSecrets", "ecr_caches::file_docker_secrets"),
    ("002", "Step Inputs → Plugin Env Vars", "envVariables", "ecr::env_variables_override_derived_ones_but_not_the_connector"),
    ("002", "Step Inputs → Plugin Env Vars", "runAsUser", "ecr::run_as_user"),
    ("002", "Step Inputs → Plugin Env Vars", "resources", "ecr::resources"),
    ("002", "Step Inputs → Plugin Env Vars", "retry", "ecr::retry"),
    ("002", "Auth Flow Matrix", "Access Key + Secret Key", "auth::access_key_and_secret_key"),
    ("002", "Auth Flow Matrix", "OIDC / Web Identity", "auth::oidc_web_identity"),
    ("002", "Auth Flow Matrix", "Inherit From Delegate", "auth::inherit_from_delegate"),
    ("002", "Auth Flow Matrix", "IRSA", "auth::irsa"),
    ("002", "Auth Flow Matrix", "Assume Role (cross-account overlay)", "auth::access_key_and_secret_key_with_cross_account_overlay"),
    ("002", "Applicability Matrix", "Connector auth env name mapping (AWS_* → PLUGIN_*)", "auth::access_key_and_secret_key"),
    ("002", "Applicability Matrix", "OIDC env injection (PLUGIN_ASSUME_ROLE, PLUGIN_OIDC_TOKEN_ID)", "auth::oidc_web_identity"),
    ("002", "Applicability Matrix", "Core ECR plugin envs (PLUGIN_REGISTRY, PLUGIN_REPO, PLUGIN_TAGS, etc.)", "ecr::required_inputs"),
    ("002", "Applicability Matrix", "K8-only envs/behaviors", "ecr::k8_only_and_vm_only_envs"),
    ("002", "Applicability Matrix", "VM-only envs/behaviors", "ecr::k8_only_and_vm_only_envs"),
    ("002", "UI Field / Input", "identifier", "ecr::identifier_required"),
    ("002", "UI Field / Input", "name", "ecr::name_required"),
    ("002", "UI Field / Input", "spec.connectorRef", "ecr::connector_ref_required"),
    ("002", "UI Field / Input", "spec.region", "ecr::region_required"),
    ("002", "UI Field / Input", "spec.account", "ecr::account_required"),
    ("002", "UI Field / Input", "spec.imageName", "ecr::image_name_required"),
    ("002", "UI Field / Input", "spec.tags", "ecr::tags_required"),
    ("002", "UI Field / Input", "spec.caching", "ecr::ui_fields_on_every_infrastructure"),
    ("002", "UI Field / Input", "spec.baseImageConnectorRefs", "ecr::ui_fields_on_every_infrastructure"),
    ("002", "UI Field / Input", "spec.optimize", "ecr::ui_fields_on_every_infrastructure"),
    ("002", "UI Field / Input", "spec.dockerfile", "ecr::ui_fields_on_every_infrastructure"),
    ("002", "UI Field / Input", "spec.context", "ecr::ui_fields_on_every_infrastructure"),
    ("002", "UI Field / Input", "spec.labels", "ecr::ui_fields_on_every_infrastructure"),
    ("002", "UI Field / Input", "spec.buildArgs", "ecr::ui_fields_on_every_infrastructure"),
    ("002", "UI Field / Input", "spec.target", "ecr::ui_fields_on_every_infrastructure"),
    ("002", "UI Field / Input", "spec.remoteCacheImage", "ecr::ui_fields_on_every_infrastructure"),
    ("002", "UI Field / Input", "spec.envVariables", "ecr::ui_fields_on_every_infrastructure"),
    ("002", "UI Field / Input", "spec.runAsUser", "ecr::ui_fields_on_every_infrastructure"),
    ("002", "UI Field / Input", "spec.limitMemory", "ecr::ui_fields_on_every_infrastructure"),
    ("002", "UI Field / Input", "spec.limitCPU", "ecr::ui_fields_on_every_infrastructure"),
    ("002", "UI Field / Input", "timeout", "ecr::timeout"),

    ("003", "", "Docker in Docker (DinD)", "background_in_groups::docker_in_docker"),
    ("003", "", "Background step settings", "background_in_groups::settings"),
    ("003", "", "Name and Id", "background::alias_in_a_step_group_is_group_and_id"),
    ("003", "", "Container Registry", "background_in_groups::container_registry_and_image"),
    ("003", "", "Image", "background_in_groups::container_registry_and_image"),
    ("003", "", "Entry Point", "background_in_groups::entry_point"),
    ("003", "", "Shell and Command", "background_in_groups::shell_and_command"),
    ("003", "", "Privileged", "background_in_groups::docker_in_docker"),
    ("003", "", "Report Paths", "background_in_groups::settings"),
    ("003", "", "Environment Variables", "background_in_groups::settings"),
    ("003", "", "Image Pull Policy", "background_in_groups::settings"),
    ("003", "", "Set Container Resources", "background_in_groups::settings"),
    ("003", "", "DinD Background step example", "background_in_groups::docker_in_docker"),
    ("003", "", "Advanced settings", "background_in_groups::advanced_settings"),
];

/// Headings of the pages that describe no setting.
const NO_SETTINGS: &[&str] = &["Key Takeaways"];

#[test]
fn every_row_of_the_list_names_a_test() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    for (seed, _, row, test) in ROWS {
        let (module, name) = test.split_once("::").expect("module::test");
        let file = folder.join(module).with_extension("rs");
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let found = text.contains(&format!("#[test]\nfn {name}()"));
        assert!(found, "seed {seed}, {row}: there is no test {test}");
    }
}

#[test]
fn every_row_of_the_seeds_is_in_the_list() {
    let named = std::env::var_os("CIRUN_SEEDS").map(PathBuf::from);
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/seeds");
    let folder = named.clone().unwrap_or(beside);
    let Ok(entries) = fs::read_dir(&folder) else {
        assert!(named.is_none(), "CIRUN_SEEDS names no folder: {}", folder.display());
        return;
    };
    let mut found = BTreeSet::new();
    for entry in entries {
        let path = entry.expect("a readable folder").path();
        let seed = path.file_name().expect("a name").to_string_lossy()[..3].to_owned();
        let text = fs::read_to_string(&path).expect("a readable seed");
        let rows = if matches!(seed.as_str(), "000" | "002") { table_rows(&text) } else { headings(&text) };
        found.extend(rows.into_iter().map(|(heading, row)| (seed.clone(), heading, row)));
    }
    let listed: BTreeSet<_> =
        ROWS.iter().map(|(seed, heading, row, _)| [*seed, heading, row].map(str::to_owned).into()).collect();
    let missing: Vec<_> = found.difference(&listed).collect();
    let stale: Vec<_> = listed.difference(&found).collect();
    assert!(
        missing.is_empty() && stale.is_empty(),
        "without a golden test: {missing:#?}\nnot in the seeds: {stale:#?}"
    );
}

/// Heading and first cell of each row of the tables.
fn table_rows(text: &str) -> Vec<(String, String)> {
    let mut heading = String::new();
    let mut rows = Vec::new();
    let lines: Vec<&str> = text.lines().collect();
    for (at, line) in lines.iter().enumerate() {
        if line.starts_with('#') {
            heading = line.trim_start_matches('#').trim().to_owned();
        }
        let is_head = lines.get(at + 1).is_some_and(|next| next.starts_with("|---"));
        if let Some(cells) = line.strip_prefix("| ")
            && !is_head
            && let Some((first, _)) = cells.split_once(" |")
        {
            rows.push((heading.clone(), first.replace('`', "").trim().to_owned()));
        }
    }
    rows
}

/// The headings of a page below its title.
fn headings(text: &str) -> Vec<(String, String)> {
    let headings = text.lines().filter_map(|line| line.strip_prefix("### ").or(line.strip_prefix("## ")));
    let settings = headings.map(str::trim).filter(|heading| !NO_SETTINGS.contains(heading));
    settings.map(|heading| (String::new(), heading.to_owned())).collect()
}
