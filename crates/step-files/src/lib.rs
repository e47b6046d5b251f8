//! What a step leaves in files, for every executor: its output variables and its reports.
//!
//! Steps and services can write where these files are, at any time. So all of them are reached beneath the directory that the
//! executor names, and what breaks a rule on the way is refused, with the reason.

mod outputs;
mod reports;

pub use outputs::{Step, export, read, remove};
pub use reports::{Collection, ReportPath, shown_below};
