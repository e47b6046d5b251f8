//! The stage's steps as a series-parallel tree, with loops expanded and every step at its place.

mod step;
mod target;

use std::{cell::RefCell, rc::Rc, sync::Arc};

use cirun_diagnostics::{Span, Spanned};
use cirun_expressions::Value;
use cirun_parser::{
    ParameterField, Text,
    model::{ExecutionNode, StepGroup, StrategySpec},
};
use cirun_plan::{
    Action, ContainerisedGroup, FailureStrategy, Group, GroupKind, Node, PlannedStep, SkipReason, StepPath,
};
use foldhash::fast::RandomState;
use indexmap::IndexMap;
use target::ExecutionTarget;

use crate::{
    env::stage,
    flow::{
        self,
        looping::{self, Expansion, Instance, expand},
    },
    place::StagePlace,
    scope::{Ctx, Entry, Names, given, run_values::of_run, variables::Variables},
};

/// The state that all steps of a stage share.
pub(crate) struct StageTree<'a> {
    target: Rc<ExecutionTarget>,
    /// The pipeline's and the stage's variables.
    variables: [&'a Variables; 2],
    state: RefCell<State>,
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

/// A node that a strategy may repeat.
struct Looped<'n> {
    strategy: Option<&'n StrategySpec>,
    /// Its name in expressions: `step` or `stepGroup`.
    level: &'static str,
    id: &'n str,
    name: Option<&'n Text>,
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
            ExecutionNode::Step(step) => {
                let looped = Looped {
                    strategy: step.strategy.as_ref(),
                    level: "step",
                    id: &step.identifier.value,
                    name: step.name.as_ref(),
                };
                self.looped(context, &looped, |context, suffix| Node::Step(Box::new(self.step(context, step, suffix))))
            }
            ExecutionNode::Group(group) => {
                let looped = Looped {
                    strategy: group.strategy.as_ref(),
                    level: "stepGroup",
                    id: &group.identifier.value,
                    name: group.name.as_ref(),
                };
                let lower = |context: &LoweringContext<'a>, suffix: &str| {
                    Node::Group(Box::new(self.group(context, group, suffix)))
                };
                self.looped(context, &looped, lower)
            }
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
        node: &Looped<'_>,
        lower: impl Fn(&LoweringContext<'a>, &str) -> Node,
    ) -> Option<Node> {
        match expand(&context.ctx, node.strategy) {
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
                    .map(|instance| lower(&context.in_instance(instance, node.level), &instance.suffix))
                    .collect();
                Some(Node::Group(Box::new(Group {
                    kind: GroupKind::Loop,
                    id: node.id.to_owned(),
                    name: name_of(node.name, node.id, &context.ctx),
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
}

impl<'a> LoweringContext<'a> {
    fn in_instance(&self, instance: &Instance, level: &str) -> Self {
        let names: Arc<Names> = Names::within(&self.ctx.names, instance.names(level));
        Self { ctx: self.ctx.with_names(names), index: instance.index, ..self.clone() }
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

fn name_of(name: Option<&Text>, id: &str, ctx: &Ctx<'_>) -> String {
    match given(name) {
        None => id.to_owned(),
        Some(Spanned { value: ParameterField::Literal(name), .. }) => name.clone(),
        Some(name) => ctx.text(name).value.shown(),
    }
}
