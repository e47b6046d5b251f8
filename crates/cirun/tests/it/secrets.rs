//! Secrets: their sources, and that no output shows them.

use insta::assert_snapshot;

use super::support::{Stage, TestEnvironment, indent};

/// A host step that prints a secret, and the same in base64.
fn pipeline() -> String {
    let command = "echo \"plain $TOKEN\"\necho \"$TOKEN\" | cut -c 1-20\nprintf %s \"$TOKEN\" | base64";
    let step = format!(
        "- step:\n    name: show\n    identifier: show\n    type: Run\n    spec:\n      shell: Sh\n      envVariables:\n        TOKEN: <+secrets.getValue(\"account.deploy-token\")>\n      command: |-\n{}",
        indent(command, 8)
    );
    Stage::cloud().step(&step).pipeline()
}

fn run(environment: &TestEnvironment, args: &[&str]) -> Vec<String> {
    let base =
        ["local", "ci.yaml", "--events", "e.jsonl", "--junit", "j.xml", "--html", "r.html", "--progress", "json"];
    let output = environment.cirun(&[&base, args].concat()).exits(0);
    for text in [
        &output.stdout,
        &output.stderr,
        &environment.read("e.jsonl"),
        &environment.read("j.xml"),
        &environment.read("r.html"),
    ] {
        assert!(!text.contains("tr0ub4dor-and-3"), "{text}");
        assert!(!text.contains("dHIwdWI0ZG9yLWFuZC0z"), "{text}");
    }
    environment.events().output("show").into_iter().map(str::to_owned).collect()
}

#[test]
fn from_a_variable_a_file_or_a_flag() {
    // Harness's own mask, whatever the secret's length.
    let shown = ["plain **************", "**************", "**************"];
    let environment = TestEnvironment::new().file("ci.yaml", pipeline());
    let by_file = environment.file("s.env", "# dotenv\nexport deploy-token='tr0ub4dor-and-3'\n");
    assert_eq!(run(&by_file, &["--secret-file", "s.env"]), shown);
    assert_eq!(run(&by_file, &["--secret", "deploy-token=tr0ub4dor-and-3"]), shown);
    let by_variable = by_file.with("CIRUN_SECRET_DEPLOY_TOKEN", "tr0ub4dor-and-3");
    assert_eq!(run(&by_variable, &[]), shown);
}

#[test]
fn a_missing_secret_says_how_to_give_it() {
    let environment = TestEnvironment::new().file("ci.yaml", pipeline());
    assert_snapshot!(environment.cirun(&["local", "ci.yaml"]).exits(3), @r#"
    --- stderr
    missing-secret

      × the secret `account.deploy-token` has no value
        ╭─[ci.yaml:26:30]
     25 │                     envVariables:
     26 │                       TOKEN: <+secrets.getValue("account.deploy-token")>
        ·                              ─────────────────────┬─────────────────────
        ·                                                   ╰── needed here
     27 │                     command: |-
        ╰────
      help: set it with `--secret deploy-token`, which prompts for it, in a dotenv
            file with `--secret-file FILE`, or in the environment variable
            `CIRUN_SECRET_deploy_token`
    error: the pipeline has 1 error; nothing was started
    --- exit status: 3
    "#);
}

/// Only a run needs the value: other commands never show it anyway.
#[test]
fn a_plan_is_shown_without_secrets() {
    let environment = TestEnvironment::new().file("ci.yaml", pipeline());
    let plan = environment.cirun(&["plan", "ci.yaml", "--format", "json"]).exits(0).json();
    let variables = plan["stages"][0]["execution"][0]["step"]["env"].as_array().unwrap().clone();
    let token = variables.iter().find(|variable| variable["name"] == "TOKEN").unwrap();
    assert_eq!((&token["value"], &token["secret"]), (&"***".into(), &true.into()));
    let explained = environment.cirun(&["explain", "ci.yaml", "show", "TOKEN"]).exits(0);
    assert_snapshot!(explained.stdout, @r"
    TOKEN = ***
            secret account.deploy-token (no value is given) ← ci.yaml:26:30
    ");
    assert_snapshot!(environment.cirun(&["list", "ci.yaml"]).exits(0), @"
    --- stdout
    build (cloud)
      show  Run
    --- exit status: 0
    ");
    assert_snapshot!(environment.cirun(&["check", "ci.yaml"]).exits(0), @r#"
    --- stderr
    missing-secret

      ☞ the secret `account.deploy-token` has no value
        ╭─[ci.yaml:26:30]
     25 │                     envVariables:
     26 │                       TOKEN: <+secrets.getValue("account.deploy-token")>
        ·                              ─────────────────────┬─────────────────────
        ·                                                   ╰── needed here
     27 │                     command: |-
        ╰────
      help: set it with `--secret deploy-token`, which prompts for it, in a dotenv
            file with `--secret-file FILE`, or in the environment variable
            `CIRUN_SECRET_deploy_token`
    ci.yaml: 0 errors, 0 warnings, 0 differences from CI
    a run asks for consent first: 1 host step; `cirun local` lists them, `--trust` allows them
    --- exit status: 0
    "#);
}

#[test]
fn a_broken_secret_file_names_the_line() {
    let environment = TestEnvironment::new().file("ci.yaml", pipeline()).file("s.env", "a=1\nnonsense\n");
    assert_snapshot!(environment.cirun(&["plan", "ci.yaml", "--secret-file", "s.env"]).exits(3), @r"
    --- stderr
    error: s.env:2:1: expected NAME=VALUE
    --- exit status: 3
    ");
    assert_snapshot!(environment.cirun(&["plan", "ci.yaml", "--secret-file", "none.env"]).exits(3), @r"
    --- stderr
    error: cannot read secrets from none.env: No such file or directory (os error 2)
    --- exit status: 3
    ");
}
