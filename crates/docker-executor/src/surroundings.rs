//! The surroundings of the containers of a stage or a containerised step group: network, shared volumes, pod.

mod make;

use std::path::Path;

use cirun_plan::{ContainerisedGroup, Mount, NetworkModel, PlannedStage, Profile, StepPath, Traced};
use tokio::sync::OnceCell;
use tokio_util::sync::CancellationToken;

use crate::{
    Bind, RunConfig,
    labels::StageLabels,
    names::object_name,
    spec::{HostInfo, Network},
};

/// The surroundings of some of a stage's containers.
#[derive(Debug)]
pub(crate) struct Surroundings {
    /// The step group that they belong to; `None` for the stage's own.
    pub(crate) group: Option<StepPath>,
    pub(crate) host: HostInfo,
    /// Fires when they are being removed: the ends of services are expected then.
    pub(crate) ending: CancellationToken,
    /// Fires once containers can be started in them.
    pub(crate) ready: CancellationToken,
    /// Set once every user may write to the shared volumes.
    pub(crate) volumes_opened: OnceCell<()>,
    /// The pod's container.
    pub(crate) pod: OnceCell<String>,
}

impl Surroundings {
    /// The surroundings of the stage itself.
    pub(crate) fn of_stage(
        config: &RunConfig,
        socket: &Path,
        planned: &PlannedStage,
        name: String,
        ending: CancellationToken,
    ) -> Self {
        let labels = StageLabels::new(&config.run_id, &planned.id.0, &config.owner, config.keep);
        let host = host(config, socket, planned, name, labels, planned.profile.value, &planned.shared_paths);
        Self {
            group: None,
            host,
            ending,
            ready: CancellationToken::new(),
            volumes_opened: OnceCell::new(),
            pod: OnceCell::new(),
        }
    }

    /// The surroundings of a step group, in addition to the stage's.
    pub(crate) fn of_group(
        config: &RunConfig,
        socket: &Path,
        planned: &PlannedStage,
        group: &ContainerisedGroup,
        stage: &Self,
    ) -> Self {
        let name = object_name(&stage.host.name, group.path.as_str());
        let labels = stage.host.labels.of_group(group.path.as_str());
        let host = host(config, socket, planned, name, labels, group.profile.value, &group.shared_paths);
        Self {
            group: Some(group.path.clone()),
            host,
            ending: stage.ending.child_token(),
            ready: CancellationToken::new(),
            volumes_opened: OnceCell::new(),
            pod: OnceCell::new(),
        }
    }
}

fn host(
    config: &RunConfig,
    socket: &Path,
    planned: &PlannedStage,
    name: String,
    labels: StageLabels,
    profile: Profile,
    shared_paths: &[Traced<Mount>],
) -> HostInfo {
    let network = match profile.network() {
        NetworkModel::Bridge => Network::Bridge,
        NetworkModel::Pod => Network::Pod,
    };
    let source = config.workspace_of(&planned.id);
    let workspace = Bind { source, target: planned.workspace.clone(), read_only: false };
    HostInfo::new(config, name, labels, workspace, shared_paths, network, socket.to_owned())
}
