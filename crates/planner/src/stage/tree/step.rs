//! A step at its place in the tree.

use cirun_diagnostics::{Span, codes::plan as codes};
use cirun_expressions::Value;
use cirun_parser::model::Step;
use cirun_plan::{Action, Cause, FailureStrategy, Origin, PlannedStep, Role, StepPath, StrategyLevel, Traced};

use super::{LoweringContext, StageTree, name_of, target::ExecutionTarget};
use crate::{
    flow,
    lower::{self, StepCtx},
    notes::Owner,
    place::StepPlace,
    scope::{Ctx, Entry, Names},
};

/// The service's default timeout of a step.
const DEFAULT_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(10 * 3600);

impl<'a> StageTree<'a> {
    /// Lowers a step; an instance of a loop has a suffix.
    pub(super) fn step(&self, context: &LoweringContext<'a>, step: &Step, suffix: &str) -> PlannedStep {
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

fn report_policies(ctx: &Ctx<'_>, step: &Step, path: &StepPath) {
    if let Some(sets) = &step.policy_sets {
        ctx.notes.report(
            codes::POLICY_NOT_ENFORCED
                .says(format!("the policy sets of `{path}` are not evaluated"))
                .at(sets.span, "the Harness service evaluates them"),
        );
    }
}
