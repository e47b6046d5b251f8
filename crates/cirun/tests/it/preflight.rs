//! Real AWS before anything is built, played by `cirun aws serve`: what would fail ten minutes later fails at once.

use insta::assert_snapshot;

use super::support::{CommandOutput, Running, TestEnvironment, until};

const SEEDS: &str = r#"
[[repository]]
account = "123456789012"
region = "us-east-1"
name = "shop"
"#;

/// A served AWS and the address of its endpoint.
fn serve(options: &[&str]) -> (TestEnvironment, Running, String) {
    let environment = TestEnvironment::new().file("seeds.toml", SEEDS);
    let words = ["aws", "serve", "--port", "0", "--tls", "127.0.0.1:0", "--account", "123456789012"];
    let running = environment.start(&[&words, options].concat());
    until("it serves", || running.said("  data"));
    let printed = running.stdout();
    let endpoint = printed.lines().find_map(|line| line.strip_prefix("export AWS_ENDPOINT_URL=")).expect(&printed);
    let endpoint = endpoint.to_owned();
    (environment, running, endpoint)
}

/// Pushes the example for real, as far as that goes without an engine.
fn push(endpoint: &str, connector: &str, code: i32) -> CommandOutput {
    TestEnvironment::example("shop")
        .edit("pipeline.yaml", "connectorRef: aws\n", &format!("connectorRef: {connector}\n"))
        .edit("pipeline.yaml", "- <+steps.version.output.outputVariables.IMAGE_TAG>\n", "- v1\n")
        .edit("pipeline.yaml", "RELEASE: <+steps.version.output.outputVariables.IMAGE_TAG>", "RELEASE: v1")
        .with("AWS_ENDPOINT_URL", endpoint)
        .with("AWS_ACCESS_KEY_ID", "AKIADEVELOPER0000000")
        .with("AWS_SECRET_ACCESS_KEY", "developer")
        .with("AWS_REGION", "us-east-1")
        .cirun(&[
            "local",
            "pipeline.yaml",
            "--step",
            "push",
            "--aws",
            "real",
            "--push",
            "real",
            "--allow-account",
            "123456789012",
        ])
        .exits(code)
}

fn words(output: &CommandOutput) -> String {
    let lines = output.stderr.lines().skip_while(|line| !line.starts_with("error"));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_repository_that_does_not_exist() {
    let (_environment, _running, endpoint) = serve(&[]);
    assert_snapshot!(words(&push(&endpoint, "aws", 6)), @"
    error: step `push`: the repository `shop` does not exist in us-east-1 of account 123456789012
     help: make it: `aws ecr create-repository --repository-name shop --region us-east-1`; or check `imageName`
    ");
}

#[test]
fn a_push_that_will_do_goes_on_to_the_engine() {
    let (_environment, _running, endpoint) = serve(&["--seed", "seeds.toml"]);
    for connector in ["aws", "aws_role", "aws_delegate"] {
        let output = push(&endpoint, connector, 4);
        assert!(output.stderr.contains("engine"), "{connector}: {output}");
    }
}

#[test]
fn credentials_that_have_expired() {
    let (_environment, _running, endpoint) = serve(&["--seed", "seeds.toml", "--inject", "ecr:expired*4"]);
    assert_snapshot!(words(&push(&endpoint, "aws", 6)), @"
    error: step `push`: the AWS credentials have expired: ExpiredTokenException: The security token included in the request is expired
     help: renew them: `aws sso login`, new temporary keys, or a new OIDC token (`--oidc-token-file`)
    ");
}

#[test]
fn a_signer_without_permission() {
    let (_environment, _running, endpoint) = serve(&["--seed", "seeds.toml", "--inject", "ecr:denied*4"]);
    assert_snapshot!(words(&push(&endpoint, "aws", 6)), @"
    error: step `push`: arn:aws:iam::123456789012:user/local may not call ecr:GetAuthorizationToken: AccessDeniedException: Access denied (injected by cirun)
     help: give the signer ecr:GetAuthorizationToken in its IAM policy
    ");
}

#[test]
fn an_oidc_connector_without_a_token() {
    let (_environment, _running, endpoint) = serve(&["--seed", "seeds.toml"]);
    let output = push(&endpoint, "aws_oidc", 3);
    assert!(output.stderr.contains("no OIDC token plays the CI service's"), "{output}");
    assert!(output.stderr.contains("--oidc-token-file"), "{output}");
}

#[test]
fn an_aws_that_does_not_answer() {
    let started = std::time::Instant::now();
    let output = push("http://127.0.0.1:1", "aws", 6);
    assert!(output.stderr.contains("error: "), "{output}");
    assert!(started.elapsed().as_secs() < 30, "{:?}", started.elapsed());
}
