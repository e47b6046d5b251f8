//! Docker connectors of Background steps: only for pulls (background.docker-connector).

use super::{
    EVERYWHERE, background, engine,
    registry::{PASSWORD, Registry, USER},
    run, steps,
};
use crate::it::support::{Stage, TestEnvironment, run_step};

/// A Docker connector `private` of the registry.
fn connector(registry: &Registry, auth: &str) -> String {
    format!(
        "connector:\n  name: private\n  identifier: private\n  type: DockerRegistry\n  spec:\n    dockerRegistryUrl: http://{}\n    providerType: Other\n    auth:\n{auth}",
        registry.host
    )
}

fn user_password(user: &str) -> String {
    format!("      type: UsernamePassword\n      spec:\n        {user}\n        passwordRef: registry_password\n")
}

/// A service of the private image that prints its environment.
fn environment(registry: &Registry, auth: &str) -> TestEnvironment {
    let service = background("db", &registry.image(), "shell: Sh\ncommand: env; echo > seen; exec sleep 1000")
        .replace("account.harnessImage", "private");
    steps(&[service, run_step("wait", "until test -e seen; do sleep 0.05; done")])
        .file(".harness/private.yaml", connector(registry, auth))
        .with("CIRUN_SECRET_REGISTRY_PASSWORD", PASSWORD)
        .with("CIRUN_SECRET_REGISTRY_USER", USER)
}

#[test]
fn username_password() {
    let registry = Registry::start();
    for user in [format!("username: {USER}"), "usernameRef: registry_user".to_owned()] {
        let environment = environment(&registry, &user_password(&user));
        for infra in EVERYWHERE {
            let (output, events) = run(&environment, &["--infra", infra], 0);
            let variables = events.output("db");
            let of_the_connector = |line: &&&str| {
                ["PLUGIN_USERNAME=", "PLUGIN_PASSWORD=", "PLUGIN_REGISTRY="].iter().any(|name| line.starts_with(name))
                    || line.contains(&registry.host)
            };
            assert_eq!(variables.iter().find(of_the_connector), None, "{infra}");
            let all = format!("{}{output}", environment.read("e.jsonl"));
            assert!(!all.contains(PASSWORD), "{infra}: the password is printed");
            registry.forget();
            std::fs::remove_file(environment.workspace().join("seen")).unwrap();
        }
    }
}

#[test]
fn a_wrong_password_is_refused_by_the_registry() {
    let registry = Registry::start();
    let environment = environment(&registry, &user_password("username: other"));
    let (output, _) = run(&environment, &[], 5);
    drop(output.says("check the name, the step's connector"));
}

#[test]
fn anonymous_shows_no_login() {
    let registry = Registry::start();
    let environment = environment(&registry, "      type: Anonymous\n");
    let (output, _) = run(&environment, &[], 5);
    drop(output.says("no basic auth credentials"));
}

/// The stage's `registries`, or the step's own, select the connector for pulls (images.registries).
#[test]
fn registries_by_match_and_by_type() {
    let registry = Registry::start();
    let service = background("db", &registry.image(), "shell: Sh\ncommand: exec sleep 1000")
        .replace("      connectorRef: account.harnessImage\n", "");
    let stage = |list: &str| {
        let stage = Stage::vm().step(&service).step(&run_step("a", "true"));
        let place = "      execution:\n";
        let text = stage.pipeline();
        assert!(text.contains(place), "{text}");
        let registries = format!("          registries: {list}\n");
        engine(&text.replacen("          execution:\n", &format!("{registries}          execution:\n"), 1))
            .file(".harness/private.yaml", connector(&registry, &user_password(&format!("username: {USER}"))))
            .with("CIRUN_SECRET_REGISTRY_PASSWORD", PASSWORD)
    };
    let pattern = format!("^{}/team/", registry.host.replace('.', "\\\\."));
    for list in [
        format!("[{{connectorRef: images}}, {{connectorRef: private, match: \"{pattern}\"}}]"),
        "[{name: private}]".to_owned(),
    ] {
        let (_, events) = run(&stage(&list), &[], 0);
        assert_eq!(events.outcomes(), "a succeeded", "{list}");
        registry.forget();
    }
    let (output, _) = run(&stage("[{connectorRef: private, match: \"^quay.io/\"}]"), &[], 5);
    drop(output.says("no basic auth credentials"));
}

/// On Kubernetes the registry of the connector is put before the image's name (images.prefix).
#[test]
fn the_registry_goes_before_the_name_on_kubernetes() {
    let registry = Registry::start();
    let short = "team/service:1";
    let service =
        background("db", short, "shell: Sh\ncommand: exec sleep 1000").replace("account.harnessImage", "private");
    let environment = steps(&[service, run_step("a", "true")])
        .file(".harness/private.yaml", connector(&registry, &user_password(&format!("username: {USER}"))))
        .with("CIRUN_SECRET_REGISTRY_PASSWORD", PASSWORD);
    drop(run(&environment, &["--infra", "kubernetes"], 0));
    registry.forget();
}
