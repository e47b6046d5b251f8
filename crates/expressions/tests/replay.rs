//! The seeds of `fuzz/corpus/expressions` and a bounded number of mutations of them, for machines without libFuzzer.
#![expect(clippy::disallowed_methods, reason = "a test reads the seeds; the crate itself takes text")]

#[path = "../../../fuzz/checks/expressions.rs"]
mod check;
#[path = "../../../fuzz/replay.rs"]
mod seeds;

#[test]
fn replay() {
    seeds::replay("expressions", 400, check::check);
}
