//! When a service is ready, as seen from this machine's `/proc` and from inside its namespace.

use std::time::Duration;

use cirun_engine::{Backend, Readiness, ReadyStep};
use cirun_plan::{PortBinding, Profile};

use super::bench::{Bench, PATIENCE, service};

const SOON: Duration = Duration::from_millis(1500);

/// A web server that starts after a second, with its port bound.
fn late_web(listen: &str) -> ReadyStep {
    let script = format!("sleep 1; exec httpd -f -p {listen} -h /tmp");
    service("web", &script, |container| container.ports = vec![PortBinding { host: 0, container: 8080 }])
}

/// The state of a service; both ways of looking give the same.
async fn found(profile: Profile, step: &ReadyStep, within: Duration) -> Readiness {
    let mut results = Vec::new();
    for inside in [false, true] {
        let bench = Bench::with(profile, |config| config.always_watch_inside = inside).await;
        bench.start(&[step]).await.unwrap();
        let (_output, _ends) = bench.serve(step).await;
        results.push(bench.backend.await_ready(step, within).await.unwrap());
        bench.finish().await;
    }
    assert_eq!(results[0], results[1], "from this machine, and from inside");
    results.remove(0)
}

#[tokio::test]
async fn a_bound_port_on_a_bridge() {
    assert_eq!(found(Profile::Docker, &late_web("8080"), PATIENCE).await, Readiness::Ready);
}

#[tokio::test]
async fn a_bound_port_in_a_pod_also_on_loopback() {
    assert_eq!(found(Profile::Kubernetes, &late_web("127.0.0.1:8080"), PATIENCE).await, Readiness::Ready);
}

#[tokio::test]
async fn loopback_is_not_enough_on_a_bridge() {
    let missing = "it listens on 127.0.0.1:8080 only, which other containers cannot reach".to_owned();
    let step = late_web("127.0.0.1:8080");
    assert_eq!(found(Profile::Docker, &step, SOON * 2).await, Readiness::NotInTime { missing });
}

#[tokio::test]
async fn without_a_port_readiness_is_unknown() {
    let step = service("worker", "exec sleep 1000", |_| {});
    assert_eq!(found(Profile::Docker, &step, PATIENCE).await, Readiness::Unknown);
}

#[tokio::test]
async fn one_that_ends_is_not_waited_for() {
    let step = service("web", "sleep 1; exit 3", |container| {
        container.ports = vec![PortBinding { host: 0, container: 8080 }];
    });
    assert_eq!(found(Profile::Docker, &step, PATIENCE).await, Readiness::Ended);
}
