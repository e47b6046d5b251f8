//! libFuzzer's bytes to the check that crates/gate/tests/protocol.rs makes too.
#![no_main]

#[path = "../checks/gate.rs"]
mod check;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| check::check(bytes));
