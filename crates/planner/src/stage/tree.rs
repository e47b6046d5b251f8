//! The stage's steps as a series-parallel tree, with loops expanded and every step at its place.

use std::{cell::RefCell, rc::Rc, sync::Arc};

use cirun_diagnostics::{Span, Spanned, codes::plan as codes};
use cirun_expressions::Value;
use cirun_parser::{
    ParameterField,
    model::{ExecutionNode, Step, StepGroup},
};
use cirun_plan::{
    Action, Cause, ContainerisedGroup, FailureStrategy, Group, GroupKind, Node, Origin, PlannedStep, Role, SkipReason,
    StepPath, StrategyLevel, Traced,
};
use foldhash::fast::RandomState;
use indexmap::IndexMap;

use crate::{
    env::{stage, stage::StageEnv},
    flow,
    flow::{
        looping,
        looping::{Expansion, Instance, expand},
    },
    infrastructure::{
        GroupInfrastructure, containerised, shared_paths,
        volumes::{self, PodOwner},
    },
    lower::{self, StepCtx},
    notes::Owner,
    place::{StagePlace, StepPlace},
    scope::{Ctx, Entry, Names, given, run_values::of_run, variables::Variables},
};

/// The service's default timeout of a step.
const DEFAULT_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(10 * 3600);

/// The state that all steps of a stage share.
pub(crate) struct StageTree<'a> {
    target: Rc<ExecutionTarget>,
    /// The pipeline's and the stage's variables.
    variables: [&'a Variables; 2],
    state: RefCell<State>,
}

/// The surroundings of steps: the stage's own, or a containerised group's.
struct ExecutionTarget {
    place: StagePlace,
    layers: StageEnv,
    /// Why steps do not run here, if they do not.
    closed: Option<String>,
    /// The names of earlier services that resolve there.
    services: RefCell<Vec<String>>,
}

#[derive(Default)]
struct State {
    /// The number of steps so far.
    number: usize,
    /// References that earlier steps push.
    pushed: Vec<String>,
    /// Paths so far, with the places of their ids.
    paths: IndexMap<StepPath, Span, RandomState>,
    containerised: Vec<ContainerisedGroup>,
}

/// The current position in the tree.
#[derive(Clone)]
struct LoweringContext<'a> {
    ctx: Ctx<'a>,
    /// Ids of the groups around it, outermost first.
    groups: Vec<String>,
    /// Strategies of the groups around it, the nearest first, then the stage's.
    strategies: Vec<FailureStrategy>,
    target: Rc<ExecutionTarget>,
    /// The instance of the loop around it: the repeated node gets its suffix, the steps its index.
    index: (usize, usize),
}

