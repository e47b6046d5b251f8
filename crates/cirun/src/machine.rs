//! The machine's name.

use crate::environment::Environment;

/// The name of this machine; `local` where it has none.
pub(crate) fn name(environment: &Environment) -> String {
    node_name().or_else(|| environment.get("COMPUTERNAME").map(str::to_owned)).unwrap_or_else(|| "local".to_owned())
}

#[cfg(unix)]
fn node_name() -> Option<String> {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    Some(name).filter(|name| !name.is_empty())
}

#[cfg(not(unix))]
fn node_name() -> Option<String> {
    None
}
