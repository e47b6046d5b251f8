//! Containers that stay on the machine between runs.

use cirun_docker_executor::{MachineService, ReadyLine, VolumeMount};
use cirun_engine::{Inventory, Owner, Selection};
use cirun_plan::PortBinding;
use indexmap::IndexMap;

use super::bench::{PATIENCE, engine, get, helper, remove_blocking};

/// A service with this name, also as its role, so that it can be removed by the role.
fn service(name: &str, script: String, port: u16) -> MachineService {
    let name = format!("cirun-{name}-{}", std::process::id());
    MachineService {
        name: name.clone(),
        role: name.clone(),
        image: helper(),
        command: vec!["sh".into(), "-c".into(), script],
        env: IndexMap::new(),
        binds: Vec::new(),
        volumes: vec![VolumeMount { name, target: "/data".into() }],
        ports: vec![PortBinding { host: port, container: 80 }],
        ready: Some(ReadyLine { text: "listening".into(), within: PATIENCE }),
    }
}

/// Removes the service and its volume when the test ends, in whatever way.
struct Remove(String);

impl Drop for Remove {
    fn drop(&mut self) {
        let role = std::mem::take(&mut self.0);
        remove_blocking(move |engine| async move {
            let me = Owner::current();
            drop(engine.clean(&Selection::Role(role), &me, false).await);
        });
    }
}

#[tokio::test]
async fn it_stays_is_replaced_when_changed_and_keeps_its_volume() {
    let engine = engine().await;
    let script = |text: &str| {
        format!(
            "echo {text} >> /data/log; cat /data/log > /tmp/log; httpd -p 80 -h /tmp; echo listening; exec sleep 1000"
        )
    };
    let service = |text: &str| service("test-registry", script(text), 0);
    let role = service("one").role;
    let _remove = Remove(role.clone());
    let first = engine.ensure_machine_service(&service("one")).await.unwrap();
    assert_eq!(first.ports.len(), 1);
    assert_eq!(engine.ensure_machine_service(&service("one")).await.unwrap(), first);
    let second = engine.ensure_machine_service(&service("two")).await.unwrap();
    assert_ne!(second.id, first.id);
    let log = get(second.ports[0].host, "/log").await.unwrap();
    assert_eq!(log, "one\ntwo\n");

    let me = Owner::current();
    let of_runs = engine.clean(&Selection::EndedRuns, &me, true).await.unwrap();
    assert!(!of_runs.removed.iter().any(|object| object.role == role), "cleaning runs takes the machine's own");
    let cleaned = engine.clean(&Selection::Role(role), &me, false).await.unwrap();
    assert_eq!((cleaned.removed.len(), cleaned.failed.len()), (2, 0));
}

#[tokio::test]
async fn a_port_that_is_taken_is_only_a_wish() {
    let engine = engine().await;
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let service = service("test-port", "httpd -p 80 -h /etc; echo listening; exec sleep 1000".to_owned(), port);
    let _remove = Remove(service.role.clone());
    let running = engine.ensure_machine_service(&service).await.unwrap();
    assert_ne!(running.ports[0].host, port);
    assert!(get(running.ports[0].host, "/hostname").await.is_some());
    assert_eq!(engine.ensure_machine_service(&service).await.unwrap(), running);
}

#[tokio::test]
async fn a_container_of_another_owner_is_left_alone() {
    let engine = engine().await;
    let service = service("test-foreign", "sleep 60".into(), 0);
    let _remove = Remove(service.role.clone());
    let created = std::process::Command::new("docker")
        .args(["create", "--rm", "--name", &service.name, &service.image.reference, "true"])
        .output()
        .unwrap();
    assert!(created.status.success(), "{created:?}");
    let error = engine.ensure_machine_service(&service).await.unwrap_err().to_string();
    let removed = std::process::Command::new("docker").args(["rm", &service.name]).output().unwrap();
    assert!(removed.status.success(), "it is still there: {removed:?}");
    assert!(error.contains("a container of this name does not belong to cirun: rename it"), "{error}");
    let owned = engine.list_owned().await.unwrap();
    assert!(owned.iter().all(|object| object.role != service.role), "its volume is left");
}

/// A volume of the user may have any content; a service with its name would read and write it.
#[tokio::test]
async fn a_volume_of_another_owner_is_left_alone() {
    let engine = engine().await;
    let service = service("test-foreign-volume", "sleep 60".into(), 0);
    let _remove = Remove(service.role.clone());
    let docker = |words: &[&str]| std::process::Command::new("docker").args(words).output().unwrap();
    let created = docker(&["volume", "create", "--label", "owner=person", &service.name]);
    assert!(created.status.success(), "{created:?}");
    let error = engine.ensure_machine_service(&service).await.unwrap_err().to_string();
    let container = docker(&["inspect", &service.name]);
    let removed = docker(&["volume", "rm", &service.name]);
    assert!(removed.status.success(), "it is still there, and nothing uses it: {removed:?}");
    assert!(error.contains("a volume of this name does not belong to cirun"), "{error}");
    assert!(!String::from_utf8_lossy(&container.stdout).contains("Id"), "no container was made: {container:?}");
}
