//! A step's environment, from the stage's layers and its own (environment.step-layers).

use std::sync::Arc;

use cirun_diagnostics::{Severity, Span, codes::plan as codes};
use cirun_parser::{Key, ParameterField, TextMap};
use cirun_plan::{Cause, EnvVar, EnvVars, Environment, Origin, Profile, StepFiles, Text, Traced};

use super::{
    Env, is_empty,
    runner::{FILES, RunnerOrigins, UNLOOPED, instance},
    stage::{StageEnv, report_dropped},
};
use crate::{
    place::{StagePlace, StepPlace},
    scope::Ctx,
};

/// A step's own layers, weakest first.
#[derive(Debug, Default)]
pub(crate) struct OwnLayers {
    /// Derived from the step's inputs: `PLUGIN_*`.
    pub(crate) derived: Env,
    /// Written by the user: `envVariables`.
    pub(crate) user: Env,
    /// Decrypted from the step's connector.
    pub(crate) secrets: Env,
    /// Added by cirun.
    pub(crate) local: Env,
}

impl OwnLayers {
    fn len(&self) -> usize {
        self.derived.len() + self.user.len() + self.secrets.len() + self.local.len()
    }
}

/// Resolves a step's `envVariables`.
pub(crate) fn user_layer(ctx: &Ctx<'_>, profile: Profile, variables: Option<&TextMap>) -> Env {
    let mut env = Env::default();
    let Some(variables) = variables else { return env };
    check_names(ctx, profile, variables);
    for (name, _, value) in ctx.map(variables) {
        env.set(name, value);
    }
    env
}

/// Reports names that are not allowed in an environment, or in a pod.
fn check_names(ctx: &Ctx<'_>, profile: Profile, variables: &TextMap) {
    let ParameterField::Literal(entries) = &variables.value else { return };
    for (Key(name), value) in entries {
        let (what, help) = match name.value.as_str() {
            "" => ("a variable has no name".to_owned(), "write `NAME: VALUE`".to_owned()),
            text if text.contains(['=', '\0']) => {
                let bare = text.split(['=', '\0']).next().unwrap_or_default();
                (format!("`{text}` cannot be the name of a variable"), format!("write `{bare}: VALUE`"))
            }
            text if !is_pods_name(text) => (
                format!("`{text}` is not a name that shells and pods accept"),
                "use letters, digits and `_`, and do not begin with a digit".to_owned(),
            ),
            _ => continue,
        };
        let everywhere = name.value.is_empty() || name.value.contains(['=', '\0']);
        let mut diagnostic = codes::BAD_ENV_NAME
            .says(what)
            .at(if name.value.is_empty() { value.span } else { name.span }, ENV_NAMES)
            .help(help);
        if !everywhere && profile != Profile::Kubernetes {
            diagnostic.severity = Severity::Warning;
        }
        ctx.notes.report(diagnostic);
    }
}

const ENV_NAMES: &str =
    "a name and a value for each; Kubernetes takes `[-._a-zA-Z][-._a-zA-Z0-9]*` (environment.names)";

/// Whether Kubernetes accepts a variable name.
fn is_pods_name(name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_');
    !name.starts_with(|c: char| c.is_ascii_digit()) && name.chars().all(is_part)
}

