//! The command line.

mod aws;
mod bad_value;
mod options;

use std::path::PathBuf;

use aws::parse_relay;
pub(crate) use aws::{AwsCommand, GcOptions, SERVE_ADDRESS, ServeOptions, TokenOptions};
use cirun_runner::inside::PortRelay;
use clap::{Parser, Subcommand, ValueEnum};
pub(crate) use options::{CheckFormat, PlanOptions, RerunOptions, RunOptions};

use crate::sinks::ReportFiles;

/// Run the Build stage of a Harness CI pipeline on your machine.
#[derive(Debug, Parser)]
#[command(name = "cirun", version, max_term_width = 100, subcommand_required = true, arg_required_else_help = true)]
#[command(after_long_help = crate::command::manual::after_help())]
pub(crate) struct Args {
    /// When to use coloured output
    #[arg(long, global = true, value_enum, default_value_t = ColorChoice::Auto)]
    pub color: ColorChoice,
    /// Write where the time goes to this file, in Chrome's trace format (for ui.perfetto.dev)
    #[arg(long, global = true, value_name = "FILE")]
    pub trace: Option<PathBuf>,
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
    #[command(flatten)]
    OnMachine(MachineCommand),
    /// Print a shell completion script
    Completions {
        /// Shell
        shell: clap_complete::Shell,
    },
    /// Print a JSON Schema of Harness documents, for editors
    Schema,
    /// Print a manual page
    Man {
        /// Command, such as `local` or `aws serve` (default: cirun itself)
        #[arg(value_name = "COMMAND")]
        words: Vec<String>,
    },
    /// Run a program of cirun's own containers
    #[command(name = "__inside", hide = true)]
    Inside {
        #[command(subcommand)]
        command: InsideCommand,
    },
}

/// The commands that need the user's files or an engine.
#[derive(Debug, Subcommand)]
pub(crate) enum MachineCommand {
    /// Run a pipeline (all CI stages in order, or those of `--stage ID`)
    Local {
        /// Pipeline file (default: the only pipeline under `.harness/`)
        file: Option<PathBuf>,
        #[command(flatten)]
        plan: Box<PlanOptions>,
        #[command(flatten)]
        run: Box<RunOptions>,
    },
    /// Print the resolved plan
    Plan {
        /// Pipeline file (default: the only pipeline under `.harness/`)
        file: Option<PathBuf>,
        #[command(flatten)]
        plan: Box<PlanOptions>,
        /// Output format
        #[arg(long, value_enum, default_value_t = PlanFormat::Tree)]
        format: PlanFormat,
    },
    /// Print every variable and setting of a step: its value, its origin, and the rule that mapped it
    Explain {
        /// [FILE] STEP [VAR]
        #[arg(value_name = "FILE|STEP|VAR", required = true, num_args = 1..=3)]
        words: Vec<String>,
        #[command(flatten)]
        plan: Box<PlanOptions>,
    },
    /// Find what CI would reject, ignore or do differently
    Check {
        /// Pipelines, templates, input sets, triggers and connectors (default: the only pipeline under `.harness/`)
        files: Vec<PathBuf>,
        #[command(flatten)]
        plan: Box<PlanOptions>,
        /// Output format
        #[arg(long, value_enum, default_value_t = CheckFormat::Human)]
        format: CheckFormat,
        /// Explain a diagnostic code, or a rule that messages cite, such as `ecr.tags`
        #[arg(long, value_name = "CODE")]
        explain: Option<String>,
    },
    /// List stages and steps
    List {
        /// Pipeline file (default: the only pipeline under `.harness/`)
        file: Option<PathBuf>,
        #[command(flatten)]
        plan: Box<PlanOptions>,
        /// Output format
        #[arg(long, value_enum, default_value_t = ListFormat::Text)]
        format: ListFormat,
    },
    /// List the recorded runs, latest first
    Runs {
        /// Output format
        #[arg(long, value_enum, default_value_t = ListFormat::Text)]
        format: ListFormat,
    },
    /// Print the output of a recorded run, or of one of its steps
    Logs {
        /// [RUN] [STEP] (default: the whole latest run)
        #[arg(value_name = "RUN|STEP", num_args = 0..=2)]
        words: Vec<String>,
    },
    /// Summarize a recorded run
    Report {
        /// Run, or the first characters of its id (default: the latest run)
        run: Option<String>,
        #[command(flatten)]
        reports: ReportFiles,
    },
    /// Run a recorded run again, with the same inputs
    Rerun {
        /// Run, or the first characters of its id (default: the latest run)
        run: Option<String>,
        #[command(flatten)]
        options: Box<RerunOptions>,
    },
    /// Show the permissions that you gave this repository
    Trust {
        /// Repository (default: the one of the current directory)
        directory: Option<PathBuf>,
        /// Show every repository
        #[arg(long)]
        list: bool,
        /// Remove the permissions of the repository: the next run asks again
        #[arg(long, conflicts_with = "list")]
        revoke: bool,
    },
    /// Report what works on this machine, what does not, and how to fix it
    Doctor,
    /// List the containers, networks and volumes that cirun created
    Ps,
    /// Remove the containers, networks and volumes that runs left on the engine
    Clean {
        /// Print what would be removed, and remove nothing
        #[arg(long)]
        dry_run: bool,
        /// Also remove the local registry with all its images, and the local caches
        #[arg(long)]
        all: bool,
        /// Remove only what this run created
        #[arg(long, value_name = "RUN", conflicts_with = "all")]
        run: Option<String>,
    },
    /// Serve and manage the emulated AWS (STS, ECR, registry, OIDC issuer)
    Aws {
        #[command(subcommand)]
        command: AwsCommand,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum InsideCommand {
    /// Hold the network namespace of a pod
    Pause {
        /// Forward a port of the pod to another one on its loopback
        #[arg(long = "relay", value_name = "PORT=PORT", value_parser = parse_relay)]
        relays: Vec<PortRelay>,
    },
    /// Print the ports that accept connections, at intervals
    Watch,
    /// Run a host step, and end it when cirun ends
    Supervisor {
        /// Arguments of the supervisor
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<std::ffi::OsString>,
    },
    /// Emulate a plugin for caches or uploads, with the variables of its step
    Store {
        /// Plugin
        program: cirun_local_store::Program,
        /// List uploads instead of collecting them
        #[arg(long)]
        list: bool,
        /// Directory for caches
        #[arg(long)]
        caches: PathBuf,
        /// Directory for uploads
        #[arg(long)]
        artifacts: PathBuf,
        /// Path of the workspace in the step (default: the working directory)
        #[arg(long)]
        workspace: Option<PathBuf>,
    },
    /// Serve the machine's registry
    Registry {
        /// Directory with repositories and images
        #[arg(long)]
        data: PathBuf,
        /// Port, on every address
        #[arg(long)]
        port: u16,
    },
    /// Serve the emulated AWS of a configuration file
    Emulator {
        /// Configuration file (JSON)
        config: PathBuf,
    },
    /// Remove unused data from a data directory, and print what was removed as JSON
    Gc {
        /// Directory
        data: PathBuf,
        #[command(flatten)]
        options: GcOptions,
    },
}

/// The output formats of `plan`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlanFormat {
    /// A tree for the terminal
    Tree,
    /// The whole plan as JSON
    Json,
    /// The whole plan as JSON, with the variables of a stage once
    JsonV2,
    /// A Mermaid flow chart
    Mermaid,
}

/// The output formats of `list`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    /// Text
    Text,
    /// JSON
    Json,
}
