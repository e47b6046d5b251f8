//! The command line.

mod aws;
mod options;

use std::path::PathBuf;

use aws::parse_relay;
pub(crate) use aws::{AwsCommand, GcOptions, Relay, SERVE_ADDRESS, ServeOptions, TokenOptions};
use clap::{Parser, Subcommand, ValueEnum};
pub(crate) use options::{
    AwsMode, CheckFormat, EgressMode, EngineChoice, PlanOptions, ProgressMode, PullMode, PushMode, RerunOptions,
    RunOptions, parse_profile,
};

/// Runs the Build stage of a Harness CI pipeline on the machine in front of you.
#[derive(Debug, Parser)]
#[command(name = "cirun", version, max_term_width = 100, subcommand_required = true, arg_required_else_help = true)]
#[command(after_long_help = crate::command::manual::after_help())]
pub(crate) struct Args {
    /// When to colour what is for people
    #[arg(long, global = true, value_enum, default_value_t = ColorChoice::Auto)]
    pub color: ColorChoice,
    #[command(subcommand)]
    pub command: Command,
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Runs a stage (all CI stages in order unless `--stage ID`)
    Local {
        /// The pipeline; by default the only one under `.harness/`
        file: Option<PathBuf>,
        #[command(flatten)]
        plan: Box<PlanOptions>,
        #[command(flatten)]
        run: Box<RunOptions>,
    },
    /// Prints the resolved plan
    Plan {
        /// The pipeline; by default the only one under `.harness/`
        file: Option<PathBuf>,
        #[command(flatten)]
        plan: Box<PlanOptions>,
        /// How to print it
        #[arg(long, value_enum, default_value_t = PlanFormat::Tree)]
        format: PlanFormat,
    },
    /// Prints every variable and setting of a step: its value, where it came from, and the rule that mapped it
    Explain {
        /// [FILE] STEP [VAR]
        #[arg(value_name = "FILE|STEP|VAR", required = true, num_args = 1..=3)]
        words: Vec<String>,
        #[command(flatten)]
        plan: Box<PlanOptions>,
    },
    /// Finds what CI would reject, ignore or do otherwise
    Check {
        /// Pipelines, templates, input sets, triggers, connectors; by default the only pipeline under `.harness/`
        files: Vec<PathBuf>,
        #[command(flatten)]
        plan: Box<PlanOptions>,
        /// How to print it
        #[arg(long, value_enum, default_value_t = CheckFormat::Human)]
        format: CheckFormat,
        /// Explains a diagnostic's code, or a rule that messages cite, such as `ecr.tags`
        #[arg(long, value_name = "CODE")]
        explain: Option<String>,
    },
    /// Lists stages and steps
    List {
        /// The pipeline; by default the only one under `.harness/`
        file: Option<PathBuf>,
        #[command(flatten)]
        plan: Box<PlanOptions>,
        /// How to print it
        #[arg(long, value_enum, default_value_t = ListFormat::Text)]
        format: ListFormat,
    },
    /// Lists the recorded runs, the newest first
    Runs {
        /// How to print it
        #[arg(long, value_enum, default_value_t = ListFormat::Text)]
        format: ListFormat,
    },
    /// Prints what a step of a recorded run printed, or all of them
    Logs {
        /// [RUN] [STEP]; the newest run unless one is named
        #[arg(value_name = "RUN|STEP", num_args = 0..=2)]
        words: Vec<String>,
    },
    /// Sums up a recorded run
    Report {
        /// The run, or the beginning of its id; the newest by default
        run: Option<String>,
        /// Writes an HTML report
        #[arg(long, value_name = "FILE")]
        html: Option<PathBuf>,
        /// Writes a JUnit report
        #[arg(long, value_name = "FILE")]
        junit: Option<PathBuf>,
    },
    /// Runs again what was run, with the recorded inputs
    Rerun {
        /// The run, or the beginning of its id; the newest by default
        run: Option<String>,
        #[command(flatten)]
        options: Box<RerunOptions>,
    },
    /// Shows what this repository was allowed beyond containers of its own
    Trust {
        /// The repository; by default the one of the current directory
        directory: Option<PathBuf>,
        /// Shows every repository
        #[arg(long)]
        list: bool,
        /// Forgets what the repository was allowed: the next run asks again
        #[arg(long, conflicts_with = "list")]
        revoke: bool,
    },
    /// Says what works on this machine, what does not, and how to mend it
    Doctor,
    /// Lists what runs of cirun own on the engine
    Ps,
    /// Removes what runs of cirun left on the engine
    Clean {
        /// Only says what would be removed
        #[arg(long)]
        dry_run: bool,
        /// Also the local registry with every image in it, and the local caches
        #[arg(long)]
        all: bool,
        /// Only what this run has
        #[arg(long, value_name = "RUN", conflicts_with = "all")]
        run: Option<String>,
    },
    /// The emulated AWS (STS, ECR, registry, OIDC issuer): serves it alone, and looks after it
    Aws {
        #[command(subcommand)]
        command: AwsCommand,
    },
    /// Prints a completion script
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Prints a JSON Schema of Harness documents, for editors
    Schema,
    /// Prints the manual page
    Man {
        /// The command, such as `local` or `aws serve`; by default cirun itself
        #[arg(value_name = "COMMAND")]
        words: Vec<String>,
    },
    /// What cirun runs inside its own containers
    #[command(name = "__inside", hide = true)]
    Inside {
        #[command(subcommand)]
        command: InsideCommand,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum InsideCommand {
    /// Holds the network namespace of a pod
    Pause {
        /// A port of the pod that leads to another on its loopback
        #[arg(long = "relay", value_name = "PORT=PORT", value_parser = parse_relay)]
        relays: Vec<Relay>,
    },
    /// Prints the ports that are listened on, over and over
    Watch,
    /// Runs a host step, and ends it when cirun ends
    Guard {
        /// The guard's own words
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<std::ffi::OsString>,
    },
    /// Plays a plugin for caches or uploads, with the variables of its step
    Store {
        /// The plugin
        program: cirun_local_store::Program,
        /// Uploads are listed, and not collected
        #[arg(long)]
        list: bool,
        /// Where caches are kept
        #[arg(long)]
        caches: PathBuf,
        /// Where uploads are collected
        #[arg(long)]
        artifacts: PathBuf,
        /// The workspace as the step's paths name it, where it is not the working directory
        #[arg(long)]
        workspace: Option<PathBuf>,
    },
    /// Serves the machine's registry
    Registry {
        /// The directory with repositories and images
        #[arg(long)]
        data: PathBuf,
        /// The port, on every address
        #[arg(long)]
        port: u16,
    },
    /// Serves emulated AWS by a configuration file
    Emulator {
        /// The configuration, JSON
        config: PathBuf,
    },
    /// Collects the garbage of a data directory, and prints what went as JSON
    Gc {
        /// The directory
        data: PathBuf,
        #[command(flatten)]
        options: GcOptions,
    },
}

/// How `plan` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlanFormat {
    /// For people
    Tree,
    /// The whole plan
    Json,
    /// A Mermaid flow chart
    Mermaid,
}

/// How `list` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    /// For people
    Text,
    /// For programs
    Json,
}
