//! The variables of a build's inputs (the reference's page ecr).

use cirun_diagnostics::{Span, codes::plan as codes};
use cirun_plan::{Cause, Profile, Traced};

use super::{
    BuildCtx,
    plugins::{self, Builder::Buildx},
};
use crate::{
    applicability::{Row, Visit, build_and_push::visit, tables::Variable},
    env::Env,
    lower::variables::{set, value},
};

/// The variables of the step's inputs, with a warning for each input that the plugin does not read.
pub(crate) fn variables(build: &BuildCtx<'_, '_>) -> Env {
    let mut variables = Variables { build, env: Env::default() };
    visit(build.spec, &mut variables);
    let mut env = variables.env;
    append_remote_cache(build, &mut env);
    env
}

struct Variables<'c, 'a, 'b> {
    build: &'c BuildCtx<'a, 'b>,
    env: Env,
}

impl Visit for Variables<'_, '_, '_> {
    fn table<S: 'static>(&mut self, rows: &'static [Row<S>], inputs: &S) {
        let build = self.build;
        for row in rows.iter().filter(|row| row.has_effect(build.at.stage.infrastructure)) {
            let mut unread = is_unread(build, row);
            for variable in row.variables {
                let sent = variable.to.contains(&build.builder);
                match value(&build.at.ctx, inputs, variable) {
                    Some((value, _)) if sent => set(&mut self.env, variable, value),
                    Some((_, Some(span))) if unread => {
                        report_unread(build, row, variable, span);
                        unread = false;
                    }
                    Some(_) | None => {}
                }
            }
        }
    }
}

/// Whether the plugin that runs gets no variable of this input.
fn is_unread<S>(build: &BuildCtx<'_, '_>, row: &Row<S>) -> bool {
    let remote_cache_on_buildx = row.input == "remoteCacheImage" && build.builder == Buildx;
    !remote_cache_on_buildx && row.variables.iter().all(|variable| !variable.to.contains(&build.builder))
}

fn report_unread<S>(build: &BuildCtx<'_, '_>, row: &Row<S>, variable: &Variable<S>, span: Span) {
    let plugin = plugins::plugin(&build.spec.target, build.builder).image;
    build.at.ctx.notes.report(
        codes::IGNORED_INPUT
            .says(format!("`{}` has no effect with `{plugin}`", row.input))
            .at(span, format!("this plugin does not read it ({})", variable.rule))
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
