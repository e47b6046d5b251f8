//! What a stage takes from the stages before it, and decides when it begins.

use std::collections::BTreeSet;

use cirun_expressions::Segment;

/// The names of a loop around a stage.
const OF_LOOP: [&str; 3] = ["matrix", "repeat", "strategy"];

/// The stages before the one that is being planned, and what that one cannot decide without them.
#[derive(Debug, Default)]
pub(crate) struct EarlierStages {
    /// The stages of the plan that end before this one begins.
    ended: BTreeSet<String>,
    /// The stages that were planned, and that may be parallel to this one.
    beside: BTreeSet<String>,
    /// Whether the loop around the stage waits for them.
    loop_waits: bool,
    undecided: Vec<String>,
}

impl EarlierStages {
    /// A stage of the plan comes before whatever is beside it no more.
    pub(crate) fn planned(&mut self, stage: &str) {
        self.beside.insert(stage.to_owned());
    }

    /// The stages so far end before what comes now begins.
    pub(crate) fn end(&mut self) {
        self.ended.append(&mut self.beside);
    }

    /// What is planned now is within a loop that waits, or no more.
    pub(crate) fn in_waiting_loop(&mut self, waits: bool) {
        self.loop_waits = waits;
    }

    /// Something is decided when the stage begins.
    pub(crate) fn undecided(&mut self, what: &str) {
        if !self.undecided.iter().any(|known| known == what) {
            self.undecided.push(what.to_owned());
        }
    }

    /// What the stage could not decide.
    pub(crate) fn take_undecided(&mut self) -> Vec<String> {
        std::mem::take(&mut self.undecided)
    }

    /// Whether the value at `path` is there when the stage begins.
    pub(crate) fn gives(&self, path: &[Segment]) -> bool {
        let mut keys = path.iter().map_while(|segment| match segment {
            Segment::Key(key) => Some(key.as_str()),
            Segment::Index(_) => None,
        });
        match (keys.next(), keys.next(), keys.next()) {
            (Some("pipeline"), Some("stages"), Some(id)) | (Some("stages"), Some(id), _) => self.is_ended(id),
            (Some(first), Some("spec"), _) if self.is_ended(first) => true,
            (Some("stage"), Some(name), _) | (Some(name), _, _) => self.loop_waits && OF_LOOP.contains(&name),
            (None, ..) => false,
        }
    }

    /// Whether this is such a stage, or may be an instance of one.
    fn is_ended(&self, id: &str) -> bool {
        self.ended.contains(id) || id.rmatch_indices('_').any(|(at, _)| self.ended.contains(&id[..at]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_stages_that_have_ended_give_values() {
        let path = |text: &str| text.split('.').map(|key| Segment::Key(key.to_owned())).collect::<Vec<_>>();
        let mut earlier = EarlierStages::default();
        earlier.planned("build");
        assert!(!earlier.gives(&path("pipeline.stages.build.spec.execution")), "it is parallel");
        earlier.end();
        assert!(earlier.gives(&path("pipeline.stages.build.spec.execution")));
        assert!(earlier.gives(&path("pipeline.stages.build_0.spec.execution")), "an instance");
        assert!(earlier.gives(&path("build.spec.execution")));
        assert!(!earlier.gives(&path("pipeline.stages.other.spec.execution")));
        assert!(!earlier.gives(&path("steps.tag.output")));
        assert!(!earlier.gives(&path("matrix.os")));
        earlier.in_waiting_loop(true);
        assert!(earlier.gives(&path("matrix.os")) && earlier.gives(&path("stage.matrix.os")));
    }
}
