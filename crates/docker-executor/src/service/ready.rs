//! When a service is ready: its image's health check passes, or its ports are open.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use bollard::models::{ContainerInspectResponse, HealthStatusEnum};
use cirun_engine::{BackendError, Readiness, ReadyStep};
use tokio::time::{Instant, sleep, sleep_until, timeout, timeout_at};

use super::started::{Ports, StartedService};
use crate::{
    error::{engine_error, is_missing},
    listeners::Listeners,
    shared::Shared,
    spec::{HostInfo, Network},
    stage::RunningStage,
};

/// The pause between two checks of the ports.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// The pause between two health checks: each starts a program in the container.
const CHECK_AGAIN: Duration = Duration::from_millis(250);

/// Waits until a started service is ready.
pub(crate) async fn await_ready(
    shared: &Arc<Shared>,
    step: &ReadyStep,
    within: Duration,
) -> Result<Readiness, BackendError> {
    let stage = shared.current_stage()?;
    let Some(service) = stage.service(&step.path) else { return Ok(Readiness::Ended) };
    let deadline = Instant::now() + within;
    if let Some(check) = &service.health {
        let healthy = watch_health(shared, &service, check);
        return match timeout(within, healthy).await {
            Ok(found) => found,
            Err(_) => Ok(Readiness::NotInTime { missing: "its image's health check does not pass".to_owned() }),
        };
    }
    if service.ports == Ports::Unknown {
        return Ok(Readiness::Unknown);
    }
    let Some(mut listeners) = listeners(shared, &stage.around(&step.path).host, &service.container).await? else {
        return Ok(Readiness::Ended);
    };
    let found = watch_ports(shared, &stage, step, &service, &mut listeners, deadline).await;
    listeners.close(shared);
    found
}

async fn listeners(shared: &Arc<Shared>, host: &HostInfo, container: &str) -> Result<Option<Listeners>, BackendError> {
    let Some(state) = inspect(shared, container).await? else { return Ok(None) };
    if !is_running(&state) {
        return Ok(None);
    }
    let process = state.state.and_then(|state| state.pid);
    match Listeners::here(container, process).await {
        Some(listeners) if !shared.config.always_watch_inside => Ok(Some(listeners)),
        Some(_) | None => match Listeners::watched(shared, host, container).await {
            Ok(listeners) => Ok(Some(listeners)),
            // The namespace of a container that has ended cannot be joined.
            Err(error) => match inspect(shared, container).await? {
                Some(state) if is_running(&state) => Err(error),
                Some(_) | None => Ok(None),
            },
        },
    }
}

async fn watch_ports(
    shared: &Shared,
    stage: &RunningStage,
    step: &ReadyStep,
    service: &StartedService,
    listeners: &mut Listeners,
    deadline: Instant,
) -> Result<Readiness, BackendError> {
    let network = stage.around(&step.path).host.network;
    let mut last = Vec::new();
    loop {
        let Ok(read) = timeout_at(deadline, listeners.read()).await else {
            return Ok(Readiness::NotInTime { missing: missing(&service.ports, &last, network) });
        };
        if let Some(found) = read {
            let others = stage.ports_of_others(&step.path);
            if service.is_ready(&found, network, &others) {
                return Ok(Readiness::Ready);
            }
            last = found;
            if !listeners.outlives_service() {
                sleep_until((Instant::now() + LOOK_AGAIN).min(deadline)).await;
                continue;
            }
        }
        match inspect(shared, &service.container).await? {
            Some(state) if is_running(&state) => {}
            Some(_) | None => return Ok(Readiness::Ended),
        }
        sleep_until((Instant::now() + LOOK_AGAIN).min(deadline)).await;
    }
}

impl StartedService {
    /// Whether it listens on the ports that it is used by. In a pod, `others` are the ports of other services.
    fn is_ready(&self, listening: &[SocketAddr], network: Network, others: &[u16]) -> bool {
        let is_open = |port: u16| listening.iter().any(|socket| socket.port() == port && reachable(socket, network));
        match &self.ports {
            Ports::All(ports) => ports.iter().all(|port| is_open(*port)),
            Ports::Any(ports) => ports.iter().any(|port| is_open(*port)),
            Ports::AnyNew => listening.iter().any(|socket| {
                let is_new = !self.before.contains(&socket.port());
                let is_its_own = network == Network::Bridge || !others.contains(&socket.port());
                reachable(socket, network) && is_new && is_its_own
            }),
            Ports::Unknown => false,
        }
    }
}

