//! The commands, one per file.

pub(crate) mod aws;
pub(crate) mod check;
pub(crate) mod doctor;
pub(crate) mod explain;
pub(crate) mod inside;
pub(crate) mod list;
pub(crate) mod local;
pub(crate) mod logs;
pub(crate) mod manual;
pub(crate) mod plan;
pub(crate) mod ps;
pub(crate) mod report;
pub(crate) mod rerun;
pub(crate) mod runs;
pub(crate) mod schema;
pub(crate) mod trust;
