//! Forwards questions to the engine's name server.

use std::{io, net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, UdpSocket},
    time::timeout,
};

/// Timeout of a question.
const PATIENCE: Duration = Duration::from_secs(3);
/// Maximum size of a datagram.
const MAX_BYTES: usize = 65_535;
/// The bytes of a message's id.
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
            // The socket only gets datagrams of this server. A late answer to another question has another id.
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