/// On a bridge, other containers cannot reach loopback; the engine's own name server is there, too.
fn reachable(socket: &SocketAddr, network: Network) -> bool {
    match network {
        Network::Pod => true,
        Network::Bridge => !socket.ip().is_loopback(),
    }
}

/// The missing ports, as text to print.
fn missing(ports: &Ports, listening: &[SocketAddr], network: Network) -> String {
    let (Ports::All(wanted) | Ports::Any(wanted)) = ports else {
        return "it listens on no port that other containers can reach".to_owned();
    };
    let hidden = listening.iter().find(|socket| wanted.contains(&socket.port()) && !reachable(socket, network));
    if let Some(socket) = hidden {
        return format!("it listens on {socket} only, which other containers cannot reach");
    }
    let closed: Vec<String> = wanted
        .iter()
        .filter(|port| !listening.iter().any(|socket| socket.port() == **port))
        .map(u16::to_string)
        .collect();
    let plural = if closed.len() == 1 { "" } else { "s" };
    format!("nothing listens on its port{plural} {}", closed.join(", "))
}

/// Runs the image's health check until it passes. The engine also runs it, but for the first time only after its
/// interval, often 30 s.
async fn watch_health(shared: &Shared, service: &StartedService, check: &[String]) -> Result<Readiness, BackendError> {
    loop {
        match inspect(shared, &service.container).await? {
            Some(state) if is_running(&state) => {
                if is_healthy(&state) || passes(shared, &service.container, check).await? {
                    return Ok(Readiness::Ready);
                }
            }
            Some(_) | None => return Ok(Readiness::Ended),
        }
        sleep(CHECK_AGAIN).await;
    }
}

async fn passes(shared: &Shared, container: &str, check: &[String]) -> Result<bool, BackendError> {
    match shared.engine.exec(container, check.to_vec()).await {
        Ok(ran) => Ok(ran.exit_code == 0),
        Err(error) => match inspect(shared, container).await? {
            Some(state) if is_running(&state) => Err(error),
            // It has ended meanwhile, which the next check shows.
            Some(_) | None => Ok(false),
        },
    }
}

async fn inspect(shared: &Shared, container: &str) -> Result<Option<ContainerInspectResponse>, BackendError> {
    match shared.engine.docker.inspect_container(container, None).await {
        Ok(state) => Ok(Some(state)),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(engine_error("look at a service", &error)),
    }
}

fn is_running(container: &ContainerInspectResponse) -> bool {
    container.state.as_ref().and_then(|state| state.running).unwrap_or(false)
}

fn is_healthy(container: &ContainerInspectResponse) -> bool {
    let health = container.state.as_ref().and_then(|state| state.health.as_ref()?.status);
    health == Some(HealthStatusEnum::HEALTHY)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(ports: Ports, before: &[u16]) -> StartedService {
        StartedService { container: "c".into(), ports, health: None, before: before.to_vec() }
    }

    fn sockets(list: &[&str]) -> Vec<SocketAddr> {
        list.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn bound_ports_are_all_wanted_and_exposed_ones_any() {
        let open = sockets(&["0.0.0.0:4369", "127.0.0.11:40000"]);
        let is_ready = |ports| service(ports, &[]).is_ready(&open, Network::Bridge, &[]);
        assert!(is_ready(Ports::Any(vec![4369, 5672])));
        assert!(!is_ready(Ports::All(vec![4369, 5672])));
        assert!(is_ready(Ports::AnyNew));
        assert!(!service(Ports::AnyNew, &[4369]).is_ready(&open, Network::Bridge, &[]));
        assert!(!service(Ports::AnyNew, &[]).is_ready(&open[..1], Network::Pod, &[4369]));
    }

    #[test]
    fn loopback_is_shared_in_a_pod_only() {
        let open = sockets(&["127.0.0.1:6379"]);
        let redis = service(Ports::Any(vec![6379]), &[]);
        assert!(redis.is_ready(&open, Network::Pod, &[]) && !redis.is_ready(&open, Network::Bridge, &[]));
        insta::assert_snapshot!(missing(&redis.ports, &open, Network::Bridge), @"it listens on 127.0.0.1:6379 only, which other containers cannot reach");
        insta::assert_snapshot!(missing(&Ports::All(vec![80, 443]), &[], Network::Bridge), @"nothing listens on its ports 80, 443");
        insta::assert_snapshot!(missing(&Ports::AnyNew, &[], Network::Bridge), @"it listens on no port that other \
            containers can reach");
    }
}
