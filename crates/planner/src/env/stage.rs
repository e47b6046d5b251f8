//! The layers that all steps of a stage have (environment.layers).

use std::sync::Arc;

use cirun_diagnostics::{Span, codes::plan as codes};
use cirun_expressions::Template;
use cirun_plan::{Cause, DeferredText, EnvVars, Origin, Profile, Text, Traced};

use super::{
    Env, codebase,
    runner::{RunnerOrigins, UNLOOPED, instance, trust_layer},
};
use crate::{
    inputs::Inputs,
    place::StagePlace,
    scope::{Ctx, variables::Variables},
};

/// The layers below a step's own variables, and those that Kubernetes puts over them; stored once for all steps.
#[derive(Debug, Clone, Default)]
pub(crate) struct StageEnv {
    pub(crate) under: Arc<EnvVars>,
    pub(crate) over: Arc<EnvVars>,
    /// The loop position of a step that is not in a loop.
    pub(crate) unlooped: Arc<EnvVars>,
    /// The certificates that every step trusts.
    pub(crate) trust: Arc<EnvVars>,
    pub(crate) origins: RunnerOrigins,
}

/// Builds the layers in the profile's order (environment.layers, environment.layers-in-pods).
pub(crate) fn layers(ctx: &Ctx<'_>, stage: &StagePlace, pipeline: &Variables, own: &Variables) -> StageEnv {
    let inputs = ctx.inputs;
    let build = codebase::variables(&inputs.codebase, &inputs.run, &build_link(inputs));
    let common = common(inputs, stage);
    let variables = as_env(pipeline.iter().chain(own));
    let mut under = Env::default();
    let mut over = Env::default();
    match stage.infrastructure.profile() {
        Profile::Kubernetes => {
            under.over(&variables);
            under.over(&build);
            over = common;
        }
        Profile::Vm | Profile::Cloud | Profile::Docker => {
            under.over(&machine(inputs, stage));
            under.over(&build);
            under.over_shared(&stage.clone_login);
            under.over(&common);
            if stage.caching {
                let cause = || Cause::Service { rule: "environment.caching" };
                under.known("GOCACHE", "/harness/.go/", cause());
                under.known("GRADLE_USER_HOME", "/harness/.gradle/", cause());
            }
            under.over(&variables);
            for name in under.drop_empty() {
                let place = pipeline.iter().chain(own).rev().find(|(variable, _, _)| *variable == name);
                if let Some((_, span, _)) = place {
                    report_dropped(ctx, &name, *span);
                }
            }
        }
    }
    under.over(&statuses(ctx));
    let origins = RunnerOrigins::default();
    StageEnv {
        under: under.into_shared(),
        over: over.into_shared(),
        unlooped: instance(UNLOOPED, &origins),
        trust: trust_layer(inputs.trust_bundle.as_deref()),
        origins,
    }
}

/// Reports an empty variable, which the runner drops.
pub(super) fn report_dropped(ctx: &Ctx<'_>, name: &str, span: Span) {
    ctx.notes.report(
        codes::EMPTY_ENV_DROPPED
            .says(format!("`{name}` is empty, so it is not set"))
            .at(span, "the runner drops empty values (environment.empty)")
            .help(format!("test for it with `${{{name}:-}}`, or give it a value")),
    );
}

/// The variables with the state of the stage; each step gets the state at its start (environment.status).
fn statuses(ctx: &Ctx<'_>) -> Env {
    let mut env = Env::default();
    for (name, expression) in [
        ("DRONE_STAGE_STATUS", STATUS),
        ("DRONE_BUILD_STATUS", STATUS),
        ("CI_BUILD_STATUS", STATUS),
        ("DRONE_FAILED_STEPS", "<+stage.failedSteps>"),
    ] {
        let pieces = DeferredText::new(Template::parse(expression).0, Arc::clone(&ctx.names) as _);
        let origin = Origin::new(Cause::Service { rule: "environment.status" });
        env.set(name, Traced::new(Text::Deferred(pieces), origin));
    }
    env
}

const STATUS: &str = "<+<+OnStageFailure>?\"FAILURE\":\"SUCCESS\">";

/// The substitute for the address of the execution's page.
pub(crate) fn build_link(inputs: &Inputs<'_>) -> String {
    format!("https://cirun.localhost/runs/{}", inputs.run.id)
}

fn as_env<'v>(variables: impl Iterator<Item = &'v (String, Span, Traced<Text>)>) -> Env {
    let mut env = Env::default();
    for (name, _, value) in variables {
        env.set(name.clone(), value.clone());
    }
    env
}

fn machine(inputs: &Inputs<'_>, stage: &StagePlace) -> Env {
    let mut env = Env::default();
    let cause = || Cause::Service { rule: "environment.infrastructure" };
    env.known("DRONE_STAGE_OS", stage.platform.service_word(), cause());
    // The machine's own platform: steps run on it, whatever the stage says.
    env.known("DRONE_STAGE_ARCH", if inputs.run.arch == "arm64" { "Arm64" } else { "Amd64" }, cause());
    env.known("DRONE_STAGE_MACHINE", inputs.run.machine.clone(), cause());
    env.known("DRONE_STAGE_TYPE", infrastructure(stage), cause());
    if let Some(machine) = inputs.codebase.netrc_machine() {
        env.known("DRONE_NETRC_MACHINE", machine, Cause::Codebase("environment.clone"));
    }
    if stage.infrastructure.profile() != Profile::Docker {
        env.known("DRONE_WORKSPACE", stage.platform.workspace(), cause());
    }
    env
}

/// The service's name for the infrastructure.
fn infrastructure(stage: &StagePlace) -> &'static str {
    match stage.infrastructure.profile() {
        Profile::Kubernetes => "KUBERNETES_DIRECT",
        Profile::Vm => "VM",
        Profile::Cloud => "HOSTED_VM",
        Profile::Docker => "docker",
    }
}

fn common(inputs: &Inputs<'_>, stage: &StagePlace) -> Env {
    let mut env = Env::default();
    let run = &inputs.run;
    let constant = || Cause::Service { rule: "environment.constants" };
    let identity = || Cause::Service { rule: "environment.identity" };
    env.known("DRONE", "true", constant());
    env.known("DRONE_STAGE_KIND", "pipeline", constant());
    env.known("HARNESS_INFRA", infrastructure(stage), constant());
    env.known("HARNESS_WORKSPACE", stage.platform.workspace(), constant());
    env.known("DRONE_STAGE_NAME", stage.name.clone(), identity());
    env.known("HARNESS_ACCOUNT_ID", run.account.clone(), identity());
    env.known("HARNESS_ORG_ID", stage.org.clone(), identity());
    env.known("HARNESS_PROJECT_ID", stage.project.clone(), identity());
    env.known("HARNESS_USER_ID", run.user.clone(), identity());
    env.known("HARNESS_PIPELINE_ID", stage.pipeline.clone(), identity());
    env.known("HARNESS_STAGE_ID", stage.id.clone(), identity());
    env.known("HARNESS_BUILD_ID", run.sequence.to_string(), identity());
    env.known("HARNESS_EXECUTION_ID", run.id.clone(), identity());
    env.known("PLUGIN_PIPELINE", stage.pipeline.clone(), identity());
    env.known("HARNESS_DELEGATE_ID", "local", Cause::Service { rule: "environment.places" });
    env.known("HARNESS_STAGE_INDEX", stage.index.0.to_string(), Cause::Service { rule: "environment.places" });
    env.known("HARNESS_STAGE_TOTAL", stage.index.1.to_string(), Cause::Service { rule: "environment.places" });
    env
}
