//! With emulated AWS no AWS or registry name is resolved outside the run, whatever a pipeline or step does.

use crate::it::{
    docker::engine,
    support::{DnsCapture, Events, Stage, TestEnvironment, assert_nothing_left, indent, run_step, run_step_with},
};

/// AWS names that no plan expects.
const NAMES: [&str; 14] = [
    "sts.amazonaws.com",
    "STS.eu-central-1.amazonaws.com",
    "sts.mars-1.amazonaws.com",
    "api.ecr.ap-south-2.amazonaws.com",
    "ecr-fips.us-gov-west-1.amazonaws.com",
    "210987654321.dkr.ecr.eu-north-1.amazonaws.com",
    "21098765432.dkr.ecr.us-east-1.amazonaws.com",
    "0123-4567-8901.dkr.ecr.null.amazonaws.com",
    "210987654321.dkr.ecr.cn-north-1.amazonaws.com.cn",
    "210987654321.dkr-ecr.us-east-1.on.aws",
    "ec2.us-east-1.api.aws",
    "dynamodb.us-east-1.amazonaws.com",
    "my.bucket.s3.dualstack.eu-west-1.amazonaws.com",
    "x.lambda-url.us-east-1.on.aws",
];

/// Resolves names, connects to port 443 with the step's certificates, and prints whether that is the name server
/// itself.
const CONNECT: &str = r#"
import socket, ssl, sys
gateway = [line.split()[1] for line in open("/etc/resolv.conf") if line.startswith("nameserver")]
for name in sys.argv[1:]:
    address = socket.gethostbyname(name)
    context = ssl.create_default_context()
    with socket.create_connection((name, 443), 20) as plain, context.wrap_socket(plain, server_hostname=name) as tls:
        tls.sendall(f"GET / HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
        status = tls.recv(4096).split()[1].decode()
    print(name, address in gateway, "HTTP", status)
"#;

/// A Run step of Python, which runs a program with arguments.
fn python(id: &str, script: &str, arguments: &[&str]) -> String {
    let command =
        format!("cat > /tmp/script.py <<'END'\n{}\nEND\npython3 /tmp/script.py {}", script.trim(), arguments.join(" "));
    run_step(id, &command).replace("cirun.local/busybox:1", "cirun.local/python:3")
}

/// AWS names, and names of the pipeline's registries, that were resolved outside.
fn of_aws(names: &[String]) -> Vec<&String> {
    let is_aws = |name: &&String| name.contains("amazonaws.com") || name.ends_with(".aws");
    names.iter().filter(is_aws).collect()
}

fn refused(events: &Events) -> Vec<&str> {
    let found = events.of("diagnostic").filter(|event| event["code"] == "aws-not-emulated");
    found.map(|event| event["message"].as_str().unwrap().split('`').nth(1).unwrap()).collect()
}

fn every_name_leads_to_the_gateway(stage: Stage, control: &str) {
    let capture = DnsCapture::start();
    let look = python("look", CONNECT, &NAMES);
    // A check of the capture itself: another name does leave.
    let out = run_step("out", &format!("nslookup {control} || true\nnslookup sts.amazonaws.com.{control} || true"));
    let environment = engine(&stage.step(&look).step(&out).pipeline());
    let output = environment.cirun(&["local", "ci.yaml", "--events", "e.jsonl"]).exits(0);
    let (names, events) = (capture.names(), environment.events());
    assert_nothing_left(events.run());
    for name in NAMES {
        let line = events.output("look").into_iter().find(|line| line.starts_with(&format!("{name} ")));
        let statuses = ["400", "404", "501"].map(|status| format!("{name} True HTTP {status}"));
        assert!(line.is_some_and(|line| statuses.iter().any(|known| known == line)), "{name}: {line:?}\n{output}");
    }
    assert!(names.iter().any(|name| name == control), "{names:?}");
    assert_eq!(of_aws(&names), [] as [&String; 0]);
    let refused = refused(&events);
    assert!(refused.contains(&"dynamodb.us-east-1.amazonaws.com"), "{refused:?}");
    assert!(refused.contains(&"21098765432.dkr.ecr.us-east-1.amazonaws.com"), "{refused:?}");
    assert!(!refused.contains(&"sts.eu-central-1.amazonaws.com"), "{refused:?}");
    let log = std::fs::read_to_string(environment.record().join("emulator/requests.jsonl")).unwrap();
    assert!(log.lines().any(|line| line.contains("dynamodb.us-east-1") && line.contains("NotEmulated")), "{log}");
}

#[test]
fn every_name_of_aws_leads_to_the_gateway_in_a_pod() {
    every_name_leads_to_the_gateway(Stage::kubernetes(), "pod.cirun-control.example");
}

#[test]
fn every_name_of_aws_leads_to_the_gateway_on_a_bridge() {
    every_name_leads_to_the_gateway(Stage::vm(), "bridge.cirun-control.example");
}

/// A push whose names are not those of its fields: nothing is resolved outside.
fn pushes(stage: Stage, plugin: &str, account: &str, extra: &str, dockerfile: &str) -> Option<i64> {
    let push = format!(
        "- step:\n    type: BuildAndPushECR\n    name: push\n    identifier: push\n    spec:\n      connectorRef: aws\n      \
         region: us-east-1\n      account: \"{account}\"\n      imageName: names\n      tags: [v1]\n{}",
        indent(extra, 6)
    );
    let capture = DnsCapture::start();
    let environment =
        TestEnvironment::pipeline(stage.step(&push).pipeline()).file("Dockerfile", dockerfile).with_engine();
    let plugin = format!("{plugin}=cirun.local/{plugin}:1");
    let output = environment.cirun(&[
        "local",
        "ci.yaml",
        "--events",
        "e.jsonl",
        "--create-repository",
        "--secret",
        "aws_secret_key=s",
        "--plugin-image",
        &plugin,
    ]);
    let names = capture.names();
    assert_eq!(of_aws(&names), [] as [&String; 0], "{output}");
    let finished = environment.workspace().join("e.jsonl").exists().then(|| environment.events().end());
    finished.map(|(_, code)| code)
}

const SCRATCH: &str = "FROM scratch\nCOPY Dockerfile /\n";

#[test]
fn an_account_that_is_none_pushes_nowhere() {
    for account in ["21098765432", "0123-4567-8901", "<+pipeline.variables.acount>"] {
        assert_ne!(pushes(Stage::kubernetes(), "kaniko-ecr", account, "", SCRATCH), Some(0), "{account}");
    }
}

#[test]
fn another_region_by_a_variable_of_the_plugin() {
    let region = "envVariables:\n  PLUGIN_REGION: eu-central-1\n";
    pushes(Stage::kubernetes(), "kaniko-ecr", "123456789012", region, SCRATCH);
    pushes(Stage::vm(), "ecr", "123456789012", region, SCRATCH);
}

#[test]
fn a_base_image_of_another_region() {
    let from = "FROM 210987654321.dkr.ecr.ap-south-2.amazonaws.com/base:1\nCOPY Dockerfile /\n";
    assert_eq!(pushes(Stage::kubernetes(), "kaniko-ecr", "123456789012", "", from), Some(1));
}

#[test]
fn the_examples_ask_for_no_name_of_aws_outside() {
    let capture = DnsCapture::start();
    for pipeline in ["pipeline.yaml", "pipeline-vm.yaml"] {
        let version = format!("1.0-names-{}", pipeline.trim_end_matches(".yaml"));
        let shop = TestEnvironment::shop().file("VERSION", version);
        drop(shop.cirun(&["local", pipeline, "--events", "e.jsonl"]).exits(0));
    }
    drop(TestEnvironment::example("hello").with_engine().cirun(&["local", "pipeline.yaml"]).exits(0));
    assert_eq!(of_aws(&capture.names()), [] as [&String; 0]);
}

/// Containers of an engine in a step also use the gateway: that engine copies the step's own name server.
#[test]
fn containers_of_an_inner_engine_ask_the_gateway() {
    let name = "sts.inner-names.us-east-1.amazonaws.com";
    let prepare = run_step(
        "prepare",
        "cp /bin/busybox .\nprintf 'FROM scratch\\nCOPY busybox /bin/busybox\\nENTRYPOINT [\"/bin/busybox\"]\\n' > Dockerfile",
    );
    let command = format!(
        "dockerd > /tmp/dockerd.log 2>&1 &\nuntil docker info > /dev/null 2>&1; do sleep 0.2; done\n\
         DOCKER_BUILDKIT=0 docker build -q -t made .\nfor network in bridge own; do\n  \
         test $network = bridge || docker network create own\n  \
         docker run --rm --network $network made nslookup {name}\n  \
         echo | docker run --rm -i --network $network made nc -w 5 {name} 443 > /dev/null\n  echo connected $network\ndone"
    );
    let build =
        run_step_with("build", &command, "privileged: true\nresources:\n  limits:\n    memory: 2Gi\n    cpu: \"2\"\n")
            .replace("cirun.local/busybox:1", "cirun.local/dind:1")
            .replace("type: Run\n", "type: Run\n    timeout: 2m\n");
    let capture = DnsCapture::start();
    let pipeline = Stage::kubernetes().step(&prepare).step(&build).pipeline();
    let pipeline =
        pipeline.replace("          execution:\n", "          sharedPaths: [/var/lib/docker]\n          execution:\n");
    let environment = engine(&pipeline);
    let output = environment.cirun(&["local", "ci.yaml", "--events", "e.jsonl"]).exits(0);
    let events = environment.events();
    assert_nothing_left(events.run());
    for network in ["bridge", "own"] {
        assert!(events.output("build").contains(&format!("connected {network}").as_str()), "{output}");
    }
    assert_eq!(of_aws(&capture.names()), [] as [&String; 0]);
}

/// What a step finds of cirun's own files, and how it can change them for the next one.
#[test]
fn a_step_cannot_change_what_the_next_one_trusts() {
    let attack = "ls -a /tmp/engine\n\
                  for file in /tmp/engine/*resolv.conf; do ln -sf /etc/shadow \"$file\"; done\n\
                  ln -sf /etc/shadow /tmp/engine/ca-bundle.pem\n\
                  for file in /etc/resolv.conf /etc/cirun/ca-bundle.pem; do\n  \
                  (echo nameserver 192.0.2.99 > $file) 2> /dev/null && echo wrote $file\n  \
                  rm -f $file 2> /dev/null && echo removed $file\ndone\ntrue";
    let look = "cat /etc/resolv.conf; head -1 $SSL_CERT_FILE; nslookup sts.amazonaws.com > /dev/null && echo resolved";
    for stage in [Stage::kubernetes(), Stage::vm()] {
        let pipeline = stage.step(&run_step("attack", attack)).step(&run_step("look", look)).pipeline();
        let environment = engine(&pipeline);
        let output = environment.cirun(&["local", "ci.yaml", "--events", "e.jsonl", "--egress", "none"]).exits(0);
        let events = environment.events();
        assert_nothing_left(events.run());
        let found = events.output("attack").join("\n");
        assert!(!found.contains("resolv.conf") && !found.contains("wrote") && !found.contains("removed"), "{output}");
        let seen = events.output("look");
        assert!(seen[0].starts_with("nameserver ") && !seen[0].contains("192.0.2.99"), "{output}");
        assert!(seen.contains(&"-----BEGIN CERTIFICATE-----") && seen.contains(&"resolved"), "{output}");
    }
}
