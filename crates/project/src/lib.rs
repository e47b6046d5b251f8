//! From the files of a repository to one compiled pipeline: settings, documents, inputs, secrets, consent, and the plan.
//!
//! Nothing is printed and no environment is read here: a [`Context`] says what the machine has and who answers questions.

mod context;
mod dialogue;
mod environment;
mod paths;
mod request;

pub mod settings;

mod repository;

mod documents;
mod merge;
mod unneeded;

mod codebase;
pub mod git;
pub mod secrets;

mod compile;
mod compiled;
mod fragments;
mod locate;

pub mod consent;
mod trusted;

pub use codebase::{Checkout, remote};
pub use compile::{BUILDKIT_FILE, POD_TOKEN_FILE, PRIVATE_DIR, Purpose, TRUST_BUNDLE_FILE, compile};
pub use compiled::{CompileError, Compiled, Findings, Replanner};
pub use context::{AwsQuestion, Context, Machine};
pub use dialogue::Dialogue;
pub use documents::DOCUMENTS;
pub use environment::Environment;
pub use locate::{Located, Standing, find, say_beyond, settings_here};
pub use paths::{Paths, close_to_others, find_upwards};
pub use repository::{LARGEST, is_left_out, read_own};
pub use request::PlanRequest;
pub use trusted::locate;
