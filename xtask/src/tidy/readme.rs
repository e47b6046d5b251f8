//! The README must name the two commands that a newcomer needs.

use std::fs;

use crate::project;

const COMMANDS: [&str; 2] = ["cargo xtask demo", "cargo xtask test"];

pub(super) fn check() -> Vec<String> {
    let Ok(readme) = fs::read_to_string(project::root().join("README.md")) else {
        return vec!["README.md: missing".into()];
    };
    let missing = COMMANDS.iter().filter(|command| !readme.contains(**command));
    missing.map(|command| format!("README.md does not name `{command}`")).collect()
}
