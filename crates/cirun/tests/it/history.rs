//! Recorded runs: `runs`, `logs`, `report`, `rerun`. Host steps only, so that no engine is needed.

use insta::assert_snapshot;

use super::support::{Stage, TestEnvironment, indent};

fn step(id: &str, command: &str, more: &str) -> String {
    format!(
        "- step:\n    name: {id}\n    identifier: {id}\n    type: Run\n    spec:\n      shell: Sh\n      command: |-\n{}{}",
        indent(command, 8),
        indent(more, 6)
    )
}

/// `make` exports what `use` needs; `use` fails until the file `good` exists; each run of a step leaves a trace.
fn pipeline() -> String {
    let outputs = "outputVariables:\n  - name: WORD\n";
    Stage::cloud()
        .step(&step("make", "echo made >> trace\nWORD=hello; echo making", outputs))
        .step(&step("use", "echo used >> trace\necho got <+steps.make.output.outputVariables.WORD>\ntest -e good", ""))
        .step(&step("last", "echo last >> trace", ""))
        .pipeline()
}

fn failed_once() -> TestEnvironment {
    let environment = TestEnvironment::new().file("ci.yaml", pipeline());
    drop(environment.cirun(&["local", "ci.yaml"]).exits(1));
    environment
}

#[test]
fn runs_are_listed_the_newest_first() {
    let environment = failed_once().file("good", "");
    drop(environment.cirun(&["local", "ci.yaml"]).exits(0));
    let rows = environment.cirun(&["runs", "--format", "json"]).exits(0).json();
    let shown: Vec<String> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| format!("{} {} {} {}", row["pipeline"], row["outcome"], row["exit_code"], row["stages"]))
        .collect();
    assert_eq!(shown, [r#""it" "succeeded" 0 ["build"]"#, r#""it" "failed" 1 ["build"]"#]);
    assert!(rows[0]["elapsed_ms"].is_u64() && rows[0]["started"].is_string());
    let text = environment.cirun(&["runs"]).exits(0).stdout;
    let words: Vec<Vec<&str>> = text.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!((words[0][1], words[0][4], words[1][4]), ("it", "succeeded", "failed"), "{text}");
    assert_eq!(words[0][0], rows[0]["run"].as_str().unwrap());
}

#[test]
fn no_run_yet() {
    let environment = TestEnvironment::new();
    drop(environment.cirun(&["runs"]).exits(0).says("no run is recorded yet"));
    for command in ["logs", "report", "rerun"] {
        drop(environment.cirun(&[command]).exits(2).says("no run is recorded"));
    }
}

#[test]
fn logs_of_all_steps_of_one_and_of_an_older_run() {
    let environment = failed_once().file("good", "");
    drop(environment.cirun(&["local", "ci.yaml", "--var", "x=1"]).exits(0));
    let newest = environment.cirun(&["logs"]).exits(0);
    assert_eq!(newest.stdout, "make  making\nuse   got hello\n");
    assert_eq!(environment.cirun(&["logs", "use"]).exits(0).stdout, "got hello\n");
    let oldest = environment.records()[0].file_name().unwrap().to_str().unwrap().to_owned();
    assert_eq!(environment.cirun(&["logs", &oldest, "build.make"]).exits(0).stdout, "making\n");
    drop(environment.cirun(&["logs", "missing"]).exits(2).says("has no step `missing`").says("make, use"));
    drop(environment.cirun(&["logs", "9999", "make"]).exits(2).says("no run `9999` is recorded"));
    drop(environment.cirun(&["logs", &oldest[..2]]).exits(2).says("2 runs begin with"));
}

#[test]
fn a_report_of_a_run_that_is_over() {
    let environment = failed_once();
    let output = environment.cirun(&["report", "--html", "r.html", "--junit", "r.xml"]).exits(0);
    assert_snapshot!(output, @"
    --- stdout

    step  status       exit  time  note
    make  ✓ succeeded     0  [ELAPSED]
    use   ✗ failed        1  [ELAPSED]
    last  - skipped                the stage has failed, and `when` asks for stageS…

    ✗ it failed in [ELAPSED]: 1 failed, 1 succeeded, 1 skipped

    ✗ use failed: exit code 1
      last 1 line:
      │ got hello
    --- exit status: 0
    ");
    assert!(environment.read("r.html").to_lowercase().starts_with("<!doctype html>"));
    let junit = environment.read("r.xml");
    assert!(junit.contains(r#"<testcase name="use""#) && junit.contains("<failure"), "{junit}");
    drop(environment.cirun(&["report", "--html", "no/such/r.html"]).exits(2));
}

#[test]
fn a_killed_run_has_a_report_too() {
    let environment = failed_once();
    let events = environment.record().join("events.jsonl");
    let text = std::fs::read_to_string(&events).unwrap();
    let cut: Vec<&str> = text.lines().take(6).collect();
    std::fs::write(&events, cut.join("\n") + "\n{\"type\":\"step_outp").unwrap();
    let output = environment.cirun(&["report"]).exits(0).says("has not finished");
    assert!(output.stdout.contains("make") && !output.stdout.contains("exit code"), "{output}");
    assert!(environment.cirun(&["runs"]).exits(0).stdout.contains("not finished"));
}

#[test]
fn rerun_of_what_failed_with_the_outputs_of_what_did_not() {
    let environment = failed_once().file("good", "");
    let output = environment.cirun(&["rerun", "--failed", "--events", "e.jsonl"]).exits(0);
    let events = environment.events();
    assert_eq!(events.outcomes(), "make succeeded, use succeeded, last succeeded", "{output}");
    assert_eq!(events.output("use"), ["got hello"]);
    assert_eq!(environment.read("trace"), "made\nused\nused\nlast\n");
    assert!(events.of("step_started").all(|event| event["step"] != "build.make"));
    // A run that continues another run can be continued itself.
    drop(environment.cirun(&["rerun", "--from", "use"]).exits(0));
    assert_eq!(environment.read("trace"), "made\nused\nused\nlast\nused\nlast\n");
    drop(environment.cirun(&["rerun", "--failed"]).exits(2).says("every step of run"));
}

#[test]
fn rerun_of_everything_from_elsewhere() {
    let environment = failed_once().file("good", "").file("below/here", "");
    let run = environment.record().file_name().unwrap().to_str().unwrap().to_owned();
    drop(environment.cirun_in("below", &["rerun", &run[..12], "--events", "e.jsonl"]).exits(0));
    assert!(environment.read("below/e.jsonl").contains("run_finished"));
    assert_eq!(environment.read("trace"), "made\nused\nmade\nused\nlast\n");
}

#[test]
fn secrets_of_the_command_line_are_not_recorded() {
    let asks = step("a", "test <+secrets.getValue(\"word\")> = hush-hush", "");
    let environment = TestEnvironment::new().file("ci.yaml", Stage::cloud().step(&asks).pipeline());
    drop(environment.cirun(&["local", "ci.yaml", "--secret", "word=hush-hush"]).exits(0));
    for entry in std::fs::read_dir(environment.record()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            assert!(!std::fs::read_to_string(&path).unwrap().contains("hush-hush"), "{}", path.display());
        }
    }
    drop(environment.cirun(&["rerun", "--secret", "word=hush-hush"]).exits(0));
    drop(environment.cirun(&["rerun"]).exits(3).says("secret `word` was given on the command line"));
}

#[test]
fn secret_outputs_stay_secret_and_the_record_is_the_users_own() {
    use std::os::unix::fs::PermissionsExt;
    let make = step("make", "echo TOKEN=s3cr3t-token >> \"$HARNESS_OUTPUT_SECRET_FILE\"", "");
    let uses = step("use", "test <+steps.make.output.outputVariables.TOKEN> = s3cr3t-token", "");
    let environment = TestEnvironment::new().file("ci.yaml", Stage::cloud().step(&make).step(&uses).pipeline());
    drop(environment.cirun(&["local", "ci.yaml"]).exits(0));
    let record = environment.record();
    assert_eq!(std::fs::metadata(&record).unwrap().permissions().mode() & 0o777, 0o700);
    assert!(!record.join("engine").exists(), "what steps wrote for cirun goes with the run");
    drop(environment.cirun(&["rerun", "--from", "use"]).says("output `TOKEN` of `make` was secret"));
}
