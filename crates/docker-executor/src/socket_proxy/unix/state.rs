//! The state of a stage's proxy, which all its requests share.

use std::{
    collections::{BTreeSet, HashMap},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use bollard::query_parameters::ListImagesOptionsBuilder;
use cirun_engine::BackendError;

use super::{answer::BoxError, places::Places, refused::Refused, walk::Mounted};
use crate::{
    GatewayPort, NoRegistry, RunConfig, SocketProxy,
    error::is_missing,
    shared::Shared,
    socket_proxy::new_names::{Fate, full_name},
    stage::RunningStage,
};

/// A stage's proxy.
#[derive(Clone)]
pub(super) struct Proxy {
    pub(super) shared: Arc<Shared>,
    stage: Arc<RunningStage>,
    pub(super) settings: SocketProxy,
    /// The mapping of the steps' paths.
    pub(super) places: Arc<Places>,
    /// The log of refused requests.
    pub(super) refused: Arc<Refused>,
    /// The engine's own socket.
    engine: PathBuf,
    /// The images that this proxy has kept.
    digests: Arc<Mutex<Vec<KeptDigest>>>,
}

/// A name under which an image was pushed and kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KeptDigest {
    /// The image's id.
    pub(super) id: String,
    /// The name, without its tag.
    pub(super) name: String,
    /// The registry's digest.
    pub(super) digest: String,
}

/// The registry that keeps images.
pub(super) struct Landing {
    /// `host:port`.
    pub(super) address: String,
    /// Whether it is the gateway, which records what it receives.
    pub(super) gateway: bool,
}

impl Proxy {
    /// The state of a new proxy.
    ///
    /// # Errors
    /// [`BackendError::Engine`] if the engine has no socket on this machine.
    pub(super) fn new(
        shared: &Arc<Shared>,
        stage: &Arc<RunningStage>,
        settings: &SocketProxy,
    ) -> Result<Self, BackendError> {
        let engine = shared.engine.socket_here().ok_or_else(|| BackendError::Engine {
            what: "proxy the engine's socket".to_owned(),
            reason: "it is not on this machine".to_owned(),
        })?;
        Ok(Self {
            shared: Arc::clone(shared),
            stage: Arc::clone(stage),
            settings: settings.clone(),
            places: Arc::new(places(shared, stage, settings, &engine)),
            refused: Arc::new(Refused::new(&settings.directory)),
            engine,
            digests: Arc::default(),
        })
    }

    /// The registry that keeps images: the stage's gateway, or the machine's registry.
    pub(super) async fn landing(&self) -> Result<Landing, NoRegistry> {
        let GatewayPort { sidecar, port } = &self.settings.gateway;
        match self.stage.sidecar_port(sidecar, *port) {
            Some(port) => Ok(Landing { address: format!("127.0.0.1:{port}"), gateway: true }),
            None => Ok(Landing { address: self.settings.rules.machine_registry().await?, gateway: false }),
        }
    }

    /// The digests of the images kept so far.
    pub(super) fn digests(&self) -> Vec<KeptDigest> {
        self.digests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Records an image that was kept.
    pub(super) fn remember(&self, digest: KeptDigest) {
        self.digests.lock().unwrap_or_else(PoisonError::into_inner).push(digest);
    }

    pub(super) fn stage(&self) -> &Arc<RunningStage> {
        &self.stage
    }

    pub(super) fn engine_socket(&self) -> &Path {
        &self.engine
    }

    /// Records a name that an image is about to get, unless the engine already has it.
    pub(super) async fn note_name(&self, name: &str, tag: Option<&str>, fate: Fate) {
        let full = full_name(name, tag);
        let is_new = match self.shared.engine.docker.inspect_image(&full).await {
            Ok(_) => false,
            Err(error) => is_missing(&error),
        };
        if is_new && !full.contains('@') {
            self.stage().new_names().note(full, fate);
        }
    }

    /// The names of all images that the engine has.
    pub(super) async fn all_names(&self) -> Result<BTreeSet<String>, BoxError> {
        let options = ListImagesOptionsBuilder::new().filters(&HashMap::<String, Vec<String>>::new()).build();
        let images = self.shared.engine.docker.list_images(Some(options)).await?;
        Ok(images.into_iter().flat_map(|image| image.repo_tags).collect())
    }
}

/// The mapping of the paths in the stage's containers.
fn places(shared: &Shared, stage: &RunningStage, settings: &SocketProxy, engine: &Path) -> Places {
    let workspace = shared.config.workspace_of(&cirun_plan::StageId(stage.id.clone()));
    let mounted =
        |container: &str, machine: &Path| Mounted { container: container.into(), machine: machine.to_owned() };
    let shared_paths = stage.own.host.shared.iter();
    Places {
        mounted: vec![mounted(&stage.workspace, &workspace), mounted(RunConfig::RUN_DIR, &shared.config.run_dir)],
        shared: shared_paths.map(|volume| (volume.mount.target.clone().into(), volume.mount.name.clone())).collect(),
        engine: engine.to_owned(),
        proxy: settings.socket(),
        reach: settings.reach,
    }
}
