//! The proxy's router: accepts connections, and answers each request by its kind.

use std::{sync::Arc, time::Duration};

use cirun_engine::BackendError;
use hyper::{Request, Response, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{UnixListener, UnixStream},
    time::sleep,
};

use super::{
    answer::{self, Body, BoxError},
    asked::{Asked, Unread},
    build,
    endpoints::{Treatment, treatment},
    forward, images, inspect, lists, login, objects, pull, push,
    refusal::Refusal,
    state::Proxy,
};
use crate::{SocketProxy, shared::Shared, socket_proxy::settings::SOCKET, stage::RunningStage, unix_socket};

/// The pause after a connection that could not be accepted, probably for lack of file descriptors.
const PAUSE: Duration = Duration::from_millis(50);

/// Starts the stage's proxy; it ends with the stage.
///
/// # Errors
/// [`BackendError::Io`] if the socket cannot be created, [`BackendError::Engine`] if the engine has none on this
/// machine.
pub(crate) fn start(
    shared: &Arc<Shared>,
    stage: &Arc<RunningStage>,
    settings: &SocketProxy,
) -> Result<(), BackendError> {
    let proxy = Proxy::new(shared, stage, settings)?;
    let listener = unix_socket::listen(&settings.directory, SOCKET)
        .map_err(|source| BackendError::Io { what: format!("listen on {}", settings.socket().display()), source })?;
    tokio::spawn(proxy.accept(listener));
    Ok(())
}

impl Proxy {
    async fn accept(self, listener: UnixListener) {
        loop {
            let accepted = tokio::select! {
                () = self.stage().ending.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, _)) => drop(tokio::spawn(self.clone().serve(stream))),
                Err(_) => sleep(PAUSE).await,
            }
        }
    }

    async fn serve(self, stream: UnixStream) {
        let ending = self.stage().ending.clone();
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
                Err(error) => Ok(answer::refusal(500, &format!("cirun's socket proxy: {error}"))),
            },
        }
    }

    async fn answered(&self, request: Request<Incoming>, unread: &Unread) -> Result<Response<Body>, BoxError> {
        let asked = Asked::read(request, unread)?;
        match treatment(&asked.method, asked.address.segments())? {
            Treatment::Ask => forward::pass(self.engine_socket(), asked.plain()?).await,
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
}
