//! What the stages that have ended left, for planning the ones that begin.

use cirun_expressions::{Lookup, Scope, Segment};
use cirun_plan::StageId;
use jiff::Timestamp;

use crate::{history::RunHistory, scope::RunScope};

/// A copy of the run's record, of which only the stages that have ended can be seen.
#[derive(Debug)]
pub(crate) struct SoFar {
    run: RunHistory,
    now: Timestamp,
}

impl SoFar {
    pub(crate) fn of(run: &RunHistory, now: Timestamp) -> Self {
        Self { run: run.clone(), now }
    }

    fn has_ended(&self, id: &StageId) -> bool {
        self.run.stages.get(id).is_some_and(|stage| stage.outcome.is_some())
    }
}

impl Scope for SoFar {
    /// Whatever is not a value of a stage that has ended is still waited for.
    fn lookup(&self, path: &[Segment]) -> Lookup {
        let key = |at: usize| match path.get(at) {
            Some(Segment::Key(key)) => Some(key.as_str()),
            Some(Segment::Index(_)) | None => None,
        };
        let id = match (key(0), key(1), key(2)) {
            (Some("pipeline"), Some("stages"), Some(id)) | (Some("stages"), Some(id), _) | (Some(id), ..) => {
                StageId(id.to_owned())
            }
            _ => return Lookup::Pending,
        };
        if !self.has_ended(&id) {
            return Lookup::Pending;
        }
        RunScope { run: &self.run, stage: &id, step: None, strategy: None, now: self.now }.lookup(path)
    }

    fn secret(&self, _id: &str) -> Lookup {
        Lookup::Missing
    }

    fn now_ms(&self) -> i64 {
        self.now.as_millisecond()
    }
}
