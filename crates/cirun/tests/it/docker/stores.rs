//! Caches and uploads: kept on this machine, or at an S3 endpoint.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
};

use anyhow::Result;
use cirun_aws_emulator::{LogEntry, Service};

use super::{engine, forward::copy_packages, run};
use crate::it::{
    clients::{other::moto, tools},
    support::{Stage, TestEnvironment, run_step, run_step_with},
};

const CONNECTORS: &str = "\
connector:
  identifier: s3
  name: s3
  type: Aws
  spec: {credential: {type: ManualConfig, spec: {accessKey: AKIATEST, secretKeyRef: s3_secret}}}
---
connector:
  identifier: google
  name: google
  type: Gcp
  spec: {credential: {type: ManualConfig, spec: {secretKeyRef: google_key}}}
";

/// The secrets of the connectors.
const SECRETS: [&str; 4] = ["--secret", "s3_secret=secret-of-s3", "--secret", "google_key={}"];

/// A step for a cache or an upload.
fn store_step(id: &str, kind: &str, spec: &str) -> String {
    format!("- step:\n    name: {id}\n    identifier: {id}\n    type: {kind}\n    spec: {{{spec}}}\n")
}

const BUCKET: &str = "connectorRef: s3, region: us-east-1, bucket: ci-caches";

fn save(key: &str, more: &str) -> String {
    store_step("save", "SaveCacheS3", &format!("{BUCKET}, key: {key}, {more}"))
}

fn restore(key: &str, more: &str) -> String {
    store_step("restore", "RestoreCacheS3", &format!("{BUCKET}, key: {key}{more}"))
}

/// A workspace with the pipeline; its stage has the shared path `/deps`.
fn workspace(stage: &Stage) -> TestEnvironment {
    let shared = stage.pipeline().replace("      execution:\n", "      sharedPaths: [/deps]\n          execution:\n");
    engine(&shared).file(".harness/stores.yaml", CONNECTORS)
}

/// The same environment with another pipeline: its home, with its caches, stays.
fn next(environment: TestEnvironment, stage: &Stage) -> TestEnvironment {
    let shared = stage.pipeline().replace("      execution:\n", "      sharedPaths: [/deps]\n          execution:\n");
    environment.file("ci.yaml", shared)
}

const KEY: &str = r#"'deps-{{ checksum "lock" }}'"#;

#[test]
fn saved_in_one_run_and_restored_in_the_next() {
    let first = Stage::kubernetes()
        .step(&run_step(
            "make",
            "mkdir target && echo built > target/out && ln -s out target/link\necho jar > /deps/a.jar",
        ))
        .step(&save(KEY, "sourcePaths: [target, /deps], archiveFormat: Zstd, runAsUser: 1000"));
    let environment = workspace(&first).file("lock", "1\n");
    let (output, events) = run(&environment, &SECRETS, 0);
    let caches = environment.home().join(".cache/cirun/caches");
    assert!(output.stderr.contains(&format!("  caches     local, in {}", caches.display())), "{output}");
    let own = environment.caches();
    let parity = format!("`save` uses the local cache in {}, in CI s3://ci-caches", own.display());
    assert!(output.stderr.contains(&parity), "{output}");
    assert_eq!(
        events.output("save")[0],
        "saving to s3://ci-caches under the key deps-b026324c6904b2a9cb4b88d6d61c81d1"
    );
    drop(fs::remove_dir_all(environment.workspace().join("target")));

    let show = "cat target/link /deps/a.jar";
    let second = Stage::kubernetes().step(&restore(KEY, ", archiveFormat: Zstd")).step(&run_step("show", show));
    let environment = next(environment, &second);
    let (_, events) = run(&environment, &SECRETS, 0);
    assert_eq!(events.output("show"), ["built", "jar"]);

    let environment = environment.file("lock", "2\n");
    let strict = Stage::kubernetes().step(&restore(KEY, ", failIfKeyNotFound: true"));
    let (_, events) = run(&next(environment, &strict), &SECRETS, 1);
    let message = events.output("restore").concat();
    assert!(message.contains("does not exist in s3://ci-caches"), "{message}");
}

#[test]
fn a_miss_is_no_failure_unless_the_step_says_so() {
    let stage = Stage::vm()
        .step(&restore("none", ""))
        .step(&run_step("after", "echo went on"))
        .step(&restore("none", ", failIfKeyNotFound: true").replace("restore\n", "strict\n"))
        .step(&run_step_with("never", "echo no", ""));
    let (_, events) = run(&workspace(&stage), &SECRETS, 1);
    assert_eq!(events.outcomes(), "restore succeeded, after succeeded, strict failed 1, never skipped");
    assert_eq!(events.output("restore")[1], "the cache has nothing for this key: nothing is restored");
}

