//! Background steps: reachable by the names that CI gives them.

use super::{engine, run};
use crate::it::support::{Stage, indent, run_step};

/// A web server on port 8080 that serves its id.
fn web(id: &str) -> String {
    let command = format!("mkdir -p /tmp/www\necho {id} > /tmp/www/id\nexec httpd -f -p 8080 -h /tmp/www");
    run_step(id, &command).replace("type: Run", "type: Background")
}

/// Reads from a web server until it answers.
fn read(id: &str, host: &str) -> String {
    run_step(id, &format!("until wget -q -O - http://{host}:8080/id; do sleep 0.1; done"))
        .replace("type: Run\n", "type: Run\n    timeout: 1m\n")
}

#[test]
fn on_a_vm_under_their_ids() {
    let stage = Stage::vm().step(&web("shop")).step(&web("depot")).step(&read("a", "shop")).step(&read("b", "depot"));
    let (_, events) = run(&engine(&stage.pipeline()), &[], 0);
    assert_eq!((events.output("a"), events.output("b")), (vec!["shop"], vec!["depot"]));
}

#[test]
fn on_a_vm_in_a_group_under_both_ids() {
    let group = format!(
        "- stepGroup:\n    name: g\n    identifier: g\n    steps:\n{}{}",
        indent(&web("shop"), 6),
        indent(&read("near", "g_shop"), 6)
    );
    let (_, events) = run(&engine(&Stage::vm().step(&group).pipeline()), &[], 0);
    assert_eq!(events.output("g.near"), ["shop"]);
}

#[test]
fn on_kubernetes_on_localhost() {
    let (_, events) =
        run(&engine(&Stage::kubernetes().step(&web("shop")).step(&read("a", "localhost")).pipeline()), &[], 0);
    assert_eq!(events.output("a"), ["shop"]);
}

#[test]
fn one_that_ends_is_told() {
    let dying = run_step("db", "echo no disk; exit 9").replace("type: Run", "type: Background");
    let wait = run_step("a", "sleep 3");
    let (output, events) = run(&engine(&Stage::kubernetes().step(&dying).step(&wait).pipeline()), &[], 0);
    let exited = events.one("service_exited", "db");
    assert_eq!((&exited["exit_code"], &exited["tail"]), (&9.into(), &serde_json::json!(["no disk"])));
    drop(output.says("no disk"));
}
