//! A closed network: steps reach only the stage's own names and the gateway, and other requests are reported.

use crate::it::support::{Stage, TestEnvironment, assert_nothing_left, indent, run_step};

/// Resolves a name outside, and the gateway.
const SCRIPT: &str = r#"
import socket
def outcome(work):
    try:
        work()
        return "there"
    except OSError as error:
        return type(error).__name__
print("name", outcome(lambda: socket.getaddrinfo("pypi.org", 443)))
print("gateway", outcome(lambda: socket.create_connection(("sts.us-east-1.amazonaws.com", 443), 5)))
"#;

fn pipeline(stage: Stage) -> String {
    let look = "- step:\n    name: look\n    identifier: look\n    type: Run\n    spec:\n      connectorRef: images\n      \
                image: cirun.local/python:3\n      shell: Python\n      command: |-\n";
    let push = "- step:\n    type: BuildAndPushECR\n    name: push\n    identifier: push\n    spec:\n      connectorRef: aws\n      \
                region: us-east-1\n      account: \"123456789012\"\n      imageName: egress\n      tags: [v1]\n";
    stage.step(&format!("{look}{}", indent(SCRIPT.trim(), 8))).step(push).pipeline()
}

fn closed(stage: Stage, plugin: &str) {
    let environment = TestEnvironment::pipeline(pipeline(stage))
        .file("Dockerfile", "FROM scratch\nCOPY Dockerfile /\n")
        .with_engine();
    let plugin = format!("{plugin}=cirun.local/{plugin}:1");
    let args = [
        "local",
        "ci.yaml",
        "--events",
        "e.jsonl",
        "--egress",
        "none",
        "--create-repository",
        "--secret",
        "aws_secret_key=s",
        "--plugin-image",
        &plugin,
    ];
    let output = environment.cirun(&args).exits(0);
    let events = environment.events();
    assert_nothing_left(events.run());
    assert_eq!(events.output("look"), ["name gaierror", "gateway there"], "{output}");
    assert!(output.stderr.contains("names outside the stage (1), refused by `--egress`:\n  pypi.org"), "{output}");
    assert!(output.stderr.contains("docker pull "), "the push goes to the gateway: {output}");
}

#[test]
fn in_a_pod() {
    closed(Stage::kubernetes(), "kaniko-ecr");
}

#[test]
fn on_a_bridge() {
    closed(Stage::vm(), "ecr");
}

#[test]
fn a_stage_without_aws_is_closed_too() {
    let look = run_step("look", "nslookup pypi.org || echo refused");
    let environment = TestEnvironment::pipeline(Stage::vm().step(&look).pipeline()).with_engine();
    let output =
        environment.cirun(&["local", "ci.yaml", "--events", "e.jsonl", "--egress", "none", "--aws", "off"]).exits(0);
    assert_nothing_left(environment.events().run());
    assert!(environment.events().output("look").contains(&"refused"), "{output}");
    assert!(output.stderr.contains("  pypi.org"), "{output}");
}

/// Captures the pod's interface until the push is done: the resolved names, and packets to or from an address outside
/// the stage's network.
const CAPTURE: &str = r#"
import ipaddress, os, socket, struct, time
tap = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.ntohs(0x0003))
tap.settimeout(0.2)
own = socket.gethostbyname(socket.gethostname())
near = ipaddress.ip_network(own + "/16", strict=False)
open("/harness/listening", "w").close()
names, far, seen, end = set(), set(), 0, time.time() + 60
while time.time() < end and not os.path.exists("/harness/done"):
    try:
        packet, where = tap.recvfrom(65535)
    except TimeoutError:
        continue
    if where[0] == "lo" or where[1] != 0x0800:
        continue
    seen += 1
    size = (packet[0] & 15) * 4
    ends = [ipaddress.ip_address(packet[12:16]), ipaddress.ip_address(packet[16:20])]
    far.update(str(end) for end in ends if end not in near)
    if packet[9] == 17 and struct.unpack("!H", packet[size + 2 : size + 4])[0] == 53:
        rest, labels = packet[size + 20 :], []
        while rest[0]:
            labels.append(rest[1 : rest[0] + 1].decode())
            rest = rest[rest[0] + 1 :]
        names.add(".".join(labels).lower())
print("seen", seen > 0)
print("far", sorted(far))
print("names", *sorted(names))
"#;

#[test]
fn a_push_asks_for_the_names_of_aws_alone() {
    let step = |id: &str, image: &str, shell: &str, command: &str| {
        format!(
            "- step:\n    name: {id}\n    identifier: {id}\n    type: Run\n    spec:\n      connectorRef: images\n      \
             image: cirun.local/{image}\n      shell: {shell}\n      command: |-\n{}",
            indent(command.trim(), 8)
        )
    };
    let push = "- step:\n    type: BuildAndPushECR\n    name: push\n    identifier: push\n    spec:\n      connectorRef: aws_oidc\n      \
                region: us-east-1\n      account: \"123456789012\"\n      imageName: egress\n      tags: [v1]\n";
    let wait = step("wait", "busybox:1", "Sh", "until test -e /harness/listening; do sleep 0.1; done");
    let done = step("done", "busybox:1", "Sh", "sleep 0.5; touch /harness/done");
    let group = format!(
        "- stepGroup:\n    name: pushing\n    identifier: pushing\n    steps:\n{}",
        indent(&[wait, push.to_owned(), done].concat(), 6)
    );
    let parallel =
        format!("- parallel:\n{}", indent(&[step("capture", "python:3", "Python", CAPTURE), group].concat(), 4));
    let environment = TestEnvironment::pipeline(Stage::kubernetes().step(&parallel).pipeline())
        .file("Dockerfile", "FROM scratch\nCOPY Dockerfile /\n")
        .with_engine();
    let args = [
        "local",
        "ci.yaml",
        "--events",
        "e.jsonl",
        "--egress",
        "none",
        "--create-repository",
        "--plugin-image",
        "kaniko-ecr=cirun.local/kaniko-ecr:1",
    ];
    let output = environment.cirun(&args).exits(0);
    let events = environment.events();
    assert_nothing_left(events.run());
    assert_eq!(
        events.output("capture"),
        [
            "seen True",
            "far []",
            "names 123456789012.dkr.ecr.us-east-1.amazonaws.com api.ecr.us-east-1.amazonaws.com sts.amazonaws.com"
        ],
        "{output}"
    );
    assert!(!output.stderr.contains("refused by"), "{output}");
}
