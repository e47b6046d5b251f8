//! Test support: a strict backend in memory, builders of plans, and runs whose events are text.

mod fake;
mod plans;
mod recorded;

pub use self::{
    fake::{Behaviour, FakeBackend, behaves},
    plans::{
        StepBuilder, containerised, deferred, deferred_condition, group, group_with, looped, origin, parallel, plan,
        plan_with_secrets, stage, stage_when, step,
    },
    recorded::{Recorded, Runner},
};
use crate::{MaskedLines, Masker, lines::LineSplitter};

/// The masked lines of one stream that comes in these chunks, as a run's events have them.
pub fn masked_lines<'b>(chunks: impl IntoIterator<Item = &'b [u8]>, masker: &Masker) -> MaskedLines {
    let (mut splitter, mut lines) = (LineSplitter::default(), MaskedLines::default());
    for chunk in chunks {
        splitter.push(chunk, masker, &mut lines);
    }
    splitter.finish(masker, &mut lines);
    lines
}
