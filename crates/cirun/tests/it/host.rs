//! Runs of host steps, without an engine.

use insta::assert_snapshot;

use super::support::{Stage, TestEnvironment, free_port, indent};

fn host_step(id: &str, command: &str) -> String {
    format!(
        "- step:\n    name: {id}\n    identifier: {id}\n    type: Run\n    spec:\n      shell: Sh\n      command: |-\n{}",
        indent(command, 8)
    )
}

fn stage(commands: &[(&str, &str)]) -> TestEnvironment {
    let stage = commands.iter().fold(Stage::cloud(), |stage, (id, command)| stage.step(&host_step(id, command)));
    TestEnvironment::new().file("ci.yaml", stage.pipeline())
}

#[test]
fn the_example_runs_without_an_engine() {
    let environment = TestEnvironment::example("hello");
    let output = environment.cirun(&["local", "pipeline.yaml", "--events", "e.jsonl"]).exits(0);
    assert_eq!(output.stdout, "");
    let events = environment.events();
    assert_eq!(events.outcomes(), "name succeeded, greet succeeded");
    assert_eq!(events.end(), ("succeeded".to_owned(), 0));
    let who = &events.one("step_finished", "name")["outputs"]["WHO"];
    assert_eq!(events.output("greet"), [format!("hello, {}", who.as_str().unwrap())]);
}

