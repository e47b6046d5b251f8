//! Options that several commands share.

use std::{path::PathBuf, time::Duration};

use cirun_aws_emulator::{Fault, Upstream};
use cirun_plan::{Profile, parse_duration};
use clap::{Args, ValueEnum};
use serde::Deserialize;

use crate::secrets::GivenSecret;

/// What is planned.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct PlanOptions {
    /// Runs this stage only (repeatable)
    #[arg(long = "stage", value_name = "ID", help_heading = "Selection")]
    pub stages: Vec<String>,
    /// Runs this step only, with the stage's services (repeatable)
    #[arg(long = "step", value_name = "ID", help_heading = "Selection")]
    pub steps: Vec<String>,
    /// Begins with this step
    #[arg(long, value_name = "ID", help_heading = "Selection")]
    pub from: Option<String>,
    /// Ends with this step
    #[arg(long, value_name = "ID", help_heading = "Selection")]
    pub until: Option<String>,
    /// Takes the approval stages as approved, so that the stages behind them run
    #[arg(long, help_heading = "Selection")]
    pub approve: bool,
    /// Plans as if the stage ran on this infrastructure
    #[arg(long, value_name = "PROFILE", value_parser = parse_profile, help_heading = "Selection")]
    pub infra: Option<Profile>,
    /// An input set, an overlay, or a trigger for its inputs (repeatable; later wins)
    #[arg(long = "input-set", value_name = "FILE", help_heading = "Inputs")]
    pub input_sets: Vec<PathBuf>,
    /// A runtime input, by its path in the pipeline (repeatable)
    #[arg(long = "input", value_name = "PATH=VALUE", value_parser = parse_pair, help_heading = "Inputs")]
    pub inputs: Vec<(String, String)>,
    /// A pipeline or stage variable (repeatable)
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = parse_pair, help_heading = "Inputs")]
    pub vars: Vec<(String, String)>,
    /// Never asks for a missing input
    #[arg(long, help_heading = "Inputs")]
    pub no_input: bool,
    /// A secret, which is asked for at the terminal; ID=@FILE is a file's content (repeatable; ID=VALUE is visible in `ps`)
    #[arg(long = "secret", value_name = "ID", value_parser = GivenSecret::parse, help_heading = "Inputs")]
    pub secrets: Vec<GivenSecret>,
    /// Secrets, as a dotenv file (repeatable)
    #[arg(long = "secret-file", value_name = "FILE", help_heading = "Inputs")]
    pub secret_files: Vec<PathBuf>,
    /// A variable for every step (repeatable)
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = parse_pair, help_heading = "Inputs")]
    pub env: Vec<(String, String)>,
    /// What the build is of: branch=…, tag=…, pr=… or commit=… (repeatable)
    #[arg(long = "codebase", value_name = "KIND=VALUE", value_parser = parse_pair, help_heading = "Inputs")]
    pub codebase: Vec<(String, String)>,
    /// More directories with connectors, secrets, templates and input sets (repeatable)
    #[arg(long = "include", value_name = "DIR", help_heading = "Inputs")]
    pub include: Vec<PathBuf>,
    /// The directory that is mounted at `/harness`; by default the repository's
    #[arg(long, value_name = "DIR", help_heading = "Inputs")]
    pub workspace: Option<PathBuf>,
    /// Which AWS the steps see
    #[arg(long, value_enum, value_name = "MODE", help_heading = "AWS")]
    pub aws: Option<AwsMode>,
    /// Where pushes go
    #[arg(long, value_enum, value_name = "WHERE", help_heading = "AWS")]
    pub push: Option<PushMode>,
    /// The file with the OIDC token for real AWS
    #[arg(long, value_name = "FILE", help_heading = "AWS")]
    pub oidc_token_file: Option<PathBuf>,
    /// Runs another image in place of a plugin's (repeatable)
    #[arg(long = "plugin-image", value_name = "NAME=IMAGE", value_parser = parse_pair, help_heading = "Images")]
    pub plugin_images: Vec<(String, String)>,
    /// When to pull images
    #[arg(long, value_enum, value_name = "WHEN", help_heading = "Images")]
    pub pull: Option<PullMode>,
    /// Adds nothing that CI does not send, and fails (7) on a difference from CI
    #[arg(long, help_heading = "Parity")]
    pub strict_parity: bool,
    /// Fails (3) if a step or a stage is of a type that is not run locally
    #[arg(long, help_heading = "Parity")]
    pub fail_on_skip: bool,
    /// Trusts the repository for this run: all settings of its `.cirun.toml` are followed, and it gets host steps, engine
    /// sockets and privileged containers without a question
    #[arg(long, help_heading = "Trust")]
    pub trust: bool,
}

