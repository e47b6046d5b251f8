//! The steps that save, restore and upload files: a golden for each row of their tables (the reference's page stores).

use cirun_plan::{Profile, Secret};
use cirun_planner::{AwsMode, DelegateIdentity, Inputs, PushMode, Setting, StoreLocation};
use insta::assert_snapshot;

use crate::harness::{by_profile_with, delegate, difference, plan_steps, render};

fn step(kind: &str, spec: &str) -> String {
    format!("- step:\n    type: {kind}\n    name: s\n    identifier: s\n    spec: {{{spec}}}\n")
}

/// As in CI: nothing is emulated.
fn sent(kind: &str, spec: &str) -> String {
    by_profile_with(&step(kind, spec), real)
}

fn real(inputs: &mut Inputs<'_>) {
    inputs.push = PushMode::Real;
    inputs.aws.mode = AwsMode::Real;
    inputs.aws.delegate = Some(delegate());
    inputs.aws.oidc_token = Some(Setting { value: Secret::new("token"), given_by: "--oidc-token-file".to_owned() });
}

const SAVE_S3: &str = "connectorRef: keys, region: us-east-1, bucket: b, key: k, sourcePaths: [a, b]";
const RESTORE_S3: &str = "connectorRef: keys, region: us-east-1, bucket: b, key: k";
const S3_UPLOAD: &str = "connectorRef: keys, region: us-east-1, bucket: b, sourcePath: out/*.txt";

#[test]
fn save_cache_s3() {
    assert_snapshot!(sent("SaveCacheS3", SAVE_S3));
}

#[test]
fn restore_cache_s3() {
    assert_snapshot!(sent("RestoreCacheS3", RESTORE_S3));
}

#[test]
fn save_cache_gcs() {
    assert_snapshot!(sent("SaveCacheGCS", "connectorRef: google, bucket: b, key: k, sourcePaths: [a]"));
}

#[test]
fn restore_cache_gcs_with_oidc() {
    assert_snapshot!(sent("RestoreCacheGCS", "connectorRef: google_oidc, bucket: b, key: k"));
}

#[test]
fn save_cache_azure() {
    let spec = "connectorRef: azure, storageAccount: team, containerName: caches, key: k, sourcePaths: [a]";
    assert_snapshot!(sent("SaveCacheAzure", spec));
}

#[test]
fn restore_cache_azure() {
    let spec = "connectorRef: azure, storageAccount: team, containerName: caches, key: k, sourcePaths: [a]";
    assert_snapshot!(sent("RestoreCacheAzure", spec));
}

#[test]
fn s3_upload() {
    assert_snapshot!(sent("S3Upload", S3_UPLOAD));
}

#[test]
fn gcs_upload() {
    assert_snapshot!(sent("GCSUpload", "connectorRef: google, bucket: b, sourcePath: out"));
}

#[test]
fn artifactory_upload() {
    assert_snapshot!(sent("ArtifactoryUpload", "connectorRef: jfrog, sourcePath: out/*, target: libs/shop"));
}

#[test]
fn artifactory_upload_anonymous() {
    assert_snapshot!(sent("ArtifactoryUpload", "connectorRef: jfrog_anonymous, sourcePath: out/*, target: libs/shop"));
}

/// The effect of one more input, in CI.
fn one_more(kind: &str, spec: &str, input: &str) -> String {
    let changed = difference(&step(kind, spec), &step(kind, &format!("{spec}, {input}")), real);
    format!("{kind} {input}\n{changed}")
}

#[test]
fn every_optional_input() {
    let gcs = "connectorRef: google, bucket: b, key: k, sourcePaths: [a]";
    let restore_gcs = "connectorRef: google, bucket: b, key: k";
    let gcs_upload = "connectorRef: google, bucket: b, sourcePath: out";
    let artifactory = "connectorRef: jfrog, sourcePath: out/*, target: libs/shop";
    let rows = [
        one_more("SaveCacheS3", SAVE_S3, "endpoint: \"https://minio.example.com\""),
        one_more("SaveCacheS3", SAVE_S3, "pathStyle: true"),
        one_more("SaveCacheS3", SAVE_S3, "override: true"),
        one_more("SaveCacheS3", SAVE_S3, "archiveFormat: Zstd"),
        one_more("SaveCacheS3", SAVE_S3, "runAsUser: 1000"),
        one_more("SaveCacheS3", SAVE_S3, "resources: {limits: {memory: 1Gi, cpu: 1}}"),
        one_more("RestoreCacheS3", RESTORE_S3, "endpoint: \"https://minio.example.com\""),
        one_more("RestoreCacheS3", RESTORE_S3, "pathStyle: true"),
        one_more("RestoreCacheS3", RESTORE_S3, "preserveMetadata: true"),
        one_more("RestoreCacheS3", RESTORE_S3, "failIfKeyNotFound: true"),
        one_more("RestoreCacheS3", RESTORE_S3, "archiveFormat: Gzip"),
        one_more("SaveCacheGCS", gcs, "override: true"),
        one_more("SaveCacheGCS", gcs, "archiveFormat: Gzip"),
        one_more("RestoreCacheGCS", restore_gcs, "preserveMetadata: true"),
        one_more("RestoreCacheGCS", restore_gcs, "failIfKeyNotFound: true"),
        one_more("S3Upload", S3_UPLOAD, "target: dist/1"),
        one_more("S3Upload", S3_UPLOAD, "endpoint: \"http://minio:9000\""),
        one_more("S3Upload", S3_UPLOAD, "stripPrefix: out/"),
        one_more("GCSUpload", gcs_upload, "target: dist/1"),
        one_more("ArtifactoryUpload", artifactory, "uploadAsFlat: false"),
    ];
    assert_snapshot!(rows.concat());
}

