//! The inputs of build-and-push steps, with rows in the parser (the reference's pages ecr and push).

use cirun_parser::model::{BuildAndPushSpec, BuildTarget};

use super::{
    Applicability::{self, Allowed as A, Hidden as H, Ignored as I, Required as R, Unless},
    Row, Visit,
    field::{reported_by_parser, text},
    row,
    tables::{Unset, tables},
};
use crate::lower::build_and_push::plugins::Builder::{self, Buildx, Docker, Kaniko};

const U: Applicability = Unless("registryRef");
const ALL: [Builder; 3] = [Kaniko, Buildx, Docker];
const DRIVER_OPTS: &str = "image=harness/buildkit:1.0.1";

cirun_parser::build_and_push_inputs!(tables);

/// What every step has.
#[rustfmt::skip]
const STEP: &[Row<BuildAndPushSpec>] = &[
    //                              Direct Hosted Cloud VM Docker
    row("identifier",               [R, R, R, R, R], "required (ecr.identifier)", |step, _| reported_by_parser(step)),
    row("name",                     [R, R, R, R, R], "required (ecr.name)", |step, _| text(&step.name)),
    row("timeout",                  [A, A, A, A, A], "ecr.timeout", |step, _| text(&step.timeout)),
];

/// Visits the tables of a step.
pub(crate) fn visit(spec: &BuildAndPushSpec, to: &mut impl Visit) {
    match &spec.target {
        BuildTarget::Ecr(target) => to.table(ECR, target),
        BuildTarget::Docker(target) => to.table(DOCKER, target),
        BuildTarget::Gar(target) | BuildTarget::Gcr(target) => to.table(GOOGLE, target),
        BuildTarget::Acr(target) => to.table(ACR, target),
    }
    to.table(STEP, spec);
    to.table(COMMON, spec);
}
