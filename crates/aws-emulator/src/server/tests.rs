//! The server with hostile clients.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Method, Request, StatusCode, Version};
use http_body_util::{BodyExt, Empty};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{Limits, Server, serve};
use crate::{Certificates, Config, Tls};

async fn server(dir: &tempfile::TempDir, limits: Limits) -> (Server, SocketAddr) {
    let mut config = Config { limits, ..Config::new(dir.path()) };
    config.listen.http = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
    let server = serve(config).await.unwrap();
    let address = server.http.unwrap();
    (server, address)
}

/// Sends an incomplete request; returns the response until the server closed the connection.
async fn half(address: SocketAddr, sent: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(sent.as_bytes()).await.unwrap();
    let mut answer = String::new();
    // Closed or reset: both are an end.
    stream.read_to_string(&mut answer).await.ok();
    answer
}

#[tokio::test]
async fn half_sent_requests_end() {
    let dir = tempfile::tempdir().unwrap();
    let short = Duration::from_millis(200);
    let limits = Limits { head: short, idle: 2 * short, ..Limits::default() };
    let (server, address) = server(&dir, limits).await;
    for sent in [
        "",
        "G",
        "PRI * HTT",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: sts.amazonaws.com\r\n",
        "POST / HTTP/1.1\r\nHost: sts.amazonaws.com\r\nContent-Length: 100\r\n\r\nAction=",
        // Kept alive, without a second request.
        "GET /v2/ HTTP/1.1\r\nHost: quay.io\r\n\r\n",
    ] {
        let ended = tokio::time::timeout(Duration::from_secs(20), half(address, sent)).await;
        assert!(ended.is_ok(), "{sent:?} is kept for ever");
    }
    server.shutdown(Duration::ZERO).await;
}

#[tokio::test]
async fn connections_are_limited() {
    let dir = tempfile::tempdir().unwrap();
    let (server, address) = server(&dir, Limits { connections_of_one: 2, ..Limits::default() }).await;
    let kept = [TcpStream::connect(address).await.unwrap(), TcpStream::connect(address).await.unwrap()];
    let mut third = TcpStream::connect(address).await.unwrap();
    let mut byte = [0];
    assert!(!matches!(third.read(&mut byte).await, Ok(1..)), "closed at once");
    drop(kept);
    server.shutdown(Duration::ZERO).await;
}

#[tokio::test]
async fn headers_have_an_end() {
    let dir = tempfile::tempdir().unwrap();
    let (server, address) = server(&dir, Limits::default()).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let line = format!("X-A: {}\r\n", "a".repeat(8000));
    let head = format!("GET / HTTP/1.1\r\nHost: a\r\n{}", line.repeat(40));
    // The server may close before everything is sent.
    stream.write_all(head.as_bytes()).await.ok();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.ok();
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 431"), "{}", String::from_utf8_lossy(&answer));
    server.shutdown(Duration::ZERO).await;
}

#[tokio::test]
async fn an_answer_to_head_has_no_body_over_http2() {
    let dir = tempfile::tempdir().unwrap();
    let (server, address) = server(&dir, Limits::default()).await;
    let stream = TokioIo::new(TcpStream::connect(address).await.unwrap());
    let (mut sender, connection) = hyper::client::conn::http2::handshake(TokioExecutor::new(), stream).await.unwrap();
    let driving = tokio::spawn(connection);
    let request = Request::builder()
        .method(Method::HEAD)
        .version(Version::HTTP_2)
        .uri("http://quay.io/v2/team/shop/manifests/latest")
        .body(Empty::<Bytes>::new())
        .unwrap();
    let answer = sender.send_request(request).await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    assert!(answer.headers().get("content-length").is_some_and(|length| length != "0"));
    assert!(answer.into_body().collect().await.unwrap().to_bytes().is_empty());
    driving.abort();
    server.shutdown(Duration::ZERO).await;
}

/// Creates a certificate for the names of one suffix.
#[derive(Debug)]
struct OnDemand;

impl Certificates for OnDemand {
    fn of(&self, name: Option<&str>) -> Option<Tls> {
        let name = name.filter(|name| name.ends_with(".amazonaws.com"))?;
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = rcgen::CertificateParams::new([name.to_owned()]).unwrap().self_signed(&key).unwrap();
        Some(Tls { certificate_chain: certificate.pem(), private_key: key.serialize_pem() })
    }
}

#[tokio::test]
async fn certificates_are_made_for_the_requested_name() {
    let dir = tempfile::tempdir().unwrap();
    let mut config = Config { tls: Some(Arc::new(OnDemand)), ..Config::new(dir.path()) };
    config.listen.https = Some(SocketAddr::from(([127, 0, 0, 1], 0)));
    let server = serve(config).await.unwrap();
    let address = server.https.unwrap().to_string();
    for (name, expected) in [
        ("STS.mars-1.amazonaws.com", "DNS:sts.mars-1.amazonaws.com"),
        ("a_b.s3.amazonaws.com", "DNS:a_b.s3.amazonaws.com"),
        ("example.com", ""),
    ] {
        let script = "openssl s_client -connect $0 -servername $1 </dev/null 2>/dev/null \
                      | openssl x509 -noout -ext subjectAltName 2>/dev/null | tail -1";
        let shown = tokio::process::Command::new("sh").args(["-c", script, &address, name]).output().await.unwrap();
        assert_eq!(String::from_utf8_lossy(&shown.stdout).trim(), expected, "{name}");
    }
    server.shutdown(Duration::ZERO).await;
}
