//! Step inputs → plugin variables: the rules of the reference's page ecr.

use cirun_diagnostics::{Span, codes::plan as codes};
use cirun_parser::model::BuildTarget;
use cirun_plan::{Cause, Origin, Profile, Text as PlanText, Traced};

use super::{
    BuildCtx,
    inputs::{ACR, COMMON, DOCKER, ECR, GOOGLE, How, Input, Unset},
    plugins::{self, Builder::Buildx},
};
use crate::{env::Env, scope::given};

/// The variables of the step's inputs, with a warning for each input that the plugin does not read.
pub(crate) fn variables(build: &BuildCtx<'_, '_>) -> Env {
    let mut env = Env::default();
    match &build.spec.target {
        BuildTarget::Ecr(target) => of_inputs(build, target, ECR, &mut env),
        BuildTarget::Docker(target) => of_inputs(build, target, DOCKER, &mut env),
        BuildTarget::Gar(target) | BuildTarget::Gcr(target) => of_inputs(build, target, GOOGLE, &mut env),
        BuildTarget::Acr(target) => of_inputs(build, target, ACR, &mut env),
    }
    of_inputs(build, build.spec, COMMON, &mut env);
    append_remote_cache(build, &mut env);
    env
}

fn of_inputs<S>(build: &BuildCtx<'_, '_>, spec: &S, inputs: &[Input<S>], env: &mut Env) {
    for input in inputs.iter().filter(|input| input.row.has_effect(build.at.stage.infrastructure)) {
        let mut unread = is_unread(build, input);
        for variable in input.variables {
            let sent = variable.to.contains(&build.builder);
            match value(build, spec, input, &variable.how) {
                Some((value, _)) if sent => {
                    let origin = value.origin.then(Cause::Mapping { rule: input.rule });
                    env.set(variable.name, Traced::new(value.value, origin));
                }
                Some((_, Some(span))) if unread => {
                    report_unread(build, input, span);
                    unread = false;
                }
                Some(_) | None => {}
            }
        }
    }
}

/// Whether the plugin that runs gets no variable of this input.
fn is_unread<S>(build: &BuildCtx<'_, '_>, input: &Input<S>) -> bool {
    let remote_cache_on_buildx = input.row.input == "remoteCacheImage" && build.builder == Buildx;
    !remote_cache_on_buildx && input.variables.iter().all(|variable| !variable.to.contains(&build.builder))
}

fn report_unread<S>(build: &BuildCtx<'_, '_>, input: &Input<S>, span: Span) {
    let plugin = plugins::plugin(&build.spec.target, build.builder).image;
    build.at.ctx.notes.report(
        codes::IGNORED_INPUT
            .says(format!("`{}` has no effect with `{plugin}`", input.row.input))
            .at(span, format!("this plugin does not read it ({})", input.rule))
            .help("set `caching: true` to build with buildx, which reads it, or remove it"),
    );
}

/// With buildx a remote cache image is an additional cache source (ecr.remote-cache).
fn append_remote_cache(build: &BuildCtx<'_, '_>, env: &mut Env) {
    if build.builder != Buildx || build.at.profile() != Profile::Kubernetes {
        return;
    }
    let Some(remote) = build.at.ctx.given_text(build.spec.remote_cache_image.as_ref()) else { return };
    let rule = "ecr.remote-cache";
    let value = match env.get("PLUGIN_CACHE_FROM") {
        Some(before) => before.value.value.clone().followed_by(";").followed_by_text(remote.value),
        None => remote.value,
    };
    env.set("PLUGIN_CACHE_FROM", Traced::new(value, remote.origin.then(Cause::Mapping { rule })));
}

/// An input's value and place, if it is set or has a default.
fn value<S>(
    build: &BuildCtx<'_, '_>,
    spec: &S,
    input: &Input<S>,
    how: &How<S>,
) -> Option<(Traced<PlanText>, Option<Span>)> {
    let ctx = &build.at.ctx;
    let constant = |text: &str, span: Span| (Traced::new(PlanText::from(text), ctx.written(span)), Some(span));
    match how {
        How::Text(field) => {
            let field = given(field(spec).as_ref())?;
            Some((ctx.text(field), Some(field.span)))
        }
        How::List(field, separator) => {
            let field = field(spec).as_ref()?;
            let items = ctx.list(field).into_iter().map(|item| item.value);
            let text = PlanText::join(items, separator);
            (text.as_known() != Some("")).then(|| (Traced::new(text, ctx.written(field.span)), Some(field.span)))
        }
        How::Pairs(field, separator) => {
            let field = field(spec).as_ref()?;
            let pairs = ctx.map(field).into_iter().map(|(key, _, value)| value.value.preceded_by(&format!("{key}=")));
            let text = PlanText::join(pairs, separator);
            (text.as_known() != Some("")).then(|| (Traced::new(text, ctx.written(field.span)), Some(field.span)))
        }
        How::WithMap(field, text) => {
            let field = field(spec).as_ref()?;
            (!ctx.map(field).is_empty()).then(|| constant(text, field.span))
        }
        How::WithText(field, text) => given(field(spec).as_ref()).map(|field| constant(text, field.span)),
        How::Flag(field, unset, text) => match field(spec) {
            Some(flag) => ctx.flag(flag, "a flag").filter(|flag| flag.value).map(|_| constant(text, flag.span)),
            None if *unset == Unset::IsTrue => {
                let origin = Origin::new(Cause::Default { rule: input.rule });
                Some((Traced::new(PlanText::from(*text), origin), None))
            }
            None => None,
        },
    }
}
