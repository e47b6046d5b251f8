//! Selects the connector for an image if a stage or a step has several in `registries` (images.registries).

use cirun_diagnostics::codes::plan as codes;
use cirun_expressions::is_found;
use cirun_image_ref::split_registry;
use cirun_parser::model::RegistrySpec;
use cirun_plan::{Cause, Profile, Text as PlanText, Traced};

use super::ImageFields;
use crate::{
    connectors::{Connection, Named, Need},
    lower::StepCtx,
    scope::{Ctx, given},
};

const RULE: &str = "images.registries";
const FROM_LIST: &str = "on machines the connector comes from `registries` (images.registries)";

/// The connector type for hosts with this suffix; all other hosts use `DockerRegistry`.
const TYPES: [(&str, &str); 3] = [("gcr.io", "Gcp"), ("amazonaws.com", "Aws"), ("azurecr.io", "Azure")];

const DOCKER: &str = "DockerRegistry";

/// The connector for a step's image: from the step's `registries`, or the stage's; without any, `connectorRef`. Pods do
/// not read `registries`.
pub(super) fn connector<'a>(
    at: &StepCtx<'a>,
    fields: &ImageFields<'_>,
    image: &PlanText,
    need: Need,
) -> Connection<'a> {
    let ctx = &at.ctx;
    let list = if fields.registries.is_empty() { &at.stage.registries[..] } else { fields.registries };
    if list.is_empty() || at.profile() == Profile::Kubernetes {
        return ctx.connector(fields.connector_ref, need);
    }
    if let Some(unused) = given(fields.connector_ref) {
        ctx.notes.report(
            codes::IGNORED_INPUT
                .says("`connectorRef` has no effect beside `registries`")
                .at(unused.span, FROM_LIST)
                .help("remove one of the two"),
        );
    }
    let image = match image {
        PlanText::Known(image) => image.clone(),
        PlanText::Secret(image) => image.expose().to_owned(),
        PlanText::Deferred(pieces) => pieces.beginning().to_owned(),
    };
    let found = matching(ctx, list, &image, need).or_else(|| of_type(ctx, list, &image, need));
    let Some(found) = found else {
        ctx.notes.report(
            codes::IMAGE_WITHOUT_CONNECTOR
                .says(format!("none of the `registries` is for the image of `{}`", at.place.id))
                .at(fields.image.span, FROM_LIST)
                .help("the image is pulled without credentials"),
        );
        return Connection::Absent;
    };
    let by_list = |id: Traced<String>| Traced::new(id.value, id.origin.then(Cause::Service { rule: RULE }));
    match found {
        Connection::Found(named) => Connection::Found(Named { id: by_list(named.id), ..named }),
        Connection::HarnessImages(id) => Connection::HarnessImages(by_list(id)),
        Connection::Assumed(id) => Connection::Assumed(by_list(id)),
        Connection::Absent => Connection::Absent,
    }
}

/// The first connector whose `match` is found in the image's name.
fn matching<'a>(ctx: &Ctx<'a>, list: &[RegistrySpec], image: &str, need: Need) -> Option<Connection<'a>> {
    let registry = list.iter().find(|registry| matches(ctx, registry, image))?;
    Some(ctx.connector(registry.connector_ref.as_ref(), need))
}

fn matches(ctx: &Ctx<'_>, registry: &RegistrySpec, image: &str) -> bool {
    let Some(field) = given(registry.pattern.as_ref()) else { return false };
    let Some(pattern) = ctx.known(field, "`match`") else { return false };
    is_found(&pattern.value, image).unwrap_or_else(|error| {
        ctx.notes.report(
            codes::BAD_PATTERN
                .says(error.to_string())
                .at(field.span, "`match` is a regular expression of Java, found anywhere in the image's name")
                .help("write the beginning of the names, such as `^quay.io/team/`"),
        );
        false
    })
}

/// The first connector without a `match` that has the type for the image's host; otherwise the first one of unknown
/// type, because it is in no file.
fn of_type<'a>(ctx: &Ctx<'a>, list: &[RegistrySpec], image: &str, need: Need) -> Option<Connection<'a>> {
    let host = split_registry(image).0.unwrap_or_default();
    let wanted = TYPES.iter().find(|(ending, _)| host.ends_with(ending)).map_or(DOCKER, |(_, word)| word);
    let without_match = list.iter().filter(|registry| given(registry.pattern.as_ref()).is_none());
    let mut assumed = None;
    for registry in without_match {
        match ctx.connector(registry.connector_ref.as_ref(), need) {
            Connection::Found(named) if named.connector.spec.word() == wanted => return Some(Connection::Found(named)),
            Connection::HarnessImages(id) if wanted == DOCKER => return Some(Connection::HarnessImages(id)),
            Connection::Assumed(id) => assumed = assumed.or(Some(Connection::Assumed(id))),
            Connection::Found(_) | Connection::HarnessImages(_) | Connection::Absent => {}
        }
    }
    assumed
}
