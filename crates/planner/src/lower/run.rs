//! `Run` and `Test` steps (the reference's page run).

use cirun_diagnostics::unknown_word;
use cirun_parser::{
    ParameterField, Text,
    model::{OutputVariableSpec, RunSpec, Shell},
};
use cirun_plan::{
    Action, Cause, Environment, HostAction, Origin, OutputVariable, Profile, StepFiles, Text as PlanText, Traced,
};

use super::{
    ContainerFields, Lowered, StepCtx, image,
    image::ImageFields,
    shell,
    shell::{Export, ScriptOf},
};
use crate::{
    applicability::run::RUN,
    env::step::OwnLayers,
    lints,
    scope::{Ctx, given},
};

/// Lowers a Run step.
pub(crate) fn lower(at: &StepCtx<'_>, spec: &RunSpec) -> Lowered {
    at.check_but(RUN.iter(), spec, connected_elsewhere(at, spec));
    if !spec.output_variables.is_empty() {
        lints::exit_before_outputs(&at.ctx, spec.command.as_ref());
    }
    let script = at.ctx.given_text(spec.command.as_ref());
    if let Some(script) = &script {
        lints::null_in_forced_push(&at.ctx, spec.command.as_ref(), &script.value);
    }
    lower_script(at, spec, script)
}

/// `connectorRef`, if `registryRef` or the `registries` of the step or of its stage take its place.
pub(super) fn connected_elsewhere(at: &StepCtx<'_>, spec: &RunSpec) -> Option<&'static str> {
    let listed = !spec.registries.is_empty() || !at.stage.registries.is_empty();
    let is_read = at.profile() != Profile::Kubernetes;
    (listed && is_read || given(spec.registry_ref.as_ref()).is_some()).then_some("connectorRef")
}

/// Lowers a step that runs `script` as a Run step does.
pub(crate) fn lower_script(at: &StepCtx<'_>, spec: &RunSpec, script: Option<Traced<PlanText>>) -> Lowered {
    let ctx = &at.ctx;
    let shell = shell_of(ctx, spec.shell.as_ref());
    let composed = script.as_ref().map(|script| compose(at, shell, script, &spec.output_variables));
    let own = OwnLayers { user: at.user_layer(spec.env_variables.as_ref()), ..OwnLayers::default() };
    let env = at.env(own);
    let action = match (given(spec.image.as_ref()), composed) {
        (Some(image), composed) => {
            let image = image::of_step(
                at,
                &ImageFields {
                    image,
                    connector_ref: spec.connector_ref.as_ref(),
                    registries: &spec.registries,
                    policy: spec.image_pull_policy.as_ref(),
                },
            );
            let fields = ContainerFields {
                resources: spec.resources.as_ref(),
                privileged: spec.privileged.as_ref(),
                run_as_user: spec.run_as_user.as_ref(),
            };
            let mut container = at.container(image, env, &fields);
            if let Some(composed) = composed {
                container.entrypoint = Some(shell_entrypoint(shell));
                container.command = Some(composed.map(|text| vec![text]));
            }
            container.script = script;
            Action::Container(Box::new(container))
        }
        (None, Some(composed)) => match at.profile() {
            Profile::Vm | Profile::Cloud | Profile::Docker => {
                Action::Host(Box::new(host(shell, composed, script, env)))
            }
            Profile::Kubernetes => return Lowered::impossible("it has no image"),
        },
        (None, None) => return Lowered::impossible("it has neither a command nor an image"),
    };
    let outputs = spec.output_variables.iter().map(|output| output_variable(ctx, output)).collect();
    Lowered { outputs, reports: at.reports(spec.reports.as_ref()), ..Lowered::foreground(action) }
}

/// A script as a process of the machine.
pub(super) fn host(
    shell: Shell,
    composed: Traced<PlanText>,
    script: Option<Traced<PlanText>>,
    env: Environment,
) -> HostAction {
    let mut argv: Vec<PlanText> = shell::entrypoint(shell).into_iter().map(PlanText::from).collect();
    argv.push(composed.value);
    HostAction { argv, script, env, ports: Vec::new() }
}

/// The shell of a step, `Sh` by default; reports an unknown one.
pub(super) fn shell_of(ctx: &Ctx<'_>, field: Option<&Text>) -> Shell {
    let Some(field) = given(field) else { return Shell::Sh };
    // The service reads any expression as `Sh`.
    if let ParameterField::Expression(_) = &field.value
        && ctx.text(field).value.is_deferred()
    {
        return Shell::Sh;
    }
    let Some(word) = ctx.known(field, "`shell`") else { return Shell::Sh };
    shell::named(&word.value).unwrap_or_else(|words| {
        ctx.notes.report(unknown_word(["shell", "shell"], &word.value, field.span, &words));
        Shell::Sh
    })
}

/// The entrypoint that runs a script.
pub(super) fn shell_entrypoint(shell: Shell) -> Traced<Vec<PlanText>> {
    let argv = shell::entrypoint(shell).into_iter().map(PlanText::from).collect();
    Traced::new(argv, Origin::rule(&Cause::Service { rule: shell::RULE }))
}

fn compose(
    at: &StepCtx<'_>,
    shell: Shell,
    script: &Traced<PlanText>,
    outputs: &[OutputVariableSpec],
) -> Traced<PlanText> {
    let exports: Vec<Export> = outputs.iter().map(|output| export(&at.ctx, output)).collect();
    let file = StepFiles::of(&at.place.path).output;
    let text = shell::compose(shell, at.profile(), ScriptOf::Run, script.value.clone(), &exports, &file);
    Traced::new(text, script.origin.clone().then(Cause::Service { rule: shell::RULE }))
}

fn export(ctx: &Ctx<'_>, output: &OutputVariableSpec) -> Export {
    let variable = given(output.value.as_ref())
        .and_then(|value| ctx.known(value, "the shell variable of an output variable"))
        .map_or_else(|| output.name.value.clone(), |value| value.value);
    Export { name: output.name.value.clone(), variable }
}

fn output_variable(ctx: &Ctx<'_>, output: &OutputVariableSpec) -> OutputVariable {
    let secret = output
        .kind
        .as_ref()
        .and_then(|kind| ctx.known(kind, "the type of an output variable"))
        .is_some_and(|kind| kind.value == "Secret");
    OutputVariable { name: output.name.value.clone(), secret }
}
