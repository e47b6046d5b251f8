//! Builders of small plans.

use std::{sync::Arc, time::Duration};

use cirun_expressions::{Lookup, Scope, Segment, Template};
use cirun_plan::{
    Action, Cause, Condition, ContainerAction, ContainerisedGroup, DeferredText, EnvVar, Environment, FailureAction,
    FailureStrategy, Group, GroupKind, HostAction, Must, Node, Origin, OutputVariable, Place, Plan, PlannedStage,
    PlannedStep, Profile, PullPolicy, Role, Secret, SkipReason, StageId, StageStatus, StepPath, StrategyLevel, Text,
    Traced, VariableRule, When,
};

/// An environment in which nothing was known when the plan was made: all values come from running steps.
#[derive(Debug)]
struct NothingKnown;

impl Scope for NothingKnown {
    fn lookup(&self, _path: &[Segment]) -> Lookup {
        Lookup::Pending
    }

    fn secret(&self, _id: &str) -> Lookup {
        Lookup::Missing
    }

    fn now_ms(&self) -> i64 {
        0
    }
}

/// The origin of every value of a test's plan.
pub fn origin() -> Origin {
    Origin::new(Cause::Setting("a test".to_owned()))
}

fn traced<T>(value: T) -> Traced<T> {
    Traced::new(value, origin())
}

/// A deferred text.
pub fn deferred(template: &str) -> Text {
    Text::Deferred(pieces(template))
}

/// A condition that depends on the run.
pub fn deferred_condition(template: &str) -> Traced<Condition> {
    traced(Condition::Deferred(pieces(template)))
}

fn pieces(template: &str) -> DeferredText {
    DeferredText::new(Template::parse(template).0, Arc::new(NothingKnown))
}

/// A Run step in a container.
#[derive(Debug, Clone)]
pub struct StepBuilder(PlannedStep);

/// A Run step in a container with a shell of its own and a timeout of an hour.
pub fn step(id: &str) -> StepBuilder {
    let container = ContainerAction {
        image: traced(Text::from("busybox")),
        pull: traced(PullPolicy::IfNotPresent),
        registry_auth: None,
        connector: None,
        entrypoint: Some(traced(vec![Text::from("sh"), Text::from("-c")])),
        command: Some(traced(vec![Text::from("true")])),
        script: None,
        env: Environment::new(),
        rules: Vec::new(),
        aliases: Vec::new(),
        ports: Vec::new(),
        privileged: traced(false),
        user: None,
        nano_cpus: None,
        memory_bytes: None,
        working_dir: "/harness".to_owned(),
        engine_socket: false,
        local_plugin: None,
    };
    StepBuilder(PlannedStep {
        path: StepPath::new("", [id]),
        id: id.to_owned(),
        name: id.to_owned(),
        place: Place { file: "ci.yaml".into(), line: 7, column: 3 },
        step_type: "Run".to_owned(),
        role: Role::Foreground,
        action: Action::Container(Box::new(container)),
        when: When::default(),
        failure_strategies: Vec::new(),
        timeout: traced(Duration::from_secs(3600)),
        outputs: Vec::new(),
        reports: Vec::new(),
        retry: None,
        image_from_run: false,
    })
}

impl StepBuilder {
    /// The step as a node.
    pub fn node(self) -> Node {
        Node::Step(Box::new(self.0))
    }

    /// The step itself.
    pub fn planned(self) -> PlannedStep {
        self.0
    }

    /// A Background step, with its id as DNS alias.
    #[must_use]
    pub fn service(mut self) -> Self {
        self.0.role = Role::Service;
        self.0.step_type = "Background".to_owned();
        let alias = traced(self.0.id.clone());
        self.container(|container| container.aliases.push(alias))
    }

    /// A Plugin step, which runs the image's own program.
    #[must_use]
    pub fn plugin(mut self) -> Self {
        self.0.step_type = "Plugin".to_owned();
        self.container(|container| (container.entrypoint, container.command) = (None, None))
    }

    /// A step that runs as a process.
    #[must_use]
    pub fn host(mut self, argv: Vec<Text>) -> Self {
        self.0.action =
            Action::Host(Box::new(HostAction { argv, script: None, env: Environment::new(), ports: Vec::new() }));
        self
    }

