//! Files: links that steps create where cirun reads, writes or removes.

use std::fs;

use super::super::{engine, run};
use crate::it::support::{Stage, TestEnvironment, indent, pipeline, run_step, run_step_with};

/// What no step may get.
const OUTSIDE: &str = "OUTSIDE-THE-WORKSPACE";

/// A workspace with the pipeline, and in the home directory a file `other/secret.xml`: a report with a failed test of
/// that name.
fn workspace(pipeline: &str) -> TestEnvironment {
    let environment = engine(pipeline).with("CIRUN_ATTACKED", OUTSIDE);
    let other = environment.home().join("other");
    fs::create_dir_all(&other).unwrap();
    let report = format!("<testsuite><testcase name=\"{OUTSIDE}\"><failure>{OUTSIDE}</failure></testcase></testsuite>");
    fs::write(other.join("secret.xml"), report).unwrap();
    environment
}

/// Neither the run's record nor its events contain anything from outside.
#[track_caller]
fn assert_nothing_taken(environment: &TestEnvironment) {
    let mut files = vec![environment.workspace().join("e.jsonl")];
    let mut directories = vec![environment.record()];
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(&directory).unwrap() {
            let path = entry.unwrap().path();
            match fs::symlink_metadata(&path).unwrap().file_type() {
                kind if kind.is_dir() => directories.push(path),
                kind if kind.is_file() => files.push(path),
                _ => {}
            }
        }
    }
    for file in files {
        let content = fs::read(&file).unwrap();
        assert!(!String::from_utf8_lossy(&content).contains(OUTSIDE), "{} holds what is outside", file.display());
    }
}

/// A step links every file that cirun has or may create for a later stage to a file in the home directory.
#[test]
fn a_link_in_the_runs_directory_overwrites_nothing() {
    let links = "cd /tmp/engine\n\
         for file in $(ls -A); do case $file in *one*) ln -sfn \"$VICTIM\" \"$(echo $file | sed s/one/two/g)\";; esac; done\n\
         for file in $(ls -A) two-b-output.env b-output.env b-output-secrets.env b-artifact pod-token; do ln -sfn \"$VICTIM\" $file; done\n\
         ls -l";
    for egress in ["none", "all"] {
        let environment = engine("");
        let victim = environment.home().join("victim");
        let spec = format!("envVariables:\n  VICTIM: {}", victim.display());
        let first = Stage::kubernetes().step(&run_step_with("a", links, &spec));
        let second = Stage::kubernetes().step(&run_step("b", "true"));
        let environment = environment.file("ci.yaml", pipeline(&[("one", &first), ("two", &second)]));
        fs::write(&victim, "mine").unwrap();
        drop(environment.cirun(&["local", "ci.yaml", "--egress", egress]));
        assert_eq!(fs::read_to_string(&victim).unwrap(), "mine", "--egress {egress}");
    }
}

/// A Background container replaces the output files of steps with links while they are read.
#[test]
fn an_output_file_that_is_swapped_for_a_link_gives_nothing() {
    let swap = "- step:\n    name: swap\n    identifier: swap\n    type: Background\n    spec:\n      connectorRef: images\n      image: cirun.local/python:3\n      shell: Sh\n      command: |-\n";
    let program = "cat > /tmp/swap.py <<'END'\nimport os, ctypes\nlibc = ctypes.CDLL(None)\nos.chdir('/tmp/engine')\nos.symlink('/proc/self/environ', 'link')\nwhile True:\n    for step in range(8):\n        # RENAME_EXCHANGE\n        libc.renameat2(-100, b'link', -100, b's%d-output.env' % step, 2)\nEND\nexec python3 /tmp/swap.py";
    let mut stage = Stage::kubernetes().step(&format!("{swap}{}", indent(program, 8)));
    for index in 0..8 {
        let strategy =
            "    failureStrategies:\n      - onFailure: {errors: [AllErrors], action: {type: Ignore}}\n    spec:";
        let step = run_step(&format!("s{index}"), "echo OWN=1 > $DRONE_OUTPUT; sleep 0.2");
        stage = stage.step(&step.replace("    spec:", strategy));
    }
    let environment = workspace(&stage.pipeline());
    let (_, events) = run(&environment, &["--no-wait"], 0);
    assert_nothing_taken(&environment);
    for event in events.of("step_finished").filter(|event| event["outputs"].is_object()) {
        let names: Vec<&String> = event["outputs"].as_object().unwrap().keys().collect();
        assert!(names.iter().all(|name| *name == "OWN"), "{names:?}");
    }
}

/// An output file that stays a link fails its step, with the reason.
#[test]
fn an_output_file_that_is_a_link_fails_its_step() {
    let stage = Stage::kubernetes().step(&run_step("a", "ln -s /proc/self/environ $DRONE_OUTPUT"));
    let environment = workspace(&stage.pipeline());
    let (output, events) = run(&environment, &[], 1);
    assert_eq!(events.outcomes(), "a failed 255");
    assert!(output.stderr.contains("a-output.env` is a symbolic link, and links are not followed"), "{output}");
    assert_nothing_taken(&environment);
}

