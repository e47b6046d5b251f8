//! `cirun --help`, `man`, `completions`: complete, and in step with the arguments.

use super::support::TestEnvironment;

const COMMANDS: [&str; 8] = ["local", "plan", "explain", "check", "list", "doctor", "ps", "clean"];

#[test]
fn help_and_manual_name_every_command_and_code() {
    let environment = TestEnvironment::new();
    let help = environment.cirun(&["--help"]).exits(0);
    let manual = environment.cirun(&["man"]).exits(0);
    for command in COMMANDS {
        assert!(help.stdout.contains(&format!("\n  {command} ")), "{command}\n{help}");
        assert!(manual.stdout.contains(&format!("cirun\\-{command}")), "{command}\n{manual}");
    }
    assert!(!help.stdout.contains("__inside"), "{help}");
    assert!(manual.stdout.contains("CIRUN_SECRET_"), "{manual}");
}

#[test]
fn completions_for_every_shell() {
    let environment = TestEnvironment::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = environment.cirun(&["completions", shell]).exits(0);
        assert!(script.stdout.contains("secret-file"), "{shell}");
    }
    drop(environment.cirun(&["completions", "cobol"]).exits(2));
}

#[test]
fn wrong_usage() {
    let environment = TestEnvironment::new();
    for args in [&["frobnicate"] as &[&str], &["local", "--no-such-option"], &["local", "--infra", "k8s"], &[]] {
        let output = environment.cirun(args).exits(2);
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{output}");
    }
    let version = environment.cirun(&["--version"]).exits(0);
    assert_eq!(version.stdout.trim(), concat!("cirun ", env!("CARGO_PKG_VERSION")));
}
