//! The guard of a stage: takes connections and answers each request by what it is about.

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
    binds, forward,
    inspect::{self, Digest},
    login, pull, push,
    route::Route,
};
use crate::{backend::Shared, stage::Stage, unix_socket};

/// The pause after a connection that could not be taken: out of file descriptors, most likely.
const PAUSE: Duration = Duration::from_millis(50);

/// A stage's guard.
#[derive(Clone)]
pub(super) struct Guard {
    pub(super) shared: Arc<Shared>,
    stage: Arc<Stage>,
    pub(super) settings: SocketGuard,
    /// The engine's own socket.
    engine: PathBuf,
    /// What was kept by this guard.
    digests: Arc<Mutex<Vec<Digest>>>,
}

/// Starts the stage's guard; it ends with the stage.
///
/// # Errors
/// [`BackendError::Io`] when the socket cannot be made, [`BackendError::Engine`] when the engine has none on this machine.
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
            // How a connection ends is the client's business.
            ended = connection => drop(ended),
            () = ending.cancelled() => {}
        }
    }

    async fn answer(self, request: Request<Incoming>) -> Result<Response<Body>, BoxError> {
        let route = Route::of(request.method(), request.uri());
        let answered = match route {
            Route::Other => forward::pass(&self.engine, request).await,
            Route::Push { prefix, name, tag } => push::answer(&self, request, &prefix, &name, tag).await,
            Route::PushElse { name } => push::answer_else(&self, request, &name).await,
            Route::Pull { prefix, name, tag } => pull::answer(&self, request, (&prefix, &name, &tag)).await,
            Route::Inspect => inspect::answer(&self, request).await,
            Route::Login => login::answer(&self, request).await,
            Route::CreateContainer => binds::answer(&self, request).await,
        };
        // The engine has gone, or a body broke off: said in the engine's own way.
        Ok(answered.unwrap_or_else(|error| answer::refusal(500, &format!("cirun's guard of this socket: {error}"))))
    }

    /// Where images are kept: by the stage's front, or by the machine's registry.
    pub(super) async fn landing(&self) -> Result<Landing, String> {
        let (sidecar, port) = &self.settings.front;
        match self.stage.sidecar_port(sidecar, *port) {
            Some(port) => Ok(Landing { address: format!("127.0.0.1:{port}"), front: true }),
            None => Ok(Landing { address: self.settings.rules.machine_registry().await?, front: false }),
        }
    }

    /// The digests of the images that were kept so far.
    pub(super) fn digests(&self) -> Vec<Digest> {
        self.digests.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Remembers an image that was kept.
    pub(super) fn remember(&self, digest: Digest) {
        self.digests.lock().unwrap_or_else(PoisonError::into_inner).push(digest);
    }

    pub(super) fn engine_socket(&self) -> &Path {
        &self.engine
    }
}

/// Where images are kept.
pub(super) struct Landing {
    /// `host:port`.
    pub(super) address: String,
    /// It is the front, which notes what it gets.
    pub(super) front: bool,
}
