//! Services by name, in both network models, and from the host.

use std::time::Duration;

use cirun_docker_executor::{ReadyLine, Sidecar};
use cirun_engine::{Backend, Exit, ReadyContainer, ReadyStep, ServiceExit};
use cirun_plan::{PortBinding, Profile};
use indexmap::IndexMap;

use super::bench::{Bench, PATIENCE, code, get, helper, service, step, wires};
use crate::free_port::free_port;

fn web(change: impl FnOnce(&mut ReadyContainer)) -> ReadyStep {
    service("grp_web", "exec httpd -f -p 8080 -h /harness", change)
}

fn fetch(url: &str) -> ReadyStep {
    step("fetch", &format!("until wget -q -O - http://{url}; do sleep 0.05; done"), |_| {})
}

async fn fetches(profile: Profile, urls: &[&str]) {
    let web = web(|_| {});
    let bench = Bench::started(profile, &[&web]).await;
    std::fs::write(bench.workspace("hello"), "hello from the service").unwrap();
    let (_output, _ends) = bench.serve(&web).await;
    for url in urls {
        let ran = bench.run(&fetch(url)).await;
        assert_eq!((ran.exit.clone(), ran.out().as_str()), (code(0), "hello from the service"), "{url}");
    }
    bench.finish().await;
}

#[tokio::test]
async fn a_bridge_knows_services_by_their_names() {
    fetches(Profile::Docker, &["grp_web:8080/hello"]).await;
}

#[tokio::test]
async fn a_pod_knows_them_on_localhost_and_by_name() {
    fetches(Profile::Kubernetes, &["localhost:8080/hello", "grp_web:8080/hello"]).await;
}

/// Also for a service that starts later than the namespace of the step's own container.
async fn sees_sidecars(profile: Profile) {
    let bench = Bench::with(profile, |config| {
        config.sidecars = vec![Sidecar {
            name: "aws".into(),
            image: helper(),
            command: ["sh", "-c", "echo $GREETING > /tmp/hi; httpd -p 80 -h /tmp; echo listening; exec sleep 1000"]
                .map(str::to_owned)
                .to_vec(),
            env: IndexMap::from([("GREETING".to_owned(), "hi".to_owned())]),
            aliases: vec!["sts.amazonaws.com".into(), "1.dkr.ecr.eu-west-1.amazonaws.com".into()],
            files: Vec::new(),
            name_servers: Vec::new(),
            binds: Vec::new(),
            volumes: Vec::new(),
            ports: vec![PortBinding { host: 0, container: 80 }],
            ready: Some(ReadyLine { text: "listening".into(), within: PATIENCE }),
        }];
    })
    .await;
    bench.start(&[]).await.unwrap();
    for host in ["sts.amazonaws.com", "1.dkr.ecr.eu-west-1.amazonaws.com"] {
        let ran = bench.run(&step("ask", &format!("wget -q -O - http://{host}/hi"), |_| {})).await;
        assert_eq!((ran.exit.clone(), ran.out().as_str()), (code(0), "hi\n"), "{host}");
    }
    let port = bench.backend.sidecar_port("aws", 80).unwrap();
    assert_eq!(get(port, "/hi").await.as_deref(), Some("hi\n"));
    assert_eq!(bench.backend.sidecar_port("aws", 81), None);
    bench.finish().await;
}

#[tokio::test]
async fn a_bridge_sees_sidecars() {
    sees_sidecars(Profile::Vm).await;
}

#[tokio::test]
async fn a_pod_sees_sidecars() {
    sees_sidecars(Profile::Kubernetes).await;
}

#[tokio::test]
async fn a_sidecar_that_does_not_get_ready_is_reported_with_its_last_lines() {
    let bench = Bench::with(Profile::Docker, |config| {
        config.sidecars = vec![Sidecar {
            name: "aws".into(),
            image: helper(),
            command: ["sh", "-c", "echo no certificate; exit 9"].map(str::to_owned).to_vec(),
            env: IndexMap::new(),
            aliases: Vec::new(),
            files: Vec::new(),
            name_servers: Vec::new(),
            binds: Vec::new(),
            volumes: Vec::new(),
            ports: Vec::new(),
            ready: Some(ReadyLine { text: "listening".into(), within: PATIENCE }),
        }];
    })
    .await;
    let error = bench.start(&[]).await.unwrap_err().to_string().replace(&bench.run_id, "RUN");
    insta::assert_snapshot!(error, @"
    start `cirun-RUN-build-aws`: it ended with exit code 9; its last lines:
    no certificate
    ");
    bench.finish().await;
}

async fn publishes(profile: Profile) {
    let port = free_port();
    let web = web(|container| container.ports = vec![PortBinding { host: port, container: 8080 }]);
    let bench = Bench::started(profile, &[&web]).await;
    std::fs::write(bench.workspace("hello"), "hello host").unwrap();
    let (_output, _ends) = bench.serve(&web).await;
    // The engine's proxy may answer before the program listens.
    let asking = async {
        loop {
            if let Some(body) = get(port, "/hello").await {
                return body;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    assert_eq!(tokio::time::timeout(PATIENCE, asking).await.unwrap(), "hello host");
    bench.finish().await;
}

#[tokio::test]
async fn a_bridge_publishes_ports() {
    publishes(Profile::Docker).await;
}

#[tokio::test]
async fn a_pod_publishes_ports() {
    publishes(Profile::Kubernetes).await;
}

#[tokio::test]
async fn a_port_that_is_taken() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let bench = Bench::started(Profile::Docker, &[]).await;
    let web = web(|container| container.ports = vec![PortBinding { host: port, container: 8080 }]);
    let (io, _chunks) = wires();
    let (ended, mut ends) = tokio::sync::mpsc::channel(1);
    bench.backend.start_service(&web, io, ended).await.unwrap();
    let exit = ends.recv().await.unwrap().exit;
    let Exit::NotStarted { reason, .. } = &exit else { panic!("{exit:?}") };
    assert!(reason.starts_with("port ") && reason.contains("change the step's `portBindings`"), "{reason}");
    bench.finish().await;
}

#[tokio::test]
async fn the_end_of_a_service_is_reported() {
    let bench = Bench::started(Profile::Docker, &[]).await;
    let failing = service("db", "echo corrupt; exit 5", |_| {});
    let (mut output, mut ends) = bench.serve(&failing).await;
    assert_eq!(output.recv().await.unwrap().bytes, "corrupt\n");
    assert_eq!(ends.recv().await.unwrap(), ServiceExit { path: failing.path.clone(), exit: code(5), cause: None });
    let missing = service("nodb", "", |container| container.entrypoint = Some(vec!["nosuch".into()]));
    let (_output, mut ends) = bench.serve(&missing).await;
    assert!(matches!(ends.recv().await.unwrap().exit, Exit::NotStarted { code: 127, .. }));
    bench.finish().await;
}

#[tokio::test]
async fn a_service_that_ends_with_its_stage_is_no_news() {
    let bench = Bench::started(Profile::Docker, &[]).await;
    let (mut output, mut ends) = bench.serve(&service("db", "echo up; exec sleep 1000", |_| {})).await;
    assert_eq!(output.recv().await.unwrap().bytes, "up\n");
    bench.finish().await;
    assert_eq!(ends.recv().await, None);
}
