//! Parts of a stage: `--step`, `--from`, `--until`.

use super::{engine, run};
use crate::it::support::{Stage, TestEnvironment, below_stage, run_step};

fn three() -> TestEnvironment {
    let stage = ["a", "b", "c"].iter().fold(Stage::kubernetes(), |stage, id| stage.step(&run_step(id, "true")));
    engine(&stage.pipeline())
}

#[test]
fn parts() {
    let environment = three();
    for (args, ran) in [(["--step", "b"], "b"), (["--from", "b"], "b c"), (["--until", "b"], "a b")] {
        let (_, events) = run(&environment, &args, 0);
        let steps: Vec<_> = events.of("step_started").map(below_stage).collect();
        assert_eq!(steps.join(" "), ran, "{args:?}");
    }
}

#[test]
fn a_step_that_does_not_exist() {
    let environment = three();
    drop(environment.cirun(&["local", "ci.yaml", "--step", "d"]).exits(3).says("`d`"));
    assert_eq!(environment.records().len(), 0);
}