    /// A Wait step.
    #[must_use]
    pub fn wait(mut self, seconds: u64) -> Self {
        self.0.step_type = "Wait".to_owned();
        self.0.action = Action::Wait(traced(Duration::from_secs(seconds)));
        self
    }

    /// A step that does not run here.
    #[must_use]
    pub fn skipped(mut self, reason: SkipReason) -> Self {
        self.0.action = Action::Skip(reason);
        self
    }

    /// Sets the status of its condition.
    #[must_use]
    pub fn when(mut self, status: StageStatus) -> Self {
        self.0.when.status = status;
        self
    }

    /// Sets a condition that is already decided.
    #[must_use]
    pub fn if_known(mut self, holds: bool, source: &str) -> Self {
        let source = Template::parse(source).0;
        self.0.when.condition = Some(traced(Condition::Known { holds, source }));
        self
    }

    /// Sets a condition that depends on the run.
    #[must_use]
    pub fn if_null(mut self, source: &str) -> Self {
        let source = Template::parse(source).0;
        self.0.when.condition = Some(traced(Condition::Null { source }));
        self
    }

    /// Sets a condition that depends on the run.
    pub fn if_deferred(mut self, template: &str) -> Self {
        self.0.when.condition = Some(deferred_condition(template));
        self
    }

    /// Adds a failure strategy.
    #[must_use]
    pub fn on_failure(mut self, error: &str, action: FailureAction) -> Self {
        let (errors, level) = (vec![error.to_owned()], StrategyLevel::Step);
        self.0.failure_strategies.push(FailureStrategy { errors, action: traced(action), level });
        self
    }

    /// Adds a failure strategy of the group or stage around it.
    #[must_use]
    pub fn on_failure_around(mut self, error: &str, action: FailureAction) -> Self {
        let (errors, level) = (vec![error.to_owned()], StrategyLevel::Around);
        self.0.failure_strategies.push(FailureStrategy { errors, action: traced(action), level });
        self
    }

    /// Sets its timeout.
    #[must_use]
    pub fn timeout(mut self, seconds: u64) -> Self {
        self.0.timeout = traced(Duration::from_secs(seconds));
        self
    }

    /// Declares an output variable.
    #[must_use]
    pub fn output(mut self, name: &str, secret: bool) -> Self {
        self.0.outputs.push(OutputVariable { name: name.to_owned(), secret });
        self
    }

    /// Adds a report path.
    #[must_use]
    pub fn report(mut self, glob: &str) -> Self {
        self.0.reports.push(traced(Text::from(glob)));
        self
    }

    /// Adds a variable to its environment.
    #[must_use]
    pub fn env(mut self, name: &str, value: Text) -> Self {
        let variable = EnvVar { value: traced(value) };
        match &mut self.0.action {
            Action::Container(container) => container.env.insert(name.to_owned(), variable),
            Action::Host(host) => host.env.insert(name.to_owned(), variable),
            Action::Wait(_) | Action::Skip(_) => None,
        };
        self
    }

    /// Adds a rule for one of its variables.
    #[must_use]
    pub fn rule(self, variable: &str, must: Must) -> Self {
        let rule = VariableRule { variable: variable.to_owned(), must };
        self.container(|container| container.rules.push(rule))
    }

    /// Sets its image.
    #[must_use]
    pub fn image(self, image: Text) -> Self {
        self.container(|container| container.image = traced(image))
    }

    /// Sets an image that depends on the run.
    #[must_use]
    pub fn image_from_run(mut self) -> Self {
        self.0.image_from_run = true;
        self
    }

    /// Limits its memory.
    #[must_use]
    pub fn memory(self, bytes: u64) -> Self {
        self.container(|container| container.memory_bytes = Some(traced(bytes)))
    }

    fn container(mut self, change: impl FnOnce(&mut ContainerAction)) -> Self {
        if let Action::Container(container) = &mut self.0.action {
            change(container);
        }
        self
    }
}

impl From<StepBuilder> for Node {
    fn from(step: StepBuilder) -> Self {
        step.node()
    }
}

/// A step group.
pub fn group<N: Into<Node>>(id: &str, nodes: impl IntoIterator<Item = N>) -> Node {
    group_with(id, When::default(), None, nodes)
}

