use cirun_plan::{Must, PlannedStep, Profile, StageId, StepPath, Text};
use insta::assert_snapshot;
use jiff::Timestamp;

use super::resolve;
use crate::{
    OutputFiles, ReadyAction,
    history::RunHistory,
    outputs,
    scope::RunScope,
    testing::{deferred, plan, stage, step},
};

/// Resolves `planned` after a step `first` that has exported `V=1`, `EMPTY=` and a secret `KEY=k3y`.
fn resolved(planned: &PlannedStep, profile: Profile) -> String {
    let stage_id = StageId("build".to_owned());
    let mut run = RunHistory::new(&plan([stage("build", [step("first")])]));
    let files = OutputFiles {
        outputs: Some(b"V=1\nEMPTY=".to_vec()),
        secrets: Some(b"KEY=k3y".to_vec()),
        artifact: None,
        refused: None,
    };
    let steps = &mut run.stages.get_mut(&stage_id).expect("the stage is planned").steps;
    steps.get_mut(&StepPath::new("build", ["first"])).expect("the step is planned").outputs =
        outputs::read(&files, &[]).expect("the files can be read");
    let now = Timestamp::UNIX_EPOCH;
    let scope = RunScope { run: &run, stage: &stage_id, step: Some(&planned.path), strategy: None, now };
    match resolve(planned, profile, &scope) {
        Ok(None) => "nothing".to_owned(),
        Ok(Some(resolved)) => {
            let action = match &resolved.step.action {
                ReadyAction::Container(container) => format!("{} env {:?}", container.image, container.env),
                ReadyAction::Host(host) => format!("{:?} env {:?}", host.argv, host.env),
            };
            let secrets: Vec<_> = resolved.secrets.iter().map(cirun_plan::Secret::expose).collect();
            format!(
                "{action} reports {:?} unresolved {:?} secrets {secrets:?}",
                resolved.step.reports, resolved.unresolved
            )
        }
        Err(problem) => format!("error: {problem}"),
    }
}

fn output(name: &str) -> Text {
    deferred(&format!("<+steps.first.output.outputVariables.{name}>"))
}

#[test]
fn texts_become_final() {
    let step =
        step("a").image(deferred("shop:<+steps.first.output.outputVariables.V>")).env("V", output("V")).report("*.xml");
    assert_snapshot!(resolved(&step.planned(), Profile::Docker), @r#"shop:1 env {"V": "1"} reports ["*.xml"] unresolved [] secrets []"#);
}

#[test]
fn empty_variables_are_dropped_where_ci_drops_them() {
    let step = step("a").env("E", output("EMPTY")).env("KNOWN", Text::from("")).planned();
    assert_snapshot!(resolved(&step, Profile::Vm), @r#"busybox env {"KNOWN": ""} reports [] unresolved [] secrets []"#);
    assert_snapshot!(resolved(&step, Profile::Kubernetes), @r#"busybox env {"E": "", "KNOWN": ""} reports [] unresolved [] secrets []"#);
}

#[test]
fn a_value_made_of_a_secret_is_a_secret() {
    let step = step("a").env("T", deferred("<+steps.first.output.outputVariables.KEY.toUpperCase()>"));
    let step = step.env("FILE", deferred("line\n<+steps.first.output.outputVariables.KEY>\n}"));
    assert_snapshot!(resolved(&step.planned(), Profile::Docker), @r#"busybox env {"T": "K3Y", "FILE": "line\nk3y\n}"} reports [] unresolved [] secrets ["K3Y"]"#);
}

#[test]
fn unknown_names_are_null() {
    let step = step("a").env("X", deferred("v<+steps.nope.status>"));
    assert_snapshot!(resolved(&step.planned(), Profile::Docker), @r#"busybox env {"X": "vnull"} reports [] unresolved ["steps.nope.status"] secrets []"#);
}

#[test]
fn processes() {
    let step = step("a").host(vec![Text::from("sh"), Text::from("-c"), output("V")]).env("V", output("V"));
    assert_snapshot!(resolved(&step.planned(), Profile::Vm), @r#"["sh", "-c", "1"] env {"V": "1"} reports [] unresolved [] secrets []"#);
}

#[test]
fn what_cannot_be_evaluated() {
    let step = step("a").env("X", deferred("<+steps.first.output.outputVariables.V * 9223372036854775807 * 2>"));
    assert_snapshot!(resolved(&step.planned(), Profile::Docker), @"error: variable `X`: `<+steps.first.output.outputVariables.V * 9223372036854775807 * 2>` cannot be evaluated: the number does not fit 64 bits");
}

#[test]
fn waiting_needs_no_text() {
    assert_snapshot!(resolved(&step("a").wait(1).planned(), Profile::Docker), @"nothing");
}

#[test]
fn a_variable_that_names_what_cannot_be_is_an_error() {
    let with = |text: Text| step("a").env("TAGS", text).rule("TAGS", Must::Tags).planned();
    let tags = |template: &str| resolved(&with(deferred(template)), Profile::Kubernetes);
    assert_snapshot!(tags("v<+steps.first.output.outputVariables.V>,latest"), @r#"busybox env {"TAGS": "v1,latest"} reports [] unresolved [] secrets []"#);
    for (template, why) in [
        ("bad tag <+steps.first.output.outputVariables.V>", "`bad tag 1` is not a tag: a tag has 1 to 128"),
        ("<+steps.first.output.outputVariables.NONE>", "`null` is not a name"),
        ("<+steps.first.output.outputVariables.EMPTY>", "there is no tag"),
        ("-<+steps.first.output.outputVariables.KEY>", "`***` is not a tag"),
    ] {
        let found = tags(template);
        assert!(found.starts_with(&format!("error: variable `TAGS`: {why}")), "{template}: {found}");
    }
    // Not set, because CI drops empty values: the plugin would use its default.
    let found = resolved(&with(output("EMPTY")), Profile::Vm);
    assert!(found.starts_with("error: variable `TAGS`: there is no tag"), "{found}");
}
