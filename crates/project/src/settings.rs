//! Settings: each key's value comes from the strongest of five layers that has one, and keeps its origin.
//!
//! Resolving is pure: the caller reads the files, variables and flags.

mod layer;
mod repository;
mod values;

use std::{fmt, path::PathBuf};

use cirun_image_ref::Endpoint;
use cirun_plan::Profile;
use indexmap::IndexMap;
pub use layer::{EndpointWord, Layer, VARIABLES, Values};
pub use repository::{Beyond, May, RULES, Rule};
pub use values::{
    AwsMode, EgressMode, EngineChoice, Isolation, ProgressMode, PullMode, PushMode, UnknownProfile, parse_profile,
};

/// Where a setting comes from, the weakest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Built into cirun.
    Default,
    /// `~/.config/cirun/config.toml`.
    User,
    /// `.cirun.toml` of the repository.
    Repository,
    /// A `CIRUN_*` variable.
    Environment,
    /// A flag.
    Flag,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Default => "default",
            Self::User => "config.toml",
            Self::Repository => ".cirun.toml",
            Self::Environment => "environment",
            Self::Flag => "flag",
        })
    }
}

/// A setting's value and origin.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting<T> {
    /// The value.
    pub value: T,
    /// Where it comes from.
    pub origin: Origin,
}

/// The resolved settings. [`Values`] describes the keys.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// `infra`.
    pub infra: Option<Setting<Profile>>,
    /// `aws`.
    pub aws: Setting<AwsMode>,
    /// `push`.
    pub push: Setting<PushMode>,
    /// `egress`.
    pub egress: Setting<EgressMode>,
    /// `pull`.
    pub pull: Setting<PullMode>,
    /// `progress`.
    pub progress: Setting<ProgressMode>,
    /// `engine`.
    pub engine: Setting<EngineChoice>,
    /// `isolation`.
    pub isolation: Setting<Isolation>,
    /// `create-repository`.
    pub create_repository: Setting<bool>,
    /// `offline`.
    pub offline: Setting<bool>,
    /// `no-docker-socket`: no step gets the engine's socket.
    pub no_docker_socket: Setting<bool>,
    /// `open-docker-socket`: steps get the engine's socket without restrictions.
    pub open_docker_socket: Setting<bool>,
    /// `no-wait`.
    pub no_wait: Setting<bool>,
    /// `fail-on-service-exit`.
    pub fail_on_service_exit: Setting<bool>,
    /// `workspace`: an absolute path, or one relative to the current directory.
    pub workspace: Option<Setting<PathBuf>>,
    /// `aws-profile`.
    pub aws_profile: Option<Setting<String>>,
    /// `aws-endpoint-url`: where the emulated AWS forwards calls of STS, ECR and S3.
    pub aws_endpoint_url: Option<Setting<Endpoint>>,
    /// `oidc-token-command`: the shell command that prints the CI service's OIDC token, for real AWS.
    pub oidc_token_command: Option<Setting<String>>,
    /// `allow-account`.
    pub allow_accounts: Vec<Setting<String>>,
    /// `trust`: directories whose repositories the user trusts.
    pub trust: Vec<Setting<PathBuf>>,
    /// `include`.
    pub include: Vec<Setting<PathBuf>>,
    /// `secret-file`.
    pub secret_files: Vec<Setting<PathBuf>>,
    /// `plugin-image`, by the plugin's name.
    pub plugin_images: IndexMap<String, Setting<String>>,
    /// `base-image`: images of the engine that builds can start FROM, by their name in the Dockerfile.
    pub base_images: IndexMap<String, Setting<String>>,
    /// `registry`: the name of the machine registry's container and volume.
    pub registry: Setting<String>,
}

/// Whether to follow a repository's settings that need trust.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// Follow all settings of the repository.
    Repository,
    /// Follow only those that a repository may always set.
    UserOnly,
}

impl Settings {
    /// Resolves `layers`, the weakest first. Also returns the repository's settings that need trust, whether or not they are
    /// followed.
    pub fn resolve(layers: Vec<Layer>, trust: Trust) -> (Self, Vec<Beyond>) {
        let mut beyond = Vec::new();
        let mut settings = Self::built_in();
        for layer in layers {
            if layer.origin != Origin::Repository {
                settings.apply(layer);
                continue;
            }
            let mut allowed = layer.clone();
            beyond.extend(repository::take_beyond(&mut allowed.values, &settings));
            settings.apply(match trust {
                Trust::Repository => layer,
                Trust::UserOnly => allowed,
            });
        }
        if settings.aws.value == AwsMode::Real
            && settings.create_repository == (Setting { value: true, origin: Origin::Repository })
        {
            beyond.push(Beyond { key: "create-repository", value: "true".to_owned() });
            settings.create_repository.value = trust == Trust::Repository;
        }
        (settings, beyond)
    }

