//! Files: links, devices and trees that lead out of the repository or the workspace.

use std::{
    fs,
    os::unix::{fs::symlink, net::UnixListener},
    path::{Path, PathBuf},
    process::Command,
};

use crate::it::support::{CommandOutput, Stage, TestEnvironment, run_step};

/// What no command may print.
const OUTSIDE: &str = "OUTSIDE-THE-REPOSITORY";
/// The memory limit of a command, in KiB.
const MEMORY: u64 = 300 * 1000;

/// A repository with a good pipeline, in a home with credentials.
fn repository() -> TestEnvironment {
    let environment = TestEnvironment::pipeline(Stage::kubernetes().step(&run_step("a", "true")).pipeline());
    fs::create_dir_all(environment.home().join(".aws")).unwrap();
    fs::write(credentials(&environment), format!("[default]\naws_secret_access_key = {OUTSIDE}\n- :{OUTSIDE}\n"))
        .unwrap();
    let status = Command::new("git").args(["init", "-q"]).current_dir(environment.workspace()).status();
    assert!(status.unwrap().success());
    environment
}

fn credentials(environment: &TestEnvironment) -> PathBuf {
    environment.home().join(".aws/credentials")
}

fn fifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}

/// Everything in a directory, with the texts of files.
fn tree(directory: &Path) -> Vec<(PathBuf, Option<String>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(tree(&path));
        }
        found.push((path.clone(), fs::read_to_string(&path).ok()));
    }
    found.sort();
    found
}

