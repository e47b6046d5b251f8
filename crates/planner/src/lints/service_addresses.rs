//! Checks whether the addresses in steps reach a service (the reference's page network).

mod hosts;
mod well_known;

use std::collections::BTreeMap;

use cirun_diagnostics::{Diagnostic, Span, codes::plan as codes};
use cirun_plan::{
    Action, Cause, ContainerAction, Environment, NetworkModel, PlannedStage, PlannedStep, PortBinding, Role, Text,
    Traced,
};

use self::hosts::{names_host, names_port};
use crate::{notes::Notes, place::StagePlace};

/// An address in a step that does not reach a service.
enum Hazard<'p> {
    /// A name that only cirun resolves in a pod of a stage.
    PodName(&'p str),
    /// An id without the id of its step group.
    WithoutGroup { id: &'p str, name: &'p str, network: NetworkModel },
    /// A name of the network, in a process of the machine.
    NameOnMachine { id: &'p str, name: &'p str, bound: Option<u16> },
    /// `localhost`, in a container on a network of its own.
    Localhost { id: &'p str, port: PortBinding },
    /// A port of the host, in a container, which reaches the service itself.
    HostPort { id: &'p str, port: PortBinding },
    /// A port of the service that is not bound on the host, in a process of the machine.
    Unbound { id: &'p str, port: u16, bound: Option<u16> },
}

/// Reports steps of a stage, and of its containerised groups, with an address that reaches no service.
pub(crate) fn check(
    stage: &StagePlace,
    planned: &PlannedStage,
    place: &dyn Fn(&PlannedStep) -> Option<Span>,
    notes: &Notes,
) {
    let all = planned.steps();
    let groups = planned.containerised.iter().map(|group| (Some(&group.path), group.profile.value));
    for (group, profile) in std::iter::once((None, stage.infrastructure.profile())).chain(groups) {
        let around = |step: &PlannedStep| planned.containerised_around(&step.path).map(|around| &around.path);
        let here = all.iter().copied().filter(|step| around(step) == group);
        let (services, steps): (Vec<_>, Vec<_>) = here.partition(|step| step.role == Role::Service);
        let bound: Vec<u16> = services.iter().flat_map(|service| bindings(service)).map(|port| port.host).collect();
        let hazards: Vec<Hazard<'_>> = services
            .into_iter()
            .flat_map(|service| match (profile.network(), group) {
                (NetworkModel::Pod, None) => in_pod(stage, service),
                // The services of containerised groups answer to `STEPGROUPID_BACKGROUNDSTEPID` (network.group-id).
                (NetworkModel::Pod, Some(_)) => without_group(service, NetworkModel::Pod).into_iter().collect(),
                (NetworkModel::Bridge, _) => on_bridge(service, &bound),
            })
            .collect();
        if hazards.is_empty() {
            continue;
        }
        for step in steps {
            let texts = texts(step);
            for hazard in hazards.iter().filter(|hazard| hazard.is_met(step, &texts)) {
                let (diagnostic, rule) = hazard.report(step);
                notes.report(match place(step) {
                    Some(span) => diagnostic.at(span, rule),
                    None => diagnostic,
                });
            }
        }
    }
}

fn in_pod<'p>(stage: &'p StagePlace, service: &'p PlannedStep) -> Vec<Hazard<'p>> {
    let id = service.id.as_str();
    let Action::Container(_) = &service.action else { return Vec::new() };
    let names = std::iter::once(id).chain(aliases(service).filter(|alias| *alias != id));
    let known = |name: &&str| stage.host_names.iter().any(|host| host == name);
    names.filter(|name| !known(name)).map(Hazard::PodName).collect()
}

fn without_group(service: &PlannedStep, network: NetworkModel) -> Option<Hazard<'_>> {
    let id = service.id.as_str();
    let name = aliases(service).next().filter(|_| aliases(service).all(|alias| alias != id))?;
    Some(Hazard::WithoutGroup { id, name, network })
}

fn on_bridge<'p>(service: &'p PlannedStep, bound_ports: &[u16]) -> Vec<Hazard<'p>> {
    let id = service.id.as_str();
    let Action::Container(container) = &service.action else { return Vec::new() };
    let ports = || container.ports.iter().map(|Traced { value, .. }| *value);
    let bound = ports().next().map(|port| port.host);
    let leads_nowhere = |port: &PortBinding| ports().all(|other| other.container != port.host);
    let name = aliases(service).next().unwrap_or(id);
    without_group(service, NetworkModel::Bridge)
        .into_iter()
        .chain(aliases(service).map(|name| Hazard::NameOnMachine { id, name, bound }))
        .chain(ports().map(|port| Hazard::Localhost { id: name, port }))
        .chain(ports().filter(leads_nowhere).map(|port| Hazard::HostPort { id: name, port }))
        .chain(unbound(service, container, bound_ports))
        .collect()
}

