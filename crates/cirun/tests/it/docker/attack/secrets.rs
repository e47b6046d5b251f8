//! No secret is printed, recorded or passed on.

use crate::it::{
    docker::{engine, run},
    support::{Stage, assert_nothing_left, docker, run_step_with},
};

const SECRET: &str = "tr0ub4dor&<three>-horse";

/// A step with the secret in its script and in `$TOKEN`.
fn stage(command: &str) -> String {
    let spec = "envVariables:\n  TOKEN: <+secrets.getValue(\"token\")>";
    let command = format!("word='<+secrets.getValue(\"token\")>'\n{command}");
    Stage::kubernetes().step(&run_step_with("leak", &command, spec)).pipeline()
}

#[test]
fn no_label_name_or_argument_of_a_container() {
    let environment = engine(&stage("test \"$word\" = \"$TOKEN\" && echo same")).with("CIRUN_SECRET_token", SECRET);
    drop(environment.cirun(&["local", "ci.yaml", "--events", "e.jsonl", "--keep"]).exits(0));
    let events = environment.events();
    let of_run = format!("label=cirun.run={}", events.run());
    let containers = docker(&["ps", "--all", "--quiet", "--filter", &of_run]);
    let ids: Vec<&str> = containers.lines().collect();
    let format = "{{.Name}} {{.Config.Image}} {{json .Config.Labels}} {{json .Mounts}} {{.Path}} {{json .Args}}";
    let shown = docker(&[&["inspect", "--format", format], &ids[..]].concat());
    let networks = docker(&["network", "ls", "--filter", &of_run, "--format", "{{json .}}"]);
    drop(environment.cirun(&["clean", "--run", events.run()]).exits(0));
    assert_nothing_left(events.run());
    assert_eq!(events.output("leak"), ["same"]);
    assert!(shown.contains("cirun.step"), "{shown}");
    for text in [&shown, &networks] {
        assert!(!text.contains("tr0ub4dor"), "{text}");
    }
}

#[test]
fn a_container_that_prints_it_in_pieces() {
    let command = "start=${TOKEN%dor*}; rest=${TOKEN#\"$start\"}\nprintf '%s\\033[1m%s\\033[0m\\n' \"$start\" \"$rest\"\nprintf '%s\\r%s\\n' \"$start\" \"$rest\"\nprintf %s \"$TOKEN\" | fold -w 9; echo; echo the end";
    let environment = engine(&stage(command)).with("CIRUN_SECRET_token", SECRET);
    let (output, events) = run(&environment, &[], 0);
    let lines = events.output("leak").join("\n");
    assert!(lines.ends_with("the end"), "{lines}");
    for text in [&lines, &output.stderr] {
        for piece in ["tr0ub4", "dor&", "three", "horse"] {
            assert!(!text.contains(piece), "{piece} is in {text}");
        }
    }
}