/// How a run is done.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct RunOptions {
    /// Pulls from no registry outside of this machine
    #[arg(long, help_heading = "Images")]
    pub offline: bool,
    /// The platform of the images, such as linux/amd64
    #[arg(long, value_name = "OS/ARCH", value_parser = parse_platform, help_heading = "Images")]
    pub platform: Option<String>,
    /// Runs the steps in a clean clone of HEAD, as CI does, and removes it afterwards
    #[arg(long, help_heading = "Inputs")]
    pub clean_clone: bool,
    /// What runs the containers
    #[arg(long, value_enum, value_name = "ENGINE")]
    pub engine: Option<EngineChoice>,
    /// Gives no step the engine's socket, which CI's VMs mount into all
    #[arg(long)]
    pub no_docker_socket: bool,
    /// Lets steps do to the machine what the engine can: mount its paths, start privileged containers, use its network
    #[arg(long, conflicts_with = "no_docker_socket")]
    pub open_docker_socket: bool,
    /// What the stage's network lets out
    #[arg(long, value_enum, value_name = "WHAT", help_heading = "AWS")]
    pub egress: Option<EgressMode>,
    /// Lets steps begin before their services are ready, as CI does
    #[arg(long, help_heading = "Services")]
    pub no_wait: bool,
    /// Starts a service later, and lets nobody wait for it (repeatable)
    #[arg(long = "service-delay", value_name = "ID=TIME", value_parser = parse_delay, help_heading = "Services")]
    pub service_delays: Vec<(String, Duration)>,
    /// Fails the stage when a service ends by itself
    #[arg(long, help_heading = "Services")]
    pub fail_on_service_exit: bool,
    /// Keeps containers, networks and volumes when the run has ended; `cirun clean` removes them
    #[arg(long, help_heading = "Looking into a run")]
    pub keep: bool,
    /// Opens a shell in a step that fails, in the state that it has left
    #[arg(long, help_heading = "Looking into a run")]
    pub shell_on_failure: bool,
    /// The profile of the developer's AWS credentials
    #[arg(long, value_name = "NAME", help_heading = "AWS")]
    pub aws_profile: Option<String>,
    /// Allows real pushes to this account (repeatable)
    #[arg(long = "allow-account", value_name = "ID", help_heading = "AWS")]
    pub allow_accounts: Vec<String>,
    /// Forwards STS, ECR and S3 to LocalStack, moto or ministack: on this machine, or a Background step by its id
    #[arg(long, value_name = "URL", help_heading = "AWS")]
    pub aws_endpoint_url: Option<Upstream>,
    /// An error of the emulated AWS on purpose, such as sts:expired, ecr:throttle or registry:503*2 (repeatable)
    #[arg(long = "inject", value_name = "FAULT", value_parser = parse_fault, help_heading = "AWS")]
    pub faults: Vec<String>,
    /// Creates an emulated repository at its first push
    #[arg(long, help_heading = "AWS")]
    pub create_repository: bool,
    /// How to show the run
    #[arg(long, value_enum, value_name = "HOW", help_heading = "Output")]
    pub progress: Option<ProgressMode>,
    /// Writes the events, one JSON object a line
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub events: Option<PathBuf>,
    /// Writes a JUnit report
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub junit: Option<PathBuf>,
    /// Writes an HTML report
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub html: Option<PathBuf>,
}

