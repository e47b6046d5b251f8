//! The inputs of Run steps, with rows in the parser (the reference's page run).

use super::{
    Applicability::{self, Allowed as A, Beside, Ignored as I, Required as R, Unless},
    tables::tables,
};

const U: Applicability = Unless("registryRef");
const C: Applicability = Unless("image");
const B: Applicability = Beside("image");

cirun_parser::run_inputs!(tables);
