//! The effect of the codebase's inputs on the workspace (clone.workspace-inputs).

use cirun_diagnostics::{Span, codes::plan as codes};
use cirun_parser::{
    Flag, Int, ParameterField,
    model::{CiStage, Codebase, Pipeline},
};
use cirun_plan::CodebaseClone;

use super::clones;
use crate::{
    place::StagePlace,
    scope::{Ctx, given},
};

/// The default depth of the clone of a manual build (clone.depth).
const DEPTH: u32 = 50;

/// How the stage clones the codebase; reports differences between CI and the bound working tree.
pub(crate) fn of(ctx: &Ctx<'_>, pipeline: &Pipeline, spec: &CiStage, place: &StagePlace) -> Option<CodebaseClone> {
    if !clones(ctx, spec) || !place.is_ci() {
        // Without a codebase, its files are not expected.
        if let (Some(field), Some(_)) = (&spec.clone_codebase, &pipeline.codebase) {
            report(ctx, field.span, format!("in CI the stage `{}` begins with an empty workspace", place.id));
        }
        return None;
    }
    let Some(codebase) = &pipeline.codebase else {
        return Some(CodebaseClone {
            depth: Some(DEPTH),
            directory: String::new(),
            sparse: Vec::new(),
            tags: false,
            without_effect: Vec::new(),
        });
    };
    let directory = directory(ctx, codebase, place);
    let sparse = codebase.sparse_checkout.as_ref().map(|field| ctx.list(field)).unwrap_or_default();
    Some(CodebaseClone {
        depth: depth(ctx, codebase.depth.as_ref()),
        directory,
        sparse: sparse.iter().map(|path| path.value.shown()).collect(),
        tags: codebase.fetch_tags.as_ref().is_some_and(|flag| holds(ctx, flag)),
        without_effect: without_effect(codebase),
    })
}

fn report(ctx: &Ctx<'_>, span: Span, what: String) {
    ctx.notes.report(
        codes::OTHER_WORKSPACE
            .says(what)
            .at(span, "locally the steps work in the repository itself")
            .help("with `--clean-clone` the workspace is as in CI"),
    );
}

fn depth(ctx: &Ctx<'_>, field: Option<&Int>) -> Option<u32> {
    let written = match field.map(|field| (&field.value, field.span)) {
        None => None,
        Some((ParameterField::Literal(depth), _)) => u32::try_from(*depth).ok(),
        // A value that is not a number has no effect on what runs here.
        Some((ParameterField::Expression(template), span)) => {
            ctx.as_text(ctx.evaluate(template, span).value).shown().parse().ok()
        }
    };
    match written {
        None => Some(DEPTH),
        Some(depth) => (depth > 0).then_some(depth),
    }
}

fn holds(ctx: &Ctx<'_>, flag: &Flag) -> bool {
    ctx.flag(flag, "a flag of the codebase").is_some_and(|flag| flag.value)
}

/// `cloneDirectory`, a path in the workspace.
fn directory(ctx: &Ctx<'_>, codebase: &Codebase, place: &StagePlace) -> String {
    let Some(field) = given(codebase.clone_directory.as_ref()) else { return String::new() };
    let written = ctx.text(field).value.shown();
    let below = written.strip_prefix(place.platform.workspace()).unwrap_or(&written).trim_matches('/');
    if below.split('/').any(|part| part == "..") {
        ctx.notes.report(
            codes::REJECTED_INPUT
                .says("`cloneDirectory` is outside the workspace")
                .at(field.span, "expected a directory in the workspace")
                .help("name a directory in the workspace"),
        );
        return String::new();
    }
    if !below.is_empty() {
        report(ctx, field.span, format!("in CI the clone of stage `{}` is in a directory of the workspace", place.id));
    }
    below.to_owned()
}

fn without_effect(codebase: &Codebase) -> Vec<&'static str> {
    let written = [
        ("prCloneStrategy", codebase.pr_clone_strategy.is_some()),
        ("sslVerify", codebase.ssl_verify.is_some()),
        ("lfs", codebase.lfs.is_some()),
        ("submoduleStrategy", codebase.submodule_strategy.is_some()),
        ("persistCredentials", codebase.persist_credentials.is_some()),
        ("debug", codebase.debug.is_some()),
        ("preFetchCommand", codebase.pre_fetch_command.is_some()),
        ("resources", codebase.resources.is_some()),
    ];
    written.into_iter().filter(|(_, written)| *written).map(|(name, _)| name).collect()
}
