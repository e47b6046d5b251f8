//! Helpers for all tests.

mod dns_capture;
mod engine;
mod environment;
mod events;
mod filters;
#[path = "../../../../testdata/free_port.rs"]
mod free_port;
mod nested_engine;
mod output;
mod pipeline;
mod process;
#[cfg(unix)]
mod terminal;

pub(crate) use dns_capture::DnsCapture;
pub(crate) use engine::{assert_nothing_left, docker, left_by};
pub(crate) use environment::TestEnvironment;
pub(crate) use events::{Events, below_stage};
pub(crate) use free_port::free_port;
pub(crate) use nested_engine::NestedEngine;
pub(crate) use output::CommandOutput;
pub(crate) use pipeline::{Stage, group_stage, indent, pipeline, run_step, run_step_with};
pub(crate) use process::{Running, until};