#[test]
fn what_cannot_be_saved_fails_the_step_and_strategies_act() {
    let ignored = save("k", "sourcePaths: [none]").replace(
        "    spec:",
        "    failureStrategies:\n      - onFailure: {errors: [AllErrors], action: {type: Ignore}}\n    spec:",
    );
    let stage = Stage::vm().step(&ignored).step(&run_step("after", "echo went on"));
    let (_, events) = run(&workspace(&stage), &SECRETS, 0);
    assert_eq!(events.outcomes(), "save ignored 1, after succeeded");
    assert!(events.output("save").concat().contains("none does not exist, or cannot be read"));
}

#[test]
fn uploads_are_collected_with_the_run() {
    let up = "connectorRef: s3, region: us-east-1, bucket: releases, sourcePath: \"out/*.txt\", target: shop/1";
    let google = "connectorRef: google, bucket: reports, sourcePath: /deps, target: latest";
    let stage = Stage::kubernetes()
        .step(&run_step("make", "mkdir out && echo a > out/a.txt && echo b > out/b.log && echo c > /deps/c"))
        .step(&store_step("up", "S3Upload", up))
        .step(&store_step("google", "GCSUpload", google));
    let environment = workspace(&stage);
    let (output, events) = run(&environment, &SECRETS, 0);
    assert_eq!(events.output("up"), ["/harness/out/a.txt → s3://releases/shop/1/out/a.txt (2 B)"]);
    let artifacts = environment.record().join("artifacts");
    assert_eq!(fs::read_to_string(artifacts.join("s3/releases/shop/1/out/a.txt")).unwrap(), "a\n");
    let message = format!(
        "uploads (collected in {}):\n  gs/reports/latest/c  2 bytes\n  s3/releases/shop/1/out/a.txt  2 bytes\n",
        artifacts.display()
    );
    assert!(output.stderr.contains(&message), "{output}");
    assert!(output.stderr.contains(
        "the files of `up` are collected with the run's artifacts; in CI they go to \
        s3://releases"
    ));
    drop(environment.cirun(&["report"]).exits(0).says("s3/releases/shop/1/out/a.txt  2 bytes"));

    drop(fs::remove_dir_all(environment.workspace().join("out")));
    let (output, events) = run(&environment, &[&SECRETS[..], &["--push", "none"]].concat(), 0);
    assert_eq!(events.output("up"), ["/harness/out/a.txt would go to s3://releases/shop/1/out/a.txt (2 B)"]);
    assert!(output.stderr.contains("uploads    nowhere: files are listed only"), "{output}");
}

/// An archive in the store with paths outside its source, as an attacker might put it there.
#[test]
fn an_archive_that_leads_elsewhere_is_refused() {
    let environment = workspace(&Stage::kubernetes().step(&restore("k", "")));
    let directory = environment.caches().join("s3/ci-caches/k");
    fs::create_dir_all(&directory).unwrap();
    let mut archive = tar::Builder::new(fs::File::create(directory.join("workspace%2Ftarget")).unwrap());
    for (name, text) in [("workspace/target", ""), ("workspace/target/../../etc/profile", "x")] {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(if text.is_empty() { tar::EntryType::Directory } else { tar::EntryType::Regular });
        header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(text.len() as u64);
        header.set_mode(0o755);
        header.set_cksum();
        archive.append(&header, text.as_bytes()).unwrap();
    }
    drop(archive.into_inner().unwrap());
    let (_, events) = run(&environment, &SECRETS, 1);
    let message = events.output("restore").concat();
    assert!(message.contains("is outside the saved path"), "{message}");
}

#[test]
fn clean_all_frees_the_caches() {
    let stage = Stage::vm().step(&run_step("make", "echo x > kept")).step(&save("k", "sourcePaths: [kept]"));
    let environment = workspace(&stage);
    drop(run(&environment, &SECRETS, 0));
    let caches = environment.home().join(".cache/cirun/caches");
    let listed = environment.cirun(&["clean", "--all", "--dry-run"]).exits(0);
    assert!(listed.stdout.contains(&format!("caches {} (", caches.display())), "{listed}");
    assert!(environment.caches().join("s3/ci-caches/k").exists());
}

/// The images that replace the plugins themselves.
const PLUGINS: [&str; 4] =
    ["--plugin-image", "plugins/cache=cirun.local/cache:1", "--plugin-image", "plugins/s3=cirun.local/s3:1"];

/// The header by which moto recognises an S3 call.
const SIGNED: &str =
    "Authorization: AWS4-HMAC-SHA256 Credential=a/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0";

