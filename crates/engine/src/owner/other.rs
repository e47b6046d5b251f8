//! Systems without `/proc`: a process cannot be identified over time, so no run is considered dead and nothing is removed
//! automatically; `cirun clean` removes what was left.

pub(super) fn host() -> String {
    String::new()
}

pub(super) fn boot_id() -> String {
    String::new()
}

pub(super) fn started(_pid: u32) -> Option<String> {
    None
}
