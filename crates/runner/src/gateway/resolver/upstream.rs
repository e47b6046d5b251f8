//! Questions that the engine's name server answers.

use std::{io, net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, UdpSocket},
    time::timeout,
};

/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(3);
/// The largest datagram.
const MAX_BYTES: usize = 65_535;
/// A message's id.
const ID: std::ops::Range<usize> = 0..2;

/// Asks by UDP.
pub(super) async fn by_udp(server: SocketAddr, question: &[u8]) -> io::Result<Vec<u8>> {
    let exchange = async {
        let socket = UdpSocket::bind(if server.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" }).await?;
        socket.connect(server).await?;
        socket.send(question).await?;
        let mut buffer = vec![0; MAX_BYTES];
        loop {
            let length = socket.recv(&mut buffer).await?;
            // Only the server's datagrams come; a late answer of another question would have another id.
            if buffer[..length].get(ID) == question.get(ID) {
                buffer.truncate(length);
                return io::Result::Ok(buffer);
            }
        }
    };
    timeout(PATIENCE, exchange).await?
}

/// Asks by TCP.
pub(super) async fn by_tcp(server: SocketAddr, question: &[u8]) -> io::Result<Vec<u8>> {
    let exchange = async {
        let mut stream = TcpStream::connect(server).await?;
        let length = u16::try_from(question.len()).map_err(io::Error::other)?;
        stream.write_all(&[&length.to_be_bytes(), question].concat()).await?;
        let mut answer = vec![0; usize::from(stream.read_u16().await?)];
        stream.read_exact(&mut answer).await?;
        io::Result::Ok(answer)
    };
    timeout(PATIENCE, exchange).await?
}
