//! The stage's AWS recognises the CI's tokens, and fails on request.

use crate::it::support::TestEnvironment;

/// The example's push with an OIDC connector, without the other steps.
fn shop(connector: &str) -> TestEnvironment {
    TestEnvironment::shop()
        .file("Dockerfile", "FROM scratch\nCOPY VERSION /\n")
        .edit("pipeline.yaml", "connectorRef: aws\n", &format!("connectorRef: {connector}\n"))
        .edit("pipeline.yaml", "- <+steps.version.output.outputVariables.IMAGE_TAG>\n", "")
        .edit("pipeline.yaml", "RELEASE: <+steps.version.output.outputVariables.IMAGE_TAG>", "RELEASE: v1")
        .edit("pipeline.yaml", "imageName: shop", "imageName: oidc")
}

#[track_caller]
fn log(environment: &TestEnvironment, args: &[&str], code: i32) -> String {
    let base = ["local", "pipeline.yaml", "--step", "push"];
    drop(environment.cirun(&[&base, args].concat()).exits(code));
    std::fs::read_to_string(environment.record().join("emulator/requests.jsonl")).unwrap()
}

#[test]
fn a_token_of_another_issuer_is_refused() {
    // Another home directory has another key.
    let other = TestEnvironment::new().cirun(&["aws", "token"]).exits(0).stdout;
    let variables =
        format!("context: .\n                    envVariables:\n                      PLUGIN_OIDC_TOKEN_ID: {other}");
    let environment = shop("aws_oidc");
    let accepted = log(&environment, &[], 0);
    assert!(
        accepted.contains("\"AssumeRoleWithWebIdentity\"") && !accepted.contains("InvalidIdentityToken"),
        "{accepted}"
    );
    let environment = environment.edit("pipeline.yaml", "context: .", &variables);
    let refused = log(&environment, &[], 1);
    assert!(refused.contains("InvalidIdentityToken") && !refused.contains("PutManifest"), "{refused}");
}

#[test]
fn errors_on_purpose() {
    let environment = shop("aws_role");
    let expired = log(&environment, &["--inject", "sts:expired"], 1);
    assert!(expired.contains("\"error\":\"ExpiredToken\""), "{expired}");
    let broken = log(&environment, &["--inject", "registry:500"], 1);
    assert!(broken.contains("\"status\":500"), "{broken}");
    drop(environment.cirun(&["local", "pipeline.yaml", "--inject", "sts:funny"]).exits(2).says("is not a fault"));
}
