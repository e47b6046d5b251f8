//! The guard of a stage: accepts connections and answers each request by its kind.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use cirun_engine::BackendError;
use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{UnixListener, UnixStream},
    time::sleep,
};

use super::{
    SOCKET, SocketGuard,
    answer::{self, Body, BoxError},
    asked::{Asked, Unread},
    build,
    endpoints::{Treatment, treatment},
    forward, images,
    inspect::{self, Digest},
    lists, login, objects,
    places::{Mounted, Places},
    pull, push,
    refusal::Refusal,
    refused::Refused,
};
use crate::{RunConfig, backend::Shared, stage::Stage, unix_socket};

/// The pause after a connection that could not be accepted, probably for lack of file descriptors.
const PAUSE: Duration = Duration::from_millis(50);

/// A stage's guard.
#[derive(Clone)]
pub(super) struct Guard {
    pub(super) shared: Arc<Shared>,
    stage: Arc<Stage>,
    pub(super) settings: SocketGuard,
    /// The mapping of the steps' paths.
    pub(super) places: Arc<Places>,
    /// The log of refused requests.
    refused: Arc<Refused>,
    /// The engine's own socket.
    engine: PathBuf,
    /// The images that this guard has kept.
    digests: Arc<Mutex<Vec<Digest>>>,
}

/// Starts the stage's guard; it ends with the stage.
///
/// # Errors
/// [`BackendError::Io`] if the socket cannot be created, [`BackendError::Engine`] if the engine has none on this
/// machine.
pub(crate) fn start(shared: &Arc<Shared>, stage: &Arc<Stage>, settings: &SocketGuard) -> Result<(), BackendError> {
    let engine = shared.engine.socket_here().ok_or_else(|| BackendError::Engine {
        what: "guard the engine's socket".to_owned(),
        reason: "it is not on this machine".to_owned(),
    })?;
    let listener = unix_socket::listen(&settings.directory, SOCKET)
        .map_err(|source| BackendError::Io { what: format!("listen on {}", settings.socket().display()), source })?;
    let guard = Guard {
        shared: Arc::clone(shared),
        stage: Arc::clone(stage),
        settings: settings.clone(),
        places: Arc::new(places(shared, stage, settings, &engine)),
        refused: Arc::new(Refused::new(&settings.directory)),
        engine,
        digests: Arc::default(),
    };
    tokio::spawn(guard.accept(listener));
    Ok(())
}

impl Guard {
    async fn accept(self, listener: UnixListener) {
        loop {
            let accepted = tokio::select! {
                () = self.stage.ending.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, _)) => drop(tokio::spawn(self.clone().serve(stream))),
                Err(_) => sleep(PAUSE).await,
            }
        }
    }

    async fn serve(self, stream: UnixStream) {
        let ending = self.stage.ending.clone();
        let service = service_fn(move |request| self.clone().answer(request));
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service).with_upgrades();
        tokio::select! {
            // The client may end a connection in any way.
            ended = connection => drop(ended),
            () = ending.cancelled() => {}
        }
    }

    /// Answers a request, in the engine's form even if it is refused or the engine is gone.
    async fn answer(self, request: Request<Incoming>) -> Result<Response<Body>, BoxError> {
        let shown = format!("{} {}", request.method(), request.uri().path());
        let unread = Unread::default();
        match self.answered(request, &unread).await {
            Ok(answer) => Ok(answer),
            Err(error) => match error.downcast::<Refusal>() {
                Ok(refusal) => {
                    unread.drain().await;
                    self.refused.note(&shown, &refusal);
                    Ok(answer::refusal(refusal.status, &refusal.message))
                }
                Err(error) => Ok(answer::refusal(500, &format!("cirun's guard of this socket: {error}"))),
            },
        }
    }

    async fn answered(&self, request: Request<Incoming>, unread: &Unread) -> Result<Response<Body>, BoxError> {
        let asked = Asked::read(request, unread)?;
        match treatment(&asked.method, asked.address.segments())? {
            Treatment::Ask => forward::pass(&self.engine, asked.plain()?).await,
            Treatment::Session => build::session(self, asked).await,
            Treatment::BuildKit => build::buildkit(self, asked).await,
            Treatment::List(kind) => lists::list(self, &asked, kind).await,
            Treatment::Events => lists::events(self, asked).await,
            Treatment::Prune => lists::prune(self, asked).await,
            Treatment::KeepUnused => Ok(lists::nothing_unused()),
            Treatment::One(kind, what) => objects::one(self, asked, kind, what).await,
            Treatment::CreateContainer => objects::create_container(self, asked).await,
            Treatment::UpdateContainer => objects::update_container(self, asked).await,
            Treatment::CreateExec => objects::create_exec(self, asked).await,
            Treatment::Exec(what) => objects::exec(self, asked, what).await,
            Treatment::Commit => objects::commit(self, asked).await,
            Treatment::CreateNetwork => objects::create_network(self, asked).await,
            Treatment::ConnectNetwork => objects::connect_network(self, asked).await,
            Treatment::CreateVolume => objects::create_volume(self, asked).await,
            Treatment::Build => build::answer(self, asked).await,
            Treatment::Login => login::answer(self, asked).await,
            Treatment::Push => push::answer(self, asked).await,
            Treatment::Pull => pull::answer(self, asked).await,
            Treatment::InspectImage => inspect::answer(self, &asked).await,
            Treatment::TagImage => images::tag(self, &asked).await,
            Treatment::RemoveImage => images::remove(self, &asked).await,
            Treatment::Load => images::load(self, asked).await,
            Treatment::Distribution => images::distribution(self, &asked).await,
        }
    }

    /// The registry that keeps images: the stage's gateway, or the machine's registry.
    pub(super) async fn landing(&self) -> Result<Landing, String> {
        let (sidecar, port) = &self.settings.gateway;
        match self.stage.sidecar_port(sidecar, *port) {
            Some(port) => Ok(Landing { address: format!("127.0.0.1:{port}"), gateway: true }),
            None => Ok(Landing { address: self.settings.rules.machine_registry().await?, gateway: false }),
        }
    }

    /// The digests of the images kept so far.
    pub(super) fn digests(&self) -> Vec<Digest> {
        self.digests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Records an image that was kept.
    pub(super) fn remember(&self, digest: Digest) {
        self.digests.lock().unwrap_or_else(PoisonError::into_inner).push(digest);
    }

    pub(super) fn stage(&self) -> &Arc<Stage> {
        &self.stage
    }

    pub(super) fn engine_socket(&self) -> &Path {
        &self.engine
    }
}

/// The mapping of the paths in the stage's containers.
fn places(shared: &Shared, stage: &Stage, settings: &SocketGuard, engine: &Path) -> Places {
    let workspace = shared.config.workspace_of(&cirun_plan::StageId(stage.id.clone()));
    let mounted =
        |container: &str, machine: &Path| Mounted { container: container.into(), machine: machine.to_owned() };
    let shared_paths = stage.own.host.shared.iter();
    Places {
        mounted: vec![mounted(&stage.workspace, &workspace), mounted(RunConfig::RUN_DIR, &shared.config.run_dir)],
        shared: shared_paths.map(|volume| (volume.mount.target.clone().into(), volume.mount.name.clone())).collect(),
        engine: engine.to_owned(),
        guard: settings.socket(),
        reach: settings.reach,
    }
}

/// The registry that keeps images.
pub(super) struct Landing {
    /// `host:port`.
    pub(super) address: String,
    /// Whether it is the gateway, which records what it receives.
    pub(super) gateway: bool,
}
