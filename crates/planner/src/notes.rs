//! What planning finds out besides the plan.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
};

use cirun_parser::{Diagnostic, Label, Severity};
use cirun_plan::Secret;
use indexmap::IndexSet;

use crate::{
    left_out::LeftOut,
    targets::{RegistryTarget, StoreTarget},
};

/// Code, message and first place (source and byte) of a diagnostic: what makes it the same one.
type Identity = (&'static str, String, Option<(u32, u32)>);

/// A notebook that every part of the planner writes to.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    diagnostics: RefCell<Vec<Diagnostic>>,
    /// So that asking whether a diagnostic is known stays cheap.
    known: RefCell<BTreeSet<Identity>>,
    /// The diagnostics of absent things, by severity and message, as indices.
    absent: RefCell<BTreeMap<(Severity, String), usize>>,
    secrets: RefCell<Vec<Secret>>,
    targets: RefCell<IndexSet<RegistryTarget>>,
    stores: RefCell<Vec<StoreTarget>>,
    assumed: RefCell<IndexSet<String>>,
    left_out: RefCell<Vec<LeftOut>>,
}

/// What a notebook held in the end.
pub(crate) struct Noted {
    pub(crate) diagnostics: Vec<Diagnostic>,
    pub(crate) secrets: Vec<Secret>,
    pub(crate) targets: IndexSet<RegistryTarget>,
    pub(crate) stores: Vec<StoreTarget>,
    pub(crate) assumed_connectors: IndexSet<String>,
    pub(crate) left_out: Vec<LeftOut>,
}

impl Notes {
    /// Notes a diagnostic, once.
    pub(crate) fn report(&self, diagnostic: Diagnostic) {
        if self.is_news(&diagnostic) {
            self.diagnostics.borrow_mut().push(diagnostic);
        }
    }

    /// Notes that something is absent, which is mended once: whatever else needs it is a further place of the same
    /// diagnostic.
    pub(crate) fn report_absent(&self, diagnostic: Diagnostic) {
        if !self.is_news(&diagnostic) {
            return;
        }
        let mut diagnostics = self.diagnostics.borrow_mut();
        match self.absent.borrow_mut().entry((diagnostic.severity, diagnostic.message.clone())) {
            Entry::Occupied(first) => {
                let labels = &mut diagnostics[*first.get()].labels;
                let again = labels.first().map(|label| label.text.clone()).unwrap_or_default();
                labels.extend(diagnostic.labels.into_iter().map(|label| match label.text == again {
                    true => Label { span: label.span, text: "and here".to_owned() },
                    false => label,
                }));
            }
            Entry::Vacant(slot) => {
                slot.insert(diagnostics.len());
                diagnostics.push(diagnostic);
            }
        }
    }

    fn is_news(&self, diagnostic: &Diagnostic) -> bool {
        let place = diagnostic.labels.first().map(|label| (label.span.source.0, label.span.start));
        self.known.borrow_mut().insert((diagnostic.code, diagnostic.message.clone(), place))
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

    /// Notes a store that a step keeps files in.
    pub(crate) fn store(&self, target: StoreTarget) {
        self.stores.borrow_mut().push(target);
    }

    /// Notes a connector that is in no file, and that something else takes the place of.
    pub(crate) fn assumed_connector(&self, id: &str) {
        self.assumed.borrow_mut().insert(id.to_owned());
    }

    /// Notes a stage that is not run here.
    pub(crate) fn left_out(&self, stage: LeftOut) {
        self.left_out.borrow_mut().push(stage);
    }

    /// The notebook's content.
    pub(crate) fn into_parts(self) -> Noted {
        Noted {
            diagnostics: self.diagnostics.into_inner(),
            secrets: self.secrets.into_inner(),
            targets: self.targets.into_inner(),
            stores: self.stores.into_inner(),
            assumed_connectors: self.assumed.into_inner(),
            left_out: self.left_out.into_inner(),
        }
    }
}