    /// Whether steps get the engine's socket where CI gives it to them. Not in a closed network: containers that a step
    /// starts by the socket would be outside of it.
    pub fn gives_sockets(&self) -> bool {
        !self.no_docker_socket.value && self.egress.value == EgressMode::All
    }

    fn built_in() -> Self {
        fn default<T>(value: T) -> Setting<T> {
            Setting { value, origin: Origin::Default }
        }
        Self {
            infra: None,
            aws: default(AwsMode::Emulated),
            push: default(PushMode::Local),
            egress: default(EgressMode::All),
            pull: default(PullMode::Yaml),
            progress: default(ProgressMode::Auto),
            engine: default(EngineChoice::Auto),
            isolation: default(Isolation::Gate),
            create_repository: default(false),
            offline: default(false),
            no_docker_socket: default(false),
            open_docker_socket: default(false),
            no_wait: default(false),
            fail_on_service_exit: default(false),
            workspace: None,
            aws_profile: None,
            aws_endpoint_url: None,
            oidc_token_command: None,
            allow_accounts: Vec::new(),
            trust: Vec::new(),
            include: Vec::new(),
            secret_files: Vec::new(),
            plugin_images: IndexMap::new(),
            base_images: IndexMap::new(),
            registry: default("cirun-registry".to_owned()),
        }
    }

    fn apply(&mut self, Layer { origin, values, .. }: Layer) {
        let give = |slot: &mut Setting<bool>, value: Option<bool>| {
            if let Some(value) = value {
                *slot = Setting { value, origin };
            }
        };
        give(&mut self.create_repository, values.create_repository);
        give(&mut self.offline, values.offline);
        give(&mut self.no_docker_socket, values.no_docker_socket);
        give(&mut self.open_docker_socket, values.open_docker_socket);
        give(&mut self.no_wait, values.no_wait);
        give(&mut self.fail_on_service_exit, values.fail_on_service_exit);
        replace(&mut self.registry, values.registry, origin);
        replace(&mut self.aws, values.aws, origin);
        replace(&mut self.push, values.push, origin);
        replace(&mut self.egress, values.egress, origin);
        replace(&mut self.pull, values.pull, origin);
        replace(&mut self.progress, values.progress, origin);
        replace(&mut self.engine, values.engine, origin);
        replace(&mut self.isolation, values.isolation, origin);
        fill(&mut self.infra, values.infra.map(|word| word.0), origin);
        fill(&mut self.workspace, values.workspace, origin);
        fill(&mut self.aws_profile, values.aws_profile, origin);
        fill(&mut self.oidc_token_command, values.oidc_token_command, origin);
        fill(&mut self.aws_endpoint_url, values.aws_endpoint_url.map(|word| word.0), origin);
        extend(&mut self.allow_accounts, values.allow_account, origin);
        extend(&mut self.trust, values.trust, origin);
        extend(&mut self.include, values.include, origin);
        extend(&mut self.secret_files, values.secret_file, origin);
        merge(&mut self.plugin_images, values.plugin_image, origin);
        merge(&mut self.base_images, values.base_image, origin);
    }
}

fn replace<T>(slot: &mut Setting<T>, value: Option<T>, origin: Origin) {
    if let Some(value) = value {
        *slot = Setting { value, origin };
    }
}

fn fill<T>(slot: &mut Option<Setting<T>>, value: Option<T>, origin: Origin) {
    if let Some(value) = value {
        *slot = Some(Setting { value, origin });
    }
}

fn extend<T>(slot: &mut Vec<Setting<T>>, values: Vec<T>, origin: Origin) {
    slot.extend(values.into_iter().map(|value| Setting { value, origin }));
}

fn merge(slot: &mut IndexMap<String, Setting<String>>, values: IndexMap<String, String>, origin: Origin) {
    for (name, value) in values {
        slot.insert(name, Setting { value, origin });
    }
}

#[cfg(test)]
mod tests;
