use cirun_expressions::{Evaluation, Lookup, Scope, Segment, Template, Value};
use cirun_plan::{PlannedStage, StageId, StepPath};
use indexmap::IndexMap;
use insta::assert_snapshot;
use jiff::Timestamp;

use super::RunScope;
use crate::{
    Outcome, OutputFiles,
    history::{GroupHistory, RunHistory, StepState},
    outputs,
    testing::{group, looped, plan, stage, step},
};

/// Two stages: the first has ended, the second is at `g.unit`.
fn run() -> RunHistory {
    let plan = plan([
        stage("build", [step("compile")]),
        stage(
            "test",
            [
                step("compile").node(),
                group("g", [step("compile"), step("unit"), step("later")]),
                looped("m", 2, [step("m_0"), step("m_1")]),
            ],
        ),
    ]);
    let mut run = RunHistory::new(&plan);
    let exports = |text: &str| OutputFiles { outputs: Some(text.as_bytes().to_vec()), ..OutputFiles::default() };
    for (stage, path, text) in [
        ("build", "compile", "WHERE=build"),
        ("test", "compile", "WHERE=test\na-b=dashed"),
        ("test", "g.compile", "WHERE=group"),
    ] {
        let steps = &mut run.stages.get_mut(&StageId(stage.to_owned())).expect("the stage is planned").steps;
        let record = steps.get_mut(&StepPath::new(stage, path.split('.'))).expect("the step is planned");
        record.outputs = outputs::read(&exports(text), &[]).expect("the file can be read");
        record.state = StepState::Finished {
            attempts: 3,
            started: Timestamp::UNIX_EPOCH,
            ended: Timestamp::from_second(2).expect("a time"),
            outcome: Outcome::Ignored,
        };
    }
    let build = run.stages.get_mut(&StageId("build".to_owned())).expect("the stage is planned");
    build.outcome = Some(Outcome::Ignored);
    let test = run.stages.get_mut(&StageId("test".to_owned())).expect("the stage is planned");
    test.current.add(Outcome::Failed);
    test.started = Some(Timestamp::from_second(9).expect("a time"));
    let at = |second| Timestamp::from_second(second).expect("a time");
    let group = |name: &str, ended| GroupHistory { name: name.to_owned(), started: at(10), ended };
    test.groups = IndexMap::from([
        (StepPath::new("test", ["g"]), group("Group", None)),
        (StepPath::new("test", ["m"]), group("Matrix", Some((at(12), Outcome::Failed)))),
    ]);
    let image = br#"{"kind":"docker/v1","data":{"registryUrl":"https://r.io","images":[{"image":"shop:1","digest":"sha256:ab"}]}}"#;
    let files = OutputFiles {
        artifact: Some(image.to_vec()),
        secrets: Some(b"KEY=k3y".to_vec()),
        outputs: None,
        refused: None,
    };
    test.steps.get_mut(&StepPath::new("test", ["g", "unit"])).expect("the step is planned").outputs =
        outputs::read(&files, &[]).expect("the files can be read");
    run
}

