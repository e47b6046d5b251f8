//! Executes a plan: order, conditions, retries, timeouts, cancellation, outputs. Every effect goes through [`Backend`],
//! and every fact leaves as an [`Event`].
//!
//! The engine knows neither plugins nor Docker.
//!
//! Guarantees for consumers of events: every step of the plan has exactly one [`EventKind::StepFinished`], even if it
//! did not run; all lines of a step come before it; a service's comes after its stage has been removed; all events of a
//! stage are between its [`EventKind::StageStarted`] and its [`EventKind::StageFinished`], but what could not be removed
//! may be reported later; [`EventKind::RunFinished`] is the last event. Durations are without the removal of a stage.

mod backend;
mod config;
mod earlier;
mod event;
mod inventory;
mod owner;
mod plan_again;
mod ready;
mod run;

mod attempt;
mod condition;
mod context;
mod dispatch;
mod dotenv;
mod emit;
mod exit_code;
mod failure;
mod history;
mod lines;
mod mask;
mod masked;
mod outputs;
mod resolve;
mod result;
mod scope;
mod so_far;
mod sockets;
mod status;
mod test_reports;
mod verdict;
mod workspaces;
mod written;

#[cfg(any(test, feature = "testing"))]
pub mod testing;

pub use backend::{
    AnyBackend, Backend, BackendError, Exit, MissedReport, OutputChunk, OutputFiles, Readiness, ReportFile, Reports,
    ServiceExit, Shell, ShellTerminal, StepIo,
};
pub use cirun_diagnostics::with_causes;
pub use config::{
    AfterStage, Answer, AtServiceExit, Cancellation, Clock, Config, FailureHook, LookAhead, Question, ServiceRules,
    Waiting,
};
pub use dotenv::{DotenvError, parse as parse_dotenv};
pub use earlier::Earlier;
pub use event::{ENDED_EARLY, Event, EventKind, ImageState, Outcome, Stream, TestSummary};
pub use exit_code::{describe_exit_code, exit_code_hint, exit_code_meaning};
pub use inventory::{Cleaned, Inventory, ObjectKind, OwnedObject, Selection};
pub use mask::{MASK, Masker};
pub use masked::{MaskedLine, MaskedLines};
pub use owner::{Liveness, Owner};
pub use plan_again::{CannotPlan, PlanAgain, PlannedAgain};
pub use ready::{ReadyAction, ReadyContainer, ReadyHost, ReadyStep};
pub use result::{RunError, RunResult};
pub use run::Engine;
pub use sockets::{Listener, listening};
pub use workspaces::Workspaces;
