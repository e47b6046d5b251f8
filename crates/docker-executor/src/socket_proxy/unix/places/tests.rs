use std::os::unix::{fs::symlink, net::UnixListener};

use super::*;

struct Machine {
    _root: tempfile::TempDir,
    root: PathBuf,
    places: Places,
    _socket: UnixListener,
}

fn machine(reach: SocketReach) -> Machine {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().canonicalize().unwrap();
    for name in ["work/app", "run", "engine", "other"] {
        fs::create_dir_all(root.join(name)).unwrap();
    }
    let socket = UnixListener::bind(root.join("run/e.sock")).unwrap();
    let links = [
        ("up", "../other"),
        ("absolute", "/harness/app"),
        ("out", "/etc"),
        ("loop", "loop"),
        ("engine", "../run"),
        ("real", root.to_str().unwrap()),
    ];
    for (name, target) in links {
        symlink(target, root.join("work").join(name)).unwrap();
    }
    symlink(root.join("run"), root.join("linked")).unwrap();
    fs::hard_link(root.join("run/e.sock"), root.join("work/hard.sock")).unwrap();
    let mounted = |container: &str, machine: &str| Mounted { container: container.into(), machine: root.join(machine) };
    let places = Places {
        mounted: vec![mounted("/harness", "work"), mounted("/tmp/engine", "engine")],
        shared: vec![("/cache".into(), "volume".to_owned())],
        engine: root.join("run/e.sock"),
        proxy: "/g.sock".into(),
        reach,
    };
    Machine { _root: directory, root, places, _socket: socket }
}

/// The target of each path, relative to the machine's directory.
fn table(machine: &Machine, paths: &[&str]) -> String {
    let lines = paths.iter().map(|path| {
        let real = path.replace("ROOT", machine.root.to_str().unwrap());
        let found = match machine.places.find(&real, Missing::Refused) {
            Ok(MountSource::Path(found)) => found.display().to_string(),
            Ok(MountSource::Volume(name)) => format!("volume {name}"),
            Err(refusal) => refusal.message.replace("cirun's socket proxy", "proxy"),
        };
        format!("{path}: {found}\n").replace(machine.root.to_str().unwrap(), "ROOT")
    });
    lines.collect()
}

#[test]
fn paths_of_the_stage() {
    let machine = machine(SocketReach::Limited);
    insta::assert_snapshot!(table(&machine, &[
        "/harness", "/harness/app/", "//harness/./app/../app", "/harness/absolute", "/harness/nowhere", "/tmp/engine",
        "/cache", "/cache/a", "/var/run/docker.sock", "/var/run/../run/docker.sock", "ROOT/run/e.sock",
        "ROOT/linked/e.sock", "/harness/hard.sock", "/harness/up", "/harness/out", "/harness/loop", "/harness/engine",
        "/harness/real/run", "/harness/../etc", "/harnessed", "/etc", "/", "/var/run", "ROOT/run", "app", "",
    ]), @"
    /harness: ROOT/work
    /harness/app/: ROOT/work/app
    //harness/./app/../app: ROOT/work/app
    /harness/absolute: ROOT/work/app
    /harness/nowhere: proxy: bind source path does not exist: /harness/nowhere (No such file or directory (os error 2))
    /tmp/engine: ROOT/engine
    /cache: volume volume
    /cache/a: proxy refuses a mount of `/cache/a`: it is in the shared path `/cache`: mount that path
    /var/run/docker.sock: /g.sock
    /var/run/../run/docker.sock: /g.sock
    ROOT/run/e.sock: /g.sock
    ROOT/linked/e.sock: /g.sock
    /harness/hard.sock: /g.sock
    /harness/up: proxy refuses a mount of `/harness/up`: a link leads out of `/harness`
    /harness/out: proxy refuses a mount of `/harness/out`: a link leads out of `/harness`
    /harness/loop: proxy: bind source path does not exist: /harness/loop (too many links)
    /harness/engine: proxy refuses a mount of `/harness/engine`: a link leads out of `/harness`
    /harness/real/run: proxy refuses a mount of `/harness/real/run`: a link leads out of `/harness`
    /harness/../etc: proxy refuses a mount of `/harness/../etc`, a path of this machine: it is not below `/harness` or `/tmp/engine`; `--open-docker-socket` allows it
    /harnessed: proxy refuses a mount of `/harnessed`, a path of this machine: it is not below `/harness` or `/tmp/engine`; `--open-docker-socket` allows it
    /etc: proxy refuses a mount of `/etc`, a path of this machine: it is not below `/harness` or `/tmp/engine`; `--open-docker-socket` allows it
    /: proxy refuses a mount of `/`, a path of this machine: it is not below `/harness` or `/tmp/engine`; `--open-docker-socket` allows it
    /var/run: proxy refuses a mount of `/var/run`, a path of this machine: it is not below `/harness` or `/tmp/engine`; `--open-docker-socket` allows it
    ROOT/run: proxy refuses a mount of `ROOT/run`, a path of this machine: it is not below `/harness` or `/tmp/engine`; `--open-docker-socket` allows it
    app: proxy: `app` is not an absolute path
    : proxy: `` is not an absolute path
    ");
}

#[test]
fn paths_of_the_machine_where_the_socket_is_open() {
    let machine = machine(SocketReach::Open);
    insta::assert_snapshot!(table(&machine, &[
        "/harness/app", "/harness/up", "ROOT/other", "ROOT/other/new/one", "ROOT/run", "ROOT/linked", "ROOT", "/",
        "ROOT/linked/e.sock", "/proc/1/root",
    ]), @"
    /harness/app: ROOT/work/app
    /harness/up: proxy refuses a mount of `/harness/up`: a link leads out of `/harness`
    ROOT/other: ROOT/other
    ROOT/other/new/one: ROOT/other/new/one
    ROOT/run: proxy refuses a mount of `ROOT/run`: the socket of an engine is there, and gives root on the machine
    ROOT/linked: proxy refuses a mount of `ROOT/linked`: the socket of an engine is there, and gives root on the machine
    ROOT: proxy refuses a mount of `ROOT`: the socket of an engine is there, and gives root on the machine
    /: proxy refuses a mount of `/`: the socket of an engine is there, and gives root on the machine
    ROOT/linked/e.sock: /g.sock
    /proc/1/root: proxy refuses a mount of `/proc/1/root`: the links of processes lead to every file of the machine
    ");
}

#[test]
fn what_is_missing_is_made_by_this_user_within_the_workspace() {
    let machine = machine(SocketReach::Limited);
    let made = machine.places.find("/harness/absolute/new/one", Missing::Made);
    assert_eq!(made, Ok(MountSource::Path(machine.root.join("work/app/new/one"))));
    assert!(machine.root.join("work/app/new/one").is_dir());
    assert!(machine.places.find("/harness/up/new", Missing::Made).is_err());
    assert!(!machine.root.join("other/new").exists());
}
