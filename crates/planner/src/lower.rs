//! Lowers steps of the document to steps of the plan.

mod aws_identity;
mod background;
pub(crate) mod build_and_push;
mod git_clone;
mod image;
mod other;
mod plugin;
mod plugin_image;
mod reports;
mod retry;
mod run;
mod run_tests;
mod shell;
mod store;
pub(crate) mod variables;

use std::cell::RefCell;

use build_and_push::Pushed;
use cirun_parser::{
    Flag, ParameterField, Text, TextList, TextMap,
    model::{ReportsSpec, Resources, Step, StepSpec},
};
use cirun_plan::{
    Action, Cause, ContainerAction, Environment, Origin, OutputVariable, Profile, Role, SkipReason, Text as PlanText,
    Traced,
};
use image::Image;

use crate::{
    applicability::{
        Row, Visit,
        check::{Checked, check},
    },
    env::{
        Env,
        stage::StageEnv,
        step::{OwnLayers, user_layer},
    },
    infrastructure::{containerised, limits, user},
    place::{StagePlace, StepPlace},
    scope::Ctx,
};

/// A step at its place, with everything needed to lower it.
pub(crate) struct StepCtx<'a> {
    pub(crate) ctx: Ctx<'a>,
    pub(crate) stage: &'a StagePlace,
    pub(crate) layers: &'a StageEnv,
    pub(crate) place: StepPlace,
    pub(crate) step: &'a Step,
    /// The names of earlier services that resolve in its surroundings.
    pub(crate) services: &'a RefCell<Vec<String>>,
}

/// The result of lowering a step, besides the fields that all steps have.
pub(crate) struct Lowered {
    pub(crate) role: Role,
    pub(crate) action: Action,
    pub(crate) outputs: Vec<OutputVariable>,
    pub(crate) reports: Vec<Traced<PlanText>>,
    /// How often CI starts it, for the types with this setting.
    pub(crate) retry: Option<Traced<i64>>,
}

impl Lowered {
    /// A foreground step with only an action.
    pub(crate) fn foreground(action: Action) -> Self {
        Self { role: Role::Foreground, action, outputs: Vec::new(), reports: Vec::new(), retry: None }
    }

    /// A step that cannot be planned; a diagnostic has the details.
    pub(crate) fn impossible(why: &str) -> Self {
        Self::foreground(Action::Skip(SkipReason::NotRunLocally { why: why.to_owned() }))
    }
}

/// The fields with the same name in every container step.
#[derive(Default)]
pub(crate) struct ContainerFields<'a> {
    pub(crate) resources: Option<&'a Resources>,
    pub(crate) privileged: Option<&'a Flag>,
    pub(crate) run_as_user: Option<&'a Text>,
}

/// Checks the tables of a step.
pub(crate) struct Check<'c, 'a>(pub(crate) &'c StepCtx<'a>);

impl Visit for Check<'_, '_> {
    fn table<S: 'static>(&mut self, rows: &'static [Row<S>], inputs: &S) {
        self.0.check(rows.iter(), inputs);
    }
}

impl<'a> StepCtx<'a> {
    /// The profile of the stage.
    pub(crate) fn profile(&self) -> Profile {
        self.stage.infrastructure.profile()
    }

    /// The whole environment, including the step's own layers.
    pub(crate) fn env(&self, own: OwnLayers) -> Environment {
        crate::env::step::assemble(&self.ctx, self.stage, self.layers, &self.place, own, self.step.identifier.span)
    }

    /// The variables that the user writes in the step.
    pub(crate) fn user_layer(&self, variables: Option<&TextMap>) -> Env {
        user_layer(&self.ctx, self.profile(), variables)
    }

    /// A container with this image and environment, and no overrides.
    pub(crate) fn container(&self, image: Image, env: Environment, fields: &ContainerFields<'_>) -> ContainerAction {
        let limits = limits::of(&self.ctx, self.stage.infrastructure, fields.resources);
        let privileged = fields
            .privileged
            .and_then(|flag| self.ctx.flag(flag, "`privileged`"))
            .unwrap_or_else(|| Traced::new(false, Origin::rule(&Cause::Default { rule: "infra.privileged-default" })));
        ContainerAction {
            image: image.reference,
            pull: image.pull,
            registry_auth: image.auth,
            connector: image.connector,
            entrypoint: None,
            command: None,
            script: None,
            env,
            rules: Vec::new(),
            aliases: Vec::new(),
            ports: Vec::new(),
            privileged,
            user: user::of(&self.ctx, fields.run_as_user),
            nano_cpus: limits.nano_cpus,
            memory_bytes: limits.memory_bytes,
            working_dir: self.stage.platform.workspace().to_owned(),
            engine_socket: match self.profile() {
                Profile::Kubernetes => false,
                Profile::Vm | Profile::Cloud | Profile::Docker => true,
            },
            local_plugin: None,
        }
    }

    /// Checks the inputs in `spec` against their rows.
    pub(crate) fn check<S: 'static>(&self, rows: impl Iterator<Item = &'static Row<S>> + Clone, spec: &S) {
        self.check_but(rows, spec, None);
    }

    /// The same, except for an input that another setting of the stage replaces.
    pub(crate) fn check_but<S: 'static>(
        &self,
        rows: impl Iterator<Item = &'static Row<S>> + Clone,
        spec: &S,
        replaced: Option<&'static str>,
    ) {
        let infrastructure = self.stage.infrastructure;
        check(rows, &Checked { step: self.step, spec, infrastructure, replaced }, self.ctx.notes);
    }

    /// The report globs of a step.
    pub(crate) fn reports(&self, reports: Option<&ReportsSpec>) -> Vec<Traced<PlanText>> {
        reports::of(&self.ctx, reports)
    }

    /// A list that replaces an entrypoint; an empty list is `None`.
    pub(crate) fn argv(&self, list: Option<&TextList>) -> Option<Traced<Vec<PlanText>>> {
        let field = list?;
        let items = self.ctx.list(field);
        let written = match &field.value {
            ParameterField::Literal(items) => !items.is_empty(),
            ParameterField::Expression(_) => true,
        };
        (written && !items.is_empty())
            .then(|| Traced::new(items.into_iter().map(|item| item.value).collect(), self.ctx.written(field.span)))
    }
}

/// A step in a stage where steps do not run. A service belongs in a containerised group: Harness does not start it
/// elsewhere.
pub(crate) fn not_here(at: &StepCtx<'_>, why: &str) -> Lowered {
    if let StepSpec::Background(_) = &at.step.spec
        && !at.stage.is_ci()
        && !at.stage.containerised
    {
        containerised::report_background_outside(&at.ctx, at.step, &at.stage.kind);
    }
    other::not_here(at, why)
}

/// Lowers a step, with the references that it pushes.
pub(crate) fn step(at: &StepCtx<'_>) -> (Lowered, Pushed) {
    let lowered = match &at.step.spec {
        StepSpec::Run(spec) => run::lower(at, spec),
        StepSpec::Background(spec) => background::lower(at, spec),
        StepSpec::Plugin(spec) => plugin::lower(at, spec),
        StepSpec::GitClone(spec) => git_clone::lower(at, spec),
        StepSpec::BuildAndPush(spec) => return build_and_push::lower(at, spec),
        StepSpec::Store(spec) => store::lower(at, spec),
        StepSpec::RunTests(spec) => run_tests::lower(at, spec),
        StepSpec::Wait(spec) => other::wait(at, spec),
        StepSpec::Other(spec) => other::skipped(at, spec),
        StepSpec::Template => other::template(at),
    };
    (lowered, Vec::new())
}
