//! Steps of tests, and the plan of a stage with them.

use std::sync::Arc;

use cirun_engine::{ReadyAction, ReadyContainer, ReadyStep};
use cirun_plan::{
    Action, Cause, ContainerAction, Mount, Node, Origin, Place, PlannedStage, PlannedStep, Profile, PullPolicy, Role,
    StageId, StepPath, Storage, Traced, When,
};
use indexmap::IndexMap;

use super::{PATIENCE, busybox};

/// A step that runs a script in busybox; `change` changes the rest.
pub(crate) fn step(id: &str, script: &str, change: impl FnOnce(&mut ReadyContainer)) -> ReadyStep {
    let mut container = ReadyContainer {
        image: busybox(),
        pull: PullPolicy::IfNotPresent,
        registry_auth: None,
        entrypoint: Some(vec!["sh".into(), "-c".into()]),
        command: Some(vec![script.into()]),
        env: IndexMap::new(),
        aliases: Vec::new(),
        ports: Vec::new(),
        privileged: false,
        user: None,
        nano_cpus: None,
        memory_bytes: None,
        working_dir: "/harness".into(),
        engine_socket: false,
        local_plugin: None,
    };
    change(&mut container);
    ReadyStep {
        path: StepPath::new("build", [id]),
        role: Role::Foreground,
        attempt: 1,
        action: ReadyAction::Container(Box::new(container)),
        timeout: PATIENCE,
        reports: Vec::new(),
    }
}

pub(crate) fn service(id: &str, script: &str, change: impl FnOnce(&mut ReadyContainer)) -> ReadyStep {
    let step = step(id, script, |container| {
        container.aliases = vec![id.to_owned()];
        change(container);
    });
    ReadyStep { role: Role::Service, ..step }
}

/// The plan of a stage with these steps.
pub(crate) fn planned(profile: Profile, steps: &[&ReadyStep], shared_paths: &[&str]) -> PlannedStage {
    PlannedStage {
        id: StageId("build".into()),
        name: "build".into(),
        profile: traced(profile),
        workspace: "/harness".into(),
        shared_paths: shared_paths
            .iter()
            .map(|path| traced(Mount { path: (*path).to_owned(), storage: Storage::Disk }))
            .collect(),
        when: When::default(),
        execution: steps.iter().map(|step| Node::Step(Box::new(planned_step(step)))).collect(),
        looped: None,
        clone: None,
        not_here: None,
        undecided: Vec::new(),
        containerised: Vec::new(),
        known: Arc::new(Nothing),
    }
}

fn planned_step(step: &ReadyStep) -> PlannedStep {
    let ReadyAction::Container(container) = &step.action else { panic!("a container step") };
    let container = ContainerAction {
        image: traced(container.image.as_str().into()),
        pull: traced(container.pull),
        registry_auth: container.registry_auth.clone(),
        connector: None,
        entrypoint: None,
        command: None,
        script: None,
        env: cirun_plan::Environment::new(),
        rules: Vec::new(),
        aliases: container.aliases.iter().cloned().map(traced).collect(),
        ports: container.ports.iter().copied().map(traced).collect(),
        privileged: traced(container.privileged),
        user: None,
        nano_cpus: None,
        memory_bytes: None,
        working_dir: container.working_dir.clone(),
        engine_socket: container.engine_socket,
        local_plugin: None,
    };
    PlannedStep {
        path: step.path.clone(),
        id: step.path.to_string(),
        name: step.path.to_string(),
        place: Place { file: "ci.yaml".into(), line: 7, column: 3 },
        step_type: "Run".into(),
        role: step.role,
        action: Action::Container(Box::new(container)),
        when: When::default(),
        failure_strategies: Vec::new(),
        timeout: traced(step.timeout),
        outputs: Vec::new(),
        reports: Vec::new(),
        retry: None,
        image_from_run: false,
    }
}

fn traced<T>(value: T) -> Traced<T> {
    Traced::new(value, Origin::new(Cause::Local("a test")))
}

/// A scope without names.
#[derive(Debug)]
struct Nothing;

impl cirun_expressions::Scope for Nothing {
    fn lookup(&self, _path: &[cirun_expressions::Segment]) -> cirun_expressions::Lookup {
        cirun_expressions::Lookup::Missing
    }

    fn secret(&self, _id: &str) -> cirun_expressions::Lookup {
        cirun_expressions::Lookup::Missing
    }

    fn now_ms(&self) -> i64 {
        0
    }
}
