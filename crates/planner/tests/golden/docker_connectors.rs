//! The required and the forbidden fields of a Docker connector (connectors.docker).

use insta::assert_snapshot;

use crate::harness::{diagnostics, plan_document};

/// The diagnostics of a stage whose service is pulled with this connector.
fn said(spec: &str) -> String {
    let text = format!(
        "pipeline:\n  identifier: p\n  name: p\n  stages:\n    - stage:\n        identifier: b\n        name: b\n        type: CI\n        spec:\n          runtime: {{type: Cloud, spec: {{}}}}\n          execution: {{steps: [{{step: {{type: Background, name: db, identifier: db, spec: {{image: \"a:1\", connectorRef: reg}}}}}}]}}\n---\nconnector: {{identifier: reg, name: reg, type: DockerRegistry, spec: {{{spec}}}}}\n"
    );
    diagnostics(&plan_document(&text, |_| {}))
}

#[test]
fn required_fields() {
    assert_snapshot!(said("providerType: Quay, auth: {type: Anonymous}"), @"
    error[incomplete-connector] the connector `reg` has no `dockerRegistryUrl`
      at `reg`: a Docker connector needs it (connectors.docker)
      help: add `dockerRegistryUrl` to the connector's `spec`
    ");
    assert_snapshot!(said("dockerRegistryUrl: \"https://quay.io\", auth: {type: Anonymous}"), @"
    error[incomplete-connector] the connector `reg` has no `providerType`
      at `reg`: a Docker connector needs it (connectors.docker)
      help: add `providerType` to the connector's `spec`
    ");
    assert_snapshot!(said("dockerRegistryUrl: \"https://quay.io\", providerType: Quay"), @"
    error[incomplete-connector] the connector `reg` has no `auth`
      at `reg`: a Docker connector needs it (connectors.docker)
      help: add `auth` to the connector's `spec`
    ");
    assert_snapshot!(said("dockerRegistryUrl: \"https://quay.io\", providerType: Quay, auth: {type: UsernamePassword, spec: {}}"), @"
    error[incomplete-connector] the connector `reg` has no `username` or `usernameRef`
      at `{type: UsernamePassword, spec: {}}`: `UsernamePassword` needs it (connectors.docker-login)
      help: add `username` or `usernameRef` to the connector
    error[incomplete-connector] the connector `reg` has no `passwordRef`
      at `{type: UsernamePassword, spec: {}}`: `UsernamePassword` needs it (connectors.docker-login)
      help: add `passwordRef` to the connector
    ");
}

#[test]
fn words() {
    assert_snapshot!(said("dockerRegistryUrl: \"https://quay.io\", providerType: quay, auth: {type: Anonymous}"), @"
    error[unknown-word] unknown type of registry `quay`
      at `quay`: no such type
      help: did you mean `Quay`?
    ");
}
