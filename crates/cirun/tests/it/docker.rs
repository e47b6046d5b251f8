//! Runs on a real engine, with the test images of `cargo xtask images`; without them these tests fail.

mod attack;
mod auth;
mod daemon;
mod dind;
mod ecr_images;
mod egress;
mod failing;
mod forward;
mod groups;
mod host_steps;
mod images;
mod isolation;
mod late_stages;
mod looking;
mod oidc;
mod order;
mod outputs;
mod pipes;
mod platforms;
mod push;
mod real_aws;
mod registries;
mod registry;
mod select;
mod services;
mod shop;
mod signals;
mod stores;

use super::support::{CommandOutput, Events, TestEnvironment, assert_nothing_left};

/// Runs `ci.yaml`, and checks the exit code, and that nothing of the run is left on the engine.
#[track_caller]
fn run(environment: &TestEnvironment, args: &[&str], code: i32) -> (CommandOutput, Events) {
    let base = ["local", "ci.yaml", "--events", "e.jsonl"];
    let output = environment.cirun(&[&base, args].concat()).exits(code);
    let events = environment.events();
    assert_nothing_left(events.run());
    (output, events)
}

/// A workspace with this pipeline, and an engine.
fn engine(pipeline: &str) -> TestEnvironment {
    TestEnvironment::pipeline(pipeline).with_engine()
}
