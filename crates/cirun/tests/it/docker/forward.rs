//! STS and ECR forwarded to other emulators: moto and LocalStack on this machine, moto as a Background step.

use std::{fs, path::Path, process::Command};

use anyhow::{Context as _, Result, ensure};
use cirun_aws_emulator::{LogEntry, Service};

use crate::it::{
    clients::{
        other::{localstack, moto},
        tools,
    },
    support::{TestEnvironment, assert_nothing_left},
};

/// The example's push through a role, alone.
fn shop() -> TestEnvironment {
    TestEnvironment::shop()
        .file("Dockerfile", "FROM scratch\nCOPY VERSION /\n")
        .edit("pipeline.yaml", "connectorRef: aws\n", "connectorRef: aws_role\n")
        .edit("pipeline.yaml", "- <+steps.version.output.outputVariables.IMAGE_TAG>\n", "")
        .edit("pipeline.yaml", "RELEASE: <+steps.version.output.outputVariables.IMAGE_TAG>", "RELEASE: v1")
        .edit("pipeline.yaml", "imageName: shop", "imageName: forwarded")
}

/// Pushes, and returns the calls of STS and ECR with who answered them.
fn push(environment: &TestEnvironment, args: &[&str]) -> String {
    let base = ["local", "pipeline.yaml", "--step", "push", "--events", "e.jsonl"];
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

/// A Background step that listens on the pod's loopback only, as moto does when it is told nothing else.
#[test]
fn to_a_background_step() -> Result<()> {
    let service = "
              - step:
                  name: moto
                  identifier: moto
                  type: Background
                  spec:
                    connectorRef: images
                    image: cirun.local/python:3
                    shell: Sh
                    command: PYTHONPATH=/harness/packages exec python3 -m moto.server --port 4566
              - step:
                  name: push
                  identifier: push";
    let push_step = "
              - step:
                  name: push
                  identifier: push";
    let environment = shop().edit("pipeline.yaml", push_step, service);
    copy_packages(&tools::python("moto", &["moto[server,ecr,s3,sts]==5.2.5"])?, &environment.workspace())?;
    let calls = push(&environment, &["--aws-endpoint-url", "http://moto:4566"]);
    insta::assert_snapshot!(calls, @"
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
fn to_nobody() {
    let environment = shop();
    let run = |args: &[&str]| {
        let base = ["local", "pipeline.yaml", "--step", "push"];
        environment.cirun(&[&base, args].concat())
    };
    let nobody = ["--aws-endpoint-url", "http://127.0.0.1:1"];
    drop(run(&nobody).exits(6).says("nothing answers at http://127.0.0.1:1 (`aws-endpoint-url`, flag)"));
    let unknown = ["--aws-endpoint-url", "http://nosuchstep:4566"];
    drop(run(&unknown).exits(6).says("no Background step of the selected stages is `nosuchstep`"));
    let real = ["--aws-endpoint-url", "http://127.0.0.1:1", "--aws", "off", "--push", "none"];
    drop(run(&real).exits(2).says("`aws-endpoint-url` (flag) needs `--aws emulated`"));
}
