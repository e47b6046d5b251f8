//! Which settings a repository may set.
//!
//! A cloned repository may be hostile, so its `.cirun.toml` may only make the settings stricter: the table is an allow-list,
//! with a reason for each key. All other settings need `--trust`, remembered consent, or the user's own settings.

use std::fmt;

use clap::ValueEnum;

use super::{Settings, Values};
use crate::settings::{AwsMode, EgressMode, PullMode, PushMode};

/// The values that a repository may set for a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum May {
    /// Any value.
    Any,
    /// The values that this text describes.
    Only(&'static str),
    /// Any value, but a run asks for consent before it follows it.
    Ask,
    /// No value.
    Nothing,
}

/// The rule for one key.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// The key.
    pub key: &'static str,
    /// The values that a repository may set.
    pub may: May,
    /// Why other values need trust, or why any value is harmless.
    pub reason: &'static str,
}

const STRICTER: May = May::Only("a value that is as strict as yours");
const TRUE: May = May::Only("`true`");
const INSIDE: May = May::Only("a path inside the repository");

/// The rules of all keys. docs/configuration.md has the same table.
pub const RULES: [Rule; 25] = [
    rule("infra", May::Nothing, "it decides whether steps run in containers or on this machine"),
    rule("aws", May::Only("`emulated`"), "without the emulated AWS, calls leave this machine"),
    rule("push", STRICTER, "`none` is stricter than `local`, and `local` than `real`"),
    rule("egress", STRICTER, "`none` is stricter than `aws`, and `aws` than `all`"),
    rule("pull", STRICTER, "from few registry requests to many: `never`, `missing`, `yaml`, `always`"),
    rule("progress", May::Nothing, "it decides what you see of the run"),
    rule("engine", May::Nothing, "it decides whether steps run in containers or on this machine"),
    rule("isolation", May::Nothing, "it decides whether the engine knows the environment of steps"),
    rule("create-repository", May::Any, "it applies to the emulated AWS only"),
    rule("offline", TRUE, "nothing is pulled then"),
    rule("no-docker-socket", TRUE, "no step gets the engine's socket then"),
    rule("open-docker-socket", May::Only("`false`"), "steps could do to this machine what its engine can"),
    rule("no-wait", May::Any, "it changes when steps begin, and nothing that they reach"),
    rule("fail-on-service-exit", TRUE, "it fails more runs, and lets no step reach more"),
    rule("workspace", INSIDE, "steps see it, and write to it"),
    rule("aws-profile", May::Nothing, "it chooses among your credentials"),
    rule("aws-endpoint-url", May::Nothing, "calls with credentials go there"),
    rule("oidc-token-command", May::Nothing, "it is a program that runs on this machine"),
    rule("allow-account", May::Nothing, "it is your list of accounts that a push may reach"),
    rule("include", INSIDE, "its files are read"),
    rule("secret-file", INSIDE, "steps get its values"),
    rule("plugin-image", May::Ask, "the image gets what the plugin gets: with `aws = \"real\"`, your credentials"),
    rule("base-image", May::Any, "a step can push the same image to this machine's registry, and run it"),
    rule("registry", May::Nothing, "it names a container and a volume of this machine"),
    rule("trust", May::Nothing, "only you decide whom you trust"),
];

const fn rule(key: &'static str, may: May, reason: &'static str) -> Rule {
    Rule { key, may, reason }
}

/// A setting of the repository that needs trust. It displays as a warning: the setting, why it is not followed, and what would
/// make cirun follow it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beyond {
    /// The key.
    pub key: &'static str,
    /// The value, as text.
    pub value: String,
}

impl Beyond {
    fn rule(&self) -> Rule {
        RULES.into_iter().find(|rule| rule.key == self.key).unwrap_or(rule(self.key, May::Nothing, "it is unknown"))
    }
}

