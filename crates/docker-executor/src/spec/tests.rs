use std::time::Duration;

use cirun_engine::{Owner, ReadyAction};
use cirun_plan::{PullPolicy, StepPath};

use super::*;
use crate::{HelperImage, Keep};

mod helpers;

fn host(network: Network) -> HostInfo {
    let owner = Owner { host: "box".into(), boot_id: "b".into(), pid: 7, started: "1".into() };
    let bind = |source: &str, target: &str, read_only| Bind { source: source.into(), target: target.into(), read_only };
    HostInfo {
        name: "cirun-r1-build".into(),
        labels: StageLabels::new("r1", "build", &owner, Keep::Nothing),
        binds: vec![
            bind("/src", "/harness", false),
            bind("/run/r1", "/tmp/engine", false),
            bind("/ca.pem", "/etc/ca.pem", true),
        ],
        absent_files: ["/etc/cirun/absent.pem".to_owned()].into(),
        shared: vec![SharedVolume {
            mount: VolumeMount { name: "cirun-r1-build-shared-0".into(), target: "/cache".into() },
            storage: Storage::Disk,
        }],
        network,
        engine_socket: Some("/run/user/1000/docker.sock".into()),
        publish_address: IpAddr::from([127, 0, 0, 1]),
        local_plugin: LocalPluginImage {
            image: HelperImage { reference: "cirun.local/cirun:1".into(), rootfs: None, changes: Vec::new() },
            command: vec!["/cirun".into(), "store".into()],
            binds: vec![bind("/home/u/.cache/cirun/caches", "/cirun.d/caches", false)],
        },
    }
}

fn redis() -> ReadyContainer {
    ReadyContainer {
        image: "redis:7".into(),
        pull: PullPolicy::IfNotPresent,
        registry_auth: None,
        entrypoint: Some(vec!["sh".into(), "-c".into()]),
        command: Some(vec!["set -e; redis-server".into()]),
        env: IndexMap::from([("A".to_owned(), "1 2".to_owned()), ("EMPTY".to_owned(), String::new())]),
        aliases: vec!["redis".into(), "cache".into()],
        ports: vec![PortBinding { host: 16379, container: 6379 }],
        privileged: true,
        user: Some("1000".into()),
        nano_cpus: Some(500_000_000),
        memory_bytes: Some(524_288_000),
        working_dir: "/harness".into(),
        engine_socket: true,
        local_plugin: None,
    }
}

fn step(container: &ReadyContainer, role: Role) -> ReadyStep {
    ReadyStep {
        path: StepPath::new("build", ["grp", "redis"]),
        role,
        attempt: 1,
        action: ReadyAction::Container(Box::new(container.clone())),
        timeout: Duration::from_secs(60),
        reports: Vec::new(),
    }
}

/// The description that the engine gets, with sorted keys and without absent fields.
fn shown(body: &ContainerCreateBody) -> String {
    let value = sorted(serde_json::to_value(body).unwrap());
    serde_json::to_string_pretty(&value).unwrap()
}

fn sorted(value: serde_json::Value) -> serde_json::Value {
    match value {
        serde_json::Value::Object(map) => {
            let mut entries: Vec<_> = map.into_iter().map(|(key, value)| (key, sorted(value))).collect();
            entries.sort_by(|one, other| one.0.cmp(&other.0));
            serde_json::Value::Object(entries.into_iter().collect())
        }
        serde_json::Value::Array(list) => list.into_iter().map(sorted).collect(),
        other => other,
    }
}

#[test]
fn no_variable_names_a_file_that_is_not_there() {
    let env = [("TRUST", "/etc/cirun/absent.pem"), ("OTHER", "/etc/cirun/there.pem")];
    let env = env.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect();
    let container = ReadyContainer { env, ..redis() };
    let body = container_config(&step(&container, Role::Foreground), &container, &host(Network::Bridge));
    assert_eq!(body.env.unwrap(), ["OTHER=/etc/cirun/there.pem"]);
}

