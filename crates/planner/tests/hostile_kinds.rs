//! Every kind of bad input through parser and planner: diagnostics, never a panic.

#[path = "../../../fuzz/checks/planner.rs"]
mod check;
#[path = "../../../fuzz/hostile.rs"]
mod hostile;

#[test]
fn every_kind() {
    for (_, bytes, _) in hostile::all() {
        check::check(&bytes);
    }
}