/// The ports on which a service listens and that are not bound on the host: those of its bindings, or without any,
/// those of its image and of its own texts.
fn unbound<'p>(service: &'p PlannedStep, container: &ContainerAction, bound: &[u16]) -> Vec<Hazard<'p>> {
    let id = service.id.as_str();
    let mut ports: BTreeMap<u16, Option<u16>> =
        bindings(service).map(|port| (port.container, Some(port.host))).collect();
    if ports.is_empty() {
        ports.extend(well_known::port(&container.image.value.shown()).map(|port| (port, None)));
        let argv = [&container.entrypoint, &container.command].into_iter().flatten().flat_map(|argv| &argv.value);
        let texts = texts(service).into_iter().chain(argv.map(Text::shown));
        ports.extend(texts.flat_map(|text| well_known::numbers(&text).collect::<Vec<_>>()).map(|port| (port, None)));
    }
    ports
        .into_iter()
        .filter(|(port, _)| !bound.contains(port))
        .map(|(port, bound)| Hazard::Unbound { id, port, bound })
        .collect()
}

fn bindings(service: &PlannedStep) -> impl Iterator<Item = PortBinding> {
    let ports = match &service.action {
        Action::Container(container) => container.ports.as_slice(),
        Action::Host(host) => host.ports.as_slice(),
        Action::Wait(_) | Action::Skip(_) => &[],
    };
    ports.iter().map(|port| port.value)
}

fn aliases(service: &PlannedStep) -> impl Iterator<Item = &str> {
    let aliases = match &service.action {
        Action::Container(container) => container.aliases.as_slice(),
        Action::Host(_) | Action::Wait(_) | Action::Skip(_) => &[],
    };
    aliases.iter().map(|alias| alias.value.as_str())
}

