//! The inputs of Plugin steps, with rows in the parser (the reference's page plugin).

use super::{
    Applicability::{self, Allowed as A, Hidden as H, Ignored as I, Rejected as X, Required as R, Unless},
    tables::tables,
};

const U: Applicability = Unless("uses");

cirun_parser::plugin_inputs!(tables);
