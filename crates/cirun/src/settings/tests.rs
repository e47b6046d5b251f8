use std::path::Path;

use super::*;

fn file(origin: Origin, text: &str) -> Layer {
    Layer::from_file(origin, Path::new("/repo/.cirun.toml"), text).unwrap()
}

#[test]
fn the_strongest_layer_wins_and_is_named() {
    let layers = vec![
        file(Origin::User, "aws = \"off\"\npull = \"never\""),
        file(Origin::Repository, "pull = \"missing\""),
        Layer::from_environment(|name| (name == "CIRUN_PULL").then(|| "always".to_owned())).unwrap(),
    ];
    let (settings, _) = Settings::resolve(layers, Trust::UserOnly);
    assert_eq!(settings.pull, Setting { value: PullMode::Always, origin: Origin::Environment });
    assert_eq!(settings.aws, Setting { value: AwsMode::Off, origin: Origin::User });
    assert_eq!(settings.push, Setting { value: PushMode::Local, origin: Origin::Default });
}

#[test]
fn a_repository_does_not_reach_out_by_itself() {
    let text = "aws = \"real\"\npush = \"real\"\nallow-account = [\"123456789012\"]\naws-profile = \"prod\"\noidc-token-command = \"leak\"";
    let (settings, untrusted) = Settings::resolve(vec![file(Origin::Repository, text)], Trust::UserOnly);
    assert_eq!((settings.aws.value, settings.push.value), (AwsMode::Emulated, PushMode::Local));
    assert!(settings.allow_accounts.is_empty() && settings.aws_profile.is_none());
    assert_eq!(settings.oidc_token_command, None);
    let keys: Vec<_> = untrusted.iter().map(|setting| setting.key).collect();
    assert_eq!(keys, ["aws", "push", "allow-account", "oidc-token-command", "aws-profile"]);
    let (trusted, untrusted) = Settings::resolve(vec![file(Origin::Repository, text)], Trust::Repository);
    assert_eq!((trusted.push.value, untrusted.len()), (PushMode::Real, 0));
}

#[test]
fn paths_of_a_file_are_relative_to_it() {
    let (settings, _) = Settings::resolve(vec![file(Origin::Repository, "workspace = \"app\"")], Trust::UserOnly);
    assert_eq!(settings.workspace.unwrap().value, Path::new("/repo/app"));
}

#[test]
fn mistakes_name_their_place() {
    let mistake = |text: &str| {
        Layer::from_file(Origin::Repository, Path::new("/repo/.cirun.toml"), text).unwrap_err().to_string()
    };
    insta::assert_snapshot!(mistake("pull = \"yaml\"\npsuh = \"local\""), @"/repo/.cirun.toml:2:1: unknown field `psuh`, expected one of `infra`, `aws`, `push`, `egress`, `pull`, `progress`, `engine`, `create-repository`, `offline`, `no-docker-socket`, `no-wait`, `fail-on-service-exit`, `workspace`, `aws-profile`, `aws-endpoint-url`, `oidc-token-command`, `allow-account`, `include`, `secret-file`, `plugin-image`, `base-image`, `registry`");
    insta::assert_snapshot!(mistake("infra = \"k8s\""), @"/repo/.cirun.toml:1:9: expected kubernetes, vm, cloud or docker");
    let variable = Layer::from_environment(|name| (name == "CIRUN_AWS").then(|| "moto".to_owned())).unwrap_err();
    insta::assert_snapshot!(variable, @"CIRUN_AWS: unknown variant `moto`, expected one of `emulated`, `real`, `off`");
}

#[test]
fn every_variable_names_a_key() {
    for (name, key) in VARIABLES {
        assert_eq!(*name, format!("CIRUN_{}", key.to_uppercase().replace('-', "_")));
    }
}