/// Evaluates at `g.unit` of the stage `test`; secrets are marked.
fn at_unit(template: &str) -> String {
    let (run, stage, step) = (run(), StageId("test".to_owned()), StepPath::new("test", ["g", "unit"]));
    let now = Timestamp::UNIX_EPOCH;
    let scope = RunScope { run: &run, stage: &stage, step: Some(&step), strategy: Some(Outcome::Failed), now };
    match Template::parse(template).0.evaluate(&scope) {
        Ok(Evaluation::Ready { value, secret, unresolved }) => {
            let mark = if secret { " (secret)" } else { "" };
            let missing = if unresolved.is_empty() { String::new() } else { format!(" missing {unresolved:?}") };
            format!("{}{mark}{missing}", value.render())
        }
        Ok(Evaluation::Pending) => "pending".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn outputs_by_every_path() {
    for (path, expected) in [
        ("steps.compile", "group"),
        ("stepGroup.steps.compile", "group"),
        ("execution.steps.compile", "test"),
        ("execution.steps.g.steps.compile", "group"),
        ("steps.g.steps.compile", "group"),
        ("stage.spec.execution.steps.compile", "test"),
        ("stage.spec.execution.steps.g.steps.compile", "group"),
        ("stages.build.spec.execution.steps.compile", "build"),
        ("pipeline.stages.build.spec.execution.steps.compile", "build"),
        ("pipeline.stages.test.spec.execution.steps.g.steps.compile", "group"),
    ] {
        assert_eq!(at_unit(&format!("<+{path}.output.outputVariables.WHERE>")), expected, "{path}");
    }
}

#[test]
fn other_forms_of_outputs() {
    assert_snapshot!(at_unit(r#"<+execution.steps.compile.output.outputVariables["a-b"]>"#), @"dashed");
    assert_snapshot!(at_unit(r#"<+execution.steps.compile.output.outputVariables.get("a-b")>"#), @"dashed");
    assert_snapshot!(at_unit("<+execution.steps.compile.output.outputVariables>"), @r#"{"WHERE":"test","a-b":"dashed"}"#);
    assert_snapshot!(at_unit("x-<+steps.compile.output.outputVariables.WHERE>-y"), @"x-group-y");
}

#[test]
fn secret_outputs_are_secret() {
    assert_snapshot!(at_unit("<+steps.unit.output.outputVariables.KEY>"), @"k3y (secret)");
    assert_snapshot!(at_unit("<+steps.unit.output.outputVariables>"), @r#"{"KEY":"k3y"} (secret)"#);
}

#[test]
fn fields_of_a_step() {
    assert_snapshot!(at_unit("<+steps.compile.status> <+steps.compile.startTs> <+steps.compile.endTs> <+steps.compile.retryCount>"), @"IGNORE_FAILED 0 2000 2");
    assert_snapshot!(at_unit("<+steps.compile.identifier> <+steps.compile.name> <+steps.compile.type>"), @"compile compile Run");
}

#[test]
fn statuses() {
    assert_snapshot!(at_unit("<+stage.currentStatus> <+currentStatus> <+stage.startTs> <+pipeline.currentStatus> <+pipeline.stages.build.status>"), @"FAILED FAILED 9000 IGNORE_FAILED IGNORE_FAILED");
    assert_snapshot!(at_unit("<+OnStageSuccess> <+OnStageFailure> <+OnPipelineSuccess> <+OnPipelineFailure> <+Always> <+OnRollbackModeExecution>"), @"false true true false true false");
    assert_snapshot!(at_unit("<+steps.g.status> <+steps.m.status> <+strategy.node.m.currentStatus> <+strategy.currentStatus>"), @"RUNNING FAILED FAILED FAILED");
}

#[test]
fn statuses_by_their_other_names() {
    assert_snapshot!(at_unit("<+pipeline.status> <+pipeline.liveStatus> <+stage.status> <+stage.liveStatus> <+execution.status> <+stage.endTs>"), @"IGNORE_FAILED IGNORE_FAILED FAILED FAILED FAILED null missing [\"stage.endTs\"]");
    assert_snapshot!(at_unit("<+stepGroup.status> <+stepGroup.name> <+stepGroup.startTs> <+steps.m.endTs> <+execution.steps.m.liveStatus>"), @"RUNNING Group 10000 12000 FAILED");
    assert_snapshot!(at_unit("<+steps.compile.liveStatus> <+strategy.status> <+strategy.liveStatus>"), @"IGNORE_FAILED FAILED FAILED");
}

#[test]
fn loops_of_stages_have_a_status() {
    let instance = |id: &str| PlannedStage { looped: Some(StageId("s".to_owned())), ..stage(id, [step("a")]) };
    let mut run =
        RunHistory::new(&plan([instance("s_0"), instance("s_1"), instance("s_2"), stage("end", [step("a")])]));
    run.stages.get_mut(&StageId("s_1".to_owned())).expect("the stage is planned").outcome = Some(Outcome::Failed);
    let (stage, now) = (StageId("end".to_owned()), Timestamp::UNIX_EPOCH);
    let scope = RunScope { run: &run, stage: &stage, step: None, strategy: None, now };
    for name in ["pipeline.stages.s.status", "strategy.node.s.currentStatus", "pipeline.stages.s_1.status"] {
        let Ok(Evaluation::Ready { value, .. }) = Template::parse(&format!("<+{name}>")).0.evaluate(&scope) else {
            panic!("{name} is decided");
        };
        assert_eq!(value.render(), "FAILED", "{name}");
    }
    // The loop's own instances see it too, and a stage that is in no loop has none.
    let status = |stage: &str, path: &[&str]| {
        let stage = StageId(stage.to_owned());
        let scope = RunScope { run: &run, stage: &stage, step: None, strategy: None, now };
        scope.lookup(&path.iter().map(|key| Segment::Key((*key).to_owned())).collect::<Vec<_>>())
    };
    let failed = Lookup::Found { value: Value::from("FAILED"), secret: false };
    assert_eq!(status("s_2", &["strategy", "currentStatus"]), failed);
    assert_eq!(status("s_2", &["stage", "strategy", "currentStatus"]), failed);
    assert_eq!(status("end", &["strategy", "currentStatus"]), Lookup::Missing);
}

#[test]
fn published_artifacts() {
    let digest = "stepArtifacts.publishedImageArtifacts[0].digest";
    assert_eq!(at_unit(&format!("<+steps.unit.artifact_g_unit.{digest}>")), "sha256:ab");
    assert_eq!(at_unit(&format!("<+artifact_g_unit.{digest}>")), "sha256:ab");
    assert_eq!(
        at_unit(&format!("<+pipeline.stages.test.spec.execution.steps.g.steps.unit.artifact_g_unit.{digest}>")),
        "sha256:ab"
    );
    assert_snapshot!(at_unit("<+artifact_g_unit.stepArtifacts.publishedImageArtifacts[0].url>"), @"r.io/shop:1");
}

#[test]
fn unknown_names() {
    for expression in [
        "steps.nope.status",
        "steps.later.status",
        "steps.compile.output.outputVariables.NOPE",
        "steps.compile.nope",
        "pipeline.stages.nope.status",
        "artifact_compile.stepArtifacts",
        "strategy.node.nope.currentStatus",
        "nope",
    ] {
        let shown = at_unit(&format!("<+{expression}>"));
        assert!(shown.starts_with("null missing"), "{expression}: {shown}");
    }
}

#[test]
fn failed_steps_are_listed() {
    assert_snapshot!(at_unit("<+stage.failedSteps>."), @".");
    let mut run = run();
    let steps = &mut run.stages.get_mut(&StageId("test".to_owned())).expect("the stage is planned").steps;
    for path in ["compile", "g.later"] {
        let at = Timestamp::UNIX_EPOCH;
        let state = StepState::Finished { attempts: 1, started: at, ended: at, outcome: Outcome::Failed };
        steps.get_mut(&StepPath::new("test", path.split('.'))).expect("the step is planned").state = state;
    }
    let (stage, now) = (StageId("test".to_owned()), Timestamp::UNIX_EPOCH);
    let scope = RunScope { run: &run, stage: &stage, step: None, strategy: None, now };
    let path = ["stage", "failedSteps"].map(|key| Segment::Key(key.to_owned()));
    assert_eq!(Scope::lookup(&scope, &path), super::text("[compile, later]"));
}
