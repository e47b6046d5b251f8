//! STS and ECR forwarded to other emulators: moto, LocalStack and ministack on this machine, moto as a Background step.

use std::{fs, path::Path, process::Command};

use anyhow::{Context as _, Result, ensure};
use cirun_aws_emulator::{LogEntry, Service};

use crate::it::{
    clients::{
        other::{localstack, ministack, moto},
        tools,
    },
    support::{TestEnvironment, assert_nothing_left},
};

/// The example's push through a role, without the other steps.
fn shop() -> TestEnvironment {
    shop_of("pipeline.yaml")
}

fn shop_of(pipeline: &str) -> TestEnvironment {
    TestEnvironment::shop()
        .file("Dockerfile", "FROM scratch\nCOPY VERSION /\n")
        .edit(pipeline, "connectorRef: aws\n", "connectorRef: aws_role\n")
        .edit(pipeline, "- <+steps.version.output.outputVariables.IMAGE_TAG>\n", "")
        .edit(pipeline, "RELEASE: <+steps.version.output.outputVariables.IMAGE_TAG>", "RELEASE: v1")
        .edit(pipeline, "imageName: shop", "imageName: forwarded")
}

/// Pushes, and returns the calls of STS and ECR with the emulator that answered them.
fn push(environment: &TestEnvironment, args: &[&str]) -> String {
    push_of(environment, "pipeline.yaml", args)
}

fn push_of(environment: &TestEnvironment, pipeline: &str, args: &[&str]) -> String {
    let base = ["local", pipeline, "--step", "push", "--events", "e.jsonl"];
    let output = environment.cirun(&[&base, args].concat()).exits(0).says("docker pull 127.0.0.1:");
    assert_nothing_left(environment.events().run());
    let log = fs::read_to_string(environment.record().join("emulator/requests.jsonl")).unwrap();
    let entries: Vec<LogEntry> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(entries.iter().any(|entry| entry.action == "PutManifest" && entry.status == 201), "{output}\n{log}");
    let calls = entries.iter().filter(|entry| matches!(entry.service, Service::Sts | Service::Ecr)).map(|entry| {
        let there = if entry.params.contains_key("forwarded") { " there" } else { " here" };
        format!("{} {}{there}\n", entry.action, entry.status)
    });
    calls.collect()
}

#[test]
fn to_moto() -> Result<()> {
    let moto = moto()?;
    let calls = push(&shop(), &["--aws-endpoint-url", &moto.url]);
    insta::assert_snapshot!(calls, @"
    AssumeRole 200 there
    GetAuthorizationToken 200 there
    ");
    Ok(())
}

/// The network of the stage is closed; the gateway still has its own connection to this machine.
#[test]
fn to_moto_from_a_closed_stage() -> Result<()> {
    let moto = moto()?;
    let calls = push(&shop(), &["--aws-endpoint-url", &moto.url, "--egress", "none"]);
    insta::assert_snapshot!(calls, @"
    AssumeRole 200 there
    GetAuthorizationToken 200 there
    ");
    Ok(())
}

#[test]
fn to_localstack() -> Result<()> {
    let state = tempfile::tempdir()?;
    let localstack = localstack(state.path())?;
    let calls = push(&shop(), &["--aws-endpoint-url", &localstack.url]);
    insta::assert_snapshot!(calls, @"
    AssumeRole 200 there
    GetAuthorizationToken 200 here
    ");
    Ok(())
}

#[test]
fn to_ministack() -> Result<()> {
    let state = tempfile::tempdir()?;
    let ministack = ministack(state.path())?;
    let calls = push(&shop(), &["--aws-endpoint-url", &ministack.url]);
    insta::assert_snapshot!(calls, @"
    AssumeRole 200 there
    GetAuthorizationToken 200 there
    ");
    Ok(())
}

/// moto as a Background step of the pipeline, to which calls are forwarded.
fn beside_moto(environment: TestEnvironment, pipeline: &str, address: &str) -> Result<String> {
    let push_step = "
              - step:
                  name: push
                  identifier: push";
    let service = format!(
        "
              - step:
                  name: moto
                  identifier: moto
                  type: Background
                  spec:
                    connectorRef: images
                    image: cirun.local/python:3
                    shell: Sh
                    command: PYTHONPATH=/harness/packages exec python3 -m moto.server --host {address} --port 4566{push_step}"
    );
    let environment = environment.edit(pipeline, push_step, &service);
    copy_packages(&tools::python("moto", &["moto[server,ecr,s3,sts]==5.2.5"])?, &environment.workspace())?;
    Ok(push_of(&environment, pipeline, &["--aws-endpoint-url", "http://moto:4566"]))
}

/// A Background step that listens on the pod's loopback only, as moto does by default.
#[test]
fn to_a_background_step_of_a_pod() -> Result<()> {
    insta::assert_snapshot!(beside_moto(shop(), "pipeline.yaml", "127.0.0.1")?, @"
    AssumeRole 200 there
    GetAuthorizationToken 200 there
    ");
    Ok(())
}

/// On a bridge the service has an address of its own, and the gateway reaches it by its name.
#[test]
fn to_a_background_step_on_a_vm() -> Result<()> {
    insta::assert_snapshot!(beside_moto(shop_of("pipeline-vm.yaml"), "pipeline-vm.yaml", "0.0.0.0")?, @"
    AssumeRole 200 there
    GetAuthorizationToken 200 there
    ");
    Ok(())
}

/// Puts the environment's packages into the workspace, where the step's own Python finds them.
pub(super) fn copy_packages(programs: &Path, workspace: &Path) -> Result<()> {
    let libraries = programs.parent().context("programs lie in a directory of the environment")?.join("lib");
    let python = fs::read_dir(libraries)?.next().context("an environment has a Python")??.path();
    let copied = Command::new("cp")
        .arg("--recursive")
        .arg(python.join("site-packages"))
        .arg(workspace.join("packages"))
        .status()?;
    ensure!(copied.success(), "cp: {copied}");
    Ok(())
}

#[test]
fn to_no_server() {
    let environment = shop();
    let run = |args: &[&str]| {
        let base = ["local", "pipeline.yaml", "--step", "push"];
        environment.cirun(&[&base, args].concat())
    };
    let unreachable = ["--aws-endpoint-url", "http://127.0.0.1:1"];
    drop(run(&unreachable).exits(6).says("nothing answers at http://127.0.0.1:1 (`aws-endpoint-url`, flag)"));
    let unknown = ["--aws-endpoint-url", "http://nosuchstep:4566"];
    drop(run(&unknown).exits(6).says("no Background step of the selected stages is `nosuchstep`"));
    let real = ["--aws-endpoint-url", "http://127.0.0.1:1", "--aws", "off", "--push", "none"];
    drop(run(&real).exits(2).says("`aws-endpoint-url` (flag) needs `--aws emulated`"));
}
