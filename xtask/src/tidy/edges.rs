//! The allowed dependencies between crates: the pure crates must not depend on tokio in any way.

use std::fs;

use anyhow::Result;

use crate::{project, sh::Cmd};

/// Crates without side effects.
const PURE: [&str; 7] = [
    "cirun-terminal-text",
    "cirun-diagnostics",
    "cirun-parser",
    "cirun-expressions",
    "cirun-image-ref",
    "cirun-plan",
    "cirun-planner",
];
/// A crate that has tokio: if this check fails too, the check itself is wrong.
const CONTROL: &str = "cirun-docker-executor";
/// Who may use a crate's types (ARCHITECTURE.md): libraries of others are behind one of ours, and only the runner and the
/// command line join the sides.
const WALLS: [(&str, &[&str]); 10] = [
    ("bollard", &["cirun-docker-executor"]),
    ("granit-parser", &["cirun-parser"]),
    ("aws-config", &["cirun-aws"]),
    ("cirun-planner", &["cirun-project", "cirun-runner", "cirun"]),
    ("cirun-project", &["cirun-runner", "cirun"]),
    ("cirun-aws", &["cirun-runner", "cirun"]),
    ("cirun-aws-emulator", &["cirun-runner", "cirun"]),
    ("cirun-local-store", &["cirun-runner", "cirun"]),
    ("cirun-report", &["cirun-runner", "cirun"]),
    ("cirun-runner", &["cirun"]),
];

/// Who may use an executor's types.
const BEFORE_EXECUTORS: [&str; 2] = ["cirun-runner", "cirun"];

pub(super) fn check() -> Result<Vec<String>> {
    let mut problems = Vec::new();
    if !reaches(CONTROL, "tokio")? {
        problems.push(format!("{CONTROL} does not reach tokio: the check of the pure crates proves nothing"));
    }
    for name in PURE {
        if reaches(name, "tokio")? {
            problems.push(format!("{name} reaches tokio: `cargo tree -p {name} -e normal -i tokio` shows the way"));
        }
    }
    for executor in executors()? {
        for user in direct_users(&executor)?.iter().filter(|user| !BEFORE_EXECUTORS.contains(&user.as_str())) {
            problems.push(format!("{user} depends on {executor}, which only {} may", BEFORE_EXECUTORS.join(", ")));
        }
    }
    for (dependency, allowed) in WALLS {
        let users = direct_users(dependency)?;
        for name in allowed.iter().filter(|name| !users.iter().any(|user| user == *name)) {
            problems.push(format!("{name} does not depend on {dependency}: the check of its wall proves nothing"));
        }
        for name in users.iter().filter(|name| !allowed.contains(&name.as_str())) {
            problems.push(format!("{name} depends on {dependency}, which only {} may", allowed.join(", ")));
        }
    }
    Ok(problems)
}

/// The crates that run steps, by their names.
fn executors() -> Result<Vec<String>> {
    let crates = fs::read_dir(project::root().join("crates"))?.collect::<Result<Vec<_>, _>>()?;
    let names = crates.iter().map(|entry| entry.file_name().to_string_lossy().into_owned());
    Ok(names.filter(|name| name.ends_with("-executor")).map(|name| format!("cirun-{name}")).collect())
}

/// Whether `dependency` is anywhere in the dependencies of `package`.
fn reaches(package: &str, dependency: &str) -> Result<bool> {
    let tree = tree(&["--package", package, "--prefix", "none", "--format", "{p}"])?;
    Ok(tree.lines().any(|line| line.split(' ').next() == Some(dependency)))
}

/// The workspace's crates that depend directly on `dependency`.
fn direct_users(dependency: &str) -> Result<Vec<String>> {
    let tree = tree(&["--workspace", "--prefix", "depth", "--format", "{p}", "--depth", "1", "--invert", dependency])?;
    let users = tree.lines().filter_map(|line| line.strip_prefix('1'));
    Ok(users.filter_map(|line| line.split(' ').next()).filter(|name| is_ours(name)).map(str::to_owned).collect())
}

fn is_ours(name: &str) -> bool {
    name == "cirun" || name == "xtask" || name.starts_with("cirun-")
}

fn tree(words: &[&str]) -> Result<String> {
    Cmd::new("cargo").args(["tree", "--edges", "normal", "--no-dedupe"]).args(words).dir(&project::root()).read()
}