/// Merges all layers in the profile's order and drops what the runner drops.
pub(crate) fn assemble(
    ctx: &Ctx<'_>,
    stage: &StagePlace,
    layers: &StageEnv,
    place: &StepPlace,
    own: OwnLayers,
    span: Span,
) -> Environment {
    let profile = stage.infrastructure.profile();
    let mut env = Environment::new();
    env.share(Arc::clone(&layers.under));
    env.share(match place.index {
        UNLOOPED => Arc::clone(&layers.unlooped),
        index => instance(index, &layers.origins),
    });
    let mut empty = Vec::new();
    if own.len() > 0 {
        env.reserve(own.len());
    }
    for layer in [own.derived, own.user, own.secrets] {
        put(&mut env, layer, &mut empty);
    }
    env.share(Arc::clone(&layers.over));
    if profile == Profile::Kubernetes {
        set(&mut env, "DRONE_STEP_NAME", place.id.clone(), &layers.origins.step);
        set(&mut env, "DRONE_STEP_NUMBER", place.number.to_string(), &layers.origins.step);
    }
    env.reserve(RUNNER_VARIABLES);
    let mut given = Env::default();
    for (name, value) in &ctx.inputs.env {
        given.known(name.clone(), value.clone(), Cause::Setting("--env".to_owned()));
    }
    put(&mut env, given, &mut empty);
    put(&mut env, own.local, &mut empty);
    files(&mut env, place, profile, &layers.origins);
    trust(&mut env, &layers.trust);
    if profile != Profile::Kubernetes {
        drop_empty(ctx, &mut env, &empty, span);
    }
    env
}

/// How many variables the runner sets for each step alone.
const RUNNER_VARIABLES: usize = 9;

/// Adds a layer, and records the names of its empty variables.
fn put(env: &mut Environment, layer: Env, empty: &mut Vec<String>) {
    for (name, var) in layer.into_vars() {
        if is_empty(&var) {
            empty.push(name.clone());
        }
        env.insert(name, var);
    }
}

fn set(env: &mut Environment, name: &str, value: String, origin: &Origin) {
    env.insert(name.to_owned(), EnvVar { value: Traced::new(Text::Known(value), origin.clone()) });
}

/// Removes variables that are still empty at the end, as the runner does.
fn drop_empty(ctx: &Ctx<'_>, env: &mut Environment, candidates: &[String], span: Span) {
    for name in candidates {
        let Some(var) = env.get(name).filter(|var| is_empty(var)) else { continue };
        let causes = var.value.origin.causes();
        let written = causes.iter().any(|cause| matches!(cause, Cause::Yaml(_) | Cause::InputSet(_)));
        env.remove(name);
        if written {
            report_dropped(ctx, name, span);
        }
    }
}

/// Sets the certificate bundle under each name that the step does not set itself.
fn trust(env: &mut Environment, bundle: &Arc<EnvVars>) {
    if bundle.keys().any(|name| env.contains_key(name)) {
        for (name, var) in bundle.iter() {
            if !env.contains_key(name) {
                env.insert(name.clone(), var.clone());
            }
        }
    } else {
        env.share(Arc::clone(bundle));
    }
}

/// The files that the runner names, which override every other layer.
fn files(env: &mut Environment, place: &StepPlace, profile: Profile, origins: &RunnerOrigins) {
    let files = StepFiles::of(&place.path);
    let artifact = match profile {
        Profile::Kubernetes => &origins.artifact_on_kubernetes,
        Profile::Vm | Profile::Cloud | Profile::Docker => &origins.files,
    };
    set(env, "DRONE_ENV", files.export, &origins.files);
    set(env, "DRONE_OUTPUT", files.output.clone(), &origins.files);
    set(env, "HARNESS_OUTPUT_FILE", files.output, &origins.files);
    set(env, "HARNESS_OUTPUT_SECRET_FILE", files.output_secret, &origins.files);
    set(env, "PLUGIN_ARTIFACT_FILE", files.artifact, artifact);
    set(env, "HARNESS_ARTIFACT_FILE_PATH", files.artifact_list, &origins.files);
    set(env, "HARNESS_ANNOTATIONS_FILE", files.annotations, &origins.files);
    for name in PREFIXED {
        if let Some(var) = env.get(name)
            && let Text::Known(file) = &var.value.value
        {
            let origin = var.value.origin.clone().then(Cause::Service { rule: FILES });
            let file = StepFiles::named(&place.path, file);
            set(env, name, file, &origin);
        }
    }
}

/// Variables whose value the runner uses as a file name of the step.
const PREFIXED: [&str; 4] =
    ["PLUGIN_METADATA_FILE", "PLUGIN_CACHE_METRICS_FILE", "PLUGIN_CACHE_INTEL_METRICS_FILE", "PLUGIN_BUILD_TOOL_FILE"];
