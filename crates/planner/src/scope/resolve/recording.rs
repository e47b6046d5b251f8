//! A scope that records lookups: for provenance, for masking, for diagnostics.

use std::cell::RefCell;

use cirun_expressions::{Lookup, Scope, Segment, Value};
use cirun_plan::{Cause, Secret};

use crate::scope::{Names, secrets};

/// What no identifier has.
const MARK: &str = "\0";

/// A scope that records lookups.
pub(super) struct Recording<'n> {
    names: &'n Names,
    /// The value of names that depend on a step, so that the evaluation continues after them.
    pretend: Option<&'static str>,
    pub(super) missing: RefCell<Vec<Vec<Segment>>>,
    pub(super) pending: RefCell<Vec<Vec<Segment>>>,
    /// Outputs that no step writes, with the plugin that does not write them.
    pub(super) never_written: RefCell<Vec<(Vec<Segment>, &'static str)>>,
    pub(super) missing_secrets: RefCell<Vec<String>>,
    pub(super) secrets: RefCell<Vec<Secret>>,
    pub(super) causes: RefCell<Vec<Cause>>,
}

impl<'n> Recording<'n> {
    /// The same names, with an empty value for those that depend on a step.
    pub(super) fn pretending(names: &'n Names) -> Self {
        Self { pretend: Some(""), ..Self::over(names) }
    }

    /// The same names, where those that wait leave a mark in what is made of them.
    pub(super) fn marking(names: &'n Names) -> Self {
        Self { pretend: Some(MARK), ..Self::over(names) }
    }

    /// Whether a name that waits is in the name of a secret.
    pub(super) fn marks_a_secret(&self) -> bool {
        self.missing_secrets.borrow().iter().any(|id| id.contains(MARK))
    }

    /// Whether any secret was asked for.
    pub(super) fn asks_for_secrets(&self) -> bool {
        !self.secrets.borrow().is_empty() || !self.missing_secrets.borrow().is_empty()
    }

    pub(super) fn over(names: &'n Names) -> Self {
        Self {
            names,
            pretend: None,
            missing: RefCell::default(),
            pending: RefCell::default(),
            never_written: RefCell::default(),
            missing_secrets: RefCell::default(),
            secrets: RefCell::default(),
            causes: RefCell::default(),
        }
    }

    fn cause(&self, cause: Cause) {
        let mut causes = self.causes.borrow_mut();
        if !causes.contains(&cause) {
            causes.push(cause);
        }
    }
}

impl Scope for Recording<'_> {
    fn lookup(&self, path: &[Segment]) -> Lookup {
        let found = self.names.lookup(path);
        match &found {
            Lookup::Found { .. } => {
                if let Some(cause) = self.names.cause(path) {
                    self.cause(cause);
                }
            }
            Lookup::Pending => {
                self.pending.borrow_mut().push(path.to_vec());
                if let Some(plugin) = self.names.never_written_by(path) {
                    self.never_written.borrow_mut().push((path.to_vec(), plugin));
                }
                if let Some(text) = self.pretend {
                    return Lookup::Found { value: Value::String(text.to_owned()), secret: false };
                }
            }
            Lookup::Missing => self.missing.borrow_mut().push(path.to_vec()),
        }
        found
    }

    fn secret(&self, id: &str) -> Lookup {
        match secrets::find(self.names.secrets(), id) {
            Some(given) => {
                self.cause(Cause::Secret { id: id.to_owned(), given_by: given.given_by });
                self.secrets.borrow_mut().push(given.value.clone());
                Lookup::Found { value: Value::String(given.value.expose().to_owned()), secret: true }
            }
            None => {
                self.missing_secrets.borrow_mut().push(id.to_owned());
                let Some(given) = self.names.secrets().stand_in() else { return Lookup::Missing };
                self.cause(Cause::Secret { id: id.to_owned(), given_by: given.given_by });
                Lookup::Found { value: Value::String(given.value.expose().to_owned()), secret: true }
            }
        }
    }

    fn now_ms(&self) -> i64 {
        self.names.now_ms()
    }
}
