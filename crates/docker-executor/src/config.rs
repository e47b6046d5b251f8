//! The settings of a run, which the executor gets once, before the first stage.

mod helpers;

use std::{collections::BTreeSet, net::IpAddr, path::PathBuf, sync::Arc, time::Duration};

use cirun_engine::{Owner, Workspaces};
use cirun_plan::StageId;

pub use self::helpers::{
    Bind, HelperImage, LocalPluginImage, PodImage, ReadyLine, RootFs, Sidecar, VolumeMount, WatcherImage,
};
use crate::{DockerConfig, GateProgram, Passwords, SocketProxy};

/// The settings of a run.
#[derive(Debug, Clone)]
pub struct RunConfig {
    /// The run's id; it is part of the names and labels of all objects, so it has only letters, digits, `-`, `_` and
    /// `.`.
    pub run_id: String,
    /// The process that owns the run.
    pub owner: Owner,
    /// The host directory bound as the stage's workspace; absolute.
    pub workspace: PathBuf,
    /// Directories that replace it in single stages.
    pub workspaces: Workspaces,
    /// The host directory bound at [`RunConfig::RUN_DIR`] in every container; absolute. It is created if it does not
    /// exist, and opened to all users.
    pub run_dir: PathBuf,
    /// A host directory for cirun's own files, which containers get one by one, read-only; absolute, and mounted
    /// nowhere, so that no step can replace them. It is created if it does not exist.
    pub private_dir: PathBuf,
    /// Files of the run that every container of a step or service has.
    pub files: Vec<Bind>,
    /// Paths of such files that this run does not have: variables that name them are removed.
    pub absent_files: BTreeSet<String>,
    /// Helper containers of each stage, which start before its first step.
    pub sidecars: Vec<Sidecar>,
    /// The holder of the network namespace of a stage with the pod model.
    pub pod: PodImage,
    /// The helper that lists the listening ports of a network namespace that this process cannot see.
    pub watcher: WatcherImage,
    /// The local replacement for the programs of some images.
    pub local_plugin: LocalPluginImage,
    /// Use the watcher for ports even if this process can see them.
    pub always_watch_inside: bool,
    /// Overrides the pull policies of the steps.
    pub pull: PullOverride,
    /// Pull nothing, whatever the policies say.
    pub offline: bool,
    /// The platform of images and containers (`linux/amd64`), or the engine's own.
    pub platform: Option<String>,
    /// The user's registry logins.
    pub docker_config: DockerConfig,
    /// Returns the passwords for identities.
    pub passwords: Arc<dyn Passwords>,
    /// Where to look for images of some registries first.
    pub mirror: Option<Mirror>,
    /// Whether steps get the engine's socket if their profile mounts it.
    pub engine_socket: EngineSocket,
    /// Whether the stage's network reaches outside.
    pub egress: Egress,
    /// The name of the sidecar that serves DNS to all containers of steps and services; without it the engine does.
    pub resolver: Option<String>,
    /// The address that published ports listen on. CI binds all addresses; loopback keeps the services of a run to the
    /// machine.
    pub publish_address: IpAddr,
    /// The gate's program: steps get one, except with [`Keep::Everything`], which keeps containers as they are without.
    /// `None` runs every step without a gate.
    pub gate: Option<GateProgram>,
    /// How long a container may take to end after its stop signal (flow.stop).
    pub stop_grace: Duration,
    /// Which containers stay after they have ended.
    pub keep: Keep,
}

impl RunConfig {
    /// The path of the run's directory in containers (infra.engine-directory).
    pub const RUN_DIR: &str = "/tmp/engine";

    /// The gate's program, if steps get one.
    pub(crate) fn gate(&self) -> Option<&GateProgram> {
        self.gate.as_ref().filter(|_| self.keep != Keep::Everything)
    }

    /// The workspace of a stage on the host.
    pub(crate) fn workspace_of(&self, stage: &StageId) -> PathBuf {
        self.workspaces.of(stage).unwrap_or_else(|| self.workspace.clone())
    }
}

/// A registry on the engine's machine that has images of other registries as `ADDRESS/HOST/REPOSITORY:TAG`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirror {
    /// `host:port`, as the engine reaches it.
    pub address: String,
    /// The registries; their images are written with their host.
    pub hosts: Vec<String>,
}

impl Mirror {
    /// The address of the copy of an image.
    pub(crate) fn copy_of(&self, image: &str) -> Option<String> {
        let (host, _) = image.split_once('/')?;
        // An image cannot be given a digest as its name.
        (self.hosts.iter().any(|known| known == host) && !image.contains('@'))
            .then(|| format!("{}/{image}", self.address))
    }
}

/// `--pull`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PullOverride {
    /// As each step says.
    Yaml,
    /// Always ask the registry.
    Always,
    /// Pull what the engine does not have.
    Missing,
    /// Never pull.
    Never,
}

/// Whether a stage's network reaches outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Egress {
    /// It does.
    Open,
    /// It does not.
    Closed,
}

/// Which containers of a run stay after they have ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// None.
    Nothing,
    /// Those of steps that failed, until the end of the stage, for [`DockerBackend::shell`](crate::DockerBackend::shell).
    Failed,
    /// All, with networks and volumes, until they are removed by name:
    /// [`Selection::EndedRuns`](crate::Selection::EndedRuns).
    Everything,
}

/// Whether steps get the engine's socket.
#[derive(Debug, Clone)]
pub enum EngineSocket {
    /// As the profile does (infra.socket).
    AsPlanned,
    /// Behind a proxy, if the engine's socket is on this machine.
    Proxied(SocketProxy),
    /// Never.
    Refused,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies() {
        let mirror = Mirror { address: "127.0.0.1:5577".into(), hosts: vec!["r.io".into()] };
        assert_eq!(mirror.copy_of("r.io/a/b:1").as_deref(), Some("127.0.0.1:5577/r.io/a/b:1"));
        assert_eq!(mirror.copy_of("r.io.example/a"), None);
        assert_eq!(mirror.copy_of("r.io"), None);
        assert_eq!(mirror.copy_of("r.io/a@sha256:0f"), None);
    }
}
