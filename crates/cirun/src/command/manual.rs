//! `cirun completions` and `cirun man`, generated from the definitions of the arguments.

use cirun_diagnostics::Failure;
use cirun_project::settings::VARIABLES;
use clap::CommandFactory;

use crate::{args::Args, console, exit::ExitCode};

/// Prints a completion script.
pub(crate) fn completions(shell: clap_complete::Shell) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "cirun", &mut script);
    print(&script)
}

/// Prints the manual page of cirun, or of the command that `words` name (`local`, `aws serve`).
pub(crate) fn man(words: &[String]) -> Result<ExitCode, Failure> {
    let mut whole = Args::command();
    whole.build();
    let mut command = &whole;
    for word in words {
        let found = command.get_subcommands().find(|one| one.get_name() == word && !one.is_hide_set());
        command = found.ok_or_else(|| {
            Failure::usage(format!("there is no command `{}`", words.join(" "))).help("`cirun --help` lists them")
        })?;
    }
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone())
        .render(&mut page)
        .map_err(|error| Failure::io("cannot write the manual page", error))?;
    print(&page)
}

/// The exit codes and environment variables, from the same tables that cirun uses.
pub(crate) fn after_help() -> String {
    let mut text = String::from("Exit codes:\n");
    for (code, meaning) in ExitCode::MEANINGS {
        text.push_str(&format!("  {:<4} {meaning}\n", code.code()));
    }
    text.push_str("\nEnvironment:\n");
    for (name, key) in VARIABLES {
        text.push_str(&format!("  {name:<24} the setting `{key}`\n"));
    }
    text.push_str("  CIRUN_SECRET_<ID>        a secret\n  CIRUN_OIDC_TOKEN         the OIDC token for real AWS\n");
    text.push_str("  DOCKER_HOST              the engine's address\n");
    text
}

fn print(bytes: &[u8]) -> Result<ExitCode, Failure> {
    console::data(&String::from_utf8_lossy(bytes))?;
    Ok(ExitCode::Success)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_exit_code_and_variable_is_in_the_manual() {
        insta::assert_snapshot!(after_help());
    }
}
