//! The host's engine, with the printed plain address.

use anyhow::Result;

use super::{
    image::tar_layer,
    served::{REGISTRY, Served},
};
use crate::it::support::docker;

#[test]
fn push_and_pull() -> Result<()> {
    let served = Served::start(&["--create-repository"])?;
    let image = format!("{}/{REGISTRY}/team/shop:1", served.http());
    let archive = served.environment().home().join("layer.tar");
    std::fs::write(&archive, tar_layer("hello", served.http().as_bytes()))?;
    docker(&["import", &archive.to_string_lossy(), &image]);
    let id = docker(&["image", "inspect", "--format", "{{.Id}}", &image]);
    docker(&["push", "--quiet", &image]);
    docker(&["image", "rm", &image]);
    docker(&["pull", "--quiet", &image]);
    assert_eq!(docker(&["image", "inspect", "--format", "{{.Id}}", &image]), id);
    docker(&["image", "rm", &image]);
    Ok(())
}
