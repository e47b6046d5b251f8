//! `baseImageConnectorRefs`: credentials for the images that a Dockerfile starts from (seed 002; facts/steps).

use cirun_parser::{Diagnostic, ParameterField, Text, model::ConnectorSpec};

use super::{
    BuildCtx,
    auth::{set_docker_hub, set_docker_login},
};
use crate::{
    connectors::{Connection, Need, as_docker},
    env::Env,
};

const RULE: &str = "seed 002, baseImageConnectorRefs → base image registry variables";

/// Registry, user and password.
const VARIABLES: [&str; 3] = ["PLUGIN_BASE_IMAGE_REGISTRY", "PLUGIN_BASE_IMAGE_USERNAME", "PLUGIN_BASE_IMAGE_PASSWORD"];

/// The variables of the first base image connector; the service uses no other (PluginSettingUtils.java:776).
pub(crate) fn variables(build: &BuildCtx<'_, '_>) -> Env {
    let mut env = Env::default();
    let Some(list) = &build.spec.base_image_connector_refs else { return env };
    let ParameterField::Literal(references) = &list.value else { return env };
    let mut references = references.iter();
    let Some(first) = references.next() else { return env };
    if let Some(second) = references.next() {
        report_further(build, second);
    }
    let ctx = &build.at.ctx;
    match ctx.connector(Some(first), Need::BaseImage) {
        Connection::Found(named) => match as_docker(named.connector) {
            Some(docker) => set_docker_login(ctx, &named, docker, &mut env, VARIABLES, RULE),
            None => report_not_docker(build, first, &named.connector.spec),
        },
        Connection::HarnessImages(id) => set_docker_hub(&id, &mut env, VARIABLES[0], RULE),
        Connection::Assumed(_) | Connection::Absent => {}
    }
    env
}

fn report_further(build: &BuildCtx<'_, '_>, reference: &Text) {
    build.at.ctx.notes.report(
        Diagnostic::warning("ignored-input", "only the first base image connector is used")
            .at(reference.span, "facts/steps, BuildAndPushDockerRegistry, Known Gaps")
            .help("keep one connector in `baseImageConnectorRefs`"),
    );
}

fn report_not_docker(build: &BuildCtx<'_, '_>, reference: &Text, spec: &ConnectorSpec) {
    build.at.ctx.notes.report(
        Diagnostic::warning("ignored-input", format!("a base image connector of type `{}` has no effect", spec.word()))
            .at(reference.span, "harness-runtime.md 6.2: DOCKER type only")
            .help("use a connector of type `DockerRegistry`"),
    );
}
