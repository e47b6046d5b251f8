//! The order of calls that [`crate::Backend`] guarantees to its implementations.

use std::collections::{BTreeMap, BTreeSet};

use cirun_plan::Role;

use crate::ReadyStep;

#[derive(Debug, Default)]
pub(super) struct Order {
    pub(super) calls: Vec<String>,
    pub(super) environments: BTreeMap<String, Vec<(String, String)>>,
    violations: Vec<String>,
    phase: Phase,
    preparing: BTreeSet<String>,
    prepared: BTreeSet<String>,
    running: BTreeSet<(String, u32)>,
    begun: BTreeSet<(String, u32)>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Nothing,
    Starting,
    Started,
    Destroyed,
}

impl Order {
    pub(super) fn start(&mut self, stage: &str) {
        self.calls.push(format!("start {stage}"));
        self.require(matches!(self.phase, Phase::Nothing | Phase::Destroyed), "a stage starts before the last is gone");
        (self.preparing, self.prepared) = (BTreeSet::new(), BTreeSet::new());
        (self.running, self.begun) = (BTreeSet::new(), BTreeSet::new());
        self.phase = Phase::Starting;
    }

    pub(super) fn started(&mut self) {
        self.phase = Phase::Started;
    }

    pub(super) fn prepare(&mut self, path: &str) {
        self.calls.push(format!("prepare {path}"));
        let has_stage = matches!(self.phase, Phase::Starting | Phase::Started);
        self.require(has_stage, &format!("{path} is prepared while no stage is started"));
        let is_first = self.prepared.insert(path.to_owned());
        self.require(is_first, &format!("{path} is prepared twice"));
        let has_begun = self.begun.iter().any(|(begun, _)| begun == path);
        self.require(!has_begun, &format!("{path} is prepared after its start"));
        self.preparing.insert(path.to_owned());
    }

    pub(super) fn prepared(&mut self, path: &str) {
        self.preparing.remove(path);
        let has_stage = matches!(self.phase, Phase::Starting | Phase::Started);
        self.require(has_stage, &format!("{path} is still prepared while its stage is removed"));
    }

    /// The engine's tests see the calls that a plan leads to; this one only has to be in order.
    pub(super) fn discard(&mut self, path: &str) {
        self.preparing.remove(path);
        let has_begun = self.begun.iter().any(|(begun, _)| begun == path);
        self.require(self.prepared.contains(path) && !has_begun, &format!("{path} is discarded after its start"));
    }

    pub(super) fn run(&mut self, step: &ReadyStep) {
        self.begin("run", step, Role::Foreground);
        self.running.insert(key(step));
    }

    pub(super) fn service(&mut self, step: &ReadyStep) {
        self.begin("service", step, Role::Service);
    }

    pub(super) fn await_ready(&mut self, step: &ReadyStep) {
        let path = step.path.as_str();
        self.calls.push(format!("await_ready {path}"));
        let has_begun = self.begun.contains(&key(step));
        self.require(has_begun && self.phase == Phase::Started, &format!("{path} is watched before its start"));
    }

    fn begin(&mut self, call: &str, step: &ReadyStep, role: Role) {
        let path = step.path.as_str();
        self.calls.push(format!("{call} {path} #{}", step.attempt));
        self.require(self.phase == Phase::Started, &format!("{path} begins while no stage is started"));
        self.require(step.role == role, &format!("{path} is called by the wrong role"));
        self.require(!self.preparing.contains(path), &format!("{path} begins while it is prepared"));
        let is_new = self.begun.insert(key(step));
        self.require(is_new, &format!("{path} begins its attempt {} twice", step.attempt));
    }

    pub(super) fn ran(&mut self, step: &ReadyStep) {
        self.running.remove(&key(step));
    }

    pub(super) fn after_run(&mut self, call: &str, step: &ReadyStep) {
        self.calls.push(format!("{call} {}", step.path));
        let has_run = self.begun.contains(&key(step)) && !self.running.contains(&key(step));
        self.require(has_run && self.phase == Phase::Started, &format!("{call} before the end of {}", step.path));
    }

    pub(super) fn end_group(&mut self, group: &str) {
        self.calls.push(format!("end_group {group}"));
        let inside = format!("{group}.");
        let runs = self.running.iter().any(|(path, _)| path.starts_with(&inside));
        self.require(!runs && self.phase == Phase::Started, &format!("{group} ends before its steps"));
    }

    pub(super) fn destroy(&mut self) {
        self.calls.push("destroy".to_owned());
        self.require(self.phase != Phase::Nothing, "a stage is removed that was never started");
        self.phase = Phase::Destroyed;
    }

    /// All violations, as seen at the end of a run.
    pub(super) fn at_end(&mut self) -> Vec<String> {
        self.require(matches!(self.phase, Phase::Nothing | Phase::Destroyed), "the stage was not removed");
        std::mem::take(&mut self.violations)
    }

    fn require(&mut self, holds: bool, otherwise: &str) {
        if !holds {
            self.violations.push(otherwise.to_owned());
        }
    }
}

fn key(step: &ReadyStep) -> (String, u32) {
    (step.path.as_str().to_owned(), step.attempt)
}
