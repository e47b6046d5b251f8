//! The files that a step leaves, for every executor: its output variables and its reports.
//!
//! Steps and services can write to the directories of these files at any time. So all of them are opened relative to
//! the directory that the executor names, and a violation of a rule is refused with the reason.

mod outputs;
mod reports;

pub use outputs::{RefusedFile, Step, export, read, remove};
pub use reports::{Collection, ReportPath, cannot_search, shown_below};
