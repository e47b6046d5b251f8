//! The exact packages of a recipe, cached until the recipe or the package lists change.

use std::{fs, path::PathBuf};

use anyhow::Result;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::recipe::Recipe;
use crate::{
    apt::{self, Package},
    project,
};

/// apt's answer, with its question.
#[derive(Serialize, Deserialize)]
struct Remembered {
    question: String,
    packages: Vec<Package>,
}

/// The packages of the recipe's image. Asking apt takes a second, reading the cache a millisecond.
pub(super) fn resolve(recipe: &Recipe) -> Result<Vec<Package>> {
    let file = project::cache_dir("closures")?.join(format!("{}.json", recipe.name));
    let question = question(recipe);
    let remembered = fs::read(&file).ok().and_then(|text| serde_json::from_slice::<Remembered>(&text).ok());
    if let Some(remembered) = remembered.filter(|remembered| remembered.question == question) {
        return Ok(remembered.packages);
    }
    let packages = apt::closure(&recipe.packages, &recipe.without, &project::cache_dir("closures")?)?;
    // apt may just have fetched its lists.
    let answer = Remembered { question: self::question(recipe), packages };
    fs::write(&file, serde_json::to_vec_pretty(&answer)?)?;
    Ok(answer.packages)
}

/// The files of the recipe's packages; downloaded if they are not in the cache.
pub(super) fn download(recipe: &Recipe) -> Result<Vec<PathBuf>> {
    let debs = project::cache_dir("debs")?;
    apt::download(&resolve(recipe)?, &debs).or_else(|_| {
        // The mirror removes old versions; newer lists name those that it has.
        apt::update()?;
        apt::download(&resolve(recipe)?, &debs)
    })
}

fn question(recipe: &Recipe) -> String {
    let mut hash = Sha256::new();
    for part in [&recipe.packages, &recipe.without] {
        hash.update(part.join(" "));
        hash.update("\n");
    }
    hash.update(apt::lists_fingerprint());
    hex::encode(hash.finalize())
}
