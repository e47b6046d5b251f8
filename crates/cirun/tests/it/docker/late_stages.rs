//! What a stage that is planned as it begins may not demand: more than the run was made ready and allowed for.

use super::run;
use crate::it::support::{Stage, TestEnvironment, pipeline};

const OUTPUTS: &str = "pipeline.stages.find.spec.execution.steps.look.output.outputVariables";

/// A stage that finds out `value`, and one that uses it.
fn late(value: &str, step: &str) -> TestEnvironment {
    let look = format!(
        "- step:\n    name: look\n    identifier: look\n    type: Run\n    spec:\n      connectorRef: images\n      \
         image: cirun.local/python:3\n      shell: Sh\n      command: export VALUE={value}\n      \
         outputVariables: [{{name: VALUE}}]\n"
    );
    let stages = [("find", &Stage::kubernetes().step(&look)), ("use", &Stage::kubernetes().step(step))];
    TestEnvironment::pipeline(pipeline(&stages)).with_engine()
}

/// A step with these lines in its `spec`.
fn step(spec: &str) -> String {
    format!(
        "- step:\n    name: act\n    identifier: act\n    type: Run\n    spec:\n      connectorRef: images\n      \
         shell: Sh\n      command: echo acted\n{spec}"
    )
}

#[test]
fn privileges_that_no_one_allowed() {
    let privileged = format!("      image: cirun.local/python:3\n      privileged: <+{OUTPUTS}.VALUE>\n");
    let environment = late("true", &step(&privileged)).untrusted();
    let (output, events) = run(&environment, &[], 1);
    let output =
        output.says("stage `use` asks for more than was allowed before the run: 1 privileged container (`use.act`)");
    drop(output.says("`--trust` allows it"));
    assert!(events.output("act").is_empty());
    let (_, events) = run(&environment, &["--trust"], 0);
    assert_eq!(events.output("act"), ["acted"]);
    // What comes to no privileges asks for nothing.
    let environment = late("false", &step(&privileged)).untrusted();
    assert_eq!(run(&environment, &[], 0).1.output("act"), ["acted"]);
}

#[test]
fn images_of_the_emulated_aws_that_the_run_does_not_lead_there() {
    let registry = "210987654321.dkr.ecr.eu-west-1.amazonaws.com";
    let environment = late(registry, &step("      image: <+matrix.host>/shop:1\n"));
    let strategy = format!("strategy: {{matrix: {{host: '<+{OUTPUTS}.VALUE.split(\",\")>'}}}}");
    let stage = "identifier: use\n        type: CI\n";
    let environment = environment.edit("ci.yaml", stage, &format!("{stage}        {strategy}\n"));
    let (output, events) = run(&environment, &[], 1);
    drop(output.says(&format!("stage `use` needs `{registry}`, which the run was not made ready for")));
    assert!(events.of("image_pull").all(|event| event["image"] != format!("{registry}/shop:1").as_str()));
}

#[test]
fn images_are_not_pulled_offline() {
    let image = format!("      image: <+{OUTPUTS}.VALUE>:1\n");
    let (output, _) = run(&late("cirun.invalid/missing", &step(&image)), &["--offline"], 5);
    drop(output.says("--offline"));
}

#[test]
fn an_image_of_ecr_whose_name_comes_late_is_not_pulled_from_the_real_one() {
    let registry = "210987654321.dkr.ecr.eu-west-1.amazonaws.com";
    let image = format!("      image: <+{OUTPUTS}.VALUE>/shop:1\n");
    let (output, _) = run(&late(registry, &step(&image)), &[], 5);
    drop(output.says("AWS is emulated, so cirun does not ask its real registries"));
}
