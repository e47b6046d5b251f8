//! skopeo, with amazon-ecr-credential-helper for the login: push, inspect, list, copy, delete.

use std::fs;

use anyhow::{Result, ensure};
use insta::assert_snapshot;

use super::{
    image::{tar_layer, write_layout},
    tools,
    world::{REGISTRY, STATIC_KEYS, World},
};

async fn world() -> Result<World> {
    tools::debian("skopeo", "skopeo")?;
    tools::debian("docker-credential-ecr-login", "amazon-ecr-credential-helper")?;
    let world = World::start().await?;
    fs::create_dir(world.dir().join(".docker"))?;
    let helpers = format!(r#"{{"credHelpers":{{"{REGISTRY}":"ecr-login"}}}}"#);
    fs::write(world.dir().join(".docker/config.json"), helpers)?;
    fs::write(world.dir().join("policy.json"), r#"{"default":[{"type":"insecureAcceptAnything"}]}"#)?;
    Ok(world)
}

fn with_policy<'a>(policy: &'a str, args: &[&'a str]) -> Vec<&'a str> {
    [&["--policy", policy], args].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_helper_logs_in_and_the_image_arrives() -> Result<()> {
    let mut world = world().await?;
    let policy = world.dir().join("policy.json").to_string_lossy().into_owned();
    let skopeo = |world: &World, args: &[&str]| world.run("skopeo", &with_policy(&policy, args), &STATIC_KEYS);
    let digest = write_layout(&world.dir().join("image"), &[tar_layer("a", &vec![7; 3_000_000])])?;
    let source = format!("oci:{}", world.dir().join("image").display());
    let target = format!("docker://{REGISTRY}/team/shop:1.0");

    let refused = world.output("skopeo", &with_policy(&policy, &["copy", &source, &target]), &STATIC_KEYS)?;
    let words = "The repository with name 'team/shop' does not exist in the registry with id '123456789012'";
    ensure!(refused.status != 0 && refused.stderr.contains(words), "{}", refused.stderr);
    ensure!(refused.stderr.contains("name unknown"), "{}", refused.stderr);

    world.create_repository("team/shop").await?;
    world.requests();
    skopeo(&world, &["copy", "--preserve-digests", &source, &target])?;
    assert_snapshot!(distinct(&world.requests()), @r"
    123456789012.dkr.ecr.us-east-1.amazonaws.com FinishUpload basic 201
    123456789012.dkr.ecr.us-east-1.amazonaws.com GET none 401
    123456789012.dkr.ecr.us-east-1.amazonaws.com HeadBlob basic 404
    123456789012.dkr.ecr.us-east-1.amazonaws.com PutManifest basic 201
    123456789012.dkr.ecr.us-east-1.amazonaws.com StartUpload basic 202
    123456789012.dkr.ecr.us-east-1.amazonaws.com UploadChunk basic 202
    ");

    let inspected = skopeo(&world, &["inspect", "--format", "{{.Digest}}", &target])?;
    assert_eq!(inspected.trim(), digest.to_string());
    let again = format!("docker://{REGISTRY}/team/shop:2.0");
    skopeo(&world, &["copy", "--preserve-digests", &target, &again])?;
    let tags: serde_json::Value =
        serde_json::from_str(&skopeo(&world, &["list-tags", &format!("docker://{REGISTRY}/team/shop")])?)?;
    assert_eq!(tags["Tags"], serde_json::json!(["1.0", "2.0"]));
    let back = format!("oci:{}", world.dir().join("back").display());
    skopeo(&world, &["copy", "--preserve-digests", &again, &back])?;
    let index: serde_json::Value = serde_json::from_slice(&fs::read(world.dir().join("back/index.json"))?)?;
    assert_eq!(index["manifests"][0]["digest"], digest.to_string());
    skopeo(&world, &["delete", &target])?;
    let gone = world.output("skopeo", &with_policy(&policy, &["inspect", &target]), &STATIC_KEYS)?;
    ensure!(gone.status != 0 && gone.stderr.contains("manifest unknown"), "{}", gone.stderr);
    Ok(())
}

/// Returns each operation once, sorted: skopeo sends blobs concurrently.
fn distinct(requests: &str) -> String {
    let mut lines: Vec<String> =
        requests.lines().map(|line| line.split(' ').take(4).collect::<Vec<_>>().join(" ")).collect();
    lines.sort();
    lines.dedup();
    lines.join("\n")
}
