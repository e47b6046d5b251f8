//! The applicability of inputs: a row per line, each with its rule in the reference.
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

use cirun_diagnostics::Span;
use cirun_parser::model::Step;
use cirun_plan::Profile;

/// A column of the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Column {
    /// `infrastructure.type: KubernetesDirect`.
    KubernetesDirect,
    /// `infrastructure.type: KubernetesHosted`.
    KubernetesHosted,
    /// `runtime.type: Cloud`.
    Cloud,
    /// `infrastructure.type: VM`.
    Vm,
    /// `runtime.type: Docker`.
    Docker,
}

impl Column {
    /// The profile that the column belongs to.
    pub(crate) fn profile(self) -> Profile {
        match self {
            Self::KubernetesDirect | Self::KubernetesHosted => Profile::Kubernetes,
            Self::Cloud => Profile::Cloud,
            Self::Vm => Profile::Vm,
            Self::Docker => Profile::Docker,
        }
    }

    /// The column for a profile that the user chose.
    pub(crate) fn of(profile: Profile) -> Self {
        match profile {
            Profile::Kubernetes => Self::KubernetesDirect,
            Profile::Vm => Self::Vm,
            Profile::Cloud => Self::Cloud,
            Profile::Docker => Self::Docker,
        }
    }

    /// Its name in messages.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::KubernetesHosted => "hosted kubernetes",
            Self::KubernetesDirect | Self::Cloud | Self::Vm | Self::Docker => self.profile().as_str(),
        }
    }

    fn index(self) -> usize {
        match self {
            Self::KubernetesDirect => 0,
            Self::KubernetesHosted => 1,
            Self::Cloud => 2,
            Self::Vm => 3,
            Self::Docker => 4,
        }
    }
}

/// The applicability of an input in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cell {
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

/// A row: an input, its applicability in each column, and the rule in the reference.
pub(crate) struct Row<S: 'static> {
    pub(crate) input: &'static str,
    /// KubernetesDirect, KubernetesHosted, Cloud, VM, Docker.
    pub(crate) cells: [Cell; 5],
    pub(crate) rule: &'static str,
    /// The place of the input, if it is written.
    pub(crate) place: fn(&Step, &S) -> Option<Span>,
}

const fn row<S>(
    input: &'static str,
    cells: [Cell; 5],
    rule: &'static str,
    place: fn(&Step, &S) -> Option<Span>,
) -> Row<S> {
    Row { input, cells, rule, place }
}

/// Whether `input` has an effect in `column`.
pub(crate) fn has_effect<S>(rows: &[Row<S>], input: &str, column: Column) -> bool {
    rows.iter().find(|row| row.input == input).is_some_and(|row| match row.cells[column.index()] {
        Cell::Required | Cell::Unless(_) | Cell::Beside(_) | Cell::Allowed | Cell::Hidden => true,
        Cell::Ignored | Cell::Rejected => false,
    })
}
