//! Options that several commands share.

use std::{path::PathBuf, time::Duration};

use cirun_aws_emulator::Fault;
use cirun_image_ref::Endpoint;
use cirun_plan::{Profile, parse_duration};
use cirun_project::{
    PlanRequest,
    secrets::GivenSecret,
    settings::{
        AwsMode, EgressMode, EndpointWord, EngineChoice, Isolation, ProgressMode, PullMode, PushMode, Values,
        parse_profile,
    },
};
use clap::{Args, ValueEnum};

use super::bad_value::BadValue;
use crate::sinks::ReportFiles;

/// What to plan.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct PlanOptions {
    /// Run only this stage (repeatable)
    #[arg(long = "stage", value_name = "ID", help_heading = "Selection")]
    pub stages: Vec<String>,
    /// Run only this step, with the services of its stage (repeatable)
    #[arg(long = "step", value_name = "ID", help_heading = "Selection")]
    pub steps: Vec<String>,
    /// Start at this step
    #[arg(long, value_name = "ID", help_heading = "Selection")]
    pub from: Option<String>,
    /// Stop after this step
    #[arg(long, value_name = "ID", help_heading = "Selection")]
    pub until: Option<String>,
    /// Treat approval stages as approved, and run the stages after them
    #[arg(long, help_heading = "Selection")]
    pub approve: bool,
    /// Plan as if the stage ran on this infrastructure
    #[arg(long, value_name = "PROFILE", value_parser = parse_profile, help_heading = "Selection")]
    pub infra: Option<Profile>,
    /// Input set, overlay, or trigger whose inputs to use (repeatable; later files win)
    #[arg(long = "input-set", value_name = "FILE", help_heading = "Inputs")]
    pub input_sets: Vec<PathBuf>,
    /// Set a runtime input, by its path in the pipeline (repeatable)
    #[arg(long = "input", value_name = "PATH=VALUE", value_parser = parse_pair, help_heading = "Inputs")]
    pub inputs: Vec<(String, String)>,
    /// Set a pipeline or stage variable (repeatable)
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = parse_pair, help_heading = "Inputs")]
    pub vars: Vec<(String, String)>,
    /// Never prompt for missing inputs
    #[arg(long, help_heading = "Inputs")]
    pub no_input: bool,
    /// Set a secret: ID prompts for the value, ID=@FILE reads a file (repeatable; with ID=VALUE, `ps` shows the value)
    #[arg(long = "secret", value_name = "ID", value_parser = GivenSecret::parse, help_heading = "Inputs")]
    pub secrets: Vec<GivenSecret>,
    /// Read secrets from a dotenv file (repeatable)
    #[arg(long = "secret-file", value_name = "FILE", help_heading = "Inputs")]
    pub secret_files: Vec<PathBuf>,
    /// Set an environment variable in every step (repeatable)
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = parse_pair, help_heading = "Inputs")]
    pub env: Vec<(String, String)>,
    /// What to build: branch=…, tag=…, pr=… or commit=… (repeatable)
    #[arg(long = "codebase", value_name = "KIND=VALUE", value_parser = parse_pair, help_heading = "Inputs")]
    pub codebase: Vec<(String, String)>,
    /// Also look for connectors, secrets, templates and input sets in this directory (repeatable)
    #[arg(long = "include", value_name = "DIR", help_heading = "Inputs")]
    pub include: Vec<PathBuf>,
    /// Directory to mount at `/harness` (default: the root of the repository)
    #[arg(long, value_name = "DIR", help_heading = "Inputs")]
    pub workspace: Option<PathBuf>,
    /// Which AWS the steps use
    #[arg(long, value_enum, value_name = "MODE", help_heading = "AWS")]
    pub aws: Option<AwsMode>,
    /// Where pushes go
    #[arg(long, value_enum, value_name = "WHERE", help_heading = "AWS")]
    pub push: Option<PushMode>,
    /// File with the OIDC token for real AWS
    #[arg(long, value_name = "FILE", help_heading = "AWS")]
    pub oidc_token_file: Option<PathBuf>,
    /// Run this image instead of the plugin's (repeatable)
    #[arg(long = "plugin-image", value_name = "NAME=IMAGE", value_parser = parse_pair, help_heading = "Images")]
    pub plugin_images: Vec<(String, String)>,
    /// When to pull images
    #[arg(long, value_enum, value_name = "WHEN", help_heading = "Images")]
    pub pull: Option<PullMode>,
    /// Add nothing that CI does not send, and fail (exit code 7) if a run differs from CI
    #[arg(long, help_heading = "Parity")]
    pub strict_parity: bool,
    /// Fail (exit code 3) if a step or stage has a type that does not run locally
    #[arg(long, help_heading = "Parity")]
    pub fail_on_skip: bool,
    /// Trust the repository for this run: apply every setting of its `.cirun.toml`, and allow host steps, engine sockets
    /// and privileged containers without a prompt
    #[arg(long, help_heading = "Trust")]
    pub trust: bool,
}

