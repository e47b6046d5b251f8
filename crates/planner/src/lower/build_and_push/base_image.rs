//! `baseImageConnectorRefs`: credentials for the base images of a Dockerfile (ecr.base-image).

use cirun_diagnostics::{Span, codes::plan as codes};
use cirun_parser::{ParameterField, TextList, model::ConnectorSpec};
use cirun_plan::{Text as PlanText, Traced};

use super::BuildCtx;
use crate::{
    connectors::{Connection, Need, as_docker, docker::DockerVariables},
    env::Env,
    scope::given,
};

const VARIABLES: DockerVariables = DockerVariables {
    registry: "PLUGIN_BASE_IMAGE_REGISTRY",
    username: "PLUGIN_BASE_IMAGE_USERNAME",
    password: "PLUGIN_BASE_IMAGE_PASSWORD",
    rule: "ecr.base-image",
};

/// The variables of the first base image connector; the service uses no other (ecr.base-image).
pub(crate) fn variables(build: &BuildCtx<'_, '_>) -> Env {
    let mut env = Env::default();
    let Some(list) = &build.spec.base_image_connector_refs else { return env };
    let mut references = references(build, list).into_iter();
    let Some((first, span)) = references.next() else { return env };
    if let Some((_, second)) = references.next() {
        report_further(build, second);
    }
    let ctx = &build.at.ctx;
    match ctx.connector_of_id(first, span, Need::BaseImage) {
        Connection::Found(named) => match as_docker(named.connector) {
            Some(docker) => VARIABLES.set_login(ctx, &named, docker, &mut env),
            None => report_not_docker(build, span, &named.connector.spec),
        },
        Connection::HarnessImages(id) => VARIABLES.set_docker_hub(&id, &mut env),
        Connection::Assumed(_) | Connection::Absent => {}
    }
    env
}

/// The identifiers in the list; an expression for the whole list may evaluate to a list or to one identifier.
fn references(build: &BuildCtx<'_, '_>, list: &TextList) -> Vec<(Traced<String>, Span)> {
    let ctx = &build.at.ctx;
    let items: Vec<(Traced<PlanText>, Span)> = match &list.value {
        ParameterField::Literal(items) => {
            items.iter().filter(|item| given(Some(item)).is_some()).map(|item| (ctx.text(item), item.span)).collect()
        }
        ParameterField::Expression(_) => ctx.list(list).into_iter().map(|item| (item, list.span)).collect(),
    };
    items
        .into_iter()
        .filter_map(|(Traced { value, origin }, span)| match value {
            // An item without a value has been reported, and the service ignores it.
            PlanText::Known(id) if id.trim().is_empty() || id == "null" => None,
            PlanText::Known(id) => Some((Traced::new(id.trim().to_owned(), origin), span)),
            PlanText::Secret(id) => Some((Traced::new(id.expose().to_owned(), origin), span)),
            PlanText::Deferred(pieces) => {
                ctx.deferred_too_late("a connector reference", &pieces, span);
                None
            }
        })
        .collect()
}

fn report_further(build: &BuildCtx<'_, '_>, span: Span) {
    build.at.ctx.notes.report(
        codes::IGNORED_INPUT
            .says("only the first base image connector is used")
            .at(span, "the service reads the first alone (ecr.base-image)")
            .help("keep one connector in `baseImageConnectorRefs`"),
    );
}

fn report_not_docker(build: &BuildCtx<'_, '_>, span: Span, spec: &ConnectorSpec) {
    build.at.ctx.notes.report(
        codes::IGNORED_INPUT
            .says(format!("a base image connector of type `{}` has no effect", spec.word()))
            .at(span, "only Docker connectors are used (ecr.base-image)")
            .help("use a connector of type `DockerRegistry`"),
    );
}
