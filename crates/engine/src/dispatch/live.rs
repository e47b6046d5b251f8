//! A step that is registered as running.

use std::collections::VecDeque;

use cirun_plan::FailureAction;
use jiff::Timestamp;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{MaskedLine, MaskedLines, TestSummary, attempt::Job, failure::Failure};

/// The state of a running foreground step.
#[derive(Debug)]
pub(super) struct Live {
    /// None if its texts could not be resolved.
    pub(super) job: Option<Job>,
    /// From 1, counted over all runs of the step.
    pub(super) attempt: u32,
    /// The number of retries since its turn came.
    pub(super) retries: u32,
    pub(super) since: Since,
    pub(super) stop: CancellationToken,
    pub(super) tail: Tail,
    /// The failure that waits for a user's answer, and the action without an answer.
    pub(super) asked: Option<(Failure, FailureAction)>,
    pub(super) tests: Option<TestSummary>,
}

/// The start of something, by both clocks.
#[derive(Debug, Clone, Copy)]
pub(super) struct Since {
    pub(super) at: Timestamp,
    pub(super) instant: Instant,
}

/// The last lines of a step.
#[derive(Debug, Clone, Default)]
pub(super) struct Tail {
    lines: VecDeque<MaskedLine>,
    limit: usize,
}

impl Tail {
    /// Keeps at most `limit` lines.
    pub(super) fn new(limit: usize) -> Self {
        Self { lines: VecDeque::new(), limit }
    }

    pub(super) fn extend(&mut self, lines: &MaskedLines) {
        let last: Vec<&str> = lines.iter().rev().take(self.limit).collect();
        let surplus = (self.lines.len() + last.len()).saturating_sub(self.limit);
        self.lines.drain(..surplus);
        self.lines.extend(last.into_iter().rev().map(MaskedLine::from_masked));
    }

    pub(super) fn lines(&self) -> Vec<MaskedLine> {
        self.lines.iter().cloned().collect()
    }
}