impl<'a> StageTree<'a> {
    /// A tree; earlier stages push `pushed`.
    pub(crate) fn new(ctx: &Ctx<'_>, place: &StagePlace, variables: [&'a Variables; 2], pushed: Vec<String>) -> Self {
        let closed = (!place.is_ci()).then(|| {
            format!("outside containerised step groups, a delegate runs the steps of a `{}` stage", place.kind)
        });
        let target = Rc::new(ExecutionTarget {
            layers: stage::layers(ctx, place, variables[0], variables[1]),
            place: place.clone(),
            closed,
            services: RefCell::default(),
        });
        Self { target, variables, state: RefCell::new(State { pushed, ..State::default() }) }
    }

    /// Lowers the stage's nodes.
    pub(crate) fn lower(&self, ctx: &Ctx<'a>, nodes: &[ExecutionNode], strategies: Vec<FailureStrategy>) -> Vec<Node> {
        let target = Rc::clone(&self.target);
        let context = LoweringContext { ctx: ctx.clone(), groups: Vec::new(), strategies, target, index: (0, 1) };
        self.nodes(&context, nodes)
    }

    /// The place of a step's identifier.
    pub(crate) fn place(&self, step: &PlannedStep) -> Option<Span> {
        self.state.borrow().paths.get(&step.path).copied()
    }

    /// The containerised groups so far, outermost first.
    pub(crate) fn take_containerised(&self) -> Vec<ContainerisedGroup> {
        std::mem::take(&mut self.state.borrow_mut().containerised)
    }

    /// The references that this stage and earlier ones push.
    pub(crate) fn into_pushed(self) -> Vec<String> {
        self.state.into_inner().pushed
    }

    fn nodes(&self, context: &LoweringContext<'a>, nodes: &[ExecutionNode]) -> Vec<Node> {
        nodes.iter().flat_map(|node| self.node(context, node)).collect()
    }

    fn node(&self, context: &LoweringContext<'a>, node: &ExecutionNode) -> Option<Node> {
        match node {
            ExecutionNode::Step(step) => self.looped(
                context,
                step.strategy.as_ref(),
                "step",
                (&step.identifier.value, step.name.as_ref()),
                |context, suffix| Node::Step(Box::new(self.step(context, step, suffix))),
            ),
            ExecutionNode::Group(group) => self.looped(
                context,
                group.strategy.as_ref(),
                "stepGroup",
                (&group.identifier.value, group.name.as_ref()),
                |context, suffix| Node::Group(Box::new(self.group(context, group, suffix))),
            ),
            ExecutionNode::Parallel(nodes) => {
                let nodes = self.nodes(context, &nodes.value);
                match nodes.len() {
                    0 => None,
                    1 => nodes.into_iter().next(),
                    _ => Some(Node::Parallel(nodes)),
                }
            }
        }
    }

    /// Lowers a node once, or as a group of its instances.
    fn looped(
        &self,
        context: &LoweringContext<'a>,
        strategy: Option<&cirun_parser::model::StrategySpec>,
        level: &str,
        (id, name): (&str, Option<&cirun_parser::Text>),
        lower: impl Fn(&LoweringContext<'a>, &str) -> Node,
    ) -> Option<Node> {
        match expand(&context.ctx, strategy) {
            Expansion::Once => Some(lower(context, "")),
            expansion @ (Expansion::Later | Expansion::Never) => {
                let names = Names::within(&context.ctx.names, looping::waiting());
                let mut node = lower(&LoweringContext { ctx: context.ctx.with_names(names), ..context.clone() }, "");
                if let Expansion::Never = expansion {
                    skip_all(std::slice::from_mut(&mut node));
                }
                Some(node)
            }
            Expansion::Instances(instances, max_concurrency) => {
                let steps = instances
                    .iter()
                    .map(|instance| lower(&context.in_instance(instance, level), &instance.suffix))
                    .collect();
                Some(Node::Group(Box::new(Group {
                    kind: GroupKind::Loop,
                    id: id.to_owned(),
                    name: name_of(name, id, &context.ctx),
                    when: cirun_plan::When { status: cirun_plan::StageStatus::All, condition: None },
                    failure_strategies: Vec::new(),
                    steps,
                    max_concurrency,
                })))
            }
        }
    }

    fn group(&self, context: &LoweringContext<'a>, group: &StepGroup, suffix: &str) -> Group {
        let id = format!("{}{suffix}", group.identifier.value);
        let name = format!("{}{suffix}", name_of(group.name.as_ref(), &group.identifier.value, &context.ctx));
        let mut entries = IndexMap::new();
        let variables: IndexMap<String, Entry> = crate::scope::variables::entries(&context.ctx, &group.variables);
        let steps = context.ctx.names.steps_in_group(&group.identifier.value);
        let known = [
            ("identifier", Entry::value(Value::String(id.clone()))),
            ("name", Entry::value(Value::String(name.clone()))),
            ("variables", Entry::Tree(variables)),
        ];
        let steps = steps.map(|steps| ("steps", steps));
        entries.extend(steps.clone().map(|(key, steps)| (key.to_owned(), steps)));
        entries.insert("stepGroup".to_owned(), Entry::tree(known.into_iter().chain(steps).chain(of_run())));
        let ctx = context.ctx.with_names(Names::within(&context.ctx.names, entries));
        let own = flow::strategies(&ctx, &group.failure_strategies);
        let mut inner = context.clone();
        inner.groups.push(id.clone());
        inner.strategies = own.iter().cloned().chain(context.strategies.iter().cloned()).collect();
        inner.ctx = ctx;
        inner.target = self.target_of(&inner, group);
        Group {
            kind: GroupKind::StepGroup,
            id,
            name,
            when: flow::when(&inner.ctx, group.when.as_ref()),
            failure_strategies: own,
            steps: self.nodes(&inner, &group.steps),
            max_concurrency: 1,
        }
    }

    /// The surroundings of a group's steps; `context` is inside the group.
    fn target_of(&self, context: &LoweringContext<'a>, group: &StepGroup) -> Rc<ExecutionTarget> {
        let ctx = &context.ctx;
        let around = &context.target;
        match containerised::of(ctx, group) {
            GroupInfrastructure::Around => Rc::clone(around),
            GroupInfrastructure::Nowhere(why) => Rc::new(ExecutionTarget {
                place: around.place.clone(),
                layers: around.layers.clone(),
                closed: Some(why),
                services: RefCell::default(),
            }),
            GroupInfrastructure::Own(infrastructure, profile) => {
                report_own_surroundings(ctx, group);
                let place = StagePlace { infrastructure, containerised: true, ..around.place.clone() };
                let path = StepPath::new(&place.id, context.groups.iter().map(String::as_str));
                let infra = group.infra.as_ref().and_then(|infra| infra.spec.get("volumes"));
                let volumes = volumes::of(ctx, profile.value, PodOwner::StepGroup, infra);
                let shared_paths = shared_paths::of(ctx, group.shared_paths.as_ref(), &group.steps, &volumes);
                self.state.borrow_mut().containerised.push(ContainerisedGroup { path, profile, shared_paths });
                let layers = stage::layers(ctx, &place, self.variables[0], self.variables[1]);
                Rc::new(ExecutionTarget { place, layers, closed: None, services: RefCell::default() })
            }
        }
    }

    fn step(&self, context: &LoweringContext<'a>, step: &Step, suffix: &str) -> PlannedStep {
        let id = format!("{}{suffix}", step.identifier.value);
        let name = format!("{}{suffix}", name_of(step.name.as_ref(), &step.identifier.value, &context.ctx));
        let path =
            StepPath::new(&context.target.place.id, context.groups.iter().map(String::as_str).chain([id.as_str()]));
        self.claim(context, &path, step.identifier.span);
        let around = context.ctx.notes.enter(Owner::Step(path.clone()), step.span);
        let entries = [(
            "step".to_owned(),
            Entry::tree([
                ("identifier", Entry::value(Value::String(id.clone()))),
                ("name", Entry::value(Value::String(name.clone()))),
                ("type", Entry::value(Value::String(step.kind.value.clone()))),
            ]),
        )];
        let ctx = context.ctx.with_names(Names::within(&context.ctx.names, entries.into_iter().collect()));
        let number = {
            let mut state = self.state.borrow_mut();
            state.number += 1;
            state.number
        };
        let place = StepPlace {
            id: id.clone(),
            path: path.clone(),
            group: context.groups.last().cloned(),
            index: context.index,
            number,
        };
        let ExecutionTarget { place: stage, layers, closed, services } = &*context.target;
        let at = StepCtx { ctx: ctx.clone(), stage, layers, place, step, services };
        report_policies(&ctx, step, &path);
        let (lowered, pushed) = match closed {
            Some(why) => (lower::not_here(&at, why), Vec::new()),
            None => lower::step(&at),
        };
        let image_from_run = self.comes_from_run(&lowered.action);
        self.state.borrow_mut().pushed.extend(pushed);
        let timeout = step.timeout.as_ref().and_then(|field| flow::traced_duration(&ctx, field)).unwrap_or_else(|| {
            let rule = &Cause::Default { rule: "flow.default-timeout" };
            Traced::new(DEFAULT_TIMEOUT, Origin::rule(rule))
        });
        let failure_strategies = match lowered.role {
            // Background steps of CI have no failure strategies (background.failure-strategies); those in groups have them
            // (groups.advanced).
            Role::Service if stage.is_ci() && !stage.containerised => Vec::new(),
            Role::Service | Role::Foreground => {
                let around = context
                    .strategies
                    .iter()
                    .cloned()
                    .map(|strategy| FailureStrategy { level: StrategyLevel::Around, ..strategy });
                flow::strategies(&ctx, &step.failure_strategies).into_iter().chain(around).collect()
            }
        };
        let when = flow::when(&ctx, step.when.as_ref());
        if lowered.role == Role::Service
            && let Action::Container(container) = &lowered.action
            && !when.condition.as_ref().is_some_and(|condition| condition.value.never_holds())
        {
            services.borrow_mut().extend(container.aliases.iter().map(|alias| alias.value.clone()));
        }
        ctx.notes.leave(around);
        PlannedStep {
            path,
            id,
            name,
            place: ctx.place(step.identifier.span),
            step_type: step.kind.value.clone(),
            role: lowered.role,
            action: lowered.action,
            when,
            failure_strategies,
            timeout,
            outputs: lowered.outputs,
            reports: lowered.reports,
            retry: lowered.retry,
            image_from_run,
        }
    }

    /// Reports a path that another step already has.
    fn claim(&self, context: &LoweringContext<'a>, path: &StepPath, span: Span) {
        let mut state = self.state.borrow_mut();
        match state.paths.get(path) {
            Some(first) => context.ctx.notes.report(
                codes::DUPLICATE_STEP
                    .says(format!("two steps have the identifier `{path}`"))
                    .at(span, "the second")
                    .at(*first, "the first")
                    .help("give one of them another identifier"),
            ),
            None => {
                state.paths.insert(path.clone(), span);
            }
        }
    }

    fn comes_from_run(&self, action: &Action) -> bool {
        match action {
            Action::Container(container) => self.state.borrow().pushed.contains(&container.image.value.shown()),
            Action::Host(_) | Action::Wait(_) | Action::Skip(_) => false,
        }
    }
}

