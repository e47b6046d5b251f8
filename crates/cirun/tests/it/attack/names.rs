//! Names: no AWS or registry name leaves the networks of a run.

use serde_json::Value;

use super::super::support::{Stage, TestEnvironment, indent, run_step};

/// A name that AWS or a registry would refuse, and how a pipeline sets it.
struct Case {
    /// The fields of the step that replace valid ones.
    spec: &'static str,
    /// The kind of step.
    kind: &'static str,
    /// The texts in the report: the value, and the rule.
    says: [&'static str; 2],
    /// The text in `ci.yaml` at the place of the report.
    at: &'static str,
}

const ECR: &str = "BuildAndPushECR";
const DOCKER: &str = "BuildAndPushDockerRegistry";

/// Fields of a valid step; a case's own replace them.
const GOOD: [(&str, &str); 5] = [
    ("connectorRef", "aws_delegate"),
    ("region", "us-east-1"),
    ("account", "\"123456789012\""),
    ("imageName", "shop"),
    ("tags", "[\"1\"]"),
];

const fn ecr(spec: &'static str, says: [&'static str; 2], at: &'static str) -> Case {
    Case { spec, kind: ECR, says, at }
}

const ACCOUNT: &str = "an account's id is 12 digits";
const REGION: &str = "`AREA-DIRECTION-NUMBER`";
const REPOSITORY: &str = "2 to 256 lower-case letters";
const TAG: &str = "1 to 128 letters";

const CASES: &[Case] = &[
    ecr("account: \"21098765432\"", ["`21098765432` is not the id of an AWS account", ACCOUNT], "\"21098765432\""),
    ecr("account: 0123-4567-8901", ["`0123-4567-8901` is not the id", ACCOUNT], "0123-4567-8901"),
    ecr(
        "account: <+pipeline.variables.acount>",
        ["`account` evaluates to `null`", "resolves to nothing"],
        "<+pipeline.variables.acount>",
    ),
    ecr(
        "account: <+pipeline.variables.short>",
        ["`account` evaluates to `12345`", ACCOUNT],
        "<+pipeline.variables.short>",
    ),
    ecr("region: mars-1", ["`mars-1` is not a region of AWS", REGION], "mars-1"),
    ecr(
        "imageName: Growth_Links!",
        ["`Growth_Links!` is not the name of an ECR repository", REPOSITORY],
        "Growth_Links!",
    ),
    ecr("imageName: APP", ["`APP` is not the name of an ECR repository", REPOSITORY], "APP"),
    ecr("imageName: a b", ["`a b` is not the name of an ECR repository", REPOSITORY], "a b"),
    ecr(
        "imageName: <+pipeline.variables.nme>",
        ["`imageName` evaluates to `null`", "resolves to nothing"],
        "<+pipeline.variables.nme>",
    ),
    ecr("tags: ['']", ["no tag", "`latest`"], "["),
    ecr("tags: ['1', '']", ["`` is not a tag", TAG], "''"),
    ecr("tags: ['bad tag']", ["`bad tag` is not a tag", TAG], "'bad tag'"),
    ecr(
        "tags: [<+pipeline.variables.tga>]",
        ["`tags` evaluates to `null`", "resolves to nothing"],
        "<+pipeline.variables.tga>",
    ),
    // Overrides by `envVariables`, literal and by expression: the plugin reads the final variables of the step.
    ecr("envVariables: {PLUGIN_REGION: mars-1}", ["`PLUGIN_REGION` has `mars-1`", REGION], "mars-1"),
    ecr(
        "envVariables: {PLUGIN_REGISTRY: 21098765432.dkr.ecr.us-east-1.amazonaws.com}",
        ["`PLUGIN_REGISTRY` has `21098765432`", ACCOUNT],
        "21098765432.dkr.ecr.us-east-1.amazonaws.com",
    ),
    ecr(
        "envVariables: {PLUGIN_REPO: <+pipeline.variables.nme>}",
        ["`PLUGIN_REPO` evaluates to `null`", "resolves to nothing"],
        "<+pipeline.variables.nme>",
    ),
    ecr("envVariables: {PLUGIN_REPO: APP}", ["`PLUGIN_REPO` has `APP`", REPOSITORY], "APP"),
    ecr("envVariables: {PLUGIN_TAGS: 'bad tag'}", ["`PLUGIN_TAGS` has `bad tag`", TAG], "'bad tag'"),
    ecr("envVariables: {PLUGIN_TAGS: ''}", ["no tag", "`latest`"], ""),
    Case {
        kind: DOCKER,
        spec: "connectorRef: images\nrepo: team/shop\ntags: ['bad tag']",
        says: ["`bad tag` is not a tag", TAG],
        at: "'bad tag'",
    },
    Case {
        kind: DOCKER,
        spec: "connectorRef: images\nrepo: 21098765432.dkr.ecr.us-east-1.amazonaws.com/shop",
        says: ["`21098765432` is not the id of an AWS account", ACCOUNT],
        at: "21098765432.dkr.ecr.us-east-1.amazonaws.com/shop",
    },
];

/// A pipeline with one step, that of the case.
fn pipeline(stage: Stage, case: &Case) -> String {
    let key = |line: &str| line.split_once(':').map(|(key, _)| key.to_owned());
    let own: Vec<String> = case.spec.lines().filter_map(key).collect();
    let fields = GOOD.iter().filter(|(name, _)| case.kind == ECR || ["tags"].contains(name));
    let kept = fields.filter(|(name, _)| !own.iter().any(|own| own == name));
    let mut spec: String = kept.map(|(name, value)| format!("{name}: {value}\n")).collect();
    spec.push_str(case.spec);
    let step = format!(
        "- step:\n    name: push\n    identifier: push\n    type: {}\n    spec:\n{}",
        case.kind,
        indent(&spec, 6)
    );
    stage.variable("short", "\"12345\"").step(&step).pipeline()
}

