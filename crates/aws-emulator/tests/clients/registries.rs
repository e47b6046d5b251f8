//! Registries outside AWS: skopeo logs in to them as to the real ones, and reads content that only the real ones have.

use std::fs;

use anyhow::{Result, ensure};
use cirun_aws_emulator::Origins;

use super::{
    image::{tar_layer, write_layout},
    tools,
    world::World,
};

/// An emulator with a login for each registry, and an image to push.
async fn world(change: impl FnOnce(&mut cirun_aws_emulator::Config)) -> Result<World> {
    tools::debian("skopeo", "skopeo")?;
    let world = World::start_with(change).await?;
    fs::create_dir(world.dir().join(".docker"))?;
    // robot:pw
    let auth = r#"{"auth":"cm9ib3Q6cHc="}"#;
    let hosts = ["docker.io", "quay.io", "us-docker.pkg.dev"].map(|host| format!("\"{host}\":{auth}"));
    fs::write(world.dir().join(".docker/config.json"), format!("{{\"auths\":{{{}}}}}", hosts.join(",")))?;
    fs::write(world.dir().join("policy.json"), r#"{"default":[{"type":"insecureAcceptAnything"}]}"#)?;
    write_layout(&world.dir().join("image"), &[tar_layer("a", &vec![7; 100_000])])?;
    Ok(world)
}

fn skopeo(world: &World, args: &[&str]) -> Result<super::world::Output> {
    let policy = world.dir().join("policy.json").display().to_string();
    world.output("skopeo", &[&["--policy", &policy], args].concat(), &[])
}

fn push(world: &World, target: &str) -> Result<()> {
    let source = format!("oci:{}", world.dir().join("image").display());
    let output = skopeo(world, &["copy", "--preserve-digests", &source, &format!("docker://{target}")])?;
    ensure!(output.status == 0, "{target}: {}", output.stderr);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn each_takes_a_push_with_a_login_and_none_without() -> Result<()> {
    let mut world = world(|_| {}).await?;
    for target in ["docker.io/team/shop:1", "quay.io/team/shop:1", "us-docker.pkg.dev/team/images/shop:1"] {
        push(&world, target)?;
        let log = world.requests();
        ensure!(log.contains("GetToken basic 200") && log.contains("PutManifest basic 201"), "{target}: {log}");
        let source = format!("oci:{}", world.dir().join("image").display());
        let refused = skopeo(&world, &["copy", "--dest-no-creds", &source, &format!("docker://{target}")])?;
        ensure!(refused.status != 0 && refused.stderr.to_lowercase().contains("unauthorized"), "{}", refused.stderr);
        let read = skopeo(&world, &["inspect", "--no-creds", &format!("docker://{target}")])?;
        ensure!(read.status == 0, "{}", read.stderr);
        world.requests();
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_the_real_registry_has_is_read_there() -> Result<()> {
    let mut real = world(|_| {}).await?;
    push(&real, "quay.io/team/base:1")?;
    push(&real, "docker.io/library/python:3")?;
    real.requests();
    let (address, root) = real.https()?;
    let mut gateway = world(move |config| {
        let hosts = ["quay.io", "registry-1.docker.io", "auth.docker.io"];
        let addresses = hosts.map(|host| (host.to_owned(), address)).into_iter().collect();
        config.origins = Some(Origins { addresses, without_aws: true, roots: vec![root] });
    })
    .await?;
    for image in ["quay.io/team/base:1", "docker.io/library/python:3"] {
        let target = format!("oci:{}", gateway.dir().join("back").display());
        let output = skopeo(&gateway, &["copy", &format!("docker://{image}"), &target])?;
        ensure!(output.status == 0, "{}", output.stderr);
    }
    let (asked, answered) = (gateway.requests(), real.requests());
    ensure!(asked.contains("from=quay.io") && asked.contains("from=registry-1.docker.io"), "{asked}");
    ensure!(answered.contains("GetBlob"), "{answered}");
    // A push is complete: the layer that the real registry has is sent to the gateway too.
    push(&gateway, "quay.io/team/base:2")?;
    let asked = gateway.requests();
    ensure!(asked.contains("PutManifest basic 201") && asked.contains("FinishUpload"), "{asked}");
    ensure!(!real.requests().contains("PutManifest"), "nothing is pushed to the real registry");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_origin_only_what_was_pushed_is_there() -> Result<()> {
    let world = world(|_| {}).await?;
    let output = skopeo(&world, &["inspect", "docker://docker.io/library/python:3"])?;
    ensure!(
        output.status != 0 && output.stderr.contains("this run does not read from the real registry-1.docker.io"),
        "{}",
        output.stderr
    );
    Ok(())
}
