//! Compiles a pipeline from the files of a repository.
//!
//! [`locate()`] finds the pipeline and the settings, [`compile()`] makes the plan, and [`consent::demand`] checks that a run of
//! it is allowed. The crate neither prints nor reads the environment: the caller supplies both through [`Context`].
//!
//! | modules | content |
//! | --- | --- |
//! | `context`, `dialogue`, `environment`, `paths`, `request` | what a caller passes in |
//! | [`settings`] | the layers of settings, and which of them a repository may set |
//! | `repository` | reads files of a repository that may be hostile |
//! | `documents`, `merge`, `unneeded` | from documents to one pipeline: templates, input sets, missing inputs |
//! | `codebase`, [`git`], [`secrets`] | other sources of values: the checkout, and the secrets |
//! | `locate`, `compile`, `compiled`, `fragments` | the steps from a request to a [`Compiled`] pipeline |
//! | [`consent`], `trusted` | what a run needs consent for, the remembered consents, and [`locate()`] with them |

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
pub use locate::{Located, RepositoryTrust, find, say_beyond, settings_here};
pub use paths::{Paths, close_to_others, find_upwards};
pub use repository::{LARGEST, is_left_out, read_own};
pub use request::PlanRequest;
pub use trusted::locate;
