//! The results of planning besides the plan.

mod earlier_stages;
mod idle;
mod left_out;

use std::{
    cell::{RefCell, RefMut},
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
    ops::Range,
};

use cirun_diagnostics::{Diagnostic, Severity, SourceId, Span};
use cirun_expressions::Segment;
use cirun_plan::{Secret, StageId, StepPath};
use earlier_stages::EarlierStages;
pub(crate) use idle::Idle;
use indexmap::IndexSet;
pub use left_out::LeftOut;

use crate::targets::{RegistryTarget, StoreTarget};

/// The code, message and first place (source and byte) of a diagnostic: equal keys are the same diagnostic.
type Identity = (&'static str, String, Option<(u32, u32)>);

/// The stage or step that a diagnostic is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Owner {
    /// The whole pipeline, or nothing in particular.
    #[default]
    Pipeline,
    /// The stage with this id.
    Stage(StageId),
    /// A step's.
    Step(StepPath),
}

/// A step, but only if it runs: a need of the step, or a difference from CI. It does not stop a run without that step.
const OF_STEPS_THAT_RUN: [&str; 18] = [
    "connector-assumed",
    "connector-not-read",
    "delegate-identity",
    "git-app-token",
    "git-login-not-given",
    "incomplete-connector",
    "keys-ignored",
    "malformed-git-url",
    "malformed-registry-url",
    "missing-aws-identity",
    "missing-oidc-token",
    "missing-secret",
    "no-delegate-identity",
    "own-daemon",
    "session-token-dropped",
    "sibling-repository",
    "store-not-asked",
    "unknown-connector",
];

/// The place and the owner of a diagnostic.
#[derive(Debug)]
struct Noticed {
    owners: BTreeSet<Owner>,
    /// The index of the diagnostic.
    diagnostic: usize,
    /// The labels with its places.
    labels: Range<usize>,
}

/// The results that every part of the planner adds to.
#[derive(Debug, Default)]
pub(crate) struct Notes {
    diagnostics: RefCell<Vec<Diagnostic>>,
    /// Diagnostics by owner; also makes it cheap to find duplicates.
    known: RefCell<BTreeMap<Identity, Noticed>>,
    /// The owner of new diagnostics.
    owner: RefCell<Owner>,
    /// The places of stages and steps; all instances of a loop have the same one.
    written: RefCell<BTreeMap<(u32, u32, u32), BTreeSet<Owner>>>,
    /// The diagnostics of missing things, by severity and message, as indices.
    absent: RefCell<BTreeMap<(Severity, String), usize>>,
    secrets: RefCell<Vec<Secret>>,
    targets: RefCell<Vec<RegistryTarget>>,
    stores: RefCell<Vec<(StepPath, StoreTarget)>>,
    assumed: RefCell<IndexSet<(String, Owner)>>,
    left_out: RefCell<Vec<LeftOut>>,
    earlier: RefCell<EarlierStages>,
}

/// The final results.
pub(crate) struct Noted {
    pub(crate) diagnostics: Vec<Diagnostic>,
    pub(crate) secrets: Vec<Secret>,
    pub(crate) targets: Vec<RegistryTarget>,
    pub(crate) stores: Vec<StoreTarget>,
    pub(crate) assumed_connectors: IndexSet<String>,
    pub(crate) left_out: Vec<LeftOut>,
    /// The places of the stages and steps that are known not to run.
    pub(crate) idle: Vec<Span>,
}

impl Notes {
    /// Sets the owner of new diagnostics, written at `span`; returns the previous owner.
    pub(crate) fn enter(&self, owner: Owner, span: Span) -> Owner {
        self.written.borrow_mut().entry((span.source.0, span.start, span.end)).or_default().insert(owner.clone());
        self.owner.replace(owner)
    }

    /// Restores the owner of new diagnostics.
    pub(crate) fn leave(&self, owner: Owner) {
        self.owner.replace(owner);
    }

    /// Adds a diagnostic, once.
    pub(crate) fn report(&self, diagnostic: Diagnostic) {
        let mut diagnostics = self.diagnostics.borrow_mut();
        if self.is_news(&diagnostic, diagnostics.len(), 0) {
            diagnostics.push(diagnostic);
        }
    }

    /// Reports that something is missing and has to be added once: each further use is another place of the same
    /// diagnostic.
    pub(crate) fn report_absent(&self, diagnostic: Diagnostic) {
        let mut diagnostics = self.diagnostics.borrow_mut();
        match self.absent.borrow_mut().entry((diagnostic.severity, diagnostic.message.clone())) {
            Entry::Occupied(first) => {
                let labels = diagnostics[*first.get()].labels.len();
                if self.is_news(&diagnostic, *first.get(), labels) {
                    diagnostics[*first.get()].labels.extend(diagnostic.labels);
                }
            }
            Entry::Vacant(slot) => {
                if self.is_news(&diagnostic, diagnostics.len(), 0) {
                    slot.insert(diagnostics.len());
                    diagnostics.push(diagnostic);
                }
            }
        }
    }

