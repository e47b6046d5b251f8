//! libFuzzer's bytes to the check that crates/parser/tests/replay.rs makes too.
#![no_main]

#[path = "../checks/parser.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| check::check(bytes));
