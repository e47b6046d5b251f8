//! The values that are known during the run (expressions.branches).

use super::Entry;

/// An object with a status: a stage, an execution, a step group, a loop.
const STATUSES: [&str; 3] = ["currentStatus", "liveStatus", "status"];

/// An execution with these steps.
pub(crate) fn execution(steps: Entry) -> Entry {
    Entry::tree(STATUSES.map(|status| (status, Entry::Pending)).into_iter().chain([("steps", steps)]))
}

/// The values of a stage or a step group.
pub(crate) fn of_run() -> impl Iterator<Item = (&'static str, Entry)> {
    STATUSES.into_iter().chain(["startTs", "endTs"]).map(|name| (name, Entry::Pending))
}

/// The values of the loop around a place, and of earlier ones.
pub(crate) fn loop_of_run() -> impl Iterator<Item = (&'static str, Entry)> {
    STATUSES.into_iter().chain(["node"]).map(|name| (name, Entry::Pending))
}
