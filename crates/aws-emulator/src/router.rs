//! The router: receives a request, finds the service that answers it, and logs the result.

use std::{net::IpAddr, sync::Arc, time::Instant};

use http::{Method, Request, Response, StatusCode, header};
use hyper::body::Body as _;

use crate::{
    AuthKind, LogEntry, clouds,
    dispatch::{self, Destination},
    ecr,
    emulator::{Emulator, Exchange, Listener},
    http::{RequestBody, ResponseBody, authority, content, without_body},
    oidc, refuse, registry, s3, sts,
};

/// Answers a request.
pub(crate) async fn handle(
    emulator: &Arc<Emulator>,
    listener: Listener,
    request: Request<RequestBody>,
) -> Response<ResponseBody> {
    let started = Instant::now();
    let authority = authority(&request);
    let mut entry = LogEntry::begin(emulator.clock.now(), host_of(&authority));
    let (parts, body) = request.into_parts();
    let is_head = parts.method == Method::HEAD;
    let destination = dispatch::destination(&entry.host, &parts);
    let call = Exchange { emulator, listener, authority, parts, entry: &mut entry };
    let response = match destination {
        Destination::Sts => sts::answer(call, body).await,
        Destination::Ecr { region } => ecr::answer(call, region, body).await,
        Destination::Registry(host) => registry::answer(call, Some(host), body).await,
        Destination::AnyRegistry => registry::answer(call, None, body).await,
        Destination::RegistryToken => registry::login::answer(call, body).await,
        Destination::Cloud(cloud) => clouds::answer(call, cloud, body).await,
        Destination::Oidc => oidc::answer(call),
        Destination::S3 { bucket } => s3::answer(call, bucket, body).await,
        Destination::NotEmulated { service } => refuse::answer(call, &service),
        Destination::Unknown => unknown(call),
    };
    // HTTP/1.1 omits the content of these by itself; HTTP/2 does not.
    let response = if is_head { without_body(response) } else { response };
    entry.status = response.status().as_u16();
    entry.bytes_out = length(&response);
    entry.ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    emulator.log.write(entry);
    response
}

fn host_of(authority: &str) -> String {
    let host = match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => authority,
    };
    match host.trim_matches(['[', ']']).parse::<IpAddr>() {
        Ok(IpAddr::V6(address)) => address.to_string(),
        _ => host.trim_end_matches('.').to_ascii_lowercase(),
    }
}

/// The content's length; for a streamed answer it is only in the header.
fn length(response: &Response<ResponseBody>) -> u64 {
    let declared = || response.headers().get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok();
    response.body().size_hint().exact().or_else(declared).unwrap_or_default()
}

fn unknown(call: Exchange<'_>) -> Response<ResponseBody> {
    call.entry.action = call.parts.method.to_string();
    call.entry.auth = AuthKind::None;
    call.entry.param("path", call.parts.uri.path());
    let text = format!("cirun's AWS emulator does not answer for {}\n", call.entry.host);
    content(StatusCode::NOT_FOUND, "text/plain", text)
}
