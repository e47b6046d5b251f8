//! Host steps and containers in one stage (docs/host-steps.md): how they reach each other, and how both end.

use std::path::Path;

use rustix::process::{Pid, Signal, test_kill_process};

use super::{
    engine, run,
    services::{script, web},
};
use crate::it::support::{Running, Stage, TestEnvironment, assert_nothing_left, free_port, indent, run_step, until};

/// A Run step without an image.
fn host_step(id: &str, command: &str, more: &str) -> String {
    format!(
        "- step:\n    name: {id}\n    identifier: {id}\n    type: Run\n    spec:\n      shell: Bash\n      command: |-\n{}{}",
        indent(command, 8),
        indent(more, 6)
    )
}

fn stage(steps: &[String]) -> TestEnvironment {
    engine(&steps.iter().fold(Stage::vm(), |stage, step| stage.step(step)).pipeline())
}

#[test]
fn files_go_both_ways() {
    let environment = stage(&[
        host_step("host", "mkdir -p dir; echo from the host > dir/host; chmod 777 dir", ""),
        run_step("inside", "cat dir/host; echo from a container > dir/inside"),
        host_step("again", "cat dir/inside; test \"$PWD\" = \"$HARNESS_WORKSPACE\"", ""),
    ]);
    for infra in ["vm", "cloud"] {
        let (_, events) = run(&environment, &["--infra", infra], 0);
        assert_eq!(events.output("inside"), ["from the host"], "{infra}");
        assert_eq!(events.output("again"), ["from a container"], "{infra}");
    }
}

#[test]
fn output_variables_go_both_ways() {
    let declared = "outputVariables:\n  - name: WORD";
    let takes = |step: &str, from: &str| step.replace("GOT", &format!("<+steps.{from}.output.outputVariables.WORD>"));
    let environment = stage(&[
        host_step("host", "WORD='of the host'", declared),
        takes(&run_step("inside", "echo \"got GOT\"\nexport WORD='of a container'"), "host") + &indent(declared, 6),
        takes(&host_step("again", "echo \"got GOT\"", ""), "inside"),
    ]);
    let (_, events) = run(&environment, &[], 0);
    assert_eq!(events.output("inside"), ["got of the host"]);
    assert_eq!(events.output("again"), ["got of a container"]);
}

/// The host step uses the host's port, the container the service's name; and a container uses a process on the host.
#[test]
fn services_of_both_kinds() {
    let port = free_port();
    let bound = format!("      portBindings:\n        \"{port}\": \"8080\"\n      shell: Sh");
    let ask = format!("exec 3<>/dev/tcp/localhost/{port}; printf 'GET /id HTTP/1.0\\r\\n\\r\\n' >&3; tail -n 1 <&3");
    let beside =
        host_step("beside", "echo $$ > beside.pid; exec sleep 1000", "").replace("type: Run", "type: Background");
    let environment = stage(&[
        web("shop").replace("      shell: Sh", &bound),
        beside,
        host_step("host", &ask, ""),
        run_step("inside", "wget -q -O - http://shop:8080/id"),
    ]);
    let (_, events) = run(&environment, &[], 0);
    assert_eq!((events.output("host"), events.output("inside")), (vec!["shop"], vec!["shop"]));
    assert_eq!(events.of("service_started").count(), 2);
    assert!(!lives(&environment.workspace().join("beside.pid")), "it ends with the stage");
}

/// As without an engine: not even a network.
#[test]
fn the_example_needs_no_engine_and_no_network() {
    let environment = TestEnvironment::example("hello");
    drop(environment.cirun_without_network(&["local", "pipeline.yaml", "--events", "e.jsonl"]).exits(0));
    assert_eq!(environment.events().outcomes(), "name succeeded, greet succeeded");
}

/// A stage during a host step, next to a container; the step has a daemon in a session of its own.
fn with_a_daemon() -> (TestEnvironment, Running) {
    let daemon = "setsid sh -c 'echo $$ > daemon.pid; exec sleep 1000' &\n\
                  until test -s daemon.pid; do sleep 0.05; done\necho begun\nexec sleep 1000";
    let environment = stage(&[script("db", "exec sleep 1000"), host_step("long", daemon, "")]);
    let running = environment.start(&["local", "ci.yaml", "--events", "e.jsonl"]);
    until("the step prints", || {
        let events = std::fs::read_to_string(environment.workspace().join("e.jsonl")).unwrap_or_default();
        events.contains("\"begun\"")
    });
    assert!(lives(&environment.workspace().join("daemon.pid")));
    (environment, running)
}

#[test]
fn an_interrupt_ends_daemons_too() {
    let (environment, running) = with_a_daemon();
    running.signal(Signal::INT);
    let output = running.wait().exits(130);
    let events = environment.events();
    assert_eq!(events.one("step_finished", "long")["outcome"], "aborted", "{output}");
    assert_nothing_left(events.run());
    until("the daemon ends", || !lives(&environment.workspace().join("daemon.pid")));
}

/// The processes end at once; the next run removes the containers.
#[test]
fn a_killed_cirun_takes_its_processes_along() {
    let (environment, running) = with_a_daemon();
    let killed = environment.events().run().to_owned();
    running.signal(Signal::KILL);
    drop(running.wait());
    until("the daemon ends", || !lives(&environment.workspace().join("daemon.pid")));
    drop(run(&stage(&[run_step("a", "true")]), &[], 0));
    assert_nothing_left(&killed);
}

/// Whether the process with the id in the file is still alive.
fn lives(file: &Path) -> bool {
    let text = std::fs::read_to_string(file).unwrap();
    let pid = Pid::from_raw(text.trim().parse().unwrap()).unwrap();
    test_kill_process(pid).is_ok()
}

/// On Cloud a service without port bindings is not on the machine (network.host-port).
#[test]
fn a_service_without_port_bindings_is_named_before_and_after() {
    let ask = host_step("ask", "exec 3<>/dev/tcp/localhost/8080", "");
    let environment = engine(&Stage::cloud().step(&web("shop")).step(&ask).pipeline());
    let advice = "give `shop` `portBindings: {\"8080\": \"8080\"}`";
    let check = environment.cirun(&["check", "ci.yaml"]).exits(0);
    assert!(check.words().contains(advice), "{check}");
    let (output, events) = run(&environment, &["--progress", "plain"], 1);
    assert_eq!(events.outcomes(), "ask failed 1");
    assert_eq!(output.words().matches(advice).count(), 2, "before the run and after it: {output}");
}