/// Hostile names, with functions that create them.
type Hostile = (&'static str, fn(&Path, &TestEnvironment));

const HOSTILE: [Hostile; 9] = [
    ("zero.yaml", |path, _| symlink("/dev/zero", path).unwrap()),
    ("secret.yaml", |path, environment| symlink(credentials(environment), path).unwrap()),
    ("config.yaml", |path, _| symlink("../.git/config", path).unwrap()),
    ("pipe.yaml", |path, _| fifo(path)),
    ("socket.yaml", |path, _| drop(UnixListener::bind(path).unwrap())),
    ("tree", |path, _| symlink("/", path).unwrap()),
    ("around", |path, _| symlink(".", path).unwrap()),
    ("environ.yml", |path, _| symlink("/proc/self/environ", path).unwrap()),
    ("huge.yaml", |path, _| fs::File::create(path).unwrap().set_len(1 << 40).unwrap()),
];

#[track_caller]
fn assert_harmless((output, memory): &(CommandOutput, u64)) {
    for text in [&output.stdout, &output.stderr] {
        assert!(!text.contains(OUTSIDE), "what is outside is shown\n{output}");
    }
    assert!(*memory < MEMORY, "{memory} KiB\n{output}");
}

/// Every hostile file at once, with every command that reads.
#[test]
fn a_repository_of_hostile_files_is_looked_at_and_each_is_named() {
    let environment = repository().with("ATTACKED", OUTSIDE);
    let documents = environment.workspace().join(".harness");
    for (name, make) in HOSTILE {
        make(&documents.join(name), &environment);
    }
    let before = tree(&environment.home());
    let commands: [&[&str]; 6] = [
        &["list", "ci.yaml"],
        &["plan", "ci.yaml"],
        &["check", "ci.yaml"],
        &["explain", "ci.yaml", "a"],
        &["check", "--format", "json", "ci.yaml"],
        &["local", "ci.yaml"],
    ];
    for command in commands {
        let measured = environment.cirun_measured(command);
        assert_harmless(&measured);
        let output = measured.0.exits(if command[0] == "local" { 4 } else { 0 });
        let said = [output.stdout.as_str(), output.stderr.as_str()].concat();
        for (name, _) in HOSTILE {
            assert!(said.contains(&format!(".harness/{name}")), "{command:?} does not name {name}\n{output}");
        }
    }
    assert_harmless(&environment.cirun_measured(&["doctor"]));
    assert_eq!(tree(&environment.home()), before, "nothing in the home has changed");
}

/// The settings file of a repository as a link to something large, blocking, or secret.
#[test]
fn a_hostile_settings_file_is_left_out() {
    let make: [fn(&Path, &TestEnvironment); 4] = [HOSTILE[0].1, HOSTILE[1].1, HOSTILE[3].1, HOSTILE[8].1];
    for make in make {
        let environment = repository();
        make(&environment.workspace().join(".cirun.toml"), &environment);
        for command in [&["list", "ci.yaml"], &["check", "ci.yaml"]] {
            let measured = environment.cirun_measured(command);
            assert_harmless(&measured);
            drop(measured.0.exits(0).says("warning: .cirun.toml is left out: it is"));
        }
    }
}

/// A pipeline in the arguments that is a link in its repository.
#[test]
fn a_hostile_pipeline_is_refused() {
    for (name, make) in HOSTILE {
        let environment = repository();
        make(&environment.workspace().join("it.yaml"), &environment);
        let measured = environment.cirun_measured(&["check", "it.yaml"]);
        assert_harmless(&measured);
        assert!(measured.0.exits(3).stderr.contains("cannot read it.yaml: it is"), "{name}");
    }
}

/// Documents in settings or flags: directories and files that are links.
#[test]
fn hostile_includes_and_input_sets() {
    let environment = repository().file(".cirun.toml", "include = [\"more\"]\nsecret-file = [\"secrets.env\"]\n");
    symlink("/etc", environment.workspace().join("more")).unwrap();
    symlink(credentials(&environment), environment.workspace().join("secrets.env")).unwrap();
    symlink(credentials(&environment), environment.workspace().join("set.yaml")).unwrap();
    let measured = environment.cirun_measured(&["list", "ci.yaml"]);
    assert_harmless(&measured);
    drop(measured.0.says("more").says("secrets.env"));
    let measured = environment.cirun_measured(&["list", "ci.yaml", "--input-set", "set.yaml"]);
    assert_harmless(&measured);
    drop(measured.0.says("cannot read set.yaml: it is a symbolic link, or is under one"));
}

/// `.harness` itself as a link to a large tree, and a tree with more files than the limit.
#[test]
fn large_trees_of_documents() {
    let environment = repository();
    fs::rename(environment.workspace().join(".harness"), environment.workspace().join("documents")).unwrap();
    symlink("/usr", environment.workspace().join(".harness")).unwrap();
    let measured = environment.cirun_measured(&["check", "ci.yaml", "--include", "documents"]);
    assert_harmless(&measured);
    drop(measured.0.exits(0).says(".harness` is left out"));
    fs::remove_file(environment.workspace().join(".harness")).unwrap();
    fs::create_dir(environment.workspace().join(".harness")).unwrap();
    for index in 0..10_050 {
        fs::write(environment.workspace().join(format!(".harness/{index}.yaml")), "").unwrap();
    }
    let measured = environment.cirun_measured(&["check", "ci.yaml", "--include", "documents"]);
    assert_harmless(&measured);
    drop(measured.0.says("too-many-files"));
}

/// The user's own arguments are trusted: pipes and links outside the repository work.
#[test]
fn the_users_own_files_work_as_they_are_meant() {
    let environment = repository().file("../mine.env", "token=from-the-link\n");
    symlink("mine.env", environment.workspace().join("../linked.env")).unwrap();
    let pipeline = environment.read("ci.yaml");
    fs::write(environment.workspace().join("../pipeline.yaml"), pipeline).unwrap();
    symlink("pipeline.yaml", environment.workspace().join("../linked.yaml")).unwrap();
    drop(environment.cirun(&["list", "../linked.yaml", "--secret-file", "../linked.env"]).exits(0));
    let script = "exec \"$0\" list /dev/fd/4 --workspace . --secret-file /dev/fd/3 3< ../mine.env 4< ci.yaml";
    let shell = Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_cirun")])
        .current_dir(environment.workspace())
        .output()
        .unwrap();
    assert!(shell.status.success(), "{}", String::from_utf8_lossy(&shell.stderr));
}