/// The plugin has the step's timeout.
#[test]
fn the_timeout_is_passed_on() {
    let timed = step("RestoreCacheS3", RESTORE_S3).replace("    spec:", "    timeout: 10m\n    spec:");
    assert_snapshot!(difference(&step("RestoreCacheS3", RESTORE_S3), &timed, real), @"
    == kubernetes, vm, cloud, docker
    - env: PLUGIN_BACKEND_OPERATION_TIMEOUT=7200s
    + env: PLUGIN_BACKEND_OPERATION_TIMEOUT=600s
    + timeout: 600s
    ");
}

/// The auth flow matrix of the AWS steps, on S3.
#[test]
fn aws_flows() {
    let flow = |connector: &str| {
        let with = SAVE_S3.replace("keys", connector);
        let changed = difference(&step("SaveCacheS3", SAVE_S3), &step("SaveCacheS3", &with), real);
        format!("{connector}\n{changed}")
    };
    assert_snapshot!(["role_with_id", "aws_oidc", "aws_delegate"].map(flow).concat());
}

#[test]
fn what_is_missing() {
    let missing = |(kind, spec): (&str, &str)| {
        let outcome = plan_steps(Profile::Kubernetes, &step(kind, spec), real);
        format!("{kind} {spec}\n{}", crate::harness::diagnostics(&outcome))
    };
    let rows = [
        ("SaveCacheS3", ""),
        ("SaveCacheAzure", "connectorRef: azure"),
        ("RestoreCacheAzure", "connectorRef: keys, storageAccount: a, containerName: c, key: k"),
        ("S3Upload", "connectorRef: google, bucket: b, sourcePath: s"),
        ("GCSUpload", "connectorRef: google, sourcePath: s"),
        ("ArtifactoryUpload", "connectorRef: google, sourcePath: s"),
        ("RestoreCacheS3", "connectorRef: keys, bucket: b, key: k"),
    ];
    assert_snapshot!(rows.map(missing).concat());
}

const MINIO: &str =
    "- step: {type: Background, name: minio, identifier: minio, spec: {image: minio, connectorRef: hub}}\n";

/// Where the files are, by step, endpoint and settings.
#[test]
fn players() {
    let location = |kind: &str, spec: &str, adjust: fn(&mut Inputs<'_>)| {
        let steps = format!("{MINIO}{}", step(kind, spec));
        let outcome = plan_steps(Profile::Vm, &steps, adjust);
        let store = outcome.planned.stores[0].clone();
        let who = match store.location {
            StoreLocation::Here => "cirun".to_owned(),
            StoreLocation::Endpoint(endpoint) => format!("the endpoint {endpoint}"),
            StoreLocation::Forwarded => format!("forwarded: {}", outcome.planned.gateway_hosts.join(" ")),
            StoreLocation::Real => "the real store".to_owned(),
        };
        let notes = outcome.planned.parity.iter().map(|found| format!("\n  {}", found.message)).collect::<String>();
        format!("{kind}, {}: {who}{notes}\n", store.address)
    };
    let local = |_: &mut Inputs<'_>| {};
    let forwarded = |inputs: &mut Inputs<'_>| inputs.aws.forwarded = true;
    let none = |inputs: &mut Inputs<'_>| inputs.push = PushMode::None;
    let with = |input: &str| format!("{SAVE_S3}, {input}");
    let rows = [
        location("SaveCacheS3", SAVE_S3, local),
        location("SaveCacheS3", SAVE_S3, real),
        location("SaveCacheS3", SAVE_S3, none),
        location("SaveCacheS3", SAVE_S3, forwarded),
        location("SaveCacheS3", &with("endpoint: \"http://minio:9000\""), local),
        location("SaveCacheS3", &with("endpoint: \"http://localhost:9000\""), forwarded),
        location("SaveCacheS3", &with("endpoint: \"http://intranet:9000\""), local),
        location("SaveCacheS3", &with("endpoint: \"http://minio.localhost:9000\""), local),
        location("SaveCacheS3", &with("endpoint: \"127.evil.example\""), local),
        location("SaveCacheS3", &with("endpoint: \"https://minio.example.com\""), local),
        location("SaveCacheS3", &with("endpoint: \"https://minio.example.com\""), forwarded),
        location("S3Upload", S3_UPLOAD, local),
        location("S3Upload", S3_UPLOAD, none),
        location("S3Upload", S3_UPLOAD, forwarded),
        location("GCSUpload", "connectorRef: google, bucket: b, sourcePath: out", forwarded),
        location("GCSUpload", "connectorRef: google, bucket: b, sourcePath: out", none),
    ];
    assert_snapshot!(rows.concat());
}

/// An emulated plugin gets the variables of the real one, and no identity of this machine.
#[test]
fn emulated_by_cirun() {
    let spec = RESTORE_S3.replace("keys", "aws_delegate").replace("key: k", "key: \"{{ checksum \\\"go.sum\\\" }}\"");
    let kept = |inputs: &mut Inputs<'_>| {
        inputs.aws.delegate = Some(DelegateIdentity { session_token: None, ..delegate() });
    };
    assert_snapshot!(render(&plan_steps(Profile::Kubernetes, &step("RestoreCacheS3", &spec), kept)));
    assert_snapshot!(render(&plan_steps(Profile::Cloud, &step("S3Upload", S3_UPLOAD), kept)));
}
