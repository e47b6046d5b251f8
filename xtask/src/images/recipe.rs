//! The contents of an image: `testdata/images/<name>/recipe.toml` and the files next to it.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::{apt::Package, project};

/// The recipe's file name.
pub(super) const FILE: &str = "recipe.toml";
/// Increase it if `rootfs` makes another archive of the same recipe.
const FORMAT: &str = "2";

/// A directory of testdata/images.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Recipe {
    /// The directory's name.
    #[serde(skip)]
    pub(super) name: String,
    /// Debian packages; their dependencies are included.
    pub(super) packages: Vec<String>,
    /// Packages to leave out, with everything that only they need, in addition to those of `assumed.toml`.
    #[serde(default)]
    pub(super) without: Vec<String>,
    /// The images' names; each may have additional variables.
    pub(super) tags: Vec<Tag>,
    #[serde(default)]
    pub(super) env: BTreeMap<String, String>,
    pub(super) entrypoint: Option<Vec<String>>,
    pub(super) cmd: Option<Vec<String>>,
    pub(super) workdir: Option<String>,
    #[serde(default)]
    pub(super) expose: Vec<String>,
    #[serde(default)]
    pub(super) volumes: Vec<String>,
    /// A multi-call program: a link in /bin for each name that it lists with `--list`.
    pub(super) applets_of: Option<String>,
    /// Links by path, if no package has a file with that path.
    #[serde(default)]
    pub(super) links: BTreeMap<String, String>,
    /// Files that concatenate all files whose path has this prefix and suffix (as a package's install script does).
    #[serde(default)]
    pub(super) concat: Vec<Concat>,
}

/// A name of an image.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tag {
    pub(super) name: String,
    #[serde(default)]
    pub(super) env: BTreeMap<String, String>,
}

/// A file made of several.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Concat {
    pub(super) prefix: String,
    pub(super) suffix: String,
    pub(super) to: String,
}

/// `testdata/images/assumed.toml`: packages of a running Debian system that no container needs.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Assumed {
    packages: Vec<String>,
}

/// `testdata/images`.
pub(super) fn home() -> PathBuf {
    project::root().join("testdata/images")
}

impl Recipe {
    pub(super) fn load(name: &str) -> Result<Self> {
        let mut recipe: Self = read_toml(&home().join(name).join(FILE))?;
        recipe.name = name.to_owned();
        let assumed: Assumed = read_toml(&home().join("assumed.toml"))?;
        recipe.without.extend(assumed.packages);
        Ok(recipe)
    }

    /// The directories that are added on top of the packages' files, in this order.
    pub(super) fn overlays(&self) -> [PathBuf; 2] {
        [home().join("skeleton"), home().join(&self.name).join("rootfs")]
    }

    /// A hash of all inputs of the image.
    pub(super) fn hash(&self, packages: &[Package]) -> Result<String> {
        let mut hash = Sha256::new();
        hash.update(FORMAT);
        hash.update(fs::read(home().join(&self.name).join(FILE))?);
        hash.update(serde_json::to_vec(packages)?);
        for overlay in self.overlays() {
            for file in files_below(&overlay)? {
                hash.update(file.strip_prefix(&overlay)?.to_string_lossy().as_bytes());
                hash.update([u8::from(executable(&file)?)]);
                hash.update(fs::read(&file)?);
            }
        }
        Ok(hex::encode(&hash.finalize()[..16]))
    }
}

fn read_toml<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    toml::from_str(&text).with_context(|| format!("in {}", path.display()))
}

/// Every file in `dir` in a fixed order, without files of Python and editors; none if there is no such directory.
pub(super) fn files_below(dir: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    if !dir.is_dir() {
        return Ok(files);
    }
    for entry in fs::read_dir(dir).with_context(|| format!("cannot read {}", dir.display()))? {
        let path = entry?.path();
        if path.is_dir() && !path.ends_with("__pycache__") {
            files.extend(files_below(&path)?);
        } else if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Whether the file is a program.
#[cfg(unix)]
pub(super) fn executable(file: &Path) -> Result<bool> {
    use std::os::unix::fs::PermissionsExt;
    Ok(fs::metadata(file)?.permissions().mode() & 0o100 != 0)
}

/// Whether the file is a program.
#[cfg(not(unix))]
pub(super) fn executable(file: &Path) -> Result<bool> {
    Ok(fs::read(file)?.starts_with(b"#!"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_recipe_can_be_read_and_tags_are_our_own() {
        let names = super::super::selected(&[]).unwrap();
        assert!(names.contains(&"busybox".to_owned()), "{names:?}");
        for name in names {
            for tag in Recipe::load(&name).unwrap().tags {
                assert!(tag.name.starts_with("cirun.local/"), "{} could be taken for a real image", tag.name);
            }
        }
    }

    #[test]
    fn the_hash_changes_with_a_package_version() {
        let recipe = Recipe::load("busybox").unwrap();
        let package = |version: &str| Package {
            name: "busybox-static".into(),
            version: version.into(),
            architecture: "amd64".into(),
        };
        let first = recipe.hash(&[package("1")]).unwrap();
        assert_eq!(first, recipe.hash(&[package("1")]).unwrap());
        assert_ne!(first, recipe.hash(&[package("2")]).unwrap());
    }
}
