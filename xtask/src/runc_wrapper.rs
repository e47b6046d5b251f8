//! A wrapper of the OCI runtime runc, on hosts that lack a capability.
//!
//! `docker run --privileged` requests every capability from runc, which fails if the host lacks one (measured: crun
//! alone does not help). `cargo xtask engine` copies its own binary under the name [`NAME`]; called by that name it
//! removes the missing capabilities from the bundle's `config.json`, or from the process file of an `exec`, and
//! executes runc. It must never change anything else.

use std::{
    convert::Infallible,
    ffi::{OsStr, OsString},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};
use serde_json::Value;

use crate::capabilities;

/// The file name that makes this binary the wrapper, and the name of the runtime in the engine.
pub(crate) const NAME: &str = "cirun-runc";

/// runc's arguments, if this process was called as the wrapper.
pub(crate) fn invoked() -> Option<Vec<OsString>> {
    let mut arguments = std::env::args_os();
    let program = PathBuf::from(arguments.next()?);
    (program.file_name() == Some(OsStr::new(NAME))).then(|| arguments.collect())
}

/// Edits the file in the call and executes runc.
pub(crate) fn run(arguments: &[OsString]) -> Result<Infallible> {
    if let Some(file) = process_file(arguments) {
        let missing = capabilities::missing()?;
        if !missing.is_empty() {
            edit(&file, &missing).with_context(|| format!("cannot edit {}", file.display()))?;
        }
    }
    become_runc(arguments)
}

/// The JSON file of the process in the call, if it starts one.
fn process_file(arguments: &[OsString]) -> Option<PathBuf> {
    let starts = |name: &str| arguments.iter().any(|argument| argument == name);
    if starts("exec") {
        return option(arguments, "--process", "-p").map(PathBuf::from);
    }
    if starts("create") || starts("run") || starts("restore") {
        let bundle = option(arguments, "--bundle", "-b").unwrap_or_else(|| ".".into());
        return Some(Path::new(&bundle).join("config.json"));
    }
    None
}

fn option(arguments: &[OsString], long: &str, short: &str) -> Option<OsString> {
    let assigned = format!("{long}=");
    arguments.iter().enumerate().find_map(|(at, argument)| {
        if argument == long || argument == short {
            return arguments.get(at + 1).cloned();
        }
        argument.to_str()?.strip_prefix(&assigned).map(OsString::from)
    })
}

fn edit(file: &Path, missing: &[&str]) -> Result<()> {
    let mut document: Value = serde_json::from_slice(&fs::read(file)?)?;
    // The file of an exec is the process itself.
    let process = if document.get("process").is_some() { &mut document["process"] } else { &mut document };
    if remove(process, missing) {
        fs::write(file, serde_json::to_vec(&document)?)?;
    }
    Ok(())
}

/// Removes `missing` from every set of the process; returns whether there was any.
fn remove(process: &mut Value, missing: &[&str]) -> bool {
    let mut changed = false;
    let sets = process.get_mut("capabilities").and_then(Value::as_object_mut);
    for set in sets.into_iter().flatten().filter_map(|(_, set)| set.as_array_mut()) {
        let before = set.len();
        set.retain(|name| name.as_str().is_none_or(|name| !missing.contains(&name)));
        changed |= set.len() != before;
    }
    changed
}

#[cfg(unix)]
fn become_runc(arguments: &[OsString]) -> Result<Infallible> {
    use std::os::unix::process::CommandExt;
    Err(Command::new("runc").args(arguments).exec()).context("cannot run runc")
}

#[cfg(not(unix))]
fn become_runc(arguments: &[OsString]) -> Result<Infallible> {
    anyhow::bail!("there is no runc on this system for {arguments:?} ({:?})", Command::new("runc"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file_of(call: &str) -> Option<PathBuf> {
        process_file(&call.split_whitespace().map(OsString::from).collect::<Vec<_>>())
    }

    #[test]
    fn finds_the_file_that_runc_will_read() {
        let create = "--root /run/x --log /l create --bundle /b/1 --pid-file /p id";
        assert_eq!(file_of(create), Some("/b/1/config.json".into()));
        assert_eq!(file_of("create --bundle=/b id"), Some("/b/config.json".into()));
        assert_eq!(file_of("run -b /b id"), Some("/b/config.json".into()));
        assert_eq!(file_of("exec --process /tmp/p.json --detach id"), Some("/tmp/p.json".into()));
        assert_eq!(file_of("kill --all id 9"), None);
    }

    #[test]
    fn takes_only_the_missing_capabilities_out() {
        let mut process: Value =
            serde_json::from_str(r#"{"args":["sh"],"capabilities":{"bounding":["A","B"],"ambient":["B"]}}"#).unwrap();
        assert!(remove(&mut process, &["B"]));
        assert_eq!(process.to_string(), r#"{"args":["sh"],"capabilities":{"bounding":["A"],"ambient":[]}}"#);
        assert!(!remove(&mut process, &["B"]));
    }
}