#[test]
fn a_failing_step_ends_the_run_with_one_and_its_last_lines() {
    let environment = stage(&[("a", "echo one"), ("b", "echo last words\nexit 7"), ("c", "echo never")]);
    let output = environment.cirun(&["local", "ci.yaml", "--events", "e.jsonl"]).exits(1);
    assert_snapshot!(output, @"
    --- stderr
    cirun 0.1.0 · it · build (cloud)
      run        [RUN]
      workspace  [ROOT]/work
      host       3 steps run on this machine as tester, with access to that user's network and files

    a            ▶ Run started at +[ELAPSED]
    a            │ one
    a            ✓ succeeded in [ELAPSED]
    b            ▶ Run started at +[ELAPSED]
    b            │ last words
    b            ✗ failed in [ELAPSED]: exit code 7
    c            - skipped: the stage has failed, and `when` asks for stageStatus Success

    step  status       exit  time  note
    a     ✓ succeeded     0  [ELAPSED]
    b     ✗ failed        7  [ELAPSED]
    c     - skipped                the stage has failed, and `when` asks for stageS…

    ✗ it failed in [ELAPSED]: 1 failed, 1 succeeded, 1 skipped

    ✗ b failed: exit code 7
      last 1 line:
      │ last words

    next: `cirun rerun --from b` continues from that step; with `--shell-on-failure` it opens a shell there
    --- exit status: 1
    ");
    assert_eq!(environment.events().outcomes(), "a succeeded, b failed 7, c skipped");
    assert_eq!(environment.events().end(), ("failed".to_owned(), 1));
}

/// A run's name server cannot redirect a process of this machine to the emulated AWS: it uses the endpoint's address.
#[cfg(unix)]
#[test]
fn a_host_step_finds_the_emulated_aws() {
    let ask = "exec 3<>\"/dev/tcp/127.0.0.1/${AWS_ENDPOINT_URL##*:}\"\n\
               printf 'GET /?Action=GetCallerIdentity HTTP/1.1\\r\\nHost: sts\\r\\nConnection: close\\r\\n\\r\\n' >&3\n\
               head -n 1 <&3 | tr -d '\\r'";
    let environment = TestEnvironment::new()
        .file("ci.yaml", Stage::cloud().step(&host_step("ask", ask).replace("shell: Sh", "shell: Bash")).pipeline());
    drop(environment.cirun(&["local", "ci.yaml", "--events", "e.jsonl"]).exits(0));
    // It responds, and requires a signature.
    assert_eq!(environment.events().output("ask"), ["HTTP/1.1 403 Forbidden"]);
    let log = std::fs::read_to_string(environment.record().join("emulator/requests.jsonl")).unwrap();
    assert!(log.contains("GetCallerIdentity"), "{log}");
    assert!(!environment.record().join("emulator/data").exists());
}

/// A step waits for the declared ports of a service on the machine, and the race is reported.
#[cfg(target_os = "linux")]
#[test]
fn a_service_is_waited_for() {
    let port = free_port();
    let serve = format!(
        "import http.server, time\ntime.sleep(2)\nhttp.server.HTTPServer(('127.0.0.1', {port}), http.server.SimpleHTTPRequestHandler).serve_forever()"
    );
    let service = host_step("web", &serve).replace("type: Run", "type: Background").replace(
        "      shell: Sh",
        &format!("      portBindings:\n        \"{port}\": \"{port}\"\n      shell: Python"),
    );
    let ask = host_step("ask", &format!("exec 3<>/dev/tcp/localhost/{port}; echo reached"))
        .replace("shell: Sh", "shell: Bash");
    let stage = Stage::cloud().step(&service).step(&ask);
    let environment = TestEnvironment::new().file("ci.yaml", stage.pipeline());
    drop(environment.cirun(&["local", "ci.yaml", "--events", "e.jsonl"]).exits(0).says("[service-race]"));
    let events = environment.events();
    assert_eq!(events.output("ask"), ["reached"]);
    assert!(events.one("service_ready", "web")["after_ms"].as_u64().unwrap() >= 1900);
    drop(environment.cirun(&["local", "ci.yaml", "--no-wait"]).exits(1));
}

/// An entrypoint is started directly, without a shell.
#[test]
fn a_service_by_its_entrypoint() {
    let service = host_step("say", "echo never").replace("type: Run", "type: Background").replace(
        "      shell: Sh",
        "      entrypoint:\n        - printf\n        - \"%s|\"\n        - a b\n        - $HOME\n      shell: Sh",
    );
    let stage = Stage::cloud().step(&service).step(&host_step("wait", "sleep 0.5"));
    let environment = TestEnvironment::new().file("ci.yaml", stage.pipeline());
    drop(environment.cirun(&["local", "ci.yaml", "--events", "e.jsonl"]).exits(0));
    assert_eq!(environment.events().output("say"), ["a b|$HOME|"]);
}

#[test]
fn progress_json_is_the_event_stream() {
    let environment = stage(&[("a", "echo one")]);
    let output = environment.cirun(&["local", "ci.yaml", "--events", "e.jsonl", "--progress", "json"]).exits(0);
    assert_eq!(output.stdout, environment.read("e.jsonl"));
}

#[test]
fn progress_quiet_shows_failures_only() {
    let environment = stage(&[("a", "echo chatter")]);
    let output = environment.cirun(&["local", "ci.yaml", "--progress", "quiet"]).exits(0);
    assert!(!output.stderr.contains("chatter"), "{output}");
    let failing = stage(&[("a", "echo chatter"), ("b", "echo last words; exit 3")]);
    let output = failing.cirun(&["local", "ci.yaml", "--progress", "quiet"]).exits(1).says("last words");
    assert!(!output.stderr.contains("chatter"), "{output}");
}

#[test]
fn an_engine_of_none_refuses_containers() {
    let environment = TestEnvironment::example("shop");
    assert_snapshot!(environment.cirun(&["local", "pipeline.yaml", "--engine", "host"]).exits(2), @r"
    --- stderr
    error: `--engine host` runs no containers, and step `cache` needs one
     help: omit the option, or select host steps with `--step`
    --- exit status: 2
    ");
}

#[test]
fn a_step_of_a_type_that_is_not_run_locally_is_shown_as_skipped() {
    let approval = "- step:\n    name: scan\n    identifier: scan\n    type: Security\n    spec: {}\n";
    let stage = Stage::cloud().step(&host_step("a", "echo one")).step(approval);
    let environment = TestEnvironment::new().file("ci.yaml", stage.pipeline());
    drop(environment.cirun(&["local", "ci.yaml", "--events", "e.jsonl"]).exits(0));
    assert_eq!(environment.events().outcomes(), "a succeeded, scan skipped");
    assert!(environment.events().one("step_finished", "scan")["reason"].is_string());
    drop(environment.cirun(&["local", "ci.yaml", "--fail-on-skip"]).exits(3));
}

#[test]
fn a_stage_for_windows_is_planned_and_skipped() {
    let step = host_step("a", "Get-ChildItem Env:").replace("shell: Sh", "shell: Powershell");
    let windows = Stage::cloud().step(&step).pipeline().replace("os: Linux", "os: Windows");
    let environment = TestEnvironment::new().file("ci.yaml", windows);
    let output = environment.cirun(&["local", "ci.yaml"]).exits(3);
    let output = output.says("the stage `build` is not run: it is for Windows");
    let output = output.says("nothing of this pipeline runs locally");
    drop(output.says("a: it is for Windows"));
    let output = environment.cirun(&["local", "ci.yaml", "--fail-on-skip"]).exits(3);
    drop(output.says("a: it is for Windows"));
    let plan = environment.cirun(&["plan", "ci.yaml", "--format", "json"]).exits(0).json();
    let stage = &plan["stages"][0];
    assert_eq!(stage["workspace"], "C:\\harness");
    assert_eq!(stage["not_here"], "it is for Windows, and steps run in Linux containers");
    assert_eq!(stage["execution"][0]["step"]["command"][0], "powershell");
}

#[test]
fn a_clean_clone_is_head_and_gone_afterwards() {
    let environment = stage(&[("a", "cat given; ls; echo new > made")]).file("given", "committed\n");
    let environment = environment.edit("ci.yaml", "cloneCodebase: false", "cloneCodebase: true");
    for words in ["init -q", "add .", "-c user.name=Ada -c user.email=ada@example.org commit -qm first"] {
        let mut git = std::process::Command::new("git");
        let done = git.args(words.split(' ')).current_dir(environment.workspace()).status().unwrap();
        assert!(done.success(), "{words}");
    }
    let environment = environment.file("given", "changed").file("untracked", "x");
    let args = ["local", "ci.yaml", "--clean-clone", "--events", "e.jsonl"];
    let output = environment.cirun(&args).exits(0);
    assert!(output.stderr.contains("clean clone: 2 changes of the working tree are left out\n"), "{output}");
    assert_eq!(environment.events().output("a"), ["committed", "ci.yaml", "given"]);
    assert!(!environment.workspace().join("made").exists());
    assert!(!environment.record().join("workspace").exists());
}

#[test]
fn a_clean_clone_takes_a_repository() {
    let environment = stage(&[("a", "ls -a")]);
    // A stage that does not clone starts with an empty workspace.
    drop(environment.cirun(&["local", "ci.yaml", "--clean-clone", "--events", "e.jsonl"]).exits(0));
    assert_eq!(environment.events().output("a"), [".", ".."]);
    let environment = environment.edit("ci.yaml", "cloneCodebase: false", "cloneCodebase: true");
    let output = environment.cirun(&["local", "ci.yaml", "--clean-clone"]).exits(2);
    assert!(output.stderr.contains("is in no git working tree"), "{output}");
}

/// If nothing needs a container, cirun emulates the cache plugin as a process, as CI runs it on a VM.
#[test]
fn caches_need_no_engine() {
    let connector = "connector:\n  identifier: s3\n  name: s3\n  type: Aws\n  spec: {credential: {type: ManualConfig, spec: {accessKey: AKIATEST, secretKeyRef: s3_secret}}}\n";
    let store = |id: &str, kind: &str, more: &str| {
        format!(
            "- step:\n    name: {id}\n    identifier: {id}\n    type: {kind}\n    spec: {{connectorRef: s3, region: r, bucket: b, key: k{more}}}\n"
        )
    };
    let stage = Stage::cloud()
        .step(&host_step("make", "mkdir target; echo built > target/out"))
        .step(&store("save", "SaveCacheS3", ", sourcePaths: [/harness/target]"))
        .step(&host_step("lose", "rm -r target"))
        .step(&store("restore", "RestoreCacheS3", ""))
        .step(&host_step("show", "cat target/out"));
    let environment = TestEnvironment::new().file("ci.yaml", stage.pipeline()).file(".harness/stores.yaml", connector);
    let run = ["local", "ci.yaml", "--events", "e.jsonl", "--secret", "s3_secret=x"];
    let output = environment.cirun(&run).exits(0);
    assert_eq!(environment.events().output("show"), ["built"], "{output}");
    assert!(!output.stderr.contains("engine "), "{output}");
}
