//! What an earlier run left for one that goes on from it.

use std::collections::BTreeMap;

use indexmap::IndexMap;

/// The steps of an earlier run that succeeded: where this run leaves one out, it counts as succeeded, with its outputs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Earlier {
    /// The earlier run.
    pub run: String,
    /// Outputs by the step's full path.
    pub steps: BTreeMap<String, IndexMap<String, String>>,
}
