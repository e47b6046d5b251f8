//! The ports of a pod, which all its services share: those that are open, and those that two images expose, which is
//! reported before they start.

use std::{collections::BTreeMap, net::SocketAddr};

use cirun_diagnostics::codes::plan::POD_PORT_TWICE;
use cirun_engine::EventKind;
use cirun_plan::{Action, PlannedStage, PlannedStep, StepPath};
use tokio::sync::mpsc;

use crate::{listeners::Listeners, service::tcp_ports, shared::Shared, stage::RunningStage};

/// Two services of a pod that run their images' own programs, and the port that both use.
#[derive(Debug, PartialEq, Eq)]
struct Clash {
    port: u16,
    first: StepPath,
    second: StepPath,
}

/// Reports services whose images expose the same port. The planner reports two services of one image: it does not need
/// an engine for that.
pub(crate) async fn report_clashes(
    shared: &Shared,
    planned: &PlannedStage,
    group: Option<&StepPath>,
    progress: &mpsc::Sender<EventKind>,
) {
    let mut services = Vec::new();
    let is_in_pod = |step: &PlannedStep| planned.containerised_around(&step.path).map(|around| &around.path) == group;
    for step in planned.services().filter(|step| is_in_pod(step)) {
        let Action::Container(container) = &step.action else { continue };
        if container.entrypoint.is_some() || container.command.is_some() {
            continue;
        }
        let Some(image) = container.image.value.as_known() else { continue };
        // An image that the run itself builds does not exist yet.
        let Ok(found) = shared.engine.docker.inspect_image(image).await else { continue };
        let exposed = found.config.and_then(|config| config.exposed_ports).unwrap_or_default();
        services.push((step.path.clone(), image.to_owned(), tcp_ports(&exposed)));
    }
    for Clash { port, first, second } in clashes(&services) {
        let message = format!(
            "its image and the image of `{first}` both expose port {port}: the services of a pod share its ports, so \
             the one that starts later may fail"
        );
        let fact = EventKind::found(POD_PORT_TWICE, message, Some(second));
        // A receiver that is gone needs no events.
        drop(progress.send(fact).await);
    }
}

/// The listening ports of a step's pod; `None` without a pod, or if they cannot be seen from here.
pub(crate) async fn open_ports(shared: &Shared, stage: &RunningStage, path: &StepPath) -> Option<Vec<u16>> {
    let pod = stage.around(path).pod.get()?;
    let state = shared.engine.docker.inspect_container(pod, None).await.ok()?;
    let mut listeners = Listeners::here(pod, state.state.and_then(|state| state.pid)).await?;
    Some(listeners.read().await?.iter().map(SocketAddr::port).collect())
}

fn clashes(services: &[(StepPath, String, Vec<u16>)]) -> Vec<Clash> {
    let mut first_at: BTreeMap<u16, (&StepPath, &String)> = BTreeMap::new();
    let mut found = Vec::new();
    for (path, image, ports) in services {
        for port in ports {
            match first_at.get(port) {
                Some((first, other)) if *other != image => {
                    found.push(Clash { port: *port, first: (*first).clone(), second: path.clone() });
                }
                Some(_) => {}
                None => {
                    first_at.insert(*port, (path, image));
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_that_expose_the_same_port() {
        let service =
            |id: &str, image: &str, ports: &[u16]| (StepPath::new("build", [id]), image.to_owned(), ports.to_vec());
        let services = [
            service("redis", "redis:7", &[6379]),
            service("valkey", "valkey:8", &[6379, 16379]),
            service("again", "redis:7", &[6379]),
            service("web", "nginx", &[80]),
        ];
        let expected =
            Clash { port: 6379, first: StepPath::new("build", ["redis"]), second: StepPath::new("build", ["valkey"]) };
        assert_eq!(clashes(&services), [expected]);
    }
}
