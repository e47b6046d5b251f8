//! The results of an earlier run that this run continues.

use std::collections::BTreeMap;

use indexmap::IndexMap;

/// Steps of an earlier run that succeeded: if this run does not select one, it is treated as succeeded, with its
/// outputs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Earlier {
    /// The earlier run.
    pub run: String,
    /// Outputs by the step's full path.
    pub steps: BTreeMap<String, IndexMap<String, String>>,
}
