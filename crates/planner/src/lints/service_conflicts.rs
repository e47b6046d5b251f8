//! Conflicts between the Background steps of a stage: ports and names.

use std::collections::BTreeMap;

use cirun_diagnostics::{Diagnostic, Span, codes::plan as codes};
use cirun_plan::{
    Action, ContainerAction, NetworkModel, PlannedStage, PlannedStep, PortBinding, Profile, StepPath, Traced,
};

use crate::notes::Notes;

/// The place of a step's identifier.
type PlaceOf<'a> = &'a dyn Fn(&PlannedStep) -> Option<Span>;

/// Reports services that conflict: those of the stage, and those of each containerised group, whose services end with
/// it.
pub(crate) fn check(planned: &PlannedStage, place: PlaceOf<'_>, notes: &Notes) {
    check_surroundings(planned, None, planned.profile.value, place, notes);
    for group in &planned.containerised {
        check_surroundings(planned, Some(&group.path), group.profile.value, place, notes);
    }
}

fn check_surroundings(
    planned: &PlannedStage,
    group: Option<&StepPath>,
    profile: Profile,
    place: PlaceOf<'_>,
    notes: &Notes,
) {
    let is_there = |step: &PlannedStep| planned.containerised_around(&step.path).map(|around| &around.path) == group;
    let services: Vec<(&PlannedStep, &ContainerAction)> = planned
        .services()
        .filter(|step| is_there(step))
        .filter_map(|step| match &step.action {
            Action::Container(container) => Some((step, &**container)),
            Action::Host(_) | Action::Wait(_) | Action::Skip(_) => None,
        })
        .collect();
    match profile.network() {
        NetworkModel::Bridge => {
            let binding = planned.services().filter(|step| is_there(step)).map(|step| (step, bound(&step.action)));
            host_ports(&binding.collect::<Vec<_>>(), place, notes);
            names(&services, place, notes);
        }
        NetworkModel::Pod => pod_ports(&services, place, notes),
    }
}

/// The ports that a service binds, as a container or as a process of the host.
fn bound(action: &Action) -> &[Traced<PortBinding>] {
    match action {
        Action::Container(container) => &container.ports,
        Action::Host(host) => &host.ports,
        Action::Wait(_) | Action::Skip(_) => &[],
    }
}

/// Only one service can bind a port of the host.
fn host_ports(services: &[(&PlannedStep, &[Traced<PortBinding>])], place: PlaceOf<'_>, notes: &Notes) {
    let mut first_at: BTreeMap<u16, &PlannedStep> = BTreeMap::new();
    // The conditions of two services may exclude each other.
    for (step, ports) in services.iter().filter(|(step, _)| step.when.condition.is_none()) {
        for port in *ports {
            let host = port.value.host;
            match first_at.get(&host) {
                None => {
                    first_at.insert(host, step);
                }
                Some(first) if first.path == step.path => notes.report(at_both(
                    codes::HOST_PORT_TWICE.says(format!("`{}` binds port {host} of the host twice", step.path),
                    )
                    .help("keep one of the two, in `portBindings` or in `ports`"),
                    place,
                    step,
                    step,
                )),
                Some(first) => notes.report(at_both(
                    codes::HOST_PORT_TWICE.says(format!("`{}` and `{}` both bind port {host} of the host", first.path, step.path),
                    )
                    .help(
                        "give one of them another host port; a container reaches both by their ids and container ports",
                    ),
                    place,
                    first,
                    step,
                )),
            }
        }
    }
}

/// A name must belong to one service.
fn names(services: &[(&PlannedStep, &ContainerAction)], place: PlaceOf<'_>, notes: &Notes) {
    let mut first_at: BTreeMap<&str, &PlannedStep> = BTreeMap::new();
    for (step, container) in services {
        for alias in &container.aliases {
            match first_at.get(alias.value.as_str()) {
                Some(first) if first.path != step.path => notes.report(at_both(
                    codes::SERVICE_NAME_TWICE
                        .says(format!("`{}` and `{}` both answer to `{}`", first.path, step.path, alias.value))
                        .help("which one answers is random: rename one, or its step group"),
                    place,
                    first,
                    step,
                )),
                Some(_) => {}
                None => {
                    first_at.insert(&alias.value, step);
                }
            }
        }
    }
}

/// In a pod, two services with the same image, unchanged, need the same ports.
fn pod_ports(services: &[(&PlannedStep, &ContainerAction)], place: PlaceOf<'_>, notes: &Notes) {
    let mut first_of: BTreeMap<&str, &PlannedStep> = BTreeMap::new();
    let as_it_is = |container: &ContainerAction| container.entrypoint.is_none() && container.command.is_none();
    for (step, container) in services.iter().filter(|(_, container)| as_it_is(container)) {
        let Some(image) = container.image.value.as_known() else { continue };
        match first_of.get(image) {
            None => {
                first_of.insert(image, step);
            }
            Some(first) => notes.report(at_both(
                codes::POD_PORT_TWICE
                    .says(format!("`{}` and `{}` both run `{image}` unchanged", first.path, step.path))
                    .help(
                        "services of a pod share its ports: let one listen on another port, with `envVariables`, \
                    `entrypoint` or `command`",
                    ),
                place,
                first,
                step,
            )),
        }
    }
}

fn at_both(mut diagnostic: Diagnostic, place: PlaceOf<'_>, first: &PlannedStep, second: &PlannedStep) -> Diagnostic {
    let places = (place(first), place(second));
    if let (_, Some(span)) = places {
        diagnostic = diagnostic.at(span, if first.path == second.path { "in this step" } else { "the second" });
    }
    // Instances of a loop have the same place.
    if let (Some(first), second) = places
        && Some(first) != second
    {
        diagnostic = diagnostic.at(first, "the first");
    }
    diagnostic
}
