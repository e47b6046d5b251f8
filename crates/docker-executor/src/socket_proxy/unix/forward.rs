//! Requests that are forwarded to the engine.

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

/// Sends a request to the engine. Each request has its own connection: on a Unix socket the cost is not measurable.
pub(super) async fn ask(engine: &Path, request: Request<Body>) -> Result<Response<Incoming>, BoxError> {
    let stream = unix_socket::connect(engine).await?;
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // It transfers the bytes to the end; the reader of the body sees how that ended.
    tokio::spawn(async move { drop(connection.with_upgrades().await) });
    Ok(sender.send_request(request).await?)
}

/// Forwards a request, and returns the response.
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
        // Either side may close at any time.
        copy_bidirectional(&mut TokioIo::new(here), &mut TokioIo::new(there)).await.ok();
    }
}
