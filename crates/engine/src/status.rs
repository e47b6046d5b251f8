//! How outcomes combine, and their names in expressions (flow.status).

use crate::Outcome;

/// The outcomes in order of precedence for a combined outcome, the strongest first; the others are positive.
const STRONGEST: [Outcome; 3] = [Outcome::Aborted, Outcome::Failed, Outcome::TimedOut];

impl Outcome {
    /// Whether the outcome is positive in CI: nothing failed, or the failure was ignored.
    pub fn is_positive(self) -> bool {
        !STRONGEST.contains(&self)
    }

    /// The service's name for it, as in `<+steps.ID.status>`.
    pub fn status(self) -> &'static str {
        match self {
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::Skipped => "SKIPPED",
            Self::Ignored => "IGNORE_FAILED",
            Self::TimedOut => "EXPIRED",
            Self::Aborted => "ABORTED",
        }
    }
}

/// Counts of the outcomes of finished nodes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    aborted: usize,
    failed: usize,
    timed_out: usize,
    ignored: usize,
}

impl Tally {
    /// Adds one outcome.
    pub(crate) fn add(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Aborted => self.aborted += 1,
            Outcome::Failed => self.failed += 1,
            Outcome::TimedOut => self.timed_out += 1,
            Outcome::Ignored => self.ignored += 1,
            Outcome::Succeeded | Outcome::Skipped => {}
        }
    }

    /// Adds all counts of `other`.
    pub(crate) fn merge(&mut self, other: Self) {
        self.aborted += other.aborted;
        self.failed += other.failed;
        self.timed_out += other.timed_out;
        self.ignored += other.ignored;
    }

    /// The combined outcome; without any node it is `Succeeded`.
    pub(crate) fn combined(self) -> Outcome {
        let by_strength = STRONGEST.into_iter().zip([self.aborted, self.failed, self.timed_out]);
        match by_strength.into_iter().find(|(_, count)| *count > 0) {
            Some((outcome, _)) => outcome,
            None if self.ignored > 0 => Outcome::Ignored,
            None => Outcome::Succeeded,
        }
    }
}

/// Whether `OnStageSuccess` (or `OnPipelineSuccess`) is true.
pub(crate) fn is_success(current: Outcome) -> bool {
    matches!(current, Outcome::Succeeded | Outcome::Ignored)
}

/// Whether `OnStageFailure` (or `OnPipelineFailure`) is true; neither is after an abort.
pub(crate) fn is_failure(current: Outcome) -> bool {
    matches!(current, Outcome::Failed | Outcome::TimedOut)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn combination() {
        use Outcome::{Aborted, Failed, Ignored, Skipped, Succeeded, TimedOut};
        let rows: [(&[Outcome], Outcome); 8] = [
            (&[], Succeeded),
            (&[Succeeded, Skipped], Succeeded),
            (&[Skipped], Succeeded),
            (&[Succeeded, Ignored, Skipped], Ignored),
            (&[Ignored, TimedOut], TimedOut),
            (&[TimedOut, Failed], Failed),
            (&[Failed, Aborted, TimedOut], Aborted),
            (&[Failed, Succeeded, Ignored], Failed),
        ];
        for (outcomes, expected) in rows {
            let mut tally = Tally::default();
            outcomes.iter().for_each(|outcome| tally.add(*outcome));
            assert_eq!(tally.combined(), expected, "{outcomes:?}");
            assert_eq!(expected.is_positive(), is_success(expected), "{expected:?}");
            assert_eq!(is_failure(expected), matches!(expected, Failed | TimedOut), "{expected:?}");
        }
    }
}
