//! Step inputs → plugin variables: the rules of the reference's page ecr, a row per line.

use cirun_diagnostics::{Span, codes::plan as codes};
use cirun_parser::{Flag, Text, TextList, TextMap, model::BuildAndPushSpec};
use cirun_plan::{Cause, Origin, Profile, Text as PlanText, Traced};

use super::{
    BuildCtx,
    plugins::{
        Builder,
        Builder::{Buildx, Docker, Kaniko},
    },
};
use crate::{
    applicability::{build_and_push::COMMON, has_effect},
    env::Env,
    scope::given,
};

type S = BuildAndPushSpec;

/// How an input becomes a variable's value.
enum How {
    /// Unchanged.
    Text(fn(&S) -> &Option<Text>),
    /// Its items joined.
    List(fn(&S) -> &Option<TextList>, &'static str),
    /// `key=value`, joined.
    Pairs(fn(&S) -> &Option<TextMap>, &'static str),
    /// This text if the map is set.
    WithMap(fn(&S) -> &Option<TextMap>, &'static str),
    /// This text if the flag is true, or unset and true by default.
    Flag(fn(&S) -> &Option<Flag>, Unset, &'static str),
    /// This text if the text is set.
    WithText(fn(&S) -> &Option<Text>, &'static str),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Unset {
    IsTrue,
    IsFalse,
}

/// A row: the input, the variable, the plugins that get it, and the rule in the reference.
struct Mapping {
    input: &'static str,
    variable: &'static str,
    to: &'static [Builder],
    how: How,
    rule: &'static str,
}

const fn map(
    input: &'static str,
    variable: &'static str,
    to: &'static [Builder],
    how: How,
    rule: &'static str,
) -> Mapping {
    Mapping { input, variable, to, how, rule }
}

const ALL: &[Builder] = &[Kaniko, Buildx, Docker];
const DRIVER_OPTS: &str = "image=harness/buildkit:1.0.1";

#[rustfmt::skip]
const MAPPINGS: &[Mapping] = &[
    map("tags",              "PLUGIN_TAGS",                    ALL,               How::List(|s| &s.tags, ","),                    "ecr.tags"),
    map("dockerfile",        "PLUGIN_DOCKERFILE",              ALL,               How::Text(|s| &s.dockerfile),                   "ecr.dockerfile"),
    map("context",           "PLUGIN_CONTEXT",                 ALL,               How::Text(|s| &s.context),                      "ecr.context"),
    map("target",            "PLUGIN_TARGET",                  ALL,               How::Text(|s| &s.target_stage),                 "ecr.target"),
    map("buildArgs",         "PLUGIN_BUILD_ARGS",              ALL,               How::Pairs(|s| &s.build_args, ","),             "ecr.build-args"),
    map("buildArgs",         "PLUGIN_BUILD_ARGS_NEW",          ALL,               How::Pairs(|s| &s.build_args, ";"),             "ecr.build-args"),
    map("buildArgs",         "PLUGIN_MULTIPLE_BUILD_ARGS",     ALL,               How::WithMap(|s| &s.build_args, "true"),        "ecr.build-args"),
    map("labels",            "PLUGIN_CUSTOM_LABELS",           ALL,               How::Pairs(|s| &s.labels, ","),                 "ecr.labels"),
    map("optimize",          "PLUGIN_SNAPSHOT_MODE",           &[Kaniko],         How::Flag(|s| &s.optimize, Unset::IsTrue, "redo"), "ecr.optimize"),
    map("remoteCacheImage",  "PLUGIN_ENABLE_CACHE",            &[Kaniko],         How::WithText(|s| &s.remote_cache_image, "true"), "ecr.remote-cache"),
    map("remoteCacheImage",  "PLUGIN_CACHE_REPO",              &[Kaniko],         How::Text(|s| &s.remote_cache_image),           "ecr.remote-cache"),
    map("caching",           "PLUGIN_BUILDER_DRIVER_OPTS",     &[Buildx],         How::Flag(|s| &s.caching, Unset::IsFalse, DRIVER_OPTS), "ecr.caching"),
    map("caching",           "PLUGIN_BUILDER_DRIVER_OPTS_NEW", &[Buildx],         How::Flag(|s| &s.caching, Unset::IsFalse, DRIVER_OPTS), "ecr.caching"),
    map("caching",           "PLUGIN_CACHE_METRICS_FILE",      &[Buildx],         How::Flag(|s| &s.caching, Unset::IsFalse, "cache-metrics.json"), "ecr.caching"),
    map("cacheFrom",         "PLUGIN_CACHE_FROM",              &[Buildx, Docker], How::List(|s| &s.cache_from, ";"),              "ecr.cache-from"),
    map("cacheTo",           "PLUGIN_CACHE_TO",                &[Buildx],         How::Text(|s| &s.cache_to),                     "ecr.cache-to"),
    map("envDockerSecrets",  "PLUGIN_SECRETS_FROM_ENV",        &[Buildx, Docker], How::Pairs(|s| &s.env_docker_secrets, ","),     "ecr.env-secrets"),
    map("fileDockerSecrets", "PLUGIN_SECRETS_FROM_FILE",       &[Buildx, Docker], How::Pairs(|s| &s.file_docker_secrets, ","),    "ecr.file-secrets"),
];

/// The variables of the step's inputs, with a warning for each input that the plugin does not read.
pub(crate) fn variables(build: &BuildCtx<'_, '_>) -> Env {
    let mut env = Env::default();
    for mapping in MAPPINGS.iter().filter(|mapping| effective(build, mapping)) {
        let sent = mapping.to.contains(&build.builder);
        match value(build, &mapping.how) {
            Some((value, _)) if sent => {
                let origin = value.origin.then(Cause::Mapping { rule: mapping.rule });
                env.set(mapping.variable, Traced::new(value.value, origin));
            }
            Some((_, Some(span))) if unread(build, mapping) => report_unread(build, mapping, span),
            Some(_) | None => {}
        }
    }
    append_remote_cache(build, &mut env);
    env
}

fn effective(build: &BuildCtx<'_, '_>, mapping: &Mapping) -> bool {
    has_effect(COMMON, mapping.input, build.at.stage.infrastructure)
}

/// Whether no row maps this input for the plugin that runs, and this is the input's first row.
fn unread(build: &BuildCtx<'_, '_>, mapping: &Mapping) -> bool {
    let mut rows = MAPPINGS.iter().filter(|row| row.input == mapping.input);
    let remote_cache_on_buildx = mapping.input == "remoteCacheImage" && build.builder == Buildx;
    !remote_cache_on_buildx
        && rows.clone().all(|row| !row.to.contains(&build.builder))
        && rows.next().is_some_and(|first| first.variable == mapping.variable)
}

fn report_unread(build: &BuildCtx<'_, '_>, mapping: &Mapping, span: Span) {
    let plugin = super::plugins::plugin(&build.spec.target, build.builder).image;
    build.at.ctx.notes.report(
        codes::IGNORED_INPUT
            .says(format!("`{}` has no effect with `{plugin}`", mapping.input))
            .at(span, format!("this plugin does not read it ({})", mapping.rule))
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
fn value(build: &BuildCtx<'_, '_>, how: &How) -> Option<(Traced<PlanText>, Option<Span>)> {
    let (ctx, spec) = (&build.at.ctx, build.spec);
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
                let origin = Origin::new(Cause::Default { rule: "ecr.optimize" });
                Some((Traced::new(PlanText::from(*text), origin), None))
            }
            None => None,
        },
    }
}
