//! Paths of the repository, and the lock that separates concurrent xtasks.

use std::{
    env,
    fs::{self, File},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask/ is in the root").to_owned()
}

/// Cargo's target directory.
pub(crate) fn target_dir() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// The directory for files that xtask keeps between runs: `target/xtask/<name>`, created if missing.
pub(crate) fn cache_dir(name: &str) -> Result<PathBuf> {
    let dir = target_dir().join("xtask").join(name);
    fs::create_dir_all(&dir).with_context(|| format!("cannot create {}", dir.display()))?;
    Ok(dir)
}

/// Real pipelines, which are not part of the repository: in `CIRUN_CORPUS`, or in `shared/corpus` next to it. Prints a
/// note if there are none.
///
/// # Errors
/// `CIRUN_CORPUS` names something else.
pub(crate) fn corpus() -> Result<Option<PathBuf>> {
    let named = env::var_os("CIRUN_CORPUS").map(PathBuf::from);
    let corpus = named.clone().unwrap_or_else(|| root().join("../shared/corpus"));
    if corpus.join("INDEX.tsv").is_file() {
        return Ok(Some(corpus));
    }
    ensure!(named.is_none(), "CIRUN_CORPUS names no corpus: {}", corpus.display());
    eprintln!("no corpus in {}, so nothing is tried on it: name one with CIRUN_CORPUS", corpus.display());
    Ok(None)
}

/// Waits until no other xtask of this user holds the lock `name`; held until dropped.
pub(crate) fn lock(name: &str) -> Result<File> {
    // In the shared directory, a user may not open another user's file.
    let home = env::home_dir().unwrap_or_default();
    let user = home.file_name().unwrap_or_default().to_string_lossy();
    let path = env::temp_dir().join(format!("cirun-xtask-{user}-{name}.lock"));
    let file = File::options().create(true).append(true).open(&path);
    let file = file.with_context(|| format!("cannot open {}", path.display()))?;
    file.lock().with_context(|| format!("cannot lock {}", path.display()))?;
    Ok(file)
}
