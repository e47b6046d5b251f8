//! Background steps on a real engine. docs/background.md lists the test for each rule.

mod bad;
mod connectors;
mod inputs;
mod names;
mod readiness;
mod refused;
mod registry;

use super::{engine, run};
use crate::it::support::{Stage, TestEnvironment, indent, run_step};

/// The profiles, as `--infra` names them.
const EVERYWHERE: [&str; 4] = ["kubernetes", "vm", "cloud", "docker"];
/// The profiles with a bridge network.
const BRIDGES: [&str; 3] = ["vm", "cloud", "docker"];

const BUSYBOX: &str = "cirun.local/busybox:1";
const REDIS: &str = "cirun.local/redis:7";

/// A Background step of an image, with more lines of its `spec`.
fn background(id: &str, image: &str, spec: &str) -> String {
    format!(
        "- step:\n    name: {id}\n    identifier: {id}\n    type: Background\n    spec:\n      connectorRef: account.harnessImage\n      image: {image}\n{}",
        indent(spec, 6)
    )
}

/// A Background step of busybox that runs a script.
pub(super) fn script(id: &str, command: &str) -> String {
    background(id, BUSYBOX, &format!("shell: Sh\ncommand: |-\n{}", indent(command, 2)))
}

/// A web server on port 8080 that serves its id.
pub(super) fn web(id: &str) -> String {
    script(id, &format!("mkdir -p /tmp/www\necho {id} > /tmp/www/id\nexec httpd -f -p 8080 -h /tmp/www"))
}

/// Reads from a web server until it responds.
fn read(id: &str, host: &str) -> String {
    run_step(id, &format!("until wget -q -O - http://{host}:8080/id; do sleep 0.1; done"))
        .replace("type: Run\n", "type: Run\n    timeout: 1m\n")
}

/// A step that runs until the services have printed this number of lines into `seen`.
fn wait_for(lines: usize) -> String {
    run_step("wait", &format!("until test $(cat seen* 2>/dev/null | wc -l) -ge {lines}; do sleep 0.05; done"))
        .replace("type: Run\n", "type: Run\n    timeout: 1m\n")
}

/// A workspace with a pipeline of these steps; `--infra` selects its profile.
fn steps(steps: &[String]) -> TestEnvironment {
    let stage = steps.iter().fold(Stage::vm(), |stage, step| stage.step(step));
    engine(&stage.pipeline())
}