#[test]
fn a_service_on_a_bridge() {
    let container = redis();
    let body = container_config(&step(&container, Role::Service), &container, &host(Network::Bridge));
    insta::assert_snapshot!(shown(&body), @r#"
    {
      "Cmd": [
        "set -e; redis-server"
      ],
      "Entrypoint": [
        "sh",
        "-c"
      ],
      "Env": [
        "A=1 2",
        "EMPTY="
      ],
      "ExposedPorts": {
        "6379/tcp": {}
      },
      "HostConfig": {
        "Init": false,
        "Memory": 524288000,
        "MemorySwap": 524288000,
        "Mounts": [
          {
            "Source": "cirun-r1-build-shared-0",
            "Target": "/cache",
            "Type": "volume"
          },
          {
            "ReadOnly": false,
            "Source": "/src",
            "Target": "/harness",
            "Type": "bind"
          },
          {
            "ReadOnly": false,
            "Source": "/run/r1",
            "Target": "/tmp/engine",
            "Type": "bind"
          },
          {
            "ReadOnly": true,
            "Source": "/ca.pem",
            "Target": "/etc/ca.pem",
            "Type": "bind"
          },
          {
            "ReadOnly": false,
            "Source": "/run/user/1000/docker.sock",
            "Target": "/var/run/docker.sock",
            "Type": "bind"
          }
        ],
        "NanoCpus": 500000000,
        "NetworkMode": "cirun-r1-build",
        "PortBindings": {
          "6379/tcp": [
            {
              "HostIp": "127.0.0.1",
              "HostPort": "16379"
            }
          ]
        },
        "Privileged": true
      },
      "Image": "redis:7",
      "Labels": {
        "cirun.boot-id": "b",
        "cirun.host": "box",
        "cirun.pid": "7",
        "cirun.role": "service",
        "cirun.run": "r1",
        "cirun.stage": "build",
        "cirun.started": "1",
        "cirun.step": "grp.redis"
      },
      "NetworkingConfig": {
        "EndpointsConfig": {
          "cirun-r1-build": {
            "Aliases": [
              "redis",
              "cache"
            ]
          }
        }
      },
      "Tty": false,
      "User": "1000",
      "WorkingDir": "/harness"
    }
    "#);
}

#[test]
fn a_step_in_a_pod_has_neither_names_nor_ports() {
    let container = ReadyContainer {
        entrypoint: None,
        command: None,
        user: None,
        nano_cpus: None,
        memory_bytes: None,
        privileged: false,
        engine_socket: false,
        ..redis()
    };
    let body = container_config(&step(&container, Role::Foreground), &container, &host(Network::Pod));
    insta::assert_snapshot!(shown(&body), @r#"
    {
      "Env": [
        "A=1 2",
        "EMPTY="
      ],
      "HostConfig": {
        "Init": false,
        "Mounts": [
          {
            "Source": "cirun-r1-build-shared-0",
            "Target": "/cache",
            "Type": "volume"
          },
          {
            "ReadOnly": false,
            "Source": "/src",
            "Target": "/harness",
            "Type": "bind"
          },
          {
            "ReadOnly": false,
            "Source": "/run/r1",
            "Target": "/tmp/engine",
            "Type": "bind"
          },
          {
            "ReadOnly": true,
            "Source": "/ca.pem",
            "Target": "/etc/ca.pem",
            "Type": "bind"
          }
        ],
        "NetworkMode": "container:cirun-r1-build-pod",
        "Privileged": false
      },
      "Image": "redis:7",
      "Labels": {
        "cirun.boot-id": "b",
        "cirun.host": "box",
        "cirun.pid": "7",
        "cirun.role": "step",
        "cirun.run": "r1",
        "cirun.stage": "build",
        "cirun.started": "1",
        "cirun.step": "grp.redis"
      },
      "Tty": false,
      "WorkingDir": "/harness"
    }
    "#);
}

#[test]
fn a_refused_socket_is_not_mounted() {
    let container = redis();
    let refused = HostInfo { engine_socket: None, ..host(Network::Bridge) };
    let body = container_config(&step(&container, Role::Foreground), &container, &refused);
    assert!(!shown(&body).contains("docker.sock"));
}

/// A local plugin has its own image and mounts, and the step's environment, user and volumes.
#[test]
fn a_local_plugin_replaces_the_program() {
    let local_plugin = cirun_plan::LocalPlugin { words: vec!["cache".into()], on_host: false };
    let container = ReadyContainer { local_plugin: Some(local_plugin), entrypoint: None, command: None, ..redis() };
    let host = host(Network::Bridge);
    let plain = container_config(&step(&redis(), Role::Foreground), &redis(), &host);
    let body = container_config(&step(&container, Role::Foreground), &container, &host);
    assert_eq!(body.image.as_deref(), Some("cirun.local/cirun:1"));
    assert_eq!(body.entrypoint.unwrap(), ["/cirun", "store", "cache"]);
    assert_eq!((body.env, body.user), (plain.env, plain.user));
    let targets = |body: Option<HostConfig>| -> Vec<String> {
        body.and_then(|host| host.mounts).unwrap().into_iter().filter_map(|mount| mount.target).collect()
    };
    let mut mounts = targets(plain.host_config);
    mounts.push("/cirun.d/caches".to_owned());
    assert_eq!(targets(body.host_config), mounts);
}
