//! Test support: a strict backend in memory, builders of plans, and runs whose events are text.

mod fake;
mod plans;
mod recorded;

pub use self::{
    fake::{Behaviour, FakeBackend, behaves},
    plans::{
        StepBuilder, containerised, deferred, deferred_condition, group, group_with, looped, origin, parallel, plan,
        plan_with_secrets, stage, stage_when, step,
    },
    recorded::{Recorded, Runner},
};
