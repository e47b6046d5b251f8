//! Whether plugins may push through the machine's daemon, as CI does on VMs, without images leaving the machine.

use cirun_planner::MachineDaemon;
use cirun_project::{
    Environment, Paths,
    settings::{EgressMode, Settings},
};

use crate::engine;

/// Decides by the settings and the environment, without a call to the engine.
pub(crate) fn of(settings: &Settings, environment: &Environment, paths: &Paths) -> MachineDaemon {
    let reasons = [
        (settings.no_docker_socket.value, "`no-docker-socket`: no step gets the machine's socket"),
        (settings.egress.value != EgressMode::All, "a closed network gives no step the machine's socket"),
        (!settings.base_images.is_empty(), "the machine's daemon does not look for `base-image` in the local registry"),
        (
            !engine::is_socket_here(environment, paths),
            "the engine's socket is not on this machine: cirun cannot put its proxy before it",
        ),
    ];
    reasons
        .into_iter()
        .find(|(holds, _)| *holds)
        .map_or(MachineDaemon::Proxied, |(_, why)| MachineDaemon::Unusable(why))
}