/// A step group with a condition and a failure strategy for all errors.
pub fn group_with<N: Into<Node>>(
    id: &str,
    when: When,
    on_failure: Option<FailureAction>,
    nodes: impl IntoIterator<Item = N>,
) -> Node {
    let strategy = |action| FailureStrategy {
        errors: vec!["AllErrors".to_owned()],
        action: traced(action),
        level: StrategyLevel::Step,
    };
    Node::Group(Box::new(Group {
        kind: GroupKind::StepGroup,
        id: id.to_owned(),
        name: id.to_owned(),
        when,
        failure_strategies: on_failure.map(strategy).into_iter().collect(),
        steps: nodes.into_iter().map(Into::into).collect(),
        max_concurrency: 1,
    }))
}

/// The instances of a looped step.
pub fn looped<N: Into<Node>>(id: &str, max_concurrency: usize, nodes: impl IntoIterator<Item = N>) -> Node {
    Node::Group(Box::new(Group {
        kind: GroupKind::Loop,
        id: id.to_owned(),
        name: id.to_owned(),
        when: When { status: StageStatus::All, condition: None },
        failure_strategies: Vec::new(),
        steps: nodes.into_iter().map(Into::into).collect(),
        max_concurrency,
    }))
}

/// Gives step groups of a stage, by path, a pod or network of their own.
pub fn containerised(mut stage: PlannedStage, groups: &[&str]) -> PlannedStage {
    let id = stage.id.0.clone();
    let group = |path: &&str| ContainerisedGroup {
        path: StepPath::new(&id, path.split('.')),
        profile: traced(Profile::Kubernetes),
        shared_paths: Vec::new(),
    };
    stage.containerised = groups.iter().map(group).collect();
    stage
}

/// Nodes that run together.
pub fn parallel<N: Into<Node>>(nodes: impl IntoIterator<Item = N>) -> Node {
    Node::Parallel(nodes.into_iter().map(Into::into).collect())
}

/// A stage of the profile `docker`.
pub fn stage<N: Into<Node>>(id: &str, nodes: impl IntoIterator<Item = N>) -> PlannedStage {
    stage_when(id, When::default(), nodes)
}

/// A stage with a condition.
pub fn stage_when<N: Into<Node>>(id: &str, when: When, nodes: impl IntoIterator<Item = N>) -> PlannedStage {
    let mut execution: Vec<Node> = nodes.into_iter().map(Into::into).collect();
    set_paths(id, &mut execution, &mut Vec::new());
    PlannedStage {
        id: StageId(id.to_owned()),
        name: id.to_owned(),
        profile: traced(Profile::Docker),
        workspace: "/harness".to_owned(),
        shared_paths: Vec::new(),
        when,
        execution,
        looped: None,
        clone: None,
        not_here: None,
        undecided: Vec::new(),
        containerised: Vec::new(),
        known: Arc::new(NothingKnown),
    }
}

/// A path has the ids of the step groups around a step.
fn set_paths(stage: &str, nodes: &mut [Node], groups: &mut Vec<String>) {
    for node in nodes {
        match node {
            Node::Step(step) => {
                let ids = groups.iter().map(String::as_str).chain([step.id.as_str()]);
                step.path = StepPath::new(stage, ids.collect::<Vec<_>>());
            }
            Node::Parallel(nodes) => set_paths(stage, nodes, groups),
            Node::Group(group) => match group.kind {
                GroupKind::Loop => set_paths(stage, &mut group.steps, groups),
                GroupKind::StepGroup => {
                    groups.push(group.id.clone());
                    set_paths(stage, &mut group.steps, groups);
                    groups.pop();
                }
            },
        }
    }
}

/// A plan without secrets.
pub fn plan(stages: impl IntoIterator<Item = PlannedStage>) -> Plan {
    plan_with_secrets(stages, &[])
}

/// A plan that uses secrets.
pub fn plan_with_secrets(stages: impl IntoIterator<Item = PlannedStage>, secrets: &[&str]) -> Plan {
    Plan {
        pipeline: "shop".to_owned(),
        stages: stages.into_iter().collect(),
        secrets: secrets.iter().map(|secret| Secret::new(*secret)).collect(),
    }
}
