//! Relays connections to an address that the client cannot reach itself.

use std::{
    future::poll_fn,
    io,
    net::{Ipv4Addr, SocketAddr},
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, copy_bidirectional},
    net::{TcpListener, TcpStream},
    time::{Instant, sleep},
};

/// The target of a relay.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    /// The host name or address.
    pub host: String,
    /// The port.
    pub port: u16,
    /// How long to try to connect, as a service may still be starting.
    pub patience: Duration,
}

impl Target {
    async fn connect(&self) -> io::Result<TcpStream> {
        let deadline = Instant::now() + self.patience;
        loop {
            match TcpStream::connect((self.host.as_str(), self.port)).await {
                Err(_) if Instant::now() < deadline => sleep(PAUSE).await,
                tried => return tried,
            }
        }
    }
}

/// Listens on a TCP address and relays its connections, until the runtime ends.
pub(crate) async fn tcp(listen: SocketAddr, target: Target) -> io::Result<()> {
    let listener = TcpListener::bind(listen).await?;
    serve(move |context| listener.poll_accept(context).map_ok(|(stream, _)| stream), target);
    Ok(())
}

/// Listens on a free port of loopback and relays each connection to the port of this machine that `find` returns then.
pub(crate) async fn loopback(find: impl Fn() -> Option<u16> + Send + 'static) -> io::Result<SocketAddr> {
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        loop {
            match (listener.accept().await, find()) {
                (Ok((stream, _)), Some(port)) => {
                    let target = Target { host: Ipv4Addr::LOCALHOST.to_string(), port, patience: Duration::ZERO };
                    tokio::spawn(relay(stream, target));
                }
                // There is no target: the connection is closed without an answer.
                (Ok(_), None) => {}
                (Err(_), _) => sleep(PAUSE).await,
            }
        }
    });
    Ok(address)
}

/// Listens on a new Unix socket `name` in `directory`, open to every user, and relays its connections.
#[cfg(unix)]
pub(crate) fn unix(directory: &std::path::Path, name: &str, target: Target) -> io::Result<()> {
    let listener = cirun_docker_executor::listen_unix(directory, name)?;
    serve(move |context| listener.poll_accept(context).map_ok(|(stream, _)| stream), target);
    Ok(())
}

#[cfg(not(unix))]
pub fn unix(_directory: &std::path::Path, _name: &str, _target: Target) -> io::Result<()> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "this system has no Unix sockets to share with a container"))
}

/// How long to wait before trying again.
const PAUSE: Duration = Duration::from_millis(50);

/// Relays the connections that `accept` takes.
fn serve<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    mut accept: impl FnMut(&mut Context<'_>) -> Poll<io::Result<S>> + Send + 'static,
    target: Target,
) {
    tokio::spawn(async move {
        loop {
            match poll_fn(&mut accept).await {
                Ok(stream) => drop(tokio::spawn(relay(stream, target.clone()))),
                // Most likely for lack of file descriptors, which are free again when connections end.
                Err(_) => sleep(PAUSE).await,
            }
        }
    });
}

async fn relay(mut stream: impl AsyncRead + AsyncWrite + Unpin, target: Target) {
    // If this fails, the client sees the connection close without an answer, and reports that.
    if let Ok(mut there) = target.connect().await {
        copy_bidirectional(&mut stream, &mut there).await.ok();
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    /// A server that sends back what it gets, in upper case.
    async fn shouting() -> Target {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut text = String::new();
                stream.read_to_string(&mut text).await.unwrap();
                stream.write_all(text.to_uppercase().as_bytes()).await.unwrap();
            }
        });
        there(port)
    }

    fn there(port: u16) -> Target {
        Target { host: "127.0.0.1".to_owned(), port, patience: Duration::ZERO }
    }

    async fn ask(mut stream: impl AsyncRead + AsyncWrite + Unpin) -> String {
        stream.write_all(b"hello").await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn relays_a_socket_in_a_deep_directory() {
        let root = tempfile::tempdir().unwrap();
        let deep = root.path().join("x".repeat(120));
        std::fs::create_dir(&deep).unwrap();
        let target = shouting().await;
        for _ in 0..2 {
            unix(&deep, "relay.sock", target.clone()).unwrap();
        }
        let open = std::fs::File::open(&deep).unwrap();
        let short = format!("/proc/self/fd/{}/relay.sock", std::os::fd::AsRawFd::as_raw_fd(&open));
        assert_eq!(ask(tokio::net::UnixStream::connect(short).await.unwrap()).await, "HELLO");
    }

    #[tokio::test]
    async fn relays_a_port() {
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        tcp(free, shouting().await).await.unwrap();
        assert_eq!(ask(TcpStream::connect(free).await.unwrap()).await, "HELLO");
        let target = shouting().await;
        let found = loopback(move || Some(target.port)).await.unwrap();
        assert_eq!(ask(TcpStream::connect(found).await.unwrap()).await, "HELLO");
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        tcp(free, there(1)).await.unwrap();
        let mut stream = TcpStream::connect(free).await.unwrap();
        let mut answer = Vec::new();
        // Closed or reset, but in either case without an answer.
        stream.read_to_end(&mut answer).await.ok();
        assert!(answer.is_empty());
    }
}