    /// Records the owner of a diagnostic; returns whether it is new, and then gets index `at`, with its labels from
    /// `label` on.
    fn is_news(&self, diagnostic: &Diagnostic, at: usize, label: usize) -> bool {
        let place = diagnostic.labels.first().map(|label| (label.span.source.0, label.span.start));
        let identity = (diagnostic.code, diagnostic.message.clone(), place);
        let owner = self.owner.borrow().clone();
        match self.known.borrow_mut().entry(identity) {
            Entry::Occupied(mut known) => {
                known.get_mut().owners.insert(owner);
                false
            }
            Entry::Vacant(slot) => {
                let labels = label..label + diagnostic.labels.len();
                slot.insert(Noticed { owners: [owner].into(), diagnostic: at, labels });
                true
            }
        }
    }

    /// Adds a secret, for masking.
    pub(crate) fn secret(&self, secret: &Secret) {
        let mut secrets = self.secrets.borrow_mut();
        if !secret.expose().is_empty() && !secrets.contains(secret) {
            secrets.push(secret.clone());
        }
    }

    /// Adds a registry that a step pushes to.
    pub(crate) fn target(&self, target: RegistryTarget) {
        let mut targets = self.targets.borrow_mut();
        if !targets.contains(&target) {
            targets.push(target);
        }
    }

    /// Adds a store that a step uses for files.
    pub(crate) fn store(&self, step: StepPath, target: StoreTarget) {
        self.stores.borrow_mut().push((step, target));
    }

    /// Adds a connector that is in no file and has a substitute.
    pub(crate) fn assumed_connector(&self, id: &str) {
        self.assumed.borrow_mut().insert((id.to_owned(), self.owner.borrow().clone()));
    }

    /// The stages before the current one.
    pub(crate) fn earlier(&self) -> RefMut<'_, EarlierStages> {
        self.earlier.borrow_mut()
    }

    /// Records what the current stage decides when it begins.
    pub(crate) fn undecided(&self, what: &str) {
        self.earlier.borrow_mut().undecided(what);
    }

    /// Whether an earlier stage sets the value at `path`.
    pub(crate) fn is_of_earlier_stage(&self, path: &[Segment]) -> bool {
        self.earlier.borrow().gives(path)
    }

    /// Adds a stage that does not run here.
    pub(crate) fn left_out(&self, stage: LeftOut) {
        self.left_out.borrow_mut().push(stage);
    }

    /// Why a stage is not run here, if it is not.
    pub(crate) fn why_left_out(&self, id: &str) -> Option<String> {
        self.left_out.borrow().iter().find(|left| left.stage.0 == id).map(|left| left.why.clone())
    }

    /// The final results, without those that only concern stages and steps that are known not to run.
    pub(crate) fn into_parts(self, idle: &Idle) -> Noted {
        let runs = |step: &StepPath| !idle.contains(&Owner::Step(step.clone()));
        let mut diagnostics: Vec<Option<Diagnostic>> = self.diagnostics.into_inner().into_iter().map(Some).collect();
        let mut gone: BTreeMap<usize, Vec<Range<usize>>> = BTreeMap::new();
        for ((code, ..), noticed) in self.known.into_inner() {
            if OF_STEPS_THAT_RUN.contains(&code) && noticed.owners.iter().all(|owner| idle.contains(owner)) {
                gone.entry(noticed.diagnostic).or_default().push(noticed.labels);
            }
        }
        for (at, ranges) in gone {
            diagnostics[at] = diagnostics[at].take().and_then(|diagnostic| without_labels(diagnostic, &ranges));
        }
        let mut targets = self.targets.into_inner();
        targets.retain(|target| runs(&target.step));
        let mut stores = self.stores.into_inner();
        stores.retain(|(path, _)| runs(path));
        let assumed = self.assumed.into_inner().into_iter();
        let written = self.written.into_inner().into_iter();
        let idle_places = written.filter(|(_, owners)| owners.iter().all(|owner| idle.contains(owner)));
        let span = |(source, start, end)| Span { source: SourceId(source), start, end };
        Noted {
            diagnostics: diagnostics.into_iter().flatten().map(repeated_labels).collect(),
            secrets: self.secrets.into_inner(),
            idle: idle_places.map(|(place, _)| span(place)).collect(),
            targets,
            stores: stores.into_iter().map(|(_, store)| store).collect(),
            assumed_connectors: assumed.filter(|(_, owner)| !idle.contains(owner)).map(|(id, _)| id).collect(),
            left_out: self.left_out.into_inner(),
        }
    }
}

/// The diagnostic without some of its places; `None` if no place is left.
fn without_labels(mut diagnostic: Diagnostic, gone: &[Range<usize>]) -> Option<Diagnostic> {
    let mut at = 0;
    diagnostic.labels.retain(|_| {
        at += 1;
        !gone.iter().any(|range| range.contains(&(at - 1)))
    });
    (!diagnostic.labels.is_empty()).then_some(diagnostic)
}

/// Merges diagnostics that are the same at several places.
fn repeated_labels(mut diagnostic: Diagnostic) -> Diagnostic {
    if let Some((first, others)) = diagnostic.labels.split_first_mut() {
        let again = others.iter_mut().filter(|label| label.text == first.text && !label.text.is_empty());
        again.for_each(|label| label.text = "and here".to_owned());
    }
    diagnostic
}
