use serde_json::json;

use super::*;
use crate::socket_proxy::unix::walk::Mounted;

fn places(reach: SocketReach, workspace: &std::path::Path) -> Places {
    Places {
        mounted: vec![Mounted { container: "/harness".into(), machine: workspace.to_owned() }],
        shared: vec![("/cache".into(), "shared-0".to_owned())],
        engine: "/nowhere/e.sock".into(),
        proxy: "/g.sock".into(),
        reach,
    }
}

/// The description that is forwarded, or the refusal.
fn described(value: Value, reach: SocketReach) -> Result<(Value, Needs), String> {
    let workspace = tempfile::tempdir().unwrap();
    let root = workspace.path().canonicalize().unwrap();
    std::fs::create_dir(root.join("app")).unwrap();
    let Value::Object(object) = value else { panic!("{value}") };
    let labels = HashMap::from([("cirun.run".to_owned(), "r".to_owned())]);
    let found = describe(object, &places(reach, &root), &labels).map_err(|refusal| refusal.message)?;
    let text = Value::Object(found.object).to_string().replace(root.to_str().unwrap(), "WORK");
    Ok((serde_json::from_str(&text).unwrap(), found.needs))
}

#[test]
fn a_container_is_written_with_the_runs_labels_and_the_machines_paths() {
    let container = json!({
        "image": "a",
        "Labels": {"mine": "1", "cirun.run": "other", "cirun.kept": "true"},
        "HostConfig": {
            "binds": ["/harness/app:/a:ro", "/cache:/c", "data:/d", "/anonymous", "/var/run/docker.sock:/s"],
            "Mounts": [
                {"Type": "bind", "Source": "/harness/app", "Target": "/b"},
                {"Type": "bind", "Source": "/cache", "Target": "/cache"},
                {"Type": "volume", "Source": "more", "Target": "/m"},
                {"Type": "tmpfs", "Target": "/t"},
            ],
            "NetworkMode": "net",
            "PidMode": "container:one",
            "VolumesFrom": ["two:ro"],
            "Links": ["/three:alias"],
            "Memory": 7,
        },
        "NetworkingConfig": {"EndpointsConfig": {"other": {"Aliases": ["x"]}}},
    });
    let (object, needs) = described(container, SocketReach::Limited).unwrap();
    assert_eq!(object["Labels"], json!({"mine": "1", "cirun.run": "r"}));
    assert_eq!(
        object["HostConfig"]["Binds"],
        json!(["WORK/app:/a:ro", "shared-0:/c", "data:/d", "/anonymous", "/g.sock:/s"])
    );
    let mounts = object["HostConfig"]["Mounts"].as_array().unwrap();
    let sources: Vec<_> = mounts.iter().map(|mount| mount["Source"].as_str().unwrap_or_default()).collect();
    assert_eq!(sources, ["WORK/app", "shared-0", "more", ""]);
    assert_eq!(mounts[2]["VolumeOptions"]["Labels"], json!({"cirun.run": "r"}));
    assert_eq!(object["Image"], "a");
    let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert_eq!(needs.containers, names(&["one", "two", "three"]));
    assert_eq!(needs.networks, names(&["net", "other"]));
    assert_eq!(needs.volumes, names(&["shared-0", "data", "shared-0", "more"]));
}

#[test]
fn what_reaches_the_machine_is_refused_unless_the_socket_is_open() {
    for host in [
        json!({"Privileged": true}),
        json!({"NetworkMode": "host"}),
        json!({"PidMode": "host"}),
        json!({"UsernsMode": "host"}),
        json!({"Cgroup": "host"}),
        json!({"Devices": [{"PathOnHost": "/dev/sda"}]}),
        json!({"CapAdd": ["cap_sys_admin"]}),
        json!({"CapAdd": ["ALL"]}),
        json!({"SecurityOpt": ["apparmor=unconfined"]}),
        json!({"MaskedPaths": []}),
        json!({"Runtime": "other"}),
        json!({"LogConfig": {"Type": "syslog"}}),
        json!({"Binds": ["/nowhere/at/all:/e"]}),
    ] {
        let container = json!({"Image": "a", "HostConfig": host});
        let refused = described(container.clone(), SocketReach::Limited).unwrap_err();
        assert!(refused.contains("--open-docker-socket"), "{container}: {refused}");
        assert!(described(container, SocketReach::Open).is_ok());
    }
}

#[test]
fn some_things_are_refused_in_any_case() {
    let volume = |options: Value| json!([{"Type": "volume", "Target": "/x", "VolumeOptions": options}]);
    for host in [
        json!({"Binds": ["/harness/app:/a:shared"]}),
        json!({"Binds": ["./app:/a"]}),
        json!({"Binds": ["a:b:c:d"]}),
        json!({"Binds": [7]}),
        json!({"Binds": "/harness:/a"}),
        json!({"Mounts": [{"Type": "cluster", "Target": "/x"}]}),
        json!({"Mounts": [{"Type": "bind", "Source": "/harness", "Target": "/x", "BindOptions": {"Propagation": "rshared"}}]}),
        json!({"Mounts": volume(json!({"driverconfig": {"options": {"o": "bind", "device": "/"}}}))}),
        json!({"Mounts": volume(json!({"DriverConfig": {"Name": "nfs"}}))}),
        json!({"VolumeDriver": "nfs"}),
        json!({"NetworkMode": "ns:/proc/1/ns/net"}),
        json!({"Brand": "new"}),
    ] {
        let container = json!({"Image": "a", "HostConfig": host});
        assert!(described(container.clone(), SocketReach::Open).is_err(), "{container}");
    }
    for top in [json!({"Privileged": true}), json!({"Binds": ["/:/x"]}), json!({"Labels": 1})] {
        assert!(described(top.clone(), SocketReach::Open).is_err(), "{top}");
    }
}

#[test]
fn limits_name_nothing_else() {
    let workspace = std::path::Path::new("/");
    let update = |value: Value| {
        let Value::Object(object) = value else { panic!("{value}") };
        updated(object, &places(SocketReach::Limited, workspace))
    };
    assert!(update(json!({"Memory": 1, "RestartPolicy": {"Name": "no"}})).is_ok());
    assert!(update(json!({"Devices": [{}]})).is_err());
    assert!(update(json!({"Binds": ["data:/d"]})).is_err());
}

#[test]
fn volumes_in_memory_are_the_only_ones_with_options() {
    let options = |value: Value| {
        let Value::Object(object) = value else { panic!("{value}") };
        mounts::driver_options(&object)
    };
    for fine in [json!({}), json!({"type": "tmpfs", "device": "tmpfs", "o": "size=1m,uid=1,mode=1777"})] {
        assert_eq!(options(fine.clone()), Ok(()), "{fine}");
    }
    for bad in [
        json!({"type": "none", "o": "bind", "device": "/"}),
        json!({"type": "tmpfs", "device": "tmpfs", "o": "size=1m,bind"}),
        json!({"type": "tmpfs", "device": "/", "o": "rbind"}),
        json!({"o": "size=1m"}),
        json!({"type": "nfs", "device": ":/x"}),
        json!({"Type": "tmpfs"}),
        json!({"type": 7}),
    ] {
        assert!(options(bad.clone()).is_err(), "{bad}");
    }
}
