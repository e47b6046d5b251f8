//! The HTTP client for other servers: the real registries, and the emulator that calls are forwarded to.

use std::{io, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use hyper::{
    body::{Body, Incoming},
    client::conn::http1,
};
use hyper_util::rt::TokioIo;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, InvalidDnsNameError, ServerName, pem::PemObject},
};
use thiserror::Error;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::{Instant, sleep},
};
use tokio_rustls::TlsConnector;

/// The pause before a service that is starting is tried again.
const TRY_AGAIN: Duration = Duration::from_millis(50);

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why a server gives no response.
#[derive(Debug, Error)]
pub(crate) enum ClientError {
    /// Nothing accepts the connection.
    #[error(transparent)]
    Connect(io::Error),
    /// The connection cannot be secured.
    #[error(transparent)]
    Tls(io::Error),
    /// The host's name cannot be in a certificate.
    #[error(transparent)]
    Name(#[from] InvalidDnsNameError),
    /// The request or the response broke off.
    #[error(transparent)]
    Http(#[from] hyper::Error),
}

/// Certificates that cannot be trusted.
#[derive(Debug, Error)]
pub(crate) enum UnusableRoot {
    /// It is not a certificate.
    #[error(transparent)]
    Pem(#[from] rustls::pki_types::pem::Error),
    /// It is invalid.
    #[error(transparent)]
    Certificate(#[from] rustls::Error),
}

/// Where to connect.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target<'a> {
    /// A host, by its name, for as long as it may still be starting.
    Host { name: &'a str, port: u16, start: Duration },
    /// An address, whatever the host's name.
    Address(SocketAddr),
    /// A Unix socket that leads to the server.
    Socket(&'a Path),
}

/// Sends requests, each over a connection of its own.
#[derive(Clone)]
pub(crate) struct Client(TlsConnector);

impl Client {
    /// A client that trusts the public roots, and `extra` certificates (PEM).
    ///
    /// # Errors
    /// A certificate that cannot be used.
    pub(crate) fn trusting(extra: &[String]) -> Result<Self, UnusableRoot> {
        let mut roots = RootCertStore::empty();
        for root in webpki_root_certs::TLS_SERVER_ROOT_CERTS {
            roots.add(root.clone())?;
        }
        for pem in extra {
            for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
                roots.add(certificate?)?;
            }
        }
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(Self(TlsConnector::from(Arc::new(config))))
    }

    /// Sends a request; with the name of a host, over TLS. The connection continues in a task of its own until the body
    /// of the response has been read, which gets its error.
    pub(crate) async fn send<B>(
        &self,
        target: Target<'_>,
        secure: Option<&str>,
        request: Request<B>,
    ) -> Result<Response<Incoming>, ClientError>
    where
        B: Body<Data = Bytes, Error: Into<BoxError>> + Send + 'static,
    {
        let mut stream = dial(target).await.map_err(ClientError::Connect)?;
        if let Some(host) = secure {
            let name = ServerName::try_from(host.to_owned())?;
            stream = Box::new(self.0.connect(name, stream).await.map_err(ClientError::Tls)?);
        }
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        tokio::spawn(async move { drop(connection.await) });
        Ok(sender.send_request(request).await?)
    }
}

/// A stream of any kind.
trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Duplex for T {}

async fn dial(target: Target<'_>) -> io::Result<Box<dyn Duplex>> {
    Ok(match target {
        Target::Host { name, port, start } => {
            let deadline = Instant::now() + start;
            loop {
                match TcpStream::connect((name, port)).await {
                    Err(_) if Instant::now() < deadline => sleep(TRY_AGAIN).await,
                    tried => break Box::new(tried?),
                }
            }
        }
        Target::Address(address) => Box::new(TcpStream::connect(address).await?),
        Target::Socket(path) => through(path).await?,
    })
}

#[cfg(unix)]
async fn through(path: &Path) -> io::Result<Box<dyn Duplex>> {
    Ok(Box::new(tokio::net::UnixStream::connect(path).await?))
}

#[cfg(not(unix))]
async fn through(path: &Path) -> io::Result<Box<dyn Duplex>> {
    Err(io::Error::other(format!("{}: this system has no such sockets", path.display())))
}
