//! Reads the environment: variables, the current directory, the machine's name and the user's directories. No other module
//! reads them.

use std::{env, io};

use cirun_diagnostics::Failure;
use cirun_project::{Environment, Paths};
use etcetera::{BaseStrategy, choose_base_strategy};

/// Takes a snapshot. Leaves out variables that are not UTF-8.
pub(crate) fn capture() -> io::Result<Environment> {
    let text = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    let mut environment = Environment::new(env::vars_os().filter_map(text), env::current_dir()?);
    environment.program = env::current_exe()?;
    environment.machine = machine_name();
    Ok(environment)
}

/// The user's directories, by the conventions of the system (XDG on Linux and macOS).
pub(crate) fn paths() -> Result<Paths, Failure> {
    let base = choose_base_strategy().map_err(|_| {
        Failure::usage("there is no home directory").help("set HOME to a directory that cirun can write to")
    })?;
    let state = base.state_dir().unwrap_or_else(|| base.data_dir().join("state"));
    Ok(Paths {
        home: base.home_dir().to_owned(),
        config: base.config_dir().join("cirun"),
        data: base.data_dir().join("cirun"),
        state: state.join("cirun"),
        cache: base.cache_dir().join("cirun"),
    })
}

/// The name of this machine; `local` if it has none.
fn machine_name() -> String {
    node_name().or_else(|| env::var("COMPUTERNAME").ok()).unwrap_or_else(|| "local".to_owned())
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
