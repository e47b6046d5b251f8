//! The applicability of inputs: the tables of the steps, with the rule of each row in the reference.
//!
//! The columns are those of the Studio (infra.columns). "K8", "VM" and "Hosted/DLITE_VM" of the task documents'
//! applicability tables are KubernetesDirect and KubernetesHosted, VM and Docker, and Cloud.

pub(crate) mod background;
pub(crate) mod build_and_push;
pub(crate) mod check;
pub(crate) mod field;
pub(crate) mod plugin;
pub(crate) mod run;
pub(crate) mod store;
pub(crate) mod tables;

use cirun_diagnostics::Span;
use cirun_parser::model::Step;
use tables::Variable;

use crate::infrastructure::Infrastructure;

/// The effect of an input on an infrastructure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Applicability {
    /// The CI service refuses the step without it.
    Required,
    /// Required unless this other input is set.
    Unless(&'static str),
    /// The service's own table requires it beside this other input, but real pipelines run without it.
    Beside(&'static str),
    /// Has an effect.
    Allowed,
    /// Has an effect in YAML, but the Studio does not offer it.
    Hidden,
    /// Is accepted and has no effect.
    Ignored,
    /// The CI service refuses the step with it.
    Rejected,
}

/// A row: an input, its applicability on each infrastructure, and the rule in the reference.
pub(crate) struct Row<S: 'static> {
    pub(crate) input: &'static str,
    /// KubernetesDirect, KubernetesHosted, Cloud, VM, Docker.
    pub(crate) cells: [Applicability; 5],
    pub(crate) rule: &'static str,
    /// The place of the input, if it is written.
    pub(crate) place: fn(&Step, &S) -> Option<Span>,
    /// The variables that are made of it.
    pub(crate) variables: &'static [Variable<S>],
}

/// A row without variables.
pub(crate) const fn row<S>(
    input: &'static str,
    cells: [Applicability; 5],
    rule: &'static str,
    place: fn(&Step, &S) -> Option<Span>,
) -> Row<S> {
    Row { input, cells, rule, place, variables: &[] }
}

impl<S> Row<S> {
    /// Whether the input has an effect on `infrastructure`.
    pub(crate) fn has_effect(&self, infrastructure: Infrastructure) -> bool {
        match self.cells[infrastructure.index()] {
            Applicability::Required
            | Applicability::Unless(_)
            | Applicability::Beside(_)
            | Applicability::Allowed
            | Applicability::Hidden => true,
            Applicability::Ignored | Applicability::Rejected => false,
        }
    }
}

/// Whether the input with this name has an effect on `infrastructure`.
pub(crate) fn has_effect<S>(rows: &[Row<S>], input: &str, infrastructure: Infrastructure) -> bool {
    rows.iter().find(|row| row.input == input).is_some_and(|row| row.has_effect(infrastructure))
}

/// What is done with each table of a step.
pub(crate) trait Visit {
    /// Visits one.
    fn table<S: 'static>(&mut self, rows: &'static [Row<S>], inputs: &S);
}