/// Calls moto; returns its response.
fn call(url: &str, line: &str) -> Result<String> {
    let host = url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host)?;
    write!(stream, "{line} HTTP/1.1\r\nHost: {host}\r\n{SIGNED}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// The plugins themselves, with S3's own names, which the gateway forwards to moto on this machine.
#[test]
fn plugins_run_against_an_endpoint_that_is_given() -> Result<()> {
    let moto = moto()?;
    for bucket in ["ci-caches", "releases"] {
        assert!(call(&moto.url, &format!("PUT /{bucket}"))?.starts_with("HTTP/1.1 200"));
    }
    let upload = "connectorRef: s3, region: us-east-1, bucket: releases, sourcePath: target/out, target: shop";
    let stage = Stage::kubernetes()
        .step(&run_step("make", "mkdir target && head -c 20000000 /dev/zero > target/out"))
        .step(&save("k", "sourcePaths: [target]"))
        .step(&run_step("lose", "rm -r target"))
        .step(&restore("k", ", failIfKeyNotFound: true"))
        .step(&run_step("show", "wc -c < target/out"))
        .step(&store_step("up", "S3Upload", upload));
    let environment = workspace(&stage);
    let (output, events) = run(&environment, &[&SECRETS[..], &PLUGINS, &["--aws-endpoint-url", &moto.url]].concat(), 0);
    assert_eq!(events.output("show"), ["20000000"]);
    assert!(output.stderr.contains(&format!("  S3         s3://ci-caches is forwarded to {}", moto.url)), "{output}");
    assert!(output.stderr.contains("`save` uses your AWS endpoint, in CI s3://ci-caches"), "{output}");
    assert!(!environment.home().join(".cache/cirun/caches").exists());
    let kept = call(&moto.url, "GET /releases?list-type=2")?;
    assert!(kept.contains("<Key>shop/target/out</Key>") && kept.contains("<Size>20000000</Size>"), "{kept}");

    let log = fs::read_to_string(environment.record().join("emulator/requests.jsonl"))?;
    let calls: Vec<LogEntry> = log.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let calls = calls.iter().filter(|entry| entry.service == Service::S3);
    let calls: String = calls
        .map(|entry| format!("{} {}{} {}\n", entry.action, entry.host, entry.params["path"], entry.status))
        .collect();
    insta::assert_snapshot!(calls, @"
    HEAD ci-caches.s3.us-east-1.amazonaws.com/k/target 404
    PUT ci-caches.s3.us-east-1.amazonaws.com/k/target 200
    GET ci-caches.s3.us-east-1.amazonaws.com/ 200
    GET ci-caches.s3.us-east-1.amazonaws.com/k/target 200
    PUT releases.s3.us-east-1.amazonaws.com/shop/target/out 200
    ");
    Ok(())
}

/// The step's own endpoint, a Background step, as in CI.
#[test]
fn the_endpoint_of_a_step_is_a_background_step() -> Result<()> {
    let service = "- step:\n    name: minio\n    identifier: minio\n    type: Background\n    spec:\n      connectorRef: images\n      image: cirun.local/python:3\n      shell: Sh\n      command: PYTHONPATH=/harness/packages exec python3 -m moto.server -H 0.0.0.0 --port 9000\n";
    let bucket = format!(
        "- step:\n    name: bucket\n    identifier: bucket\n    type: Run\n    spec:\n      connectorRef: images\n      image: cirun.local/python:3\n      shell: Sh\n      command: |-\n        curl --retry 20 --retry-connrefused --retry-delay 1 -fsS -X PUT http://minio:9000/ci-caches -H '{SIGNED}'\n"
    );
    let endpoint = "endpoint: \"http://minio:9000\", pathStyle: true";
    let stage = Stage::vm()
        .step(service)
        .step(&bucket)
        .step(&run_step("make", "echo built > out"))
        .step(&save("k", &format!("sourcePaths: [out], {endpoint}")))
        .step(&run_step("lose", "rm out"))
        .step(&restore("k", &format!(", {endpoint}")))
        .step(&run_step("show", "cat out"));
    let environment = workspace(&stage);
    copy_packages(&tools::python("moto", &["moto[server,ecr,s3,sts]==5.2.5"])?, &environment.workspace())?;
    let (output, events) = run(&environment, &[&SECRETS[..], &PLUGINS].concat(), 0);
    assert_eq!(events.output("show"), ["built"]);
    assert!(output.stderr.contains("  S3         s3://ci-caches at http://minio:9000"), "{output}");
    assert_eq!(events.output("save"), ["saved out as minio:9000/ci-caches/k/out"]);
    Ok(())
}

/// With `--push local` nothing goes to a bucket outside, whatever the step's endpoint.
#[test]
fn an_endpoint_outside_of_the_stage_is_not_asked() {
    let stage = Stage::vm()
        .step(&run_step("make", "echo built > out"))
        .step(&save("k", "sourcePaths: [out], endpoint: \"https://minio.example.com\""));
    let environment = workspace(&stage);
    let (_, events) = run(&environment, &SECRETS, 0);
    assert_eq!(events.output("save")[0], "saving to s3://ci-caches under the key k");
    let real = ["--push", "real", "--allow-account", "other", "--aws", "off"];
    let refused = environment.cirun(&[&["local", "ci.yaml"], &SECRETS[..], &real].concat()).exits(2);
    assert!(refused.stderr.contains("step `save` uses s3://ci-caches: `--push real` needs `--aws real`"), "{refused}");
}
