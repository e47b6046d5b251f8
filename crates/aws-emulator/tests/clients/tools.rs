//! The clients' packages: installed once per machine, kept between runs.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, ensure};

/// Ensures that a Debian package's program is available.
pub(crate) fn debian(program: &str, package: &str) -> Result<()> {
    let _alone = lock("apt")?;
    let found = |path: &str| Path::new(path).join(program).exists();
    if ["/usr/bin", "/usr/sbin", "/bin", "/usr/local/bin"].into_iter().any(found) {
        return Ok(());
    }
    let install = ["install", "-y", "--no-install-recommends", package];
    if run("apt-get", &install).is_err() {
        // A fresh machine may have no package lists.
        run("apt-get", &["update"])?;
        run("apt-get", &install)?;
    }
    ensure!(["/usr/bin", "/usr/sbin"].into_iter().any(found), "{package} brings no {program}");
    Ok(())
}

/// Returns the programs of a Python environment with these packages.
pub(crate) fn python(name: &str, packages: &[&str]) -> Result<PathBuf> {
    python_since(name, 9, packages)
}

/// Returns the programs of an environment of Python 3.`minor` or later with these packages.
pub(crate) fn python_since(name: &str, minor: u32, packages: &[&str]) -> Result<PathBuf> {
    let _alone = lock(name)?;
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("python-{name}"));
    let ready = dir.join(packages.join("+").replace(['/', '[', ']', ','], "_"));
    if !ready.exists() {
        // The remains of an interrupted installation cannot be repaired.
        if dir.exists() {
            fs::remove_dir_all(&dir)?;
        }
        let path = dir.to_str().context("the target folder's name is text")?;
        let python = interpreter(minor)?;
        run(&python, &["-m", "venv", path]).or_else(|_| {
            run("apt-get", &["install", "-y", "--no-install-recommends", "python3-venv"])?;
            run(&python, &["-m", "venv", path])
        })?;
        let mut args = vec!["install", "--quiet", "--disable-pip-version-check"];
        args.extend(packages);
        run(&format!("{path}/bin/pip"), &args)?;
        fs::write(ready, "")?;
    }
    Ok(dir.join("bin"))
}

/// Finds a recent enough Python: the system's, a versioned one, or one of pyenv's.
fn interpreter(minor: u32) -> Result<String> {
    let mut candidates = vec!["python3".to_owned()];
    candidates.extend((minor..=20).rev().map(|minor| format!("python3.{minor}")));
    let versions = std::env::home_dir().unwrap_or_default().join(".pyenv/versions");
    for version in fs::read_dir(versions).into_iter().flatten() {
        candidates.push(version?.path().join("bin/python3").to_string_lossy().into_owned());
    }
    let test = format!("import sys; sys.exit(sys.version_info < (3, {minor}))");
    let new_enough = |python: &String| run(python, &["-c", &test]).is_ok();
    candidates.into_iter().find(new_enough).with_context(|| format!("no Python 3.{minor} or later: install one"))
}

fn run(program: &str, args: &[&str]) -> Result<()> {
    let output = Command::new(program)
        .args(args)
        .env("DEBIAN_FRONTEND", "noninteractive")
        .output()
        .with_context(|| format!("cannot run {program}"))?;
    let stderr = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{program} {}: {}\n{stderr}", args.join(" "), output.status);
    Ok(())
}

/// Prevents other tests, which are other processes, from installing the same at once.
fn lock(name: &str) -> Result<File> {
    let file = File::create(Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.lock")))?;
    file.lock()?;
    Ok(file)
}
