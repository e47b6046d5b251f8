//! libFuzzer's bytes to the check that crates/expressions/tests/replay.rs makes too.
#![no_main]

#[path = "../checks/expressions.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| check::check(bytes));
