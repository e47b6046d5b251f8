//! The host's Docker engine, which pulls a stage's image from the loopback address.

use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use super::{
    image::tar_layer,
    world::{REGISTRY, World},
};

/// Images of this test, removed at its end in any case.
struct Images(Vec<String>);

impl Drop for Images {
    fn drop(&mut self) {
        for image in &self.0 {
            Command::new("docker").args(["image", "rm", "-f", image]).output().ok();
        }
    }
}

fn docker(args: &[&str]) -> Result<String> {
    let output = Command::new("docker").args(args).output().context("cannot run docker")?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "docker {}: {stderr}", args.join(" "));
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn push_and_pull_by_the_loopback_address() -> Result<()> {
    let world = World::start().await?;
    let image = format!("{}/{REGISTRY}/team/shop:1", world.http());
    let archive = world.dir().join("layer.tar");
    std::fs::write(&archive, tar_layer("hello", world.http().to_string().as_bytes()))?;
    let _images = Images(vec![image.clone()]);
    docker(&["import", &archive.to_string_lossy(), &image])?;
    let id = docker(&["image", "inspect", "--format", "{{.Id}}", &image])?;
    docker(&["push", &image])?;
    docker(&["image", "rm", &image])?;
    docker(&["pull", &image])?;
    assert_eq!(docker(&["image", "inspect", "--format", "{{.Id}}", &image])?, id);
    Ok(())
}
