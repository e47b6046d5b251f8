//! The description of a container with a gate. Pure.

use bollard::models::{ContainerCreateBody, HealthConfig, HostConfigLogConfig, Mount, MountType, MountVolumeOptions};

/// The directory of the program in containers.
const DIRECTORY: &str = "/.cirun-gate";
/// The path of the program in containers.
pub(super) const PATH: &str = "/.cirun-gate/gate";

/// Puts a gate into a container in place of its program, its environment and its log: the gate gets the first two later,
/// and its output is frames. Nothing else changes.
pub(super) fn gated(mut body: ContainerCreateBody, volume: &str) -> ContainerCreateBody {
    body.entrypoint = Some(vec![PATH.to_owned()]);
    body.cmd = None;
    body.env = None;
    // A check would begin before the step does.
    body.healthcheck = Some(HealthConfig { test: Some(vec!["NONE".to_owned()]), ..HealthConfig::default() });
    (body.open_stdin, body.attach_stdin) = (Some(true), Some(true));
    // The input ends with its first client: so does the gate if cirun is killed.
    body.stdin_once = Some(true);
    (body.attach_stdout, body.attach_stderr) = (Some(true), Some(true));
    let host = body.host_config.get_or_insert_default();
    host.log_config = Some(HostConfigLogConfig { typ: Some("none".to_owned()), config: None });
    host.mounts.get_or_insert_default().push(volume_mount(volume, Access::ReadOnly));
    body
}

/// Whether a container may change the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    ReadOnly,
    Writable,
}

pub(super) fn volume_mount(volume: &str, access: Access) -> Mount {
    Mount {
        target: Some(DIRECTORY.to_owned()),
        source: Some(volume.to_owned()),
        typ: Some(MountType::VOLUME),
        read_only: Some(access == Access::ReadOnly),
        volume_options: Some(MountVolumeOptions { no_copy: Some(true), ..MountVolumeOptions::default() }),
        ..Mount::default()
    }
}
