//! Every diagnostic by its stable code: one table for `cirun check --explain`, docs/diagnostics.md and SARIF.

pub mod documents;
pub mod files;
pub mod plan;
pub mod run;

use crate::Code;

/// All codes, in the order of the work: of documents, of files, of plans, of runs.
pub fn all() -> impl Iterator<Item = &'static Code> {
    [documents::ALL, files::ALL, plan::ALL, run::ALL].into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_code_has_one_row() {
        let mut seen = HashSet::new();
        let again: Vec<&str> = all().map(|code| code.id).filter(|id| !seen.insert(*id)).collect();
        assert!(again.is_empty(), "{again:?}");
    }
}
