//! The output of steps: long lines, bytes, secrets.

use super::{engine, run};
use crate::it::support::{Stage, TestEnvironment, run_step, run_step_with};

#[test]
fn a_line_of_a_megabyte_and_the_last_without_an_end() {
    let command = "head -c 1000000 /dev/zero | tr '\\0' z; echo; printf 'the end'";
    let (_, events) = run(&engine(&Stage::kubernetes().step(&run_step("a", command)).pipeline()), &[], 0);
    let lines = events.output("a");
    let printed: usize = lines.iter().map(|line| line.matches('z').count()).sum();
    assert_eq!(printed, 1_000_000);
    assert_eq!(lines.last(), Some(&"the end"));
}

#[test]
fn both_streams_and_bytes_that_are_no_text() {
    let command = "echo to stdout; echo to stderr >&2; printf 'caf\\303\\251 \\377\\n'";
    let (_, events) = run(&engine(&Stage::kubernetes().step(&run_step("a", command)).pipeline()), &[], 0);
    let of = |stream: &str| events.of("step_output").filter(|event| event["stream"] == stream).count();
    assert_eq!((of("stdout"), of("stderr")), (2, 1));
    assert!(events.output("a").iter().any(|line| line.starts_with("café ")));
}

#[test]
fn secrets_are_masked_wherever_they_go() {
    let command = "echo \"plain $TOKEN\"\nprintf %s \"$TOKEN\" | base64\nexport COPY=$TOKEN\ncat > r.xml <<END\n<testsuite name=\"s\" tests=\"1\" failures=\"1\"><testcase name=\"t\"><failure message=\"$TOKEN\"/></testcase></testsuite>\nEND\necho \"token $TOKEN\" >&2\nexit 1";
    let more = "envVariables:\n  TOKEN: <+secrets.getValue(\"token\")>\noutputVariables:\n  - name: COPY\nreports:\n  type: JUnit\n  spec:\n    paths:\n      - r.xml";
    let environment = engine(&Stage::kubernetes().step(&run_step_with("leak", command, more)).pipeline());
    let secret = "hunter2-and-more-of-it";
    let environment = environment.with("CIRUN_SECRET_TOKEN", secret);
    let (output, events) = run(&environment, &["--junit", "j.xml", "--html", "r.html", "--progress", "json"], 1);
    assert!(events.output("leak").contains(&"plain **************"));
    let record = records(&environment);
    let texts = [
        &output.stdout,
        &output.stderr,
        &environment.read("e.jsonl"),
        &environment.read("j.xml"),
        &environment.read("r.html"),
        &record,
    ];
    for text in texts {
        assert!(!text.contains(secret), "{text}");
        assert!(!text.contains("aHVudGVyMi1hbmQtbW9yZS1vZi1pd"), "{text}");
    }
}

/// The recorded plan and events.
fn records(environment: &TestEnvironment) -> String {
    ["plan.json", "events.jsonl"].map(|name| std::fs::read_to_string(environment.record().join(name)).unwrap()).concat()
}
