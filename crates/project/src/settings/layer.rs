//! One layer of settings: a file, the environment or the flags.

use std::path::{Path, PathBuf};

use cirun_image_ref::{Endpoint, InvalidEndpoint};
use cirun_plan::Profile;
use indexmap::IndexMap;
use serde::Deserialize;

use super::Origin;
use crate::settings::{
    AwsMode, EgressMode, EngineChoice, Isolation, ProgressMode, PullMode, PushMode, UnknownProfile, parse_profile,
};

/// One layer of settings.
#[derive(Debug, Clone, PartialEq)]
pub struct Layer {
    /// Where its values come from.
    pub origin: Origin,
    /// The values of its keys.
    pub values: Values,
}

/// The keys of a settings file. All are optional.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Values {
    /// The infrastructure to plan for.
    pub infra: Option<ProfileWord>,
    /// Which AWS the steps use.
    pub aws: Option<AwsMode>,
    /// Where pushes go.
    pub push: Option<PushMode>,
    /// Which connections may leave the network.
    pub egress: Option<EgressMode>,
    /// When images are pulled.
    pub pull: Option<PullMode>,
    /// How a run is shown.
    pub progress: Option<ProgressMode>,
    /// What runs the containers.
    pub engine: Option<EngineChoice>,
    /// How the containers of steps start.
    pub isolation: Option<Isolation>,
    /// A push creates its repository if it does not exist.
    pub create_repository: Option<bool>,
    /// Pull images from registries on this machine only.
    pub offline: Option<bool>,
    /// No step gets the engine's socket.
    pub no_docker_socket: Option<bool>,
    /// Steps use the engine's socket without restrictions.
    pub open_docker_socket: Option<bool>,
    /// Steps start before their services are ready.
    pub no_wait: Option<bool>,
    /// A service that exits on its own fails the stage.
    pub fail_on_service_exit: Option<bool>,
    /// The directory that steps see as `/harness`.
    pub workspace: Option<PathBuf>,
    /// The profile of the developer's AWS credentials.
    pub aws_profile: Option<String>,
    /// Where the emulated AWS forwards STS, ECR and S3.
    pub aws_endpoint_url: Option<EndpointWord>,
    /// The shell command that prints the OIDC token for real AWS.
    pub oidc_token_command: Option<String>,
    /// Accounts and registries that real pushes may reach.
    pub allow_account: Vec<String>,
    /// More directories with documents.
    pub include: Vec<PathBuf>,
    /// Dotenv files with secrets.
    pub secret_file: Vec<PathBuf>,
    /// Images that replace plugins' images, by the plugin's name.
    pub plugin_image: IndexMap<String, String>,
    /// Images of the engine that builds can start FROM, by their name in the Dockerfile.
    pub base_image: IndexMap<String, String>,
    /// The name of the machine registry's container and volume.
    pub registry: Option<String>,
    /// Directories whose repositories the user trusts.
    pub trust: Vec<PathBuf>,
}

/// An infrastructure profile, as written in a settings file.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(try_from = "String")]
pub struct ProfileWord(pub Profile);

impl From<Profile> for ProfileWord {
    fn from(profile: Profile) -> Self {
        Self(profile)
    }
}

impl TryFrom<String> for ProfileWord {
    type Error = UnknownProfile;

    fn try_from(text: String) -> Result<Self, UnknownProfile> {
        parse_profile(&text).map(Self)
    }
}

/// The URL of an endpoint, as written in a settings file.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "String")]
pub struct EndpointWord(pub Endpoint);

impl TryFrom<String> for EndpointWord {
    type Error = InvalidEndpoint;

    fn try_from(text: String) -> Result<Self, InvalidEndpoint> {
        text.parse().map(Self)
    }
}

/// A mistake in a layer. The message names the file and line, or the variable.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct LayerError(String);

impl Layer {
    /// Parses a settings file. Its paths are relative to the file's directory.
    ///
    /// # Errors
    /// The text is not TOML, has an unknown key, or a value is invalid.
    pub fn from_file(origin: Origin, path: &Path, text: &str) -> Result<Self, LayerError> {
        let mut values: Values = toml::from_str(text).map_err(|error| {
            LayerError(format!("{}: {}", place(path, text, error.span()), error.message().trim_end()))
        })?;
        let directory = path.parent().unwrap_or(Path::new(""));
        let paths = values.workspace.iter_mut().chain(&mut values.include).chain(&mut values.secret_file);
        for relative in paths {
            *relative = directory.join(&*relative);
        }
        Ok(Self { origin, values })
    }

    /// Reads the variables of [`VARIABLES`].
    ///
    /// # Errors
    /// A value is invalid.
    pub fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Result<Self, LayerError> {
        let mut text = String::new();
        for (name, key) in VARIABLES {
            if let Some(value) = variable(name) {
                let line = match value.as_str() {
                    "true" | "false" => format!("{key} = {value}\n"),
                    _ => format!("{key} = {}\n", toml::Value::String(value)),
                };
                toml::from_str::<Values>(&line)
                    .map_err(|error| LayerError(format!("{name}: {}", error.message().trim_end())))?;
                text.push_str(&line);
            }
        }
        let values = toml::from_str(&text).map_err(|error| LayerError(error.message().to_owned()))?;
        Ok(Self { origin: Origin::Environment, values })
    }
}

/// The environment variables and the keys that they set.
pub const VARIABLES: &[(&str, &str)] = &[
    ("CIRUN_INFRA", "infra"),
    ("CIRUN_AWS", "aws"),
    ("CIRUN_PUSH", "push"),
    ("CIRUN_EGRESS", "egress"),
    ("CIRUN_PULL", "pull"),
    ("CIRUN_PROGRESS", "progress"),
    ("CIRUN_ENGINE", "engine"),
    ("CIRUN_ISOLATION", "isolation"),
    ("CIRUN_CREATE_REPOSITORY", "create-repository"),
    ("CIRUN_OFFLINE", "offline"),
    ("CIRUN_NO_DOCKER_SOCKET", "no-docker-socket"),
    ("CIRUN_OPEN_DOCKER_SOCKET", "open-docker-socket"),
    ("CIRUN_NO_WAIT", "no-wait"),
    ("CIRUN_FAIL_ON_SERVICE_EXIT", "fail-on-service-exit"),
    ("CIRUN_WORKSPACE", "workspace"),
    ("CIRUN_AWS_PROFILE", "aws-profile"),
    ("CIRUN_AWS_ENDPOINT_URL", "aws-endpoint-url"),
    ("CIRUN_OIDC_TOKEN_COMMAND", "oidc-token-command"),
    ("CIRUN_REGISTRY", "registry"),
];

fn place(path: &Path, text: &str, span: Option<std::ops::Range<usize>>) -> String {
    let before = text.get(..span.map_or(0, |span| span.start)).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().map_or(0, |tail| tail.chars().count()) + 1;
    format!("{}:{line}:{column}", path.display())
}
