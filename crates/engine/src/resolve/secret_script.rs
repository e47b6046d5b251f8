//! Passes a script with a secret to its shell in a variable: every user of a machine can read the arguments of every
//! process. The variable is removed before the script begins.

use indexmap::IndexMap;

/// The variable.
const VARIABLE: &str = "CIRUN_SCRIPT";

/// What each shell runs instead of the script.
const RUNNERS: [([&str; 2], &str); 5] = [
    (["sh", "-c"], POSIX),
    (["bash", "-c"], POSIX),
    (["powershell", "-Command"], POWERSHELL),
    (["pwsh", "-Command"], POWERSHELL),
    (["python3", "-c"], PYTHON),
];

/// On one line with the script, so that its line numbers stay the same.
const POSIX: &str = "eval \"unset CIRUN_SCRIPT; $CIRUN_SCRIPT\"";
const POWERSHELL: &str =
    "$CirunScript = $env:CIRUN_SCRIPT; Remove-Item Env:CIRUN_SCRIPT; Invoke-Expression $CirunScript";
const PYTHON: &str = "import os; exec(compile(os.environ.pop(\"CIRUN_SCRIPT\"), \"<string>\", \"exec\"))";

/// Moves the script, the last item of `argv`, into `env` if the items before it are a shell's. Other programs keep
/// their arguments.
pub(super) fn hide<'a>(argv: impl IntoIterator<Item = &'a mut String>, env: &mut IndexMap<String, String>) {
    let argv: Vec<&mut String> = argv.into_iter().collect();
    let Ok([program, option, script]) = <[_; 3]>::try_from(argv) else { return };
    let runner = RUNNERS.iter().find(|([known, with], _)| known == program && with == option);
    if let Some((_, runner)) = runner {
        let script = std::mem::replace(script, (*runner).to_owned());
        env.insert(VARIABLE.to_owned(), script);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(argv: &[&str]) -> (Vec<String>, Option<String>) {
        let (mut argv, mut env): (Vec<String>, _) = (argv.iter().map(|&word| word.into()).collect(), IndexMap::new());
        hide(&mut argv, &mut env);
        (argv, env.swap_remove(VARIABLE))
    }

    #[test]
    fn only_a_shells_script_is_moved() {
        let (argv, script) = hidden(&["sh", "-c", "echo s3cret"]);
        assert_eq!((argv[2].as_str(), script.as_deref()), (POSIX, Some("echo s3cret")));
        for argv in [&["curl", "-u", "me:s3cret"][..], &["sh", "s3cret"], &["sh", "-c", "true", "s3cret"], &[]] {
            assert_eq!(hidden(argv), (argv.iter().map(|&word| word.to_owned()).collect(), None));
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_script_runs_as_it_would() {
        let script = "set -e; echo \"$0 $#\"; x=1\necho \"${CIRUN_SCRIPT-gone} $x\"\nexit 3";
        let run = |argv: &[String], variable: Option<String>| {
            let mut command = std::process::Command::new(&argv[0]);
            command.args(&argv[1..]).env_remove(VARIABLE).envs(variable.map(|script| (VARIABLE, script)));
            let output = command.output().unwrap();
            (String::from_utf8(output.stdout).unwrap(), output.status.code())
        };
        let (argv, variable) = hidden(&["sh", "-c", script]);
        assert_eq!(run(&argv, variable), run(&["sh", "-c", script].map(str::to_owned), None));
    }
}
