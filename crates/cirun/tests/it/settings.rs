//! Settings: the stronger layer wins, a repository is not trusted, and errors have a place.

use insta::assert_snapshot;

use super::support::TestEnvironment;

fn profile(environment: &TestEnvironment, args: &[&str]) -> String {
    let output = environment.cirun(&[&["list", "pipeline.yaml"], args].concat()).exits(0);
    output.stdout.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn layers_from_the_weakest_to_the_strongest() {
    let environment = TestEnvironment::example("shop");
    assert_eq!(profile(&environment, &[]), "build (kubernetes)");
    let environment = environment.file("../home/.config/cirun/config.toml", "infra = \"docker\"\n");
    assert_eq!(profile(&environment, &[]), "build (docker)");
    let environment = environment.edit(".cirun.toml", "workspace = \".\"", "workspace = \".\"\ninfra = \"cloud\"");
    assert_eq!(profile(&environment, &[]), "build (docker)", "a repository does not decide where steps run");
    assert_eq!(profile(&environment, &["--trust"]), "build (cloud)");
    let environment = environment.with("CIRUN_INFRA", "vm");
    assert_eq!(profile(&environment, &["--trust"]), "build (vm)");
    assert_eq!(profile(&environment, &["--infra", "kubernetes"]), "build (kubernetes)");
}

#[test]
fn a_repository_does_not_reach_out_without_trust() {
    let reaching = "workspace = \".\"\naws = \"real\"\npush = \"real\"\nallow-account = [\"123456789012\"]";
    let environment = TestEnvironment::example("shop").edit(".cirun.toml", "workspace = \".\"", reaching);
    let output = environment.cirun(&["list", "pipeline.yaml"]).exits(0);
    assert_snapshot!(output.words(), @r#"
    warning: `aws = "real"` in .cirun.toml is not followed: a repository may only set `emulated` (without the emulated AWS, calls leave this machine); `--trust` follows it, or set it yourself
    warning: `push = "real"` in .cirun.toml is not followed: a repository may only set a value that is as strict as yours (`none` is stricter than `local`, and `local` than `real`); `--trust` follows it, or set it yourself
    warning: `allow-account = "123456789012"` in .cirun.toml is not followed: it is your list of accounts that a push may reach; `--trust` follows it, or set it yourself
    "#);
    let trusted = environment.cirun(&["list", "pipeline.yaml", "--trust"]).exits(0);
    assert_eq!(trusted.stderr, "");
}

#[test]
fn pushes_are_guarded() {
    let environment = TestEnvironment::example("shop");
    assert_snapshot!(environment.cirun(&["local", "pipeline.yaml", "--push", "real"]).exits(2), @"
    --- stderr
    error: step `push` pushes to ECR: `--push real` needs `--aws real`
     help: or omit it: images then stay on this machine
    --- exit status: 2
    ");
    assert_snapshot!(environment.cirun(&["local", "pipeline.yaml", "--aws", "off"]).exits(2), @r"
    --- stderr
    error: step `push` pushes, and with `--aws off` no registry takes its image
     help: `--push none` only builds; `--aws emulated` keeps images here
    --- exit status: 2
    ");
    assert_eq!(environment.records().len(), 0);
}

#[test]
fn mistakes_name_their_place() {
    let environment =
        TestEnvironment::example("shop").edit(".cirun.toml", "workspace = \".\"", "\n  worksapce = \".\"");
    let output = environment.cirun(&["list", "pipeline.yaml"]).exits(2);
    assert!(output.stderr.starts_with("error: .cirun.toml:5:3: unknown field `worksapce`"), "{output}");
    let environment = TestEnvironment::example("shop").with("CIRUN_AWS", "moto");
    assert_snapshot!(environment.cirun(&["list", "pipeline.yaml"]).exits(2), @r"
    --- stderr
    error: CIRUN_AWS: unknown variant `moto`, expected one of `emulated`, `real`, `off`
    --- exit status: 2
    ");
}
