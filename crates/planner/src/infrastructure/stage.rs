//! How a stage would run in CI: the infrastructure, from `runtime` and `infrastructure` (infra.types).

use cirun_diagnostics::{Span, codes::plan as codes, nearest};
use cirun_expressions::Template;
use cirun_parser::{
    Node,
    model::{CiStage, Pipeline, Stage, StageSpec},
};
use cirun_plan::{Cause, Origin, Profile, Traced};

use super::{platform, platform::Platform, user};
use crate::{
    infrastructure::Infrastructure,
    scope::{Ctx, given},
};

/// The values of `runtime.type` and `infrastructure.type`.
const WORDS: [(&str, Infrastructure); 7] = [
    ("KubernetesDirect", Infrastructure::KubernetesDirect),
    ("Kubernetes", Infrastructure::KubernetesDirect),
    ("Kubernetes-direct", Infrastructure::KubernetesDirect),
    ("KubernetesHosted", Infrastructure::KubernetesHosted),
    ("Cloud", Infrastructure::Cloud),
    ("VM", Infrastructure::Vm),
    ("Docker", Infrastructure::Docker),
];

/// How a CI stage would run.
pub(crate) struct StageInfrastructure {
    pub(crate) kind: Infrastructure,
    pub(crate) profile: Traced<Profile>,
    /// `spec.hostNames`: names of the pod itself (network.host-names).
    pub(crate) host_names: Vec<String>,
    /// `spec.volumes`, as written.
    pub(crate) volumes: Option<Node>,
    pub(crate) platform: Platform,
}

/// Decides how a CI stage would run, and follows `useFromStage`.
pub(crate) fn of(ctx: &Ctx<'_>, pipeline: &Pipeline, stage: &Stage, spec: &CiStage) -> Option<StageInfrastructure> {
    let source = source(ctx, pipeline, stage, spec);
    if let Some(infrastructure) = source.and_then(|spec| spec.infrastructure.as_ref()) {
        user::check_pod(ctx, |name| infrastructure.spec.get(name));
    }
    let host_names = source.map(|spec| host_names(ctx, spec)).unwrap_or_default();
    let (kind, profile) = match &ctx.inputs.profile {
        Some(forced) => {
            let origin = Origin::new(Cause::Setting(forced.given_by.clone()));
            (Infrastructure::of(forced.value), Traced::new(forced.value, origin))
        }
        None => written(ctx, stage, source?)?,
    };
    let platform = platform::of(ctx, source.unwrap_or(spec));
    let volumes = source.and_then(|spec| spec.infrastructure.as_ref()?.spec.get("volumes").cloned());
    Some(StageInfrastructure { kind, profile, host_names, volumes, platform })
}

/// The infrastructure for `runtime.type` or `infrastructure.type`.
fn written(ctx: &Ctx<'_>, stage: &Stage, spec: &CiStage) -> Option<(Infrastructure, Traced<Profile>)> {
    if let Some(runtime) = &spec.runtime {
        return word(ctx, &ctx.known(&runtime.kind, "`runtime.type`")?, runtime.kind.span);
    }
    match spec.infrastructure.as_ref().and_then(|infrastructure| given(infrastructure.kind.as_ref())) {
        Some(kind) => word(ctx, &ctx.known(kind, "`infrastructure.type`")?, kind.span),
        None => {
            report_none(ctx, stage);
            None
        }
    }
}

/// The stage whose infrastructure is used: this one, or the one in `useFromStage`.
fn source<'p>(ctx: &Ctx<'_>, pipeline: &'p Pipeline, stage: &'p Stage, spec: &'p CiStage) -> Option<&'p CiStage> {
    let mut seen = vec![stage.identifier.value.as_str()];
    let mut spec = spec;
    while spec.runtime.is_none()
        && let Some(other) = spec.infrastructure.as_ref().and_then(|from| given(from.use_from_stage.as_ref()))
    {
        let id = ctx.known(other, "`useFromStage`")?;
        match find(pipeline, &id.value) {
            Some((name, next)) if !seen.contains(&name) => {
                seen.push(name);
                spec = next;
            }
            Some(_) | None => {
                if ctx.inputs.profile.is_none() {
                    report_unknown(ctx, &id.value, other.span);
                }
                return None;
            }
        }
    }
    Some(spec)
}

fn host_names(ctx: &Ctx<'_>, spec: &CiStage) -> Vec<String> {
    let names = spec.infrastructure.as_ref().and_then(|infrastructure| infrastructure.spec.get("hostNames"));
    let texts = names.map(Node::items).unwrap_or_default().iter().filter_map(|node| Some((node.text()?, node.span)));
    texts
        .map(|(text, span)| {
            let (template, _) = Template::parse(text);
            let value = ctx.evaluate(&template, span).value;
            ctx.as_text(value).shown()
        })
        .collect()
}

fn report_unknown(ctx: &Ctx<'_>, id: &str, span: Span) {
    ctx.notes.report(
        codes::UNKNOWN_STAGE
            .says(format!("no CI stage `{id}` to take the infrastructure from"))
            .at(span, "no other stage of this pipeline has this identifier")
            .help("name a CI stage of this pipeline, or choose with `--infra`"),
    );
}

fn word(ctx: &Ctx<'_>, word: &Traced<String>, span: Span) -> Option<(Infrastructure, Traced<Profile>)> {
    match WORDS.iter().find(|(known, _)| *known == word.value) {
        Some((_, infrastructure)) => {
            Some((*infrastructure, Traced::new(infrastructure.profile(), word.origin.clone())))
        }
        None => {
            let words = WORDS.map(|(word, _)| word);
            let help = match nearest(&word.value, words) {
                Some(like) => format!("did you mean `{like}`? `--infra` chooses too"),
                None => format!("write one of {}, or choose with `--infra`", words.join(", ")),
            };
            ctx.notes.report(
                codes::UNKNOWN_INFRASTRUCTURE
                    .says(format!("unknown infrastructure `{}`", word.value))
                    .at(span, "no such infrastructure")
                    .help(help),
            );
            None
        }
    }
}

fn report_none(ctx: &Ctx<'_>, stage: &Stage) {
    ctx.notes.report(
        codes::MISSING_INFRASTRUCTURE
            .says(format!("the stage `{}` has neither `runtime` nor `infrastructure`", stage.identifier.value))
            .at(stage.identifier.span, "it has no infrastructure")
            .help("add one, or choose with `--infra kubernetes|vm|cloud|docker`"),
    );
}

fn find<'p>(pipeline: &'p Pipeline, id: &str) -> Option<(&'p str, &'p CiStage)> {
    pipeline.all_stages().find(|stage| stage.identifier.value == id).and_then(|stage| match &stage.spec {
        StageSpec::Ci(spec) => Some((stage.identifier.value.as_str(), &**spec)),
        StageSpec::Other { .. } | StageSpec::Template => None,
    })
}