fn on_every_infrastructure(case: &Case) -> [(&'static str, String); 4] {
    let with = |infra, stage: Stage| (infra, pipeline(stage, case));
    [
        with("kubernetes", Stage::kubernetes()),
        with("vm", Stage::vm()),
        with("cloud", Stage::cloud()),
        with("docker", Stage::kubernetes()),
    ]
}

#[test]
fn what_aws_or_a_registry_would_refuse_is_an_error_before_anything_starts() {
    for case in CASES {
        for (infra, text) in on_every_infrastructure(case) {
            let environment = TestEnvironment::pipeline(&text);
            let output = environment.cirun(&["check", "ci.yaml", "--infra", infra, "--format", "json"]).exits(3);
            let found = output.stdout.lines().filter_map(|line| {
                let finding: Value = serde_json::from_str(line).unwrap();
                (finding["code"] == "invalid-name").then_some(finding)
            });
            let found: Vec<Value> = found.collect();
            let is_it = |finding: &Value| {
                let words = format!("{} {}", finding["message"], finding["labels"][0]["text"]);
                case.says.iter().all(|wanted| words.contains(wanted)) && at(&text, finding).starts_with(case.at)
            };
            assert!(found.iter().any(is_it), "{} on {infra}: {found:#?}", case.spec);
            let output = environment.cirun(&["local", "ci.yaml", "--infra", infra]).exits(3).says("invalid-name");
            assert!(environment.records().is_empty(), "{}: nothing was started\n{output}", case.spec);
        }
    }
}

/// The text at the place of a diagnostic.
fn at<'t>(text: &'t str, finding: &Value) -> &'t str {
    let label = &finding["labels"][0];
    assert_eq!(label["file"], "ci.yaml");
    let number = |name: &str| usize::try_from(label[name].as_u64().unwrap()).unwrap();
    &text.lines().nth(number("line") - 1).unwrap()[number("column") - 1..]
}

/// The next action would be a call of the engine: all checks before it have passed.
const NO_ENGINE: i32 = 4;

/// Hosts that look local but are not, as the registry of an ECR step and of a Docker step.
#[test]
fn a_host_that_only_looks_local_is_not_passed_by() {
    for host in ["127.evil.example", "registry.localhost", "host:443", "intranet", "ghcr.io", "reg.localhost:5000"] {
        let steps = [
            format!(
                "- step:\n    name: push\n    identifier: push\n    type: BuildAndPushECR\n    spec:\n      connectorRef: aws_delegate\n      region: us-east-1\n      account: \"123456789012\"\n      imageName: shop\n      tags: [a]\n      envVariables: {{PLUGIN_REGISTRY: \"{host}\"}}\n"
            ),
            format!(
                "- step:\n    name: push\n    identifier: push\n    type: BuildAndPushDockerRegistry\n    spec:\n      connectorRef: images\n      repo: {host}/shop\n      tags: [a]\n"
            ),
        ];
        for step in steps.iter().filter(|step| !(host == "intranet" && step.contains("DockerRegistry"))) {
            let environment = TestEnvironment::pipeline(Stage::kubernetes().step(step).pipeline());
            // The image stays here: the run continues to the engine.
            drop(environment.cirun(&["local", "ci.yaml"]).exits(NO_ENGINE).says("engine"));
            // A real push needs permission, whatever the host looks like.
            let refused = environment.cirun(&["local", "ci.yaml", "--push", "real", "--aws", "off"]).exits(2);
            assert!(refused.stderr.contains("would push to"), "{host}: {refused}");
            let listed = environment.cirun(&["plan", "ci.yaml", "--format", "json"]).exits(0);
            assert!(listed.stdout.contains(host), "{host}: {listed}");
        }
    }
}

/// Addresses in notations that only some libraries parse.
#[test]
fn an_address_that_cannot_be_answered_for_is_refused() {
    for host in ["10.0.0.7:5000", "127.1:5000", "0x7f000001:5000", "169.254.169.254:80"] {
        let step = format!(
            "- step:\n    name: push\n    identifier: push\n    type: BuildAndPushDockerRegistry\n    spec:\n      connectorRef: images\n      repo: {host}/shop\n      tags: [a]\n"
        );
        let environment = TestEnvironment::pipeline(Stage::kubernetes().step(&step).pipeline());
        let output = environment.cirun(&["local", "ci.yaml"]).exits(2);
        assert!(output.stderr.contains("which is no name"), "{host}: {output}");
    }
}

/// A name that only a running step decides is checked before the container of the step that uses it starts.
#[test]
fn a_name_decided_late_lets_the_run_begin() {
    let decide = run_step("meta", "true");
    let step = "- step:\n    name: push\n    identifier: push\n    type: BuildAndPushECR\n    spec:\n      connectorRef: aws_delegate\n      region: us-east-1\n      account: <+steps.meta.output.outputVariables.account>\n      imageName: shop\n      tags: [a]\n";
    let environment = TestEnvironment::pipeline(Stage::kubernetes().step(&decide).step(step).pipeline());
    drop(environment.cirun(&["check", "ci.yaml"]).exits(0).says("0 errors"));
    drop(environment.cirun(&["local", "ci.yaml"]).exits(NO_ENGINE).says("engine"));
}
