//! The inputs of Background steps, with rows in the parser (the reference's page background).

use cirun_parser::model::BackgroundSpec;

use super::{
    Applicability::{self, Allowed as A, Ignored as I, Rejected as X, Required as R, Unless},
    Row,
    field::{list, text, true_flag},
    row,
    tables::tables,
};

const U: Applicability = Unless("harnessManagedImage");

cirun_parser::background_inputs!(tables);

/// Inputs without an effect on a service that runs on the machine itself.
#[rustfmt::skip]
pub(crate) const CONTAINER_ONLY: &[Row<BackgroundSpec>] = &[
    row("connectorRef",             [I, I, I, I, I], "only for a service in a container (background.on-machine)", |_, s| text(&s.connector_ref)),
    row("imagePullPolicy",          [I, I, I, I, I], "only for a service in a container (background.on-machine)", |_, s| text(&s.image_pull_policy)),
    row("runAsUser",                [I, I, I, I, I], "only for a service in a container (background.on-machine)", |_, s| text(&s.run_as_user)),
    row("privileged",               [I, I, I, I, I], "only for a service in a container (background.on-machine)", |_, s| true_flag(&s.privileged)),
    row("networkAliases",           [I, I, I, I, I], "names in Docker's network (background.on-machine)", |_, s| list(&s.network_aliases)),
];

/// Inputs that Background steps of CI stages do not support; in containerised groups they have an effect
/// (groups.advanced).
#[rustfmt::skip]
pub(crate) const CI_ONLY: &[Row<BackgroundSpec>] = &[
    row("failureStrategies",        [I, I, I, I, I], "Background steps of CI have no failure strategies (background.failure-strategies)", |step, _| step.failure_strategies.first().map(|f| f.span)),
];
