//! The listeners: TLS and plain HTTP, until they are stopped.

mod error;
mod limits;
#[cfg(test)]
mod tests;
mod tls;

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use http_body_util::BodyExt;
use hyper::{Request, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::limits::{Counter, Idle, MAX_HEADER_LIST, MAX_STREAMS, Place};
pub use self::{error::ServeError, limits::Limits};
use crate::{
    Config,
    emulator::{Emulator, Listener, blocking},
    router,
};

/// The largest read of a connection.
pub(crate) const READ_BYTES: usize = 128 * 1024;
/// How often to look for unfinished uploads, and their minimum age.
const COLLECTION: Duration = Duration::from_secs(3600);
const STALE: Duration = Duration::from_secs(24 * 3600);

/// A running emulator. Dropping it does not stop it: call [`Server::shutdown`], or end the process.
#[derive(Debug)]
pub struct Server {
    /// The TLS address, with the actual port.
    pub https: Option<SocketAddr>,
    /// The plain HTTP address, with the actual port.
    pub http: Option<SocketAddr>,
    stop: CancellationToken,
    connections: TaskTracker,
    accepting: Vec<JoinHandle<()>>,
}

impl Server {
    /// Stops listening, lets running requests finish for at most `grace`, then drops them.
    pub async fn shutdown(self, grace: Duration) {
        self.stop.cancel();
        self.connections.close();
        // A timeout is fine: the connections end with the runtime.
        tokio::time::timeout(grace, self.connections.wait()).await.ok();
        for task in self.accepting {
            task.abort();
        }
    }
}

/// Starts the emulator; it accepts requests when this returns.
///
/// # Errors
/// See [`ServeError`]; nothing is listening then.
pub async fn serve(config: Config) -> Result<Server, ServeError> {
    let listen = config.listen.clone();
    if listen.https.is_none() && listen.http.is_none() && listen.either.is_empty() {
        return Err(ServeError::NoAddress);
    }
    let acceptor = match (listen.https.is_some() || !listen.either.is_empty(), &config.tls) {
        (true, Some(certificates)) => Some(tls::acceptor(Arc::clone(certificates))?),
        (true, None) => return Err(ServeError::NoCertificate),
        (false, _) => None,
    };
    let counter = Counter::new(config.limits);
    let limits = config.limits;
    let emulator = Arc::new(blocking(move || Emulator::open(config)).await?);
    let mut server = Server {
        https: None,
        http: None,
        stop: CancellationToken::new(),
        connections: TaskTracker::new(),
        accepting: Vec::new(),
    };
    let mut listeners = Vec::new();
    let wanted = listen.https.map(|address| (address, Speaks::Tls)).into_iter();
    let wanted = wanted.chain(listen.http.map(|address| (address, Speaks::Plain)));
    for (address, speaks) in wanted.chain(listen.either.into_iter().map(|address| (address, Speaks::Either))) {
        let failed = |source| ServeError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let taken = Some(listener.local_addr().map_err(failed)?);
        match speaks {
            Speaks::Tls => server.https = taken,
            Speaks::Plain => server.http = taken,
            Speaks::Either => {}
        }
        listeners.push((listener, speaks));
    }
    for (listener, speaks) in listeners {
        let connections = Connections {
            emulator: Arc::clone(&emulator),
            acceptor: acceptor.clone(),
            speaks,
            limits,
            counter: Arc::clone(&counter),
            stop: server.stop.clone(),
            tracker: server.connections.clone(),
        };
        server.accepting.push(tokio::spawn(connections.accept(listener)));
    }
    server.accepting.push(tokio::spawn(collect(emulator, server.stop.clone())));
    Ok(server)
}

/// The protocols of a listener.
#[derive(Clone, Copy)]
enum Speaks {
    Tls,
    Plain,
    Either,
}

/// Whether a client's first byte is that of a TLS handshake.
async fn begins_with_tls(stream: &TcpStream, within: Duration) -> bool {
    let mut first = [0];
    matches!(tokio::time::timeout(within, stream.peek(&mut first)).await, Ok(Ok(1)) if first[0] == 0x16)
}

/// The state that the connections of one listener share.
#[derive(Clone)]
struct Connections {
    emulator: Arc<Emulator>,
    acceptor: Option<TlsAcceptor>,
    speaks: Speaks,
    limits: Limits,
    counter: Arc<Counter>,
    stop: CancellationToken,
    tracker: TaskTracker,
}

impl Connections {
    async fn accept(self, listener: TcpListener) {
        loop {
            let accepted = tokio::select! {
                () = self.stop.cancelled() => return,
                accepted = listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => {
                    // If there are too many connections, it is closed at once.
                    if let Some(place) = self.counter.place(peer.ip()) {
                        self.tracker.spawn(self.clone().greet(stream, place));
                    }
                }
                // Probably out of file descriptors: ending connections free some.
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    }

    async fn greet(self, stream: TcpStream, _place: Place) {
        // A failure costs latency, but is otherwise harmless.
        stream.set_nodelay(true).ok();
        let tls = match self.speaks {
            Speaks::Tls => true,
            Speaks::Plain => false,
            Speaks::Either => begins_with_tls(&stream, self.limits.head).await,
        };
        match self.acceptor.clone().filter(|_| tls) {
            None => self.serve(stream, Listener::Plain).await,
            Some(acceptor) => {
                // A client that does not trust the certificate, or does not use TLS, must handle that itself.
                if let Ok(Ok(stream)) = tokio::time::timeout(self.limits.head, acceptor.accept(stream)).await {
                    self.serve(stream, Listener::Tls).await;
                }
            }
        }
    }

    async fn serve(self, stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, listener: Listener) {
        let emulator = self.emulator;
        let service = service_fn(move |request: Request<Incoming>| {
            let emulator = Arc::clone(&emulator);
            let request = request.map(|body| body.map_err(Into::into).boxed_unsync());
            async move { Ok::<_, Infallible>(router::handle(&emulator, listener, request).await) }
        });
        let mut builder = auto::Builder::new(TokioExecutor::new());
        builder.http1().max_buf_size(READ_BYTES).timer(TokioTimer::new()).header_read_timeout(self.limits.head);
        builder.http2().adaptive_window(true).max_header_list_size(MAX_HEADER_LIST).max_concurrent_streams(MAX_STREAMS);
        let stream = Idle::new(stream, self.limits.idle);
        let connection = builder.serve_connection(TokioIo::new(stream), service);
        tokio::pin!(connection);
        // The client may end a connection in any way; each request has been logged.
        tokio::select! {
            ended = connection.as_mut() => ended.ok(),
            () = self.stop.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await.ok()
            }
        };
    }
}

/// Removes stale uploads at intervals.
async fn collect(emulator: Arc<Emulator>, stop: CancellationToken) {
    loop {
        let emulator = Arc::clone(&emulator);
        // What cannot be removed now is tried again later, and `gc` reports the reason.
        blocking(move || emulator.store.collect_uploads(STALE)).await.ok();
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(COLLECTION) => {}
        }
    }
}
