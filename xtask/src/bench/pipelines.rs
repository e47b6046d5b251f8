//! The pipelines that the benchmarks run, and the directory that they are in.

#[path = "../../../crates/planner/benches/plan/pipeline.rs"]
mod planned;

use std::{fmt::Write as _, fs, path::PathBuf};

use anyhow::Result;

use self::planned::HEAD;
pub(super) use self::planned::pipeline;
use crate::{project, sh::Cmd};

/// The image of every step and service.
pub(super) const IMAGE: &str = "cirun.local/busybox:1";

/// A list of Background steps that stay.
pub(super) fn services(count: u32) -> String {
    steps(count, "Background", "exec sleep 1000", "              ")
}

/// A list of Run steps, one after the other.
pub(super) fn serial(count: u32, command: &str) -> String {
    steps(count, "Run", command, "              ")
}

/// Run steps that run at the same time.
pub(super) fn parallel(count: u32, command: &str) -> String {
    let steps = steps(count, "Run", command, "                  ");
    steps.replacen(HEAD, &format!("{HEAD}              - parallel:\n"), 1)
}

/// One Run step whose environment has `secrets` secrets, `SECRET_0` and so on.
pub(super) fn with_secrets(secrets: u32, command: &str) -> String {
    let mut text = serial(1, command) + "                    envVariables:\n";
    for number in 0..secrets {
        let line = format!("                      SECRET_{number}: <+secrets.getValue(\"SECRET_{number}\")>\n");
        text.push_str(&line);
    }
    text
}

fn steps(count: u32, kind: &str, command: &str, indent: &str) -> String {
    let mut text = String::from(HEAD);
    for number in 0..count {
        write!(
            text,
            "{indent}- step:
{indent}    type: {kind}
{indent}    name: Step {number}
{indent}    identifier: step_{number}
{indent}    spec:
{indent}      shell: Sh
{indent}      connectorRef: account.harnessImage
{indent}      image: {IMAGE}
{indent}      command: {command}
"
        )
        .expect("writing to a string cannot fail");
    }
    text
}

/// A repository of its own with one commit and an origin, as gitlab-ci-local requires.
pub(super) fn repository() -> Result<PathBuf> {
    let dir = project::cache_dir("bench")?.join("project");
    if !dir.join(".git").is_dir() {
        fs::create_dir_all(&dir)?;
        let git = |words: &[&str]| Cmd::new("git").dir(&dir).args(words).read().map(drop);
        fs::write(dir.join("README.md"), "A project to measure with.\n")?;
        git(&["init", "--quiet"])?;
        git(&["remote", "add", "origin", "git@example.com:bench/project.git"])?;
        git(&["add", "README.md"])?;
        let author = ["-c", "user.name=bench", "-c", "user.email=bench@example.com"];
        git(&[&author[..], &["commit", "--quiet", "--message", "A project to measure with"]].concat())?;
    }
    Ok(dir)
}

/// Writes `text` to `name` in the repository.
pub(super) fn written(name: &str, text: &str) -> Result<PathBuf> {
    let file = repository()?.join(name);
    fs::create_dir_all(file.parent().unwrap_or(&file))?;
    fs::write(&file, text)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pipeline_has_the_requested_number_of_steps() {
        assert_eq!(services(50).matches("type: Background").count(), 50);
        assert_eq!(serial(3, "true").matches("type: Run").count(), 3);
        let parallel = parallel(4, "true");
        assert_eq!((parallel.matches("- parallel:").count(), parallel.matches("type: Run").count()), (1, 4));
        assert_eq!(with_secrets(50, "true").matches("secrets.getValue").count(), 50);
    }
}
