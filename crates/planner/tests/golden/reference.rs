//! Each rule of the reference's pages `background`, `ecr` and `network` has a golden test, but for what only a run shows.

#![expect(clippy::disallowed_methods, reason = "the pages and these tests are files")]

use std::{collections::BTreeSet, fs, path::PathBuf};

const PAGES: [&str; 3] = ["background", "ecr", "network"];

/// A rule, and the test that shows it.
type Row = (&'static str, &'static str);

#[rustfmt::skip]
const ROWS: &[Row] = &[
    ("background.image", "background::image_required_for_k8"),
    ("background.connector", "background::connector_ref_required_for_k8"),
    ("background.docker-connector", "background::docker_username_password_is_for_pulls_only"),
    ("background.command", "background::command"),
    ("background.entrypoint", "background::entrypoint_takes_precedence_over_command"),
    ("background.env", "background::env_variables"),
    ("background.resources", "background::resources"),
    ("background.privileged", "background::privileged"),
    ("background.run-as-user", "background::run_as_user"),
    ("background.shell", "background::shell"),
    ("background.pull-policy", "background::image_pull_policy"),
    ("background.port-bindings", "background_applicability::port_bindings_rejected_on_k8"),
    ("background.ports", "background_applicability::ports_alternative_on_vm"),
    ("background.network-aliases", "background_applicability::network_aliases_vm_only"),
    ("background.reports", "background::reports"),
    ("background.retry", "background::retry"),
    ("background.managed-image", "background_applicability::harness_managed_image_needs_no_connector_on_k8"),
    ("background.output-variables", "background::output_variables_not_supported"),
    ("background.failure-strategies", "background_applicability::failure_strategies_not_supported"),
    ("background.on-machine", "background_applicability::inputs_of_containers_on_vm"),
    ("background.legacy", "stages::legacy_service_dependencies"),

    ("ecr.identifier", "ecr::identifier_required"),
    ("ecr.name", "ecr::name_required"),
    ("ecr.connector", "ecr::connector_ref_required"),
    ("ecr.account", "ecr::account_required"),
    ("ecr.region", "ecr::region_required"),
    ("ecr.image-name", "ecr::image_name_with_its_registry"),
    ("ecr.registry", "ecr::required_inputs"),
    ("ecr.tags", "ecr::tags"),
    ("ecr.dockerfile", "ecr::dockerfile"),
    ("ecr.context", "ecr::context"),
    ("ecr.target", "ecr::target"),
    ("ecr.build-args", "ecr::build_args"),
    ("ecr.labels", "ecr::labels"),
    ("ecr.optimize", "ecr::optimize_false"),
    ("ecr.remote-cache", "ecr_caches::remote_cache_image"),
    ("ecr.caching", "ecr_caches::caching"),
    ("ecr.cache-from", "ecr_caches::cache_from"),
    ("ecr.cache-to", "ecr_caches::cache_to"),
    ("ecr.base-image", "ecr_caches::base_image_connector_refs"),
    ("ecr.env-secrets", "ecr_caches::env_docker_secrets"),
    ("ecr.file-secrets", "ecr_caches::file_docker_secrets"),
    ("ecr.env", "ecr::env_variables_override_derived_ones_but_not_the_connector"),
    ("ecr.run-as-user", "ecr::run_as_user"),
    ("ecr.resources", "ecr::resources"),
    ("ecr.timeout", "ecr::timeout"),
    ("ecr.retry", "ecr::retry"),
    ("ecr.no-such-input", "limits::without_effect_on_a_build"),
    ("ecr.plugins", "ecr_local::plugin_image_is_overridable"),
    ("ecr.daemon-off", "ecr_local::daemon_off_on_vm"),
    ("ecr.own-daemon", "ecr_local::daemon_off_is_undone_where_the_machines_daemon_would_push_elsewhere"),
    ("ecr.metadata-file", "ecr_caches::caching"),
    ("ecr.keys", "auth::access_key_and_secret_key"),
    ("ecr.oidc", "auth::oidc_web_identity"),
    ("ecr.inherit", "auth::inherit_from_delegate"),
    ("ecr.irsa", "auth::irsa"),
    ("ecr.cross-account", "auth::access_key_and_secret_key_with_cross_account_overlay"),
    ("ecr.session-token", "auth_gaps::session_token_is_added_and_said"),
    ("ecr.signers", "auth::inherit_from_delegate_with_cross_account_overlay"),
    ("ecr.kaniko-role", "auth::access_key_and_secret_key_with_cross_account_overlay"),
    ("ecr.pod-identity", "auth::irsa_where_aws_is_emulated"),
    ("ecr.login-variables", "diagnostics::every_code_has_a_document_that_shows_it"),
    ("ecr.unread-everywhere", "lints::variables_that_no_plugin_reads"),
    ("ecr.readers", "diagnostics::every_code_has_a_document_that_shows_it"),

    ("network.localhost", "values::the_bare_id_of_a_grouped_service"),
    ("network.host-names", "lints::service_by_its_id_that_host_names_list"),
    ("network.in-group", "background::alias_in_a_step_group_is_group_and_id"),
    ("network.group-id", "containerised::a_service_by_its_id_alone"),
    ("network.host-port", "background_applicability::ports_that_the_machine_has_not"),
    ("network.container-port", "background_applicability::ports_by_where_the_step_runs"),
];

/// What only a run shows: the tests of `crates/cirun` and of the emulator.
const AT_RUN_TIME: &[&str] = &[
    "background.own-program",
    "background.started",
    "ecr.artifact",
    "ecr.endpoints",
    "ecr.flows-measured",
    "ecr.password",
    "ecr.sts-host",
    "network.bindings",
    "network.by-id",
];

fn file(path: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn every_rule_names_a_test() {
    for (rule, test) in ROWS {
        let (module, name) = test.split_once("::").expect("module::test");
        let found = file(&format!("tests/golden/{module}.rs")).contains(&format!("#[test]\nfn {name}()"));
        assert!(found, "{rule}: there is no test {test}");
    }
}

#[test]
fn every_rule_of_the_pages_is_in_the_list() {
    let pages = PAGES.map(|page| file(&format!("../../docs/reference/{page}.md")));
    let rules: BTreeSet<&str> =
        pages.iter().flat_map(|page| page.lines()).filter_map(|l| l.strip_prefix("## ")).collect();
    let listed: BTreeSet<&str> = ROWS.iter().map(|(rule, _)| *rule).chain(AT_RUN_TIME.iter().copied()).collect();
    let missing: Vec<_> = rules.difference(&listed).collect();
    let stale: Vec<_> = listed.difference(&rules).collect();
    assert!(missing.is_empty() && stale.is_empty(), "without a golden test: {missing:?}\nnot on the pages: {stale:?}");
}