/// How to run a plan.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct RunOptions {
    /// Pull only from registries on this machine
    #[arg(long, help_heading = "Images")]
    pub offline: bool,
    /// Platform of the images, such as linux/amd64
    #[arg(long, value_name = "OS/ARCH", value_parser = parse_platform, help_heading = "Images")]
    pub platform: Option<String>,
    /// Run the steps in a clean clone of HEAD, as CI does, and remove it afterwards
    #[arg(long, help_heading = "Inputs")]
    pub clean_clone: bool,
    /// What runs the containers
    #[arg(long, value_enum, value_name = "ENGINE")]
    pub engine: Option<EngineChoice>,
    /// How the containers of steps start
    #[arg(long, value_enum, value_name = "HOW")]
    pub isolation: Option<Isolation>,
    /// Do not mount the engine's socket into steps, as CI does on VMs
    #[arg(long)]
    pub no_docker_socket: bool,
    /// Let steps use the engine's socket without restrictions: mount paths of this machine, start privileged containers, use its network
    #[arg(long, conflicts_with = "no_docker_socket")]
    pub open_docker_socket: bool,
    /// Which connections may leave the stage's network
    #[arg(long, value_enum, value_name = "WHAT", help_heading = "AWS")]
    pub egress: Option<EgressMode>,
    /// Start steps before their services are ready, as CI does
    #[arg(long, help_heading = "Services")]
    pub no_wait: bool,
    /// Start a service later, and let no step wait for it (repeatable)
    #[arg(long = "service-delay", value_name = "ID=TIME", value_parser = parse_delay, help_heading = "Services")]
    pub service_delays: Vec<(String, Duration)>,
    /// Fail the stage if a service exits on its own
    #[arg(long, help_heading = "Services")]
    pub fail_on_service_exit: bool,
    /// Keep containers, networks and volumes after the run; `cirun clean` removes them
    #[arg(long, help_heading = "Looking into a run")]
    pub keep: bool,
    /// Open a shell in a step that fails, in the state it left
    #[arg(long, help_heading = "Looking into a run")]
    pub shell_on_failure: bool,
    /// Profile of your AWS credentials
    #[arg(long, value_name = "NAME", help_heading = "AWS")]
    pub aws_profile: Option<String>,
    /// Allow real pushes to this account (repeatable)
    #[arg(long = "allow-account", value_name = "ID", help_heading = "AWS")]
    pub allow_accounts: Vec<String>,
    /// Forward STS, ECR and S3 calls to LocalStack, moto or ministack, on this machine or in a Background step (its id as host)
    #[arg(long, value_name = "URL", help_heading = "AWS")]
    pub aws_endpoint_url: Option<Endpoint>,
    /// Make the emulated AWS fail on purpose: sts:expired, ecr:throttle, registry:503*2 and so on (repeatable)
    #[arg(long = "inject", value_name = "FAULT", value_parser = parse_fault, help_heading = "AWS")]
    pub faults: Vec<String>,
    /// Create an emulated repository at its first push
    #[arg(long, help_heading = "AWS")]
    pub create_repository: bool,
    /// How to show the run
    #[arg(long, value_enum, value_name = "HOW", help_heading = "Output")]
    pub progress: Option<ProgressMode>,
    /// Write the events to a file, as one JSON object per line
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    pub events: Option<PathBuf>,
    #[command(flatten, next_help_heading = "Output")]
    pub reports: ReportFiles,
}

impl PlanOptions {
    /// The request, with the flags of a run if there are any.
    pub(crate) fn request(&self, file: Option<PathBuf>, run: Option<&RunOptions>) -> PlanRequest {
        let plan = self.clone();
        PlanRequest {
            file,
            stages: plan.stages,
            steps: plan.steps,
            from: plan.from,
            until: plan.until,
            approve: plan.approve,
            input_sets: plan.input_sets,
            inputs: plan.inputs,
            vars: plan.vars,
            no_input: plan.no_input,
            secrets: plan.secrets,
            env: plan.env,
            codebase: plan.codebase,
            oidc_token_file: plan.oidc_token_file,
            strict_parity: plan.strict_parity,
            trust: plan.trust,
            asks_consent: run.is_some(),
            flags: flags(self, run),
        }
    }
}

