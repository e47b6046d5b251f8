//! `cargo xtask images`: the test images, made from Debian packages because no image can be pulled.
//!
//! `testdata/images/<name>/recipe.toml` lists the contents, and `testdata/images/<name>/rootfs/` is added on top. An
//! image has the hash of its inputs as a label, and is only rebuilt if that changes.

use std::{collections::BTreeMap, fs, path::PathBuf};

use anyhow::{Context, Result, bail};

use crate::{
    engine::{self, Engine},
    project,
};

mod closure;
#[cfg(test)]
mod docker;
mod recipe;
mod rootfs;

use recipe::{Recipe, Tag};

/// The label with the hash of an image's inputs.
const LABEL: &str = "cirun.recipe";

/// Build the test images from Debian packages, if they are not up to date.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only these images (names of directories in testdata/images)
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Show the images and whether each is up to date; build nothing
    #[arg(long)]
    list: bool,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let engine = engine::ensure()?;
    let names = selected(&args.only)?;
    if args.list {
        return list(&engine, &names);
    }
    let made = ensure_named(&engine, &names)?;
    println!("images: {made} made, {} up to date", names.len() - made);
    Ok(())
}

/// Builds every test image that is missing or out of date.
pub(crate) fn ensure(engine: &Engine) -> Result<()> {
    ensure_named(engine, &selected(&[])?).map(drop)
}

fn ensure_named(engine: &Engine, names: &[String]) -> Result<usize> {
    let _lock = project::lock("images")?;
    let recipes = load(names)?;
    let present = present(engine, &recipes)?;
    let mut made = 0;
    for (recipe, hash) in &recipes {
        let stale: Vec<&Tag> = recipe.tags.iter().filter(|tag| present.get(&tag.name) != Some(hash)).collect();
        if !stale.is_empty() {
            make(engine, recipe, hash, &stale)?;
            made += 1;
        }
    }
    Ok(made)
}

fn list(engine: &Engine, names: &[String]) -> Result<()> {
    let recipes = load(names)?;
    let present = present(engine, &recipes)?;
    for (recipe, hash) in &recipes {
        for tag in &recipe.tags {
            let state = match present.get(&tag.name) {
                Some(found) if found == hash => "up to date",
                Some(_) => "out of date",
                None => "missing",
            };
            println!("{:<12} {:<28} {state}", recipe.name, tag.name);
        }
    }
    Ok(())
}

/// The directories of testdata/images with a recipe, or the requested ones of them.
fn selected(only: &[String]) -> Result<Vec<String>> {
    let mut all = Vec::new();
    for entry in fs::read_dir(recipe::home()).context("cannot read testdata/images")? {
        let entry = entry?;
        if entry.path().join(recipe::FILE).is_file() {
            all.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    all.sort();
    if let Some(unknown) = only.iter().find(|name| !all.contains(name)) {
        bail!("no image `{unknown}` in testdata/images; there are: {}", all.join(", "));
    }
    all.retain(|name| only.is_empty() || only.contains(name));
    Ok(all)
}

fn load(names: &[String]) -> Result<Vec<(Recipe, String)>> {
    let with_hash = |name: &String| {
        let recipe = Recipe::load(name)?;
        let packages = closure::resolve(&recipe)?;
        let hash = recipe.hash(&packages)?;
        Ok((recipe, hash))
    };
    names.iter().map(with_hash).collect()
}

/// The hash of every tag that the engine has.
fn present(engine: &Engine, recipes: &[(Recipe, String)]) -> Result<BTreeMap<String, String>> {
    let tags = recipes.iter().flat_map(|(recipe, _)| &recipe.tags).map(|tag| &tag.name);
    let format = format!("{{{{index .Config.Labels \"{LABEL}\"}}}} {{{{join .RepoTags \" \"}}}}");
    // It exits with 1 if one is missing, but still prints the others.
    let output = engine.docker().args(["image", "inspect", "--format", &format]).args(tags).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let lines = text.lines().filter_map(|line| line.split_once(' '));
    Ok(lines.flat_map(|(hash, tags)| tags.split(' ').map(|tag| (tag.to_owned(), hash.to_owned()))).collect())
}

fn make(engine: &Engine, recipe: &Recipe, hash: &str, tags: &[&Tag]) -> Result<()> {
    eprintln!("making {} from {}", recipe.name, recipe.packages.join(", "));
    let debs = closure::download(recipe)?;
    let archive = project::cache_dir("images")?.join(format!("{}.tar", recipe.name));
    rootfs::write(recipe, &debs, &archive)?;
    for tag in tags {
        import(engine, recipe, tag, hash, &archive)?;
    }
    fs::remove_file(&archive).context("cannot remove the archive")
}

fn import(engine: &Engine, recipe: &Recipe, tag: &Tag, hash: &str, archive: &PathBuf) -> Result<()> {
    let mut changes = vec![format!("LABEL {LABEL}={hash}")];
    changes.extend(recipe.env.iter().chain(&tag.env).map(|(name, value)| format!("ENV {name}={value}")));
    changes.extend(recipe.entrypoint.iter().map(|words| format!("ENTRYPOINT {}", json(words))));
    changes.extend(recipe.cmd.iter().map(|words| format!("CMD {}", json(words))));
    changes.extend(recipe.workdir.iter().map(|dir| format!("WORKDIR {dir}")));
    changes.extend(recipe.expose.iter().map(|port| format!("EXPOSE {port}")));
    changes.extend(recipe.volumes.iter().map(|path| format!("VOLUME {path}")));
    let changes = changes.into_iter().flat_map(|change| ["--change".to_owned(), change]);
    engine.docker().arg("import").args(changes).arg(archive).arg(&tag.name).read()?;
    eprintln!("  {}", tag.name);
    Ok(())
}

fn json(words: &[String]) -> String {
    serde_json::Value::from(words.to_vec()).to_string()
}
