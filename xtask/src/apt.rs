//! Debian's packages: installs them on this machine, or resolves and downloads them without installing.

use std::{
    fs,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use anyhow::{Context, Result, bail};
use serde::{Deserialize, Serialize};

use crate::sh::{self, Cmd};

const LISTS: &str = "/var/lib/apt/lists";

/// A package in the version that apt would install.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) architecture: String,
}

impl Package {
    /// The file that `apt-get download` writes.
    pub(crate) fn file_name(&self) -> String {
        format!("{}_{}_{}.deb", self.name, self.version.replace(':', "%3a"), self.architecture)
    }
}

/// Installs the missing `packages`, and prints that; `why` is the reason to print.
///
/// # Errors
/// Without apt or the rights for it: the error names what to install by hand.
pub(crate) fn install(packages: &[&str], why: &str) -> Result<()> {
    let missing: Vec<&str> = packages.iter().copied().filter(|package| !has(package)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names = missing.join(" ");
    if !sh::installed("apt-get") {
        bail!("{why} needs {names}: install them with this system's package manager (there is no apt-get here)");
    }
    if !sh::is_root() && !Cmd::new("sudo").args(["-n", "true"]).succeeds() {
        bail!("{why} needs {names}: run `sudo apt-get install -y --no-install-recommends {names}`");
    }
    eprintln!("installing {names} with apt-get: {why} needs it");
    if lists_are_missing() {
        update()?;
    }
    let attempt = || {
        Cmd::as_root("env")
            .args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "--no-install-recommends"])
            .args(&missing)
            .run()
    };
    // Old lists name versions that the mirror has removed.
    attempt().or_else(|_| update().and_then(|()| attempt()))
}

/// Fetches the package lists.
pub(crate) fn update() -> Result<()> {
    Cmd::as_root("apt-get").args(["update", "-q"]).run()
}

fn has(package: &str) -> bool {
    let query = Cmd::new("dpkg-query").args(["--show", "--showformat=${db:Status-Status}", package]);
    query.read().is_ok_and(|status| status == "installed")
}

/// A number that changes with the package lists, read without starting apt.
pub(crate) fn lists_fingerprint() -> String {
    let mut facts: Vec<String> = fs::read_dir(LISTS)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let data = entry.metadata().ok()?;
            let modified = data.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
            name.contains("_Packages").then(|| format!("{name} {} {}", data.len(), modified.as_secs()))
        })
        .collect();
    facts.sort();
    facts.join("\n")
}

fn lists_are_missing() -> bool {
    lists_fingerprint().is_empty()
}

/// The packages that `wanted` needs on a system that only has `assumed` (without `wanted` itself), in apt's order.
///
/// `scratch` is a directory for the made-up status file that apt reads.
pub(crate) fn closure(wanted: &[String], assumed: &[String], scratch: &Path) -> Result<Vec<Package>> {
    if !sh::installed("apt-get") {
        bail!("the test images are made from Debian packages, and there is no apt-get here");
    }
    if lists_are_missing() {
        update()?;
    }
    let status = scratch.join("status");
    let assumed = assumed.iter().filter(|name| !wanted.contains(name));
    fs::write(&status, assumed.map(|name| installed_stanza(name)).collect::<String>())?;
    let simulated = Cmd::new("apt-get")
        .args(["install", "--simulate", "--no-install-recommends", "-o"])
        .arg(format!("Dir::State::status={}", status.display()))
        .args(wanted)
        .read()?;
    simulated.lines().filter(|line| line.starts_with("Inst ")).map(parse_inst).collect()
}

fn installed_stanza(name: &str) -> String {
    format!(
        "Package: {name}\nStatus: install ok installed\nArchitecture: all\nMulti-Arch: allowed\n\
         Version: 999:1\nMaintainer: none\nDescription: assumed\n\n"
    )
}

/// Reads `Inst libc6 (2.36-9 Debian:12.1/stable [amd64]) []`.
fn parse_inst(line: &str) -> Result<Package> {
    let mut words = line.split_whitespace().skip(1);
    let (name, version) = (words.next(), words.next().and_then(|word| word.strip_prefix('(')));
    let architecture = line.split_once(" [").and_then(|(_, rest)| rest.split_once("])")).map(|(name, _)| name);
    match (name, version, architecture) {
        (Some(name), Some(version), Some(architecture)) => {
            Ok(Package { name: name.into(), version: version.into(), architecture: architecture.into() })
        }
        (..) => bail!("apt-get wrote a line that cannot be read: {line}"),
    }
}

/// Downloads the missing `packages` into `dir`; returns the files in the same order.
pub(crate) fn download(packages: &[Package], dir: &Path) -> Result<Vec<PathBuf>> {
    let files: Vec<PathBuf> = packages.iter().map(|package| dir.join(package.file_name())).collect();
    let missing: Vec<String> = packages
        .iter()
        .zip(&files)
        .filter(|(_, file)| !file.is_file())
        .map(|(package, _)| format!("{}={}", package.name, package.version))
        .collect();
    if !missing.is_empty() {
        eprintln!("downloading {} packages into {}", missing.len(), dir.display());
        // `_apt` may not write here.
        Cmd::new("apt-get")
            .args(["download", "-q", "-o", "APT::Sandbox::User=root"])
            .args(&missing)
            .dir(dir)
            .read()
            .context("`apt-get update` may help")?;
    }
    match files.iter().find(|file| !file.is_file()) {
        Some(file) => bail!("apt-get did not write {}", file.display()),
        None => Ok(files),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_apt_would_install() {
        let line = "Inst redis-server (5:7.0.15-1~deb12u10 Debian:12.15/oldstable, Debian-Security:12 [amd64]) []";
        let package = parse_inst(line).unwrap();
        assert_eq!(package.file_name(), "redis-server_5%3a7.0.15-1~deb12u10_amd64.deb");
        assert!(parse_inst("Inst redis-server").is_err());
    }

    #[test]
    fn an_upgrade_line_is_refused() {
        assert!(parse_inst("Inst libc6 [2.35] (2.36 Debian:12 [amd64])").is_err());
    }
}
