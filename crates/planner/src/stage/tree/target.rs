//! Where steps run: in the surroundings of the stage, or in those of a containerised group.

use std::{cell::RefCell, rc::Rc};

use cirun_diagnostics::codes::plan as codes;
use cirun_parser::model::StepGroup;
use cirun_plan::{ContainerisedGroup, StepPath};

use super::{LoweringContext, StageTree};
use crate::{
    env::stage::{self, StageEnv},
    infrastructure::{
        GroupInfrastructure, containerised, shared_paths,
        volumes::{self, PodOwner},
    },
    place::StagePlace,
    scope::Ctx,
};

/// The surroundings of steps: the stage's own, or a containerised group's.
pub(super) struct ExecutionTarget {
    pub(super) place: StagePlace,
    pub(super) layers: StageEnv,
    /// Why steps do not run here, if they do not.
    pub(super) closed: Option<String>,
    /// The names of earlier services that resolve there.
    pub(super) services: RefCell<Vec<String>>,
}

impl<'a> StageTree<'a> {
    /// The surroundings of a group's steps; `context` is inside the group.
    pub(super) fn target_of(&self, context: &LoweringContext<'a>, group: &StepGroup) -> Rc<ExecutionTarget> {
        let ctx = &context.ctx;
        let around = &context.target;
        match containerised::of(ctx, group) {
            GroupInfrastructure::Around => Rc::clone(around),
            GroupInfrastructure::Nowhere(why) => Rc::new(ExecutionTarget {
                place: around.place.clone(),
                layers: around.layers.clone(),
                closed: Some(why),
                services: RefCell::default(),
            }),
            GroupInfrastructure::Own(infrastructure, profile) => {
                report_own_surroundings(ctx, group);
                let place = StagePlace { infrastructure, containerised: true, ..around.place.clone() };
                let path = StepPath::new(&place.id, context.groups.iter().map(String::as_str));
                let infra = group.infra.as_ref().and_then(|infra| infra.spec.get("volumes"));
                let volumes = volumes::of(ctx, profile.value, PodOwner::StepGroup, infra);
                let shared_paths = shared_paths::of(ctx, group.shared_paths.as_ref(), &group.steps, &volumes);
                self.state.borrow_mut().containerised.push(ContainerisedGroup { path, profile, shared_paths });
                let layers = stage::layers(ctx, &place, self.variables[0], self.variables[1]);
                Rc::new(ExecutionTarget { place, layers, closed: None, services: RefCell::default() })
            }
        }
    }
}

fn report_own_surroundings(ctx: &Ctx<'_>, group: &StepGroup) {
    let Some(infra) = &group.infra else { return };
    let id = &group.identifier.value;
    ctx.notes.report(
        codes::STEP_GROUP_INFRA
            .says(format!("the steps of `{id}` see the stage's workspace"))
            .at(infra.kind.span, "in CI the group has a workspace of its own, empty at first"),
    );
}
