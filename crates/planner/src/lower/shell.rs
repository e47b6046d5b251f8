//! How a script becomes an entrypoint and a command (run.shells, outputs.declared).

use cirun_parser::model::Shell;
use cirun_plan::{Profile, Text};

/// What one shell is started with (run.shells).
struct ShellRow {
    shell: Shell,
    /// The name in the YAML.
    word: &'static str,
    argv: [&'static str; 2],
    /// The prefix of the script on the VM path.
    vm_prefix: &'static str,
    /// The prefix of the script in the Kubernetes addon.
    kubernetes_prefix: &'static str,
    dialect: Dialect,
}

/// How a shell writes a line to a file.
#[derive(Clone, Copy)]
enum Dialect {
    Posix,
    PowerShell,
    Python,
}

const STOP: &str = "$ErrorActionPreference = 'Stop' \n";

#[rustfmt::skip]
const SHELLS: &[ShellRow] = &[
    ShellRow { shell: Shell::Sh,         word: "Sh",         argv: ["sh", "-c"],               vm_prefix: "set -e; ", kubernetes_prefix: "set -e\n", dialect: Dialect::Posix },
    ShellRow { shell: Shell::Bash,       word: "Bash",       argv: ["bash", "-c"],             vm_prefix: "set -e; ", kubernetes_prefix: "set -e\n", dialect: Dialect::Posix },
    ShellRow { shell: Shell::Powershell, word: "Powershell", argv: ["powershell", "-Command"], vm_prefix: STOP,       kubernetes_prefix: STOP,       dialect: Dialect::PowerShell },
    ShellRow { shell: Shell::Pwsh,       word: "Pwsh",       argv: ["pwsh", "-Command"],       vm_prefix: STOP,       kubernetes_prefix: STOP,       dialect: Dialect::PowerShell },
    ShellRow { shell: Shell::Python,     word: "Python",     argv: ["python3", "-c"],          vm_prefix: "",         kubernetes_prefix: "",         dialect: Dialect::Python },
];

/// Allows git in a workspace of another user; on Kubernetes this comes before every Run step's script (run.safe-directory).
const SAFE_DIRECTORY: &str = "set +x\nif command -v git >/dev/null 2>&1; then git config --global --add safe.directory '*' >/dev/null 2>&1 || true; fi\n";

/// The rule that this module implements.
pub(crate) const RULE: &str = "run.shells";

/// Whether a script belongs to a Run step or to a Background step; only the former is prepared for git.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScriptOf {
    Run,
    Background,
}

/// An output variable to export at the end of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Export {
    /// The exported key.
    pub(crate) name: String,
    /// The shell's variable.
    pub(crate) variable: String,
}

/// Finds a shell by its name in any case, or returns the known names.
pub(crate) fn named(word: &str) -> Result<Shell, Vec<&'static str>> {
    SHELLS
        .iter()
        .find(|row| row.word.eq_ignore_ascii_case(word))
        .map(|row| row.shell)
        .ok_or_else(|| SHELLS.iter().map(|row| row.word).collect())
}

/// The entrypoint that runs a script of this shell.
pub(crate) fn entrypoint(shell: Shell) -> [&'static str; 2] {
    of(shell).argv
}

/// The final script: the early-exit prefix, the user's text, and the export of its output variables to `file`.
pub(crate) fn compose(
    shell: Shell,
    profile: Profile,
    script_of: ScriptOf,
    script: Text,
    exports: &[Export],
    file: &str,
) -> Text {
    let row = of(shell);
    let prefix = match (profile, script_of, row.dialect) {
        (Profile::Kubernetes, ScriptOf::Run, Dialect::Posix) => format!("{}{SAFE_DIRECTORY}", row.kubernetes_prefix),
        (Profile::Kubernetes, _, _) => row.kubernetes_prefix.to_owned(),
        (Profile::Vm | Profile::Cloud | Profile::Docker, _, _) => row.vm_prefix.to_owned(),
    };
    script.preceded_by(&prefix).followed_by(&exporting(row.dialect, exports, file))
}

fn of(shell: Shell) -> &'static ShellRow {
    SHELLS.iter().find(|row| row.shell == shell).expect("SHELLS has a row for every shell: checked by a test")
}

fn exporting(dialect: Dialect, exports: &[Export], file: &str) -> String {
    let mut text = String::new();
    if exports.is_empty() {
        return text;
    }
    if let Dialect::Python = dialect {
        text.push_str("\nimport os");
    }
    for Export { name, variable } in exports {
        text.push('\n');
        text.push_str(&match dialect {
            Dialect::Posix => format!("echo \"{name}=${variable}\" >> {file}"),
            Dialect::PowerShell => format!("\"{name}=$($Env:{variable})\" | Add-Content -Path {file}"),
            Dialect::Python => {
                format!("with open('{file}', 'a') as out: out.write('{name}=' + os.getenv('{variable}') + '\\n')")
            }
        });
    }
    text
}

#[cfg(test)]
mod tests;
