use std::path::Path;

use super::*;

fn file(origin: Origin, text: &str) -> Layer {
    Layer::from_file(origin, Path::new("/repo/.cirun.toml"), text).unwrap()
}

#[test]
fn the_strongest_layer_wins_and_is_the_origin() {
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

/// Settings for every key, and whether a repository's is followed over the defaults.
const SETTINGS: [(&str, bool); 35] = [
    ("infra = \"vm\"", false),
    ("infra = \"kubernetes\"", false),
    ("aws = \"emulated\"", true),
    ("aws = \"real\"", false),
    ("aws = \"off\"", false),
    ("push = \"none\"", true),
    ("push = \"local\"", true),
    ("push = \"real\"", false),
    ("egress = \"none\"", true),
    ("egress = \"aws\"", true),
    ("pull = \"never\"", true),
    ("pull = \"missing\"", true),
    ("pull = \"always\"", false),
    ("progress = \"quiet\"", false),
    ("engine = \"host\"", false),
    ("isolation = \"plain\"", false),
    ("create-repository = true", true),
    ("offline = true", true),
    ("offline = false", false),
    ("no-docker-socket = true", true),
    ("no-docker-socket = false", false),
    ("open-docker-socket = true", false),
    ("no-wait = true", true),
    ("fail-on-service-exit = true", true),
    ("fail-on-service-exit = false", false),
    ("aws-profile = \"prod\"", false),
    ("aws-endpoint-url = \"http://localhost:4566\"", false),
    ("aws-endpoint-url = \"http://db\"", false),
    ("oidc-token-command = \"leak\"", false),
    ("allow-account = [\"123456789012\"]", false),
    ("plugin-image = {ecr = \"i\"}", true),
    ("base-image = {b = \"i\"}", true),
    ("workspace = \"app\"", true),
    ("registry = \"pgdata\"", false),
    ("trust = [\"/\"]", false),
];

#[test]
fn a_repository_may_only_be_stricter() {
    for (text, followed) in SETTINGS {
        let layer = file(Origin::Repository, text);
        let (settings, beyond) = Settings::resolve(vec![layer.clone()], Trust::UserOnly);
        let key = text.split(' ').next().unwrap();
        assert_eq!(beyond.iter().map(|one| one.key).collect::<Vec<_>>(), if followed { vec![] } else { vec![key] });
        let (trusted, seen) = Settings::resolve(vec![layer], Trust::Repository);
        assert_eq!(seen, beyond, "{text}: trust follows what it names");
        assert_eq!(settings == trusted, followed, "{text}");
        assert_eq!(settings == Settings::resolve(Vec::new(), Trust::UserOnly).0, !followed, "{text}");
    }
    for Rule { key, .. } in RULES.iter().filter(|rule| !["include", "secret-file"].contains(&rule.key)) {
        assert!(SETTINGS.iter().any(|(text, _)| text.starts_with(&format!("{key} "))), "{key} is not tried");
    }
}

#[test]
fn stricter_means_stricter_than_the_users_settings() {
    let resolved = |user: &str, repository: &str| {
        let layers = vec![file(Origin::User, user), file(Origin::Repository, repository)];
        Settings::resolve(layers, Trust::UserOnly)
    };
    for (user, repository) in [
        ("egress = \"none\"", "egress = \"all\""),
        ("egress = \"none\"", "egress = \"aws\""),
        ("pull = \"never\"", "pull = \"yaml\""),
        ("push = \"none\"", "push = \"local\""),
        ("offline = true", "offline = false"),
    ] {
        let (settings, beyond) = resolved(user, repository);
        assert_eq!(settings, Settings::resolve(vec![file(Origin::User, user)], Trust::UserOnly).0, "{repository}");
        assert_eq!(beyond.len(), 1, "{repository}");
    }
    let (settings, beyond) = resolved("push = \"real\"\naws = \"real\"", "push = \"local\"\naws = \"emulated\"");
    assert_eq!((settings.push.value, settings.aws.value, beyond.len()), (PushMode::Local, AwsMode::Emulated, 0));
}

/// On real AWS, an ECR repository costs money.
#[test]
fn a_repository_cannot_create_ecr_repositories_on_real_aws() {
    let layers = vec![
        file(Origin::Repository, "create-repository = true"),
        Layer::from_environment(|name| (name == "CIRUN_AWS").then(|| "real".to_owned())).unwrap(),
    ];
    let (settings, beyond) = Settings::resolve(layers, Trust::UserOnly);
    assert!(!settings.create_repository.value);
    insta::assert_snapshot!(beyond[0], @"`create-repository = true` in .cirun.toml is not followed: it applies to the \
        emulated AWS only; `--trust` follows it, or set it yourself");
}

#[test]
fn paths_of_a_file_are_relative_to_it() {
    let (settings, _) = Settings::resolve(vec![file(Origin::Repository, "workspace = \"app\"")], Trust::UserOnly);
    assert_eq!(settings.workspace.unwrap().value, Path::new("/repo/app"));
}

#[test]
fn errors_name_the_file_and_line() {
    let mistake = |text: &str| {
        Layer::from_file(Origin::Repository, Path::new("/repo/.cirun.toml"), text).unwrap_err().to_string()
    };
    insta::assert_snapshot!(mistake("pull = \"yaml\"\npsuh = \"local\""), @"/repo/.cirun.toml:2:1: unknown field `psuh`, expected one of `infra`, `aws`, `push`, `egress`, `pull`, `progress`, `engine`, `isolation`, `create-repository`, `offline`, `no-docker-socket`, `open-docker-socket`, `no-wait`, `fail-on-service-exit`, `workspace`, `aws-profile`, `aws-endpoint-url`, `oidc-token-command`, `allow-account`, `include`, `secret-file`, `plugin-image`, `base-image`, `registry`, `trust`");
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