impl<'a> LoweringContext<'a> {
    fn in_instance(&self, instance: &Instance, level: &str) -> Self {
        let names: Arc<Names> = Names::within(&self.ctx.names, instance.names(level));
        Self { ctx: self.ctx.with_names(names), index: instance.index, ..self.clone() }
    }
}

fn report_own_surroundings(ctx: &Ctx<'_>, group: &StepGroup) {
    let Some(infra) = &group.infra else { return };
    let id = &group.identifier.value;
    ctx.notes.report(
        codes::STEP_GROUP_INFRA
            .says(format!("the steps of `{id}` see the stage's workspace"))
            .at(infra.kind.span, "in CI the group has a workspace of its own, empty at first"),
    );
}

fn report_policies(ctx: &Ctx<'_>, step: &Step, path: &StepPath) {
    if let Some(sets) = &step.policy_sets {
        ctx.notes.report(
            codes::POLICY_NOT_ENFORCED
                .says(format!("the policy sets of `{path}` are not evaluated"))
                .at(sets.span, "the Harness service evaluates them"),
        );
    }
}

/// Marks every step of a loop that is skipped.
fn skip_all(nodes: &mut [Node]) {
    for node in nodes {
        match node {
            Node::Step(step) => {
                let why = "its looping strategy has no instances".to_owned();
                step.action = Action::Skip(SkipReason::NotRunLocally { why });
            }
            Node::Group(group) => skip_all(&mut group.steps),
            Node::Parallel(nodes) => skip_all(nodes),
        }
    }
}

fn name_of(name: Option<&cirun_parser::Text>, id: &str, ctx: &Ctx<'_>) -> String {
    match given(name) {
        None => id.to_owned(),
        Some(Spanned { value: ParameterField::Literal(name), .. }) => name.clone(),
        Some(name) => ctx.text(name).value.shown(),
    }
}