impl Hazard<'_> {
    fn is_met(&self, step: &PlannedStep, texts: &[String]) -> bool {
        let on_machine = matches!(step.action, Action::Host(_));
        let any = |test: &dyn Fn(&str) -> bool| texts.iter().any(|text| test(text));
        match self {
            Self::PodName(id) | Self::WithoutGroup { id, .. } => !on_machine && any(&|text| names_host(text, id)),
            Self::NameOnMachine { name, .. } => on_machine && any(&|text| names_host(text, name)),
            Self::Localhost { port, .. } => {
                !on_machine && LOOPBACK.iter().any(|name| any(&|text| names_port(text, name, port.host)))
            }
            Self::HostPort { id, port } => !on_machine && any(&|text| names_port(text, id, port.host)),
            Self::Unbound { port, .. } => {
                on_machine && LOOPBACK.iter().any(|name| any(&|text| names_port(text, name, *port)))
            }
        }
    }

    /// The diagnostic, without its place, and the rule to show.
    fn report(&self, step: &PlannedStep) -> (Diagnostic, &'static str) {
        let path = &step.path;
        match self {
            Self::PodName(id) => (
                codes::SERVICE_HOST_NAME.says(format!("`{path}` reaches `{id}` by its id, which does not resolve in CI"),
                )
                .help(format!(
                    "use `localhost`, or add `{id}` to the infrastructure's `spec.hostNames`; locally the id resolves \
                     anyway"
                )),
                "on Kubernetes a service is on `localhost` (network.localhost)",
            ),
            Self::WithoutGroup { id, name, network } => {
                let (help, rule) = match network {
                    NetworkModel::Pod => {
                        (format!("use `{name}`"), "the name begins with the step group's id (network.group-id)")
                    }
                    NetworkModel::Bridge => (
                        format!("use `{name}`, or give the service `networkAliases: [{id}]`"),
                        "a service in a step group is known as `GROUP_ID` (network.in-group)",
                    ),
                };
                let message = format!("`{path}` reaches `{id}` by its id, which does not resolve");
                (codes::SERVICE_IN_GROUP.says(message).help(help), rule)
            }
            Self::NameOnMachine { id, name, bound } => (
                codes::SERVICE_ADDRESS.says(format!("`{path}` runs on the machine, where `{name}` does not resolve"),
                )
                .help(match bound {
                    Some(port) => format!("use `localhost:{port}`"),
                    None => format!("give `{id}` `portBindings`, and use `localhost` and the host's port"),
                }),
                "a step on the machine reaches it at `localhost:HOST_PORT` (network.host-port)",
            ),
            Self::Localhost { id, port } => (
                codes::SERVICE_ADDRESS.says(format!("`{path}` reaches port {} of its own container, not that of `{id}`", port.host),
                )
                .help(format!("use `{id}:{}`", port.container)),
                IN_CONTAINERS,
            ),
            Self::HostPort { id, port } => (
                codes::SERVICE_ADDRESS.says(format!("`{path}` reaches `{id}` at port {}, which is bound on the machine only", port.host),
                )
                .help(format!("use `{id}:{}`", port.container)),
                IN_CONTAINERS,
            ),
            Self::Unbound { id, port, bound: Some(host) } => (
                codes::SERVICE_ADDRESS.says(format!("`{path}` runs on the machine, where `{id}` has port {host}, not {port}"),
                )
                .help(format!("use `localhost:{host}`")),
                ON_MACHINE,
            ),
            Self::Unbound { id, port, bound: None } => (
                codes::SERVICE_ADDRESS.says(format!("`{path}` runs on the machine, where `{id}` has no port"),
                )
                .help(format!("give `{id}` `portBindings: {{\"{port}\": \"{port}\"}}`")),
                ON_MACHINE,
            ),
        }
    }
}

/// The names of the machine itself.
const LOOPBACK: [&str; 2] = ["localhost", "127.0.0.1"];

const ON_MACHINE: &str = "a step on the machine reaches a service at `localhost:HOST_PORT`, \
    and only if the port is bound (network.host-port)";

const IN_CONTAINERS: &str = "a step in a container reaches it at `ID:CONTAINER_PORT` (network.container-port)";

/// The texts of a step that may name a host: its script, and the variables that the document sets.
fn texts(step: &PlannedStep) -> Vec<String> {
    let (script, env): (_, &Environment) = match &step.action {
        Action::Container(container) => (&container.script, &container.env),
        Action::Host(host) => (&host.script, &host.env),
        Action::Wait(_) | Action::Skip(_) => return Vec::new(),
    };
    let written = env.iter().filter(|(_, var)| {
        let secret = matches!(var.value.value, Text::Secret(_));
        let causes = var.value.origin.causes();
        !secret && causes.iter().any(|cause| matches!(cause, Cause::Yaml(_) | Cause::InputSet(_) | Cause::Setting(_)))
    });
    script
        .iter()
        .map(|script| script.value.shown())
        .chain(written.map(|(name, var)| format!("{name}={}", var.value.value.shown())))
        .collect()
}
