//! `cirun explain`.

use insta::assert_snapshot;

use super::support::{Stage, TestEnvironment, pipeline};

#[test]
fn a_variable_with_its_origins() {
    let environment = TestEnvironment::example("shop");
    assert_snapshot!(environment.cirun(&["explain", "pipeline.yaml", "push", "PLUGIN_TAGS"]).exits(0), @r"
    --- stdout
    PLUGIN_TAGS = <+steps.version.output.outputVariables.IMAGE_TAG>,latest
                  rule (ecr.tags) ← pipeline.yaml:137:23
    --- exit status: 0
    ");
    assert_snapshot!(environment.cirun(&["explain", "pipeline.yaml", "push", "PLUGIN_SECRET_KEY"]).exits(0), @r"
    --- stdout
    PLUGIN_SECRET_KEY = ***
                        rule (ecr.keys) ← secret aws_secret_key (secrets.env) ← connector aws, credential.spec.secretKeyRef (.harness/connectors.yaml:21:23) ← pipeline.yaml:132:35
    --- exit status: 0
    ");
    assert_snapshot!(environment.cirun(&["explain", "pipeline.yaml", "cache", "memory"]).exits(0), @r"
    --- stdout
    memory = 128 MiB
             pipeline.yaml:49:33
    --- exit status: 0
    ");
}

#[test]
fn a_whole_step_ends_with_a_docker_run() {
    let output = TestEnvironment::example("shop").cirun(&["explain", "pipeline.yaml", "lint"]).exits(0);
    assert!(output.stdout.starts_with("lint [Run]\n"), "{output}");
    assert!(output.stdout.contains("\ndocker run --rm \\\n"), "{output}");
}

#[test]
fn what_is_not_there() {
    let environment = TestEnvironment::example("shop");
    assert_snapshot!(environment.cirun(&["explain", "pipeline.yaml", "pusch"]).exits(2), @r"
    --- stderr
    error: there is no step `pusch`
     help: did you mean `push`? `cirun list` lists them
    --- exit status: 2
    ");
    assert_snapshot!(environment.cirun(&["explain", "pipeline.yaml", "push", "PLUGIN_TAG"]).exits(2), @r"
    --- stderr
    error: step `push` has no variable or setting `PLUGIN_TAG`
     help: `cirun explain push` lists them
    --- exit status: 2
    ");
}

#[test]
fn an_id_of_several_steps_lists_them() {
    let step = "- step:\n    name: a\n    identifier: a\n    type: Run\n    strategy: {parallelism: 2}\n    spec: {shell: Sh, command: 'true'}\n";
    let stage = Stage::cloud().step(step);
    let environment = TestEnvironment::new().file("ci.yaml", pipeline(&[("one", &stage), ("two", &stage)]));
    let output = environment.cirun(&["explain", "ci.yaml", "a"]).exits(2).says("`a` is 4 steps");
    drop(output.says("name one of them: one.a_0, one.a_1, two.a_0, two.a_1"));
    drop(environment.cirun(&["explain", "ci.yaml", "a_0"]).exits(2).says("one.a_0, two.a_0"));
    let output = environment.cirun(&["explain", "ci.yaml", "two.a_0"]).exits(0);
    assert!(output.stdout.starts_with("a_0 [Run]"), "{output}");
}
