//! Build-and-push steps: the plugin that runs, and its variables (the reference's pages ecr and push).

pub(crate) mod auth;
pub(crate) mod base_image;
mod buildkit;
pub(crate) mod contracts;
pub(crate) mod local;
pub(crate) mod mapping;
pub(crate) mod plugins;
pub(crate) mod registry;
mod rules;
mod separators;
mod target;

use cirun_parser::{
    ParameterField, Text as Field,
    model::{AcrTarget, BuildAndPushSpec, BuildTarget, DockerTarget, EcrTarget, GoogleTarget},
};
use cirun_plan::{Action, Cause, Profile, Traced};
use plugins::Builder;

use super::{Check, Lowered, StepCtx, plugin_image, plugin_image::PluginStep, retry};
use crate::{
    applicability::build_and_push as inputs,
    connectors::{Connection, Need},
    env::{Env, step::OwnLayers},
    lints,
};

/// A build-and-push step at its place.
pub(crate) struct BuildCtx<'a, 'b> {
    pub(crate) at: &'b StepCtx<'a>,
    pub(crate) spec: &'b BuildAndPushSpec,
    pub(crate) builder: Builder,
    pub(crate) connection: Connection<'a>,
}

/// The full references that a step pushes, as text to print.
pub(crate) type Pushed = Vec<String>;

/// Lowers a build-and-push step.
pub(crate) fn lower(at: &StepCtx<'_>, spec: &BuildAndPushSpec) -> (Lowered, Pushed) {
    inputs::visit(spec, &mut Check(at));
    let retry = retry::of_plugin(at, spec.retry.as_ref(), "ecr.retry");
    let caching = spec.caching.as_ref().and_then(|flag| at.ctx.flag(flag, "`caching`"));
    let builder = plugins::builder(at.profile(), caching.as_ref().is_some_and(|caching| caching.value));
    let connection = at.ctx.connector(spec.target.connector_ref(), Need::Push(auth::kind(&spec.target)));
    let build = BuildCtx { at, spec, builder, connection };

    let mut derived = Env::default();
    let credentials = auth::of(&build);
    derived.over(&credentials.before);
    let mut registry = registry::of(&build);
    derived.over(&registry.env);
    derived.over(&mapping::variables(&build));
    derived.over(&base_image::variables(&build));
    profile_variables(&build, &mut derived);
    let user = at.user_layer(spec.env_variables.as_ref());
    registry.override_by(&user);
    contracts::report_replaced(&build, &user, &credentials.after);
    let mut local = local::variables(&build, &registry, &credentials);
    local.env.over(&buildkit::variables(&build, &derived, &user));
    let sent = derived.clone();
    let env = at.env(OwnLayers { derived, user, secrets: credentials.after, local: local.env });

    let target = target::of(&build, &registry, credentials.connector.as_ref(), &env);
    let rules = rules::check(&build, &sent, &env, &target);
    at.ctx.notes.target(target);
    contracts::check(&build, &env);
    separators::check(&build);
    names(spec).for_each(|field| lints::null_in_name(&at.ctx, field));
    let row = plugins::plugin(&spec.target, builder);
    let mut container = plugin_image::container(
        at,
        PluginStep {
            image: (row.image, row.rule),
            env,
            connector: credentials.connector,
            resources: spec.resources.as_ref(),
            run_as_user: spec.run_as_user.as_ref(),
        },
    );
    container.rules = rules;
    if let Some(origin) = local.privileged {
        container.privileged = Traced::new(true, origin);
        container.engine_socket = false;
    }
    let lowered = Lowered { retry: Some(retry), ..Lowered::foreground(Action::Container(Box::new(container))) };
    (lowered, registry.pushed)
}

/// The fields that make up the names of the pushed images.
fn names(spec: &BuildAndPushSpec) -> impl Iterator<Item = &Field> {
    let tags = match spec.tags.as_ref().map(|tags| &tags.value) {
        Some(ParameterField::Literal(tags)) => tags.as_slice(),
        Some(ParameterField::Expression(_)) | None => &[],
    };
    let target = match &spec.target {
        BuildTarget::Ecr(EcrTarget { region, account, image_name, .. }) => vec![region, account, image_name],
        BuildTarget::Docker(DockerTarget { repo, .. }) => vec![repo],
        BuildTarget::Gar(GoogleTarget { host, project_id, image_name, .. })
        | BuildTarget::Gcr(GoogleTarget { host, project_id, image_name, .. }) => {
            vec![host, project_id, image_name]
        }
        BuildTarget::Acr(AcrTarget { repository, .. }) => vec![repository],
    };
    target.into_iter().flatten().chain(tags)
}

/// The variables that CI sends on one side only (ecr.daemon-off, ecr.metadata-file).
fn profile_variables(build: &BuildCtx<'_, '_>, env: &mut Env) {
    match build.at.profile() {
        Profile::Kubernetes => {}
        Profile::Vm | Profile::Cloud | Profile::Docker => {
            let rule = "ecr.daemon-off";
            env.known("PLUGIN_DAEMON_OFF", "true", Cause::Service { rule });
        }
    }
    if build.builder == Builder::Buildx {
        env.known("PLUGIN_METADATA_FILE", "metadata.json", Cause::Service { rule: "ecr.metadata-file" });
    }
}
