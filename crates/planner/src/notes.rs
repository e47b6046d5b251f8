//! What planning finds out besides the plan.

use std::{cell::RefCell, collections::BTreeSet};

use cirun_parser::Diagnostic;
use cirun_plan::Secret;
use indexmap::IndexSet;

use crate::targets::RegistryTarget;

/// Code, message and first place (source and byte) of a diagnostic: what makes it the same one.
type Identity = (&'static str, String, Option<(u32, u32)>);

/// A notebook that every part of the planner writes to.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    diagnostics: RefCell<Vec<Diagnostic>>,
    /// So that asking whether a diagnostic is known stays cheap.
    known: RefCell<BTreeSet<Identity>>,
    secrets: RefCell<Vec<Secret>>,
    targets: RefCell<IndexSet<RegistryTarget>>,
}

impl Notes {
    /// Notes a diagnostic, once.
    pub(crate) fn report(&self, diagnostic: Diagnostic) {
        let place = diagnostic.labels.first().map(|label| (label.span.source.0, label.span.start));
        if self.known.borrow_mut().insert((diagnostic.code, diagnostic.message.clone(), place)) {
            self.diagnostics.borrow_mut().push(diagnostic);
        }
    }

    /// Notes a secret, for masking.
    pub(crate) fn secret(&self, secret: &Secret) {
        let mut secrets = self.secrets.borrow_mut();
        if !secret.expose().is_empty() && !secrets.contains(secret) {
            secrets.push(secret.clone());
        }
    }

    /// Notes a registry that a step pushes to.
    pub(crate) fn target(&self, target: RegistryTarget) {
        self.targets.borrow_mut().insert(target);
    }

    /// The notebook's content.
    pub(crate) fn into_parts(self) -> (Vec<Diagnostic>, Vec<Secret>, IndexSet<RegistryTarget>) {
        (self.diagnostics.into_inner(), self.secrets.into_inner(), self.targets.into_inner())
    }
}
