//! What the tests of specifications share.

use super::*;
use crate::{PodImage, Sidecar};

#[test]
fn the_pod() {
    let image = HelperImage { reference: "cirun.local/cirun:1".into(), rootfs: None, changes: Vec::new() };
    let pod = PodImage { image, command: vec!["/cirun".into(), "pause".into()], aliases: Vec::new() };
    let ports = [PortBinding { host: 8080, container: 80 }];
    let body = pod_config(&pod, &["redis".into(), "web".into()], &ports, &host(Network::Pod));
    insta::assert_snapshot!(shown(&body), @r#"
    {
      "Entrypoint": [
        "/cirun",
        "pause"
      ],
      "ExposedPorts": {
        "80/tcp": {}
      },
      "HostConfig": {
        "ExtraHosts": [
          "redis:127.0.0.1",
          "web:127.0.0.1"
        ],
        "Mounts": [],
        "NetworkMode": "cirun-r1-build",
        "PortBindings": {
          "80/tcp": [
            {
              "HostIp": "127.0.0.1",
              "HostPort": "8080"
            }
          ]
        }
      },
      "Image": "cirun.local/cirun:1",
      "Labels": {
        "cirun.boot-id": "b",
        "cirun.host": "box",
        "cirun.pid": "7",
        "cirun.role": "pod",
        "cirun.run": "r1",
        "cirun.stage": "build",
        "cirun.started": "1"
      },
      "NetworkingConfig": {
        "EndpointsConfig": {
          "cirun-r1-build": {
            "Aliases": []
          }
        }
      }
    }
    "#);
}

#[test]
fn a_sidecar() {
    let sidecar = Sidecar {
        name: "aws".into(),
        image: HelperImage { reference: "cirun.local/cirun:1".into(), rootfs: None, changes: Vec::new() },
        command: vec!["/cirun".into(), "serve".into()],
        env: IndexMap::new(),
        aliases: vec!["sts.amazonaws.com".into()],
        files: Vec::new(),
        name_servers: vec![[192, 0, 2, 1].into()],
        binds: Vec::new(),
        volumes: vec![VolumeMount { name: "cirun-registry".into(), target: "/data".into() }],
        ports: vec![PortBinding { host: 0, container: 443 }],
        ready: None,
    };
    insta::assert_snapshot!(shown(&sidecar_config(&sidecar, &host(Network::Pod))), @r#"
    {
      "Entrypoint": [
        "/cirun",
        "serve"
      ],
      "Env": [],
      "ExposedPorts": {
        "443/tcp": {}
      },
      "HostConfig": {
        "Dns": [
          "192.0.2.1"
        ],
        "Mounts": [
          {
            "Source": "cirun-registry",
            "Target": "/data",
            "Type": "volume"
          }
        ],
        "NetworkMode": "cirun-r1-build",
        "PortBindings": {
          "443/tcp": [
            {
              "HostIp": "127.0.0.1",
              "HostPort": ""
            }
          ]
        }
      },
      "Image": "cirun.local/cirun:1",
      "Labels": {
        "cirun.boot-id": "b",
        "cirun.host": "box",
        "cirun.pid": "7",
        "cirun.role": "sidecar",
        "cirun.run": "r1",
        "cirun.stage": "build",
        "cirun.started": "1"
      },
      "NetworkingConfig": {
        "EndpointsConfig": {
          "cirun-r1-build": {
            "Aliases": [
              "sts.amazonaws.com"
            ]
          }
        }
      }
    }
    "#);
}
