//! Requests that go on to the engine.

use std::path::Path;

use hyper::{
    Request, Response, StatusCode,
    body::Incoming,
    client::conn::http1,
    upgrade::{OnUpgrade, on},
};
use hyper_util::rt::TokioIo;
use tokio::io::copy_bidirectional;

use super::answer::{Body, BoxError, passed};
use crate::unix_socket;

/// Asks the engine. A connection for each request: on a Unix socket it costs nothing that could be measured.
pub(super) async fn ask(engine: &Path, request: Request<Body>) -> Result<Response<Incoming>, BoxError> {
    let stream = unix_socket::connect(engine).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // It moves the bytes of the exchange, to its end; how that came is seen by who reads the body.
    tokio::spawn(async move { drop(connection.with_upgrades().await) });
    Ok(sender.send_request(request).await?)
}

/// Passes a request on, and the answer back.
pub(super) async fn pass(engine: &Path, request: Request<Body>) -> Result<Response<Body>, BoxError> {
    Ok(ask(engine, request).await?.map(passed))
}

/// The same; a connection that both sides upgrade is joined.
pub(super) async fn join(
    engine: &Path,
    request: Request<Body>,
    here: Option<OnUpgrade>,
) -> Result<Response<Body>, BoxError> {
    let mut response = ask(engine, request).await?;
    if let (StatusCode::SWITCHING_PROTOCOLS, Some(here)) = (response.status(), here) {
        let there = on(&mut response);
        tokio::spawn(joined(here, there));
    }
    Ok(response.map(passed))
}

async fn joined(here: OnUpgrade, there: OnUpgrade) {
    if let (Ok(here), Ok(there)) = tokio::join!(here, there) {
        // Either end may close as it likes.
        copy_bidirectional(&mut TokioIo::new(here), &mut TokioIo::new(there)).await.ok();
    }
}
