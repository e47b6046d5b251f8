//! Mistakes that CI does not report and that change what a stage does. Nothing here changes the plan.

mod conditions;
mod docker_in_docker;
mod nulls;
mod scripts;
pub(crate) mod service_addresses;
pub(crate) mod service_conflicts;

pub(crate) use conditions::constant_operand;
pub(crate) use docker_in_docker::unprivileged_dind;
pub(crate) use nulls::{null_in_duration, null_in_forced_push, null_in_name};
pub(crate) use scripts::exit_before_outputs;
