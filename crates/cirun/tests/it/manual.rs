//! `cirun --help`, `man`, `completions`: complete, and consistent with the arguments.

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
    for text in [&help.stdout, &manual.stdout] {
        assert!(text.contains("CIRUN_SECRET_") && text.contains("no engine, or the engine broke"), "{text}");
    }
}

#[test]
fn a_page_for_each_command() {
    let environment = TestEnvironment::new();
    for command in COMMANDS {
        let page = environment.cirun(&["man", command]).exits(0).stdout;
        assert!(page.contains(&format!(".TH cirun-{command} 1")), "{page}");
    }
    let local = environment.cirun(&["man", "local"]).exits(0).stdout;
    assert!(local.contains("shell\\-on\\-failure"), "{local}");
    assert!(environment.cirun(&["man", "aws", "serve"]).exits(0).stdout.contains(".TH cirun-aws-serve 1"));
    drop(environment.cirun(&["man", "__inside"]).exits(2).says("there is no command"));
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
    for args in [
        &["frobnicate"] as &[&str],
        &["local", "--no-such-option"],
        &["local", "--infra", "k8s"],
        &["local", "--platform", "amd64"],
        &[],
    ] {
        let output = environment.cirun(args).exits(2);
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{output}");
    }
    let version = environment.cirun(&["--version"]).exits(0);
    assert_eq!(version.stdout.trim(), concat!("cirun ", env!("CARGO_PKG_VERSION")));
}
