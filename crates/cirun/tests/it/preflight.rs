//! Checks of real AWS before the build, with `cirun aws serve` in its place: what would fail ten minutes later fails at
//! once.

use insta::assert_snapshot;

use super::support::{CommandOutput, Running, TestEnvironment, until};

const SEEDS: &str = r#"
[[repository]]
account = "123456789012"
region = "us-east-1"
name = "shop"

[[repository]]
account = "210987654321"
region = "us-east-1"
name = "shop"

[[identity]]
access_key_id = "AKIADEVELOPER0000000"
secret_access_key = "developer"
user = "developer"
account = "123456789012"
"#;

/// A role of the example that requires another external id than the connector's.
const OTHER_ID: &str = "[[role]]\narn = \"arn:aws:iam::123456789012:role/ci-push\"\nexternal_id = \"another\"\n";

/// A running `cirun aws serve`, and the address of its endpoint.
fn serve(options: &[&str]) -> (TestEnvironment, Running, String) {
    serve_with("", options)
}

fn serve_with(seeds: &str, options: &[&str]) -> (TestEnvironment, Running, String) {
    let environment = TestEnvironment::new().file("seeds.toml", format!("{SEEDS}{seeds}"));
    let words = ["aws", "serve", "--port", "0", "--tls", "127.0.0.1:0", "--account", "123456789012"];
    let running = environment.start(&[&words, options].concat());
    until("it serves", || running.said("  data"));
    let printed = running.stdout();
    let endpoint = printed.lines().find_map(|line| line.strip_prefix("export AWS_ENDPOINT_URL=")).expect(&printed);
    let endpoint = endpoint.to_owned();
    (environment, running, endpoint)
}

/// Pushes the example with `--push real`, as far as possible without an engine.
fn push(endpoint: &str, connector: &str, code: i32) -> CommandOutput {
    push_from(&shop(endpoint, connector), code)
}

/// The example's push with that connector, as a user of that AWS.
fn shop(endpoint: &str, connector: &str) -> TestEnvironment {
    TestEnvironment::example("shop")
        .edit("pipeline.yaml", "connectorRef: aws\n", &format!("connectorRef: {connector}\n"))
        .edit("pipeline.yaml", "- <+steps.version.output.outputVariables.IMAGE_TAG>\n", "- v1\n")
        .edit("pipeline.yaml", "RELEASE: <+steps.version.output.outputVariables.IMAGE_TAG>", "RELEASE: v1")
        .with("AWS_ENDPOINT_URL", endpoint)
        .with("AWS_ACCESS_KEY_ID", "AKIADEVELOPER0000000")
        .with("AWS_SECRET_ACCESS_KEY", "developer")
        .with("AWS_REGION", "us-east-1")
}

fn push_from(environment: &TestEnvironment, code: i32) -> CommandOutput {
    let base = ["local", "pipeline.yaml", "--step", "push", "--aws", "real", "--push", "real"];
    let allowed = ["--allow-account", "123456789012", "--allow-account", "210987654321"];
    environment.cirun(&[&base[..], &allowed].concat()).exits(code)
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
    assert!(output.stderr.contains("there is no OIDC token in place of the CI service's"), "{output}");
    assert!(output.stderr.contains("--oidc-token-file"), "{output}");
}

#[test]
fn an_aws_that_does_not_answer() {
    let started = std::time::Instant::now();
    let output = push("http://127.0.0.1:1", "aws", 6);
    assert!(output.stderr.contains("error: "), "{output}");
    assert!(started.elapsed().as_secs() < 30, "{:?}", started.elapsed());
}

#[test]
fn a_role_that_does_not_let_the_signer_in() {
    let (_environment, _running, endpoint) = serve_with(OTHER_ID, &["--seed", "seeds.toml"]);
    assert_snapshot!(words(&push(&endpoint, "aws_role", 6)), @"
    error: step `push`: the role `arn:aws:iam::123456789012:role/ci-push` cannot be assumed: AccessDenied: User: arn:aws:iam::123456789012:user/developer is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/ci-push
     help: let the trust policy of `arn:aws:iam::123456789012:role/ci-push` name the signer, and check `externalId` or the token's claims
    ");
}

#[test]
fn the_registry_of_another_account() {
    let (_environment, _running, endpoint) = serve(&["--seed", "seeds.toml", "--strict"]);
    let environment = shop(&endpoint, "aws_delegate").edit("pipeline.yaml", "\"123456789012\"", "\"210987654321\"");
    assert_snapshot!(words(&push_from(&environment, 6)), @"
    error: step `push`: arn:aws:iam::123456789012:user/developer is of account 123456789012, and may not use the registry of account 210987654321: AccessDeniedException: User: arn:aws:iam::123456789012:user/developer is not authorized to use the registry of account 210987654321
     help: check `account`, take the connector of account 210987654321, or add `crossAccountAccess` to it
    ");
}

#[test]
fn credentials_that_expire_before_the_push_was_done_last_time() {
    let (_environment, _running, endpoint) = serve(&["--seed", "seeds.toml"]);
    let environment = shop(&endpoint, "aws_role");
    let warned = |environment: &TestEnvironment| {
        let output = push_from(environment, 4);
        let lines = output.stderr.lines().filter(|line| line.contains("expire"));
        lines.map(str::to_owned).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(warned(&environment), "");
    for (day, minutes, expected) in [(19, 30, ""), (20, 100, "warning")] {
        let run = format!("11{day}-120000-abcdef");
        let record = environment.state().join(format!("cirun/runs/{run}"));
        std::fs::create_dir_all(&record).unwrap();
        let begin = format!("2026-11-{day}T12:00:00.000Z");
        let end = format!("2026-11-{day}T{:02}:{:02}:00.000Z", 12 + minutes / 60, minutes % 60);
        let events = format!(
            "{{\"time\":\"{begin}\",\"type\":\"run_started\",\"run\":\"{run}\",\"pipeline\":\"shop\",\
             \"version\":\"0\",\"profile\":\"kubernetes\"}}\n\
             {{\"time\":\"{end}\",\"type\":\"step_finished\",\"step\":\"build.push\",\"outcome\":\"succeeded\"}}\n"
        );
        std::fs::write(record.join("events.jsonl"), events).unwrap();
        let message = warned(&environment);
        assert!(message.starts_with(expected) && message.is_empty() == expected.is_empty(), "{minutes}: {message}");
        if minutes == 100 {
            assert!(message.ends_with("min, and its push took 100 min last time"), "{message}");
        }
    }
}