/// How a recorded run is run again.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct RerunOptions {
    /// Begins with this step; earlier ones that succeeded count, with the outputs they had
    #[arg(long, value_name = "ID", conflicts_with = "failed")]
    pub from: Option<String>,
    /// Runs only the steps that have not succeeded; the others count, with the outputs they had
    #[arg(long)]
    pub failed: bool,
    /// A secret, which is asked for at the terminal; ID=@FILE is a file's content (repeatable; ID=VALUE is visible in `ps`)
    #[arg(long = "secret", value_name = "ID", value_parser = GivenSecret::parse)]
    pub secrets: Vec<GivenSecret>,
    /// Secrets, as a dotenv file (repeatable)
    #[arg(long = "secret-file", value_name = "FILE")]
    pub secret_files: Vec<PathBuf>,
    /// How to show the run
    #[arg(long, value_enum, value_name = "HOW")]
    pub progress: Option<ProgressMode>,
    /// Writes the events, one JSON object a line
    #[arg(long, value_name = "FILE")]
    pub events: Option<PathBuf>,
    /// Writes a JUnit report
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Writes an HTML report
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Keeps containers, networks and volumes when the run has ended; `cirun clean` removes them
    #[arg(long)]
    pub keep: bool,
    /// Opens a shell in a step that fails, in the state that it has left
    #[arg(long)]
    pub shell_on_failure: bool,
    /// Trusts the repository for this run; the `--trust` of the recorded run counts while its pipeline is the same
    #[arg(long)]
    pub trust: bool,
}

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub(crate) enum $name { $($(#[$variant_doc])* $variant),+ }
    };
}

words! {
    /// Which AWS the steps see.
    AwsMode {
        /// The built-in one: every name of AWS leads to it
        Emulated,
        /// AWS, with the developer's credentials
        Real,
        /// None: no credentials, no emulator
        Off,
    }
}
words! {
    /// Where pushes go.
    PushMode {
        /// Into the local registry, whatever the YAML says
        Local,
        /// Where the YAML says, for allowed accounts
        Real,
        /// Nowhere: images are only built
        None,
    }
}
words! {
    /// What the stage's network lets out.
    EgressMode {
        /// Nothing: the stage's own names and the emulated AWS are all there is
        None,
        /// AWS alone: where it is emulated, as `none`
        Aws,
        /// Everything
        All,
    }
}
words! {
    /// When to pull images.
    PullMode {
        /// As the step says
        Yaml,
        /// Ask the registry each time
        Always,
        /// What the engine does not have
        Missing,
        /// Never
        Never,
    }
}
words! {
    /// What runs the containers.
    EngineChoice {
        /// The engine that is found
        Auto,
        /// A Docker-compatible engine
        Docker,
        /// No engine: host steps only
        Host,
    }
}
words! {
    /// How to show the run.
    ProgressMode {
        /// Bars on a terminal, plain lines elsewhere
        Auto,
        /// Bars
        Tty,
        /// Plain lines
        Plain,
        /// Events as JSON on stdout
        Json,
        /// Only failures and the summary
        Quiet,
    }
}
words! {
    /// How `check` prints.
    CheckFormat {
        /// With source excerpts
        Human,
        /// For programs
        Json,
        /// For code scanners
        Sarif,
    }
}

fn parse_pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected a name, `=` and a value".to_owned()),
    }
}

fn parse_platform(text: &str) -> Result<String, String> {
    let parts: Vec<&str> = text.split('/').collect();
    match parts.len() {
        2..=3 if parts.iter().all(|part| !part.is_empty()) => Ok(text.to_owned()),
        _ => Err("expected OS/ARCH, such as `linux/amd64` or `linux/arm/v7`".to_owned()),
    }
}

fn parse_delay(text: &str) -> Result<(String, Duration), String> {
    let (id, time) = parse_pair(text).map_err(|_| "expected ID=TIME, such as `db=5s`".to_owned())?;
    match parse_duration(&time) {
        Ok(Some(delay)) => Ok((id, delay)),
        Ok(None) => Err(format!("`{id}` has no time: write it as in `{id}=5s`")),
        Err(error) => Err(error.to_string()),
    }
}

pub(crate) fn parse_profile(text: &str) -> Result<Profile, String> {
    Profile::ALL
        .into_iter()
        .find(|profile| profile.as_str() == text)
        .ok_or_else(|| "expected kubernetes, vm, cloud or docker".to_owned())
}

/// Checks a fault; the emulator in its container reads it again.
fn parse_fault(text: &str) -> Result<String, String> {
    text.parse::<Fault>().map(|_| text.to_owned()).map_err(|error| error.to_string())
}
