//! RunTests steps: their whole commands, without test selection (run.tests).

use cirun_diagnostics::codes::plan as codes;
use cirun_parser::{Text, model::RunTestsSpec};
use cirun_plan::{Cause, Origin, Text as PlanText, Traced};

use super::{
    Lowered, StepCtx,
    run::{connected_elsewhere, lower_script},
};
use crate::{applicability::run::RUN, scope::given};

/// The program of each build tool; the step's `args` follow it.
const TOOLS: [(&str, &str); 9] = [
    ("Maven", "mvn"),
    ("Gradle", "./gradlew"),
    ("Bazel", "bazel"),
    ("SBT", "sbt"),
    ("Dotnet", "dotnet"),
    ("Nunitconsole", "nunit3-console"),
    ("Pytest", "python3 -m pytest"),
    ("Unittest", "python3 -m unittest"),
    ("Rspec", "bundle exec rspec"),
];

/// Lowers a RunTests step: the pre-command, the tool with its arguments, the post-command.
pub(crate) fn lower(at: &StepCtx<'_>, spec: &RunTestsSpec) -> Lowered {
    let ctx = &at.ctx;
    ctx.notes.report(
        codes::NO_TEST_SELECTION
            .says(format!("`{}` runs all tests: CI may select some", at.place.id))
            .at(at.step.identifier.span, "test intelligence is not available here"),
    );
    let Some(tool) = given(spec.build_tool.as_ref()).and_then(|field| tool(at, field)) else {
        return Lowered::impossible("its build tool is not known");
    };
    let mut command = Traced::new(PlanText::from(tool.value), tool.origin.then(Cause::Mapping { rule: "run.tests" }));
    if let Some(args) = ctx.given_text(spec.args.as_ref()) {
        command = Traced::new(command.value.followed_by(" ").followed_by_text(args.value), args.origin);
    }
    let around = |field: &Option<Text>| ctx.given_text(field.as_ref());
    let parts = [around(&spec.pre_command), Some(command), around(&spec.post_command)];
    let origin: Origin = ctx.written(at.step.span);
    let script = PlanText::join(parts.into_iter().flatten().map(|part| part.value), "\n");
    // The tables of Run also apply to RunTests, except for `command`, which is already set.
    let mut run = spec.run.clone();
    run.command = spec.build_tool.clone();
    at.check_but(RUN.iter(), &run, connected_elsewhere(at, &run));
    lower_script(at, &spec.run, Some(Traced::new(script, origin)))
}

fn tool(at: &StepCtx<'_>, field: &Text) -> Option<Traced<&'static str>> {
    let word = at.ctx.known(field, "`buildTool`")?;
    match TOOLS.iter().find(|(name, _)| *name == word.value) {
        Some((_, program)) => Some(Traced::new(*program, word.origin)),
        None => {
            let names = TOOLS.map(|(name, _)| name).join(", ");
            at.ctx.notes.report(
                codes::UNKNOWN_WORD
                    .says(format!("unknown build tool `{}`", word.value))
                    .at(field.span, "no such build tool")
                    .help(format!("write one of {names}")),
            );
            None
        }
    }
}
