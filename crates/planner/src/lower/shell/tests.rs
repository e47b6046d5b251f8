use cirun_plan::Text;
use insta::assert_snapshot;

use super::*;

fn composed(shell: Shell, profile: Profile, script_of: ScriptOf, exports: &[(&str, &str)]) -> String {
    let exports: Vec<Export> = exports
        .iter()
        .map(|(name, variable)| Export { name: (*name).to_owned(), variable: (*variable).to_owned() })
        .collect();
    let script = compose(shell, profile, script_of, Text::from("make"), &exports, "/tmp/engine/s-output.env");
    format!("{} | {}", entrypoint(shell).join(" "), script.shown())
}

#[test]
fn every_shell_has_a_row() {
    for shell in [Shell::Sh, Shell::Bash, Shell::Powershell, Shell::Pwsh, Shell::Python] {
        assert_eq!(of(shell).shell, shell);
    }
}

#[test]
fn words_are_read_in_any_case() {
    assert_eq!(named("bash"), Ok(Shell::Bash));
    assert_eq!(named("Zsh"), Err(vec!["Sh", "Bash", "Powershell", "Pwsh", "Python"]));
}

#[test]
fn sh_on_vm() {
    assert_snapshot!(composed(Shell::Sh, Profile::Vm, ScriptOf::Run, &[]), @"sh -c | set -e; make");
}

#[test]
fn bash_run_on_kubernetes_prepares_git() {
    assert_snapshot!(composed(Shell::Bash, Profile::Kubernetes, ScriptOf::Run, &[]), @r"
    bash -c | set -e
    set +x
    if command -v git >/dev/null 2>&1; then git config --global --add safe.directory '*' >/dev/null 2>&1 || true; fi
    make
    ");
}

#[test]
fn background_on_kubernetes() {
    assert_snapshot!(composed(Shell::Sh, Profile::Kubernetes, ScriptOf::Background, &[]), @r"
    sh -c | set -e
    make
    ");
}

#[test]
fn pwsh_stops_at_errors() {
    assert_snapshot!(composed(Shell::Pwsh, Profile::Cloud, ScriptOf::Run, &[("TAG", "tag")]), @r#"
    pwsh -Command | $ErrorActionPreference = 'Stop' 
    make
    "TAG=$($Env:tag)" | Add-Content -Path /tmp/engine/s-output.env
    "#);
}

#[test]
fn python_has_no_prefix() {
    assert_snapshot!(composed(Shell::Python, Profile::Docker, ScriptOf::Run, &[("TAG", "tag")]), @r"
    python3 -c | make
    import os
    with open('/tmp/engine/s-output.env', 'a') as out: out.write('TAG=' + os.getenv('tag') + '\n')
    ");
}

#[test]
fn exports_follow_the_script() {
    assert_snapshot!(composed(Shell::Sh, Profile::Vm, ScriptOf::Run, &[("TAG", "TAG"), ("url", "URL")]), @r#"
    sh -c | set -e; make
    echo "TAG=$TAG" >> /tmp/engine/s-output.env
    echo "url=$URL" >> /tmp/engine/s-output.env
    "#);
}
