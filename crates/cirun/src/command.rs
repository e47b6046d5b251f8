//! The commands, one a file.

pub(crate) mod aws;
pub(crate) mod check;
pub(crate) mod doctor;
pub(crate) mod explain;
pub(crate) mod inside;
pub(crate) mod list;
pub(crate) mod local;
pub(crate) mod manual;
pub(crate) mod plan;
pub(crate) mod ps;
pub(crate) mod schema;