/// A variable names the file that is removed before an attempt, and an earlier step has replaced its directory with a
/// link.
#[test]
fn a_metadata_file_behind_a_link_is_not_removed() {
    let environment = engine("");
    let victim = environment.home().join("victim");
    fs::write(&victim, "mine").unwrap();
    let spec = format!("envVariables:\n  OTHER: {}", environment.home().display());
    let stage = Stage::kubernetes()
        .step(&run_step_with("a", "ln -s \"$OTHER\" /tmp/engine/b-d", &spec))
        .step(&run_step_with("b", "true", "envVariables:\n  PLUGIN_METADATA_FILE: d/victim"));
    let environment = environment.file("ci.yaml", stage.pipeline());
    let (output, _) = run(&environment, &[], 1);
    assert_eq!(fs::read_to_string(&victim).unwrap(), "mine");
    assert!(output.stderr.contains("`b-d` is a symbolic link, and links are not followed"), "{output}");
}

/// Report paths that climb out of the workspace, and links.
#[test]
fn reports_are_read_from_the_workspace_only() {
    let links = "ln -s \"$OTHER/secret.xml\" link.xml; ln -s \"$OTHER\" directory; mkfifo pipe.xml\n\
         echo '<testsuite><testcase name=\"own\"/></testsuite>' > own.xml";
    let environment = workspace("");
    let other = environment.home().join("other");
    let paths = [
        "own.xml",
        "../home/other/*.xml",
        "/harness/../home/other/*.xml",
        &format!("{}/*.xml", other.display()),
        "link.xml",
        "directory/*.xml",
        "**/*.xml",
        "/etc/passwd",
    ];
    let list: String = paths.iter().map(|path| format!("      - \"{path}\"\n")).collect();
    let spec =
        format!("envVariables:\n  OTHER: {}\nreports:\n  type: JUnit\n  spec:\n    paths:\n{list}", other.display());
    let environment =
        environment.file("ci.yaml", Stage::kubernetes().step(&run_step_with("a", links, &spec)).pipeline());
    let (output, events) = run(&environment, &[], 0);
    assert_nothing_taken(&environment);
    let tests = &events.one("step_finished", "a")["tests"];
    assert_eq!((&tests["passed"], &tests["failed"]), (&1.into(), &0.into()), "{output}");
    for name in ["`link.xml` is left out", "`directory` is left out", "`pipe.xml` is left out"] {
        assert!(output.stderr.contains(name), "{name}: {output}");
    }
}

/// A step for a cache, whose failure is ignored.
fn save(id: &str, path: &str) -> String {
    format!(
        "- step:\n    name: {id}\n    identifier: {id}\n    type: SaveCacheS3\n    failureStrategies:\n      - onFailure: {{errors: [AllErrors], action: {{type: Ignore}}}}\n    spec: {{connectorRef: s3, region: us-east-1, bucket: b, key: {id}, sourcePaths: [{path}]}}\n"
    )
}

/// No path of this project reaches what another project has saved, and the store is not saved into itself.
#[test]
fn caches_of_other_projects_are_out_of_reach() {
    let connector = "connector:\n  identifier: s3\n  name: s3\n  type: Aws\n  spec: {credential: {type: ManualConfig, spec: {accessKey: AKIATEST, secretKeyRef: s3_secret}}}\n";
    let stage = Stage::kubernetes()
        .step(&run_step("links", "ln -s /cirun.d/caches store; ln -s /cirun.d all"))
        .step(&save("by_link", "store/s3"))
        .step(&save("by_path", "/cirun.d/caches"))
        .step(&save("above", "/cirun.d"))
        .step(&save("root", "/"))
        .step(&save("up", "all/caches/.."));
    let environment = workspace(&stage.pipeline()).file(".harness/s3.yaml", connector);
    let caches = environment.home().join(".cache/cirun/caches");
    let other = caches.join("other-0123456789abcdef/s3/b/by_path");
    fs::create_dir_all(&other).unwrap();
    fs::write(other.join("workspace%2Fdeps"), OUTSIDE).unwrap();
    let (_, events) = run(&environment, &["--secret", "s3_secret=secret-of-s3"], 0);
    let ignored = ["by_link", "by_path", "above", "root"].map(|step| format!("{step} ignored 1"));
    assert_eq!(events.outcomes(), format!("links succeeded, {}, up succeeded", ignored.join(", ")));
    assert_eq!(events.output("up")[1], "all/caches/..: saved 0 files, 0 B, 1.5 kB in the cache", "the link itself");
    assert!(events.output("by_link").concat().contains("`store` is a symbolic link"));
    for step in ["by_path", "above", "root"] {
        let message = events.output(step).concat();
        assert!(message.contains("the directory of the caches or uploads"), "{step}: {message}");
    }
    assert_eq!(fs::read_to_string(other.join("workspace%2Fdeps")).unwrap(), OUTSIDE);
    let own: Vec<_> = fs::read_dir(&caches).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(own.len(), 2, "{own:?}");
}