impl RunOptions {
    /// The options of the runner that are not settings.
    pub(crate) fn for_runner(&self, plan: &PlanOptions) -> cirun_runner::RunOptions {
        cirun_runner::RunOptions {
            platform: self.platform.clone(),
            service_delays: self.service_delays.clone(),
            keep: self.keep,
            keep_failed: self.shell_on_failure,
            faults: self.faults.clone(),
            fail_on_skip: plan.fail_on_skip,
        }
    }
}

/// The settings of the flags.
fn flags(plan: &PlanOptions, run: Option<&RunOptions>) -> Values {
    let mut values = Values {
        infra: plan.infra.map(Into::into),
        aws: plan.aws,
        push: plan.push,
        egress: run.and_then(|run| run.egress),
        pull: plan.pull,
        workspace: plan.workspace.clone(),
        include: plan.include.clone(),
        secret_file: plan.secret_files.clone(),
        plugin_image: plan.plugin_images.iter().cloned().collect(),
        ..Values::default()
    };
    if let Some(run) = run {
        values.progress = run.progress;
        values.engine = run.engine;
        values.isolation = run.isolation;
        values.create_repository = run.create_repository.then_some(true);
        values.no_docker_socket = run.no_docker_socket.then_some(true);
        values.open_docker_socket = run.open_docker_socket.then_some(true);
        values.offline = run.offline.then_some(true);
        values.no_wait = run.no_wait.then_some(true);
        values.fail_on_service_exit = run.fail_on_service_exit.then_some(true);
        values.aws_profile = run.aws_profile.clone();
        values.aws_endpoint_url = run.aws_endpoint_url.clone().map(EndpointWord);
        values.allow_account = run.allow_accounts.clone();
    }
    values
}

/// How to run a recorded run again.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct RerunOptions {
    /// Start at this step; reuse the outputs of earlier steps that succeeded
    #[arg(long, value_name = "ID", conflicts_with = "failed")]
    pub from: Option<String>,
    /// Run only the steps that did not succeed; reuse the outputs of the others
    #[arg(long)]
    pub failed: bool,
    /// Set a secret: ID prompts for the value, ID=@FILE reads a file (repeatable; with ID=VALUE, `ps` shows the value)
    #[arg(long = "secret", value_name = "ID", value_parser = GivenSecret::parse)]
    pub secrets: Vec<GivenSecret>,
    /// Read secrets from a dotenv file (repeatable)
    #[arg(long = "secret-file", value_name = "FILE")]
    pub secret_files: Vec<PathBuf>,
    /// How to show the run
    #[arg(long, value_enum, value_name = "HOW")]
    pub progress: Option<ProgressMode>,
    /// Write the events to a file, as one JSON object per line
    #[arg(long, value_name = "FILE")]
    pub events: Option<PathBuf>,
    #[command(flatten)]
    pub reports: ReportFiles,
    /// Keep containers, networks and volumes after the run; `cirun clean` removes them
    #[arg(long)]
    pub keep: bool,
    /// Open a shell in a step that fails, in the state it left
    #[arg(long)]
    pub shell_on_failure: bool,
    /// Trust the repository for this run (`--trust` of the recorded run applies as long as the pipeline is the same)
    #[arg(long)]
    pub trust: bool,
}

/// The output formats of `check`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum CheckFormat {
    /// Text with source excerpts
    Human,
    /// JSON
    Json,
    /// SARIF, for code scanners
    Sarif,
}

fn parse_pair(text: &str) -> Result<(String, String), BadValue> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err(BadValue::Pair),
    }
}

fn parse_platform(text: &str) -> Result<String, BadValue> {
    let parts: Vec<&str> = text.split('/').collect();
    match parts.len() {
        2..=3 if parts.iter().all(|part| !part.is_empty()) => Ok(text.to_owned()),
        _ => Err(BadValue::Platform),
    }
}

fn parse_delay(text: &str) -> Result<(String, Duration), BadValue> {
    let (id, time) = parse_pair(text).map_err(|_| BadValue::Delay)?;
    match parse_duration(&time)? {
        Some(delay) => Ok((id, delay)),
        None => Err(BadValue::NoTime(id)),
    }
}

/// Checks a fault but returns its text, which the emulator's container parses again.
fn parse_fault(text: &str) -> Result<String, BadValue> {
    text.parse::<Fault>()?;
    Ok(text.to_owned())
}
