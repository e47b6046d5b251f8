//! Evaluates `when`: whether a node whose turn has come runs (flow.when).

use cirun_expressions::{EvalError, Evaluation};
use cirun_plan::{Condition, StageStatus, When};

use crate::{Outcome, scope::RunScope, status};

/// Why a condition is neither true nor false, which fails the node (flow.condition).
#[derive(Debug, thiserror::Error)]
enum ConditionError {
    #[error("it evaluates to null, which is neither true nor false")]
    Null,
    #[error("it needs a value that no step has produced")]
    Pending,
    #[error(transparent)]
    Evaluation(#[from] EvalError),
}

/// The result of a `when`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Run.
    Take,
    /// Skip, for this reason.
    Skip(String),
    /// Fail, for this reason.
    Fail(String),
}

/// The scope of the status in a `when`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Whole {
    /// `stageStatus`, of a step or step group.
    Stage,
    /// `pipelineStatus`, of a stage.
    Pipeline,
}

/// Decides `when`; `current` is the combined outcome of the scope so far. The condition is evaluated only if the status
/// matches, as in `<+OnStageSuccess> && (condition)`.
pub(crate) fn decide(when: &When, whole: Whole, current: Outcome, scope: &RunScope<'_>) -> Turn {
    let holds = match when.status {
        StageStatus::All => true,
        StageStatus::Success => status::is_success(current),
        StageStatus::Failure => status::is_failure(current),
    };
    if !holds {
        return Turn::Skip(status_reason(when.status, whole, current));
    }
    let Some(condition) = &when.condition else { return Turn::Take };
    let (result, shown) = match &condition.value {
        Condition::Known { holds, source } => (Ok(*holds), source.source().to_owned()),
        Condition::Null { source } => (Err(ConditionError::Null), source.source().to_owned()),
        Condition::Deferred(pieces) => (evaluate(pieces, scope), pieces.shown()),
    };
    match result {
        Ok(true) => Turn::Take,
        Ok(false) => Turn::Skip(format!("its condition is false: `{shown}`")),
        Err(problem) => {
            Turn::Fail(format!("Error in evaluating configured when condition on step: `{shown}`: {problem}"))
        }
    }
}

fn status_reason(asked: StageStatus, whole: Whole, current: Outcome) -> String {
    let (name, key) = match whole {
        Whole::Stage => ("stage", "stageStatus"),
        Whole::Pipeline => ("pipeline", "pipelineStatus"),
    };
    let asked = match asked {
        StageStatus::Success => "Success",
        StageStatus::Failure => "Failure",
        StageStatus::All => "All",
    };
    let is = match current {
        Outcome::Succeeded | Outcome::Skipped | Outcome::Ignored => "has not failed",
        Outcome::Failed => "has failed",
        Outcome::TimedOut => "has a step that timed out",
        Outcome::Aborted => "was aborted",
    };
    format!("the {name} {is}, and `when` asks for {key} {asked}")
}

fn evaluate(pieces: &cirun_plan::DeferredText, scope: &RunScope<'_>) -> Result<bool, ConditionError> {
    match pieces.resolve(scope) {
        Ok(Evaluation::Ready { value, .. }) => value.truth().ok_or(ConditionError::Null),
        Ok(Evaluation::Pending) => Err(ConditionError::Pending),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use cirun_expressions::Template;
    use cirun_plan::{StageId, Traced};
    use insta::assert_snapshot;
    use jiff::Timestamp;

    use super::*;
    use crate::{history::RunHistory, testing::origin};

    fn turn(status: StageStatus, condition: Option<bool>, current: Outcome) -> String {
        let source = Template::parse("a == b").0;
        let condition = condition.map(|holds| Traced::new(Condition::Known { holds, source }, origin()));
        let (run, stage) = (RunHistory::default(), StageId("build".to_owned()));
        let scope = RunScope { run: &run, stage: &stage, step: None, strategy: None, now: Timestamp::UNIX_EPOCH };
        match decide(&When { status, condition }, Whole::Stage, current, &scope) {
            Turn::Take => "take".to_owned(),
            Turn::Skip(reason) => format!("skip: {reason}"),
            Turn::Fail(reason) => format!("fail: {reason}"),
        }
    }

    #[test]
    fn status() {
        use StageStatus::{All, Failure, Success};
        assert_snapshot!(turn(Success, None, Outcome::Succeeded), @"take");
        assert_snapshot!(turn(Success, None, Outcome::Ignored), @"take");
        assert_snapshot!(turn(Success, None, Outcome::Failed), @"skip: the stage has failed, and `when` asks for stageStatus Success");
        assert_snapshot!(turn(Success, None, Outcome::TimedOut), @"skip: the stage has a step that timed out, and `when` asks for stageStatus Success");
        assert_snapshot!(turn(Failure, None, Outcome::Succeeded), @"skip: the stage has not failed, and `when` asks for stageStatus Failure");
        assert_snapshot!(turn(Failure, None, Outcome::TimedOut), @"take");
        assert_snapshot!(turn(Failure, None, Outcome::Aborted), @"skip: the stage was aborted, and `when` asks for stageStatus Failure");
        assert_snapshot!(turn(All, None, Outcome::Aborted), @"take");
    }

    #[test]
    fn condition() {
        assert_snapshot!(turn(StageStatus::Success, Some(true), Outcome::Succeeded), @"take");
        assert_snapshot!(turn(StageStatus::Success, Some(false), Outcome::Succeeded), @"skip: its condition is false: `a == b`");
        assert_snapshot!(turn(StageStatus::Success, Some(false), Outcome::Failed), @"skip: the stage has failed, and `when` asks for stageStatus Success");
    }
}