impl fmt::Display for Beyond {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Rule { may, reason, .. } = self.rule();
        write!(f, "`{}` in .cirun.toml is not followed: ", self.setting())?;
        match may {
            May::Only(values) => write!(f, "a repository may only set {values} ({reason})")?,
            May::Any | May::Ask | May::Nothing => f.write_str(reason)?,
        }
        f.write_str("; `--trust` follows it, or set it yourself")
    }
}

impl Beyond {
    /// The setting in TOML, as in the file.
    pub fn setting(&self) -> String {
        let Self { key, value } = self;
        match value.as_str() {
            "true" | "false" => format!("{key} = {value}"),
            _ => format!("{key} = {}", toml::Value::String(value.clone())),
        }
    }
}

/// Removes the settings that need trust from a repository's layer and returns them. `below` has the settings of the weaker
/// layers. Does not check whether paths are inside the repository: that needs the file system.
pub(super) fn take_beyond(values: &mut Values, below: &Settings) -> Vec<Beyond> {
    let mut beyond = Vec::new();
    let mut take = |key: &'static str, value: String| beyond.push(Beyond { key, value });
    let Values {
        infra,
        aws,
        push,
        egress,
        pull,
        progress,
        engine,
        isolation,
        create_repository: _,
        offline,
        no_docker_socket,
        open_docker_socket,
        no_wait: _,
        fail_on_service_exit,
        workspace: _,
        aws_profile,
        aws_endpoint_url,
        oidc_token_command,
        allow_account,
        include: _,
        secret_file: _,
        plugin_image: _,
        base_image: _,
        registry,
        trust,
    } = values;
    if let Some(infra) = infra.take() {
        take("infra", infra.0.as_str().to_owned());
    }
    if let Some(aws) = aws.take_if(|aws| *aws != AwsMode::Emulated) {
        take("aws", word(aws));
    }
    if let Some(push) = push.take_if(|push| rank_of_push(*push) > rank_of_push(below.push.value)) {
        take("push", word(push));
    }
    if let Some(egress) = egress.take_if(|egress| rank_of_egress(*egress) > rank_of_egress(below.egress.value)) {
        take("egress", word(egress));
    }
    if let Some(pull) = pull.take_if(|pull| rank_of_pull(*pull) > rank_of_pull(below.pull.value)) {
        take("pull", word(pull));
    }
    if let Some(progress) = progress.take() {
        take("progress", word(progress));
    }
    if let Some(engine) = engine.take() {
        take("engine", word(engine));
    }
    if let Some(isolation) = isolation.take() {
        take("isolation", word(isolation));
    }
    let flags =
        [("offline", offline), ("no-docker-socket", no_docker_socket), ("fail-on-service-exit", fail_on_service_exit)];
    for (key, flag) in flags {
        if flag.take_if(|flag| !*flag).is_some() {
            take(key, "false".to_owned());
        }
    }
    if open_docker_socket.take_if(|open| *open).is_some() {
        take("open-docker-socket", "true".to_owned());
    }
    if let Some(profile) = aws_profile.take() {
        take("aws-profile", profile);
    }
    if let Some(url) = aws_endpoint_url.take() {
        take("aws-endpoint-url", url.0.to_string());
    }
    if let Some(command) = oidc_token_command.take() {
        take("oidc-token-command", command);
    }
    for account in allow_account.drain(..) {
        take("allow-account", account);
    }
    if let Some(registry) = registry.take() {
        take("registry", registry);
    }
    for directory in trust.drain(..) {
        take("trust", directory.display().to_string());
    }
    beyond
}

fn word<T: ValueEnum>(value: T) -> String {
    value.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

fn rank_of_push(push: PushMode) -> u8 {
    match push {
        PushMode::None => 0,
        PushMode::Local => 1,
        PushMode::Real => 2,
    }
}

fn rank_of_egress(egress: EgressMode) -> u8 {
    match egress {
        EgressMode::None => 0,
        EgressMode::Aws => 1,
        EgressMode::All => 2,
    }
}

fn rank_of_pull(pull: PullMode) -> u8 {
    match pull {
        PullMode::Never => 0,
        PullMode::Missing => 1,
        PullMode::Yaml => 2,
        PullMode::Always => 3,
    }
}
