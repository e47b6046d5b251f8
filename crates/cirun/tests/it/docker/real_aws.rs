//! Real STS and ECR, with pushes that stay here (`--aws real --push local`). `cirun aws serve` takes the place of real
//! AWS: on this machine for cirun, and as a service of the stage for the plugin, which uses the AWS names.

use std::{fs, process::Command};

use anyhow::{Context as _, Result, ensure};

use super::{engine, run};
use crate::it::support::{Stage, TestEnvironment, docker, until};

const SEEDS: &str = "[[repository]]\naccount = \"123456789012\"\nregion = \"us-east-1\"\nname = \"shop\"\n";
const CLOUD: &str = "\
- step:
    name: cloud
    identifier: cloud
    type: Background
    spec:
      connectorRef: images
      image: cirun.local/python:3
      shell: Sh
      command: exec ./cirun aws serve --listen 0.0.0.0:4577 --tls 0.0.0.0:443 --account 123456789012 --request-log cloud.jsonl
      envVariables: {XDG_DATA_HOME: /harness/data, HOME: /harness}
      networkAliases: [api.ecr.us-east-1.amazonaws.com, sts.us-east-1.amazonaws.com]
";
const PUSH: &str = "\
- step:
    type: BuildAndPushECR
    identifier: push
    name: push
    spec: {connectorRef: aws_role, account: \"123456789012\", region: us-east-1, imageName: shop, tags: [real], envVariables: {AWS_CA_BUNDLE: /harness/data/cirun/ca-bundle.pem}}
";

#[test]
fn tokens_are_real_and_images_stay_here() -> Result<()> {
    let environment = TestEnvironment::pipeline(Stage::vm().step(CLOUD).step(PUSH).pipeline())
        .file("Dockerfile", "FROM scratch\nCOPY ci.yaml /\n")
        .file("seeds.toml", SEEDS)
        .with_engine();
    let words =
        ["aws", "serve", "--port", "0", "--tls", "127.0.0.1:0", "--seed", "seeds.toml", "--request-log", "here.jsonl"];
    let running = environment.start(&words);
    until("it serves", || running.said("  data"));
    let endpoint = running.stdout();
    let endpoint =
        endpoint.lines().find_map(|line| line.strip_prefix("export AWS_ENDPOINT_URL=")).context("an endpoint")?;
    // The service runs cirun itself, with the certificates of this user's machine.
    let data = environment.workspace().parent().context("a home")?.join("data");
    let mut copy = Command::new("cp");
    copy.arg("-r").args([env!("CARGO_BIN_EXE_cirun").as_ref(), data.as_os_str()]).arg(environment.workspace());
    ensure!(copy.status()?.success());
    let environment = environment
        .with("AWS_ENDPOINT_URL", endpoint)
        .with("AWS_ACCESS_KEY_ID", "AKIADEVELOPER0000000")
        .with("AWS_SECRET_ACCESS_KEY", "developer")
        .with("AWS_REGION", "us-east-1");
    let args = ["--aws", "real", "--plugin-image", "ecr=cirun.local/ecr:1"];
    let (output, events) = run(&environment, &args, 0);
    let output = output.says("AWS        real, as arn:aws:iam::").says("pushes     to the local registry, 127.0.0.1:");
    let said = events.output("push");
    ensure!(said.iter().any(|line| line.starts_with("pushed ") && line.contains(" sha256:")), "{said:?}");
    // Before the build by cirun, in the step by the plugin: both through the role, as the user.
    for log in [environment.read("here.jsonl"), environment.read("cloud.jsonl")] {
        ensure!(log.contains("\"AssumeRole\"") && log.contains("\"GetAuthorizationToken\""), "{log}");
        ensure!(log.contains("AKIADEVELOPER0000000") && !log.contains("PutManifest"), "{log}");
    }
    let requests = fs::read_to_string(environment.record().join("emulator/requests.jsonl"))?;
    ensure!(requests.contains("\"PutManifest\"") && !requests.contains("\"GetAuthorizationToken\""), "{requests}");
    let address =
        output.stderr.lines().find_map(|line| line.trim().strip_prefix("docker pull ")).context("an address")?;
    docker(&["pull", "--quiet", address]);
    docker(&["image", "rm", "--force", address]);
    Ok(())
}

/// Nothing is emulated: steps trust what their image trusts, and no variable names a missing file.
#[test]
fn without_aws_no_variable_names_certificates() -> Result<()> {
    let look = "- step:\n    type: Run\n    identifier: look\n    name: look\n    spec:\n      connectorRef: images\n      \
                image: cirun.local/busybox:1\n      shell: Sh\n      command: env | grep -c /etc/cirun/ || true\n";
    let (_, events) = run(&engine(&Stage::kubernetes().step(look).pipeline()), &["--aws", "off"], 0);
    ensure!(events.output("look") == ["0"], "{:?}", events.output("look"));
    Ok(())
}
