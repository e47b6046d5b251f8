//! The name server of a run. For names of AWS and of the gateway's registries, it answers with the gateway's address. It
//! forwards all other names to the engine, which knows the stage's names; a closed stage's names outside are refused.

mod message;
mod notes;
mod rules;
mod upstream;

use std::{
    fs, io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::Path,
    sync::Arc,
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, UdpSocket},
    sync::Semaphore,
    time::timeout,
};

pub use self::notes::refused;
use self::{
    message::{MAX_UDP, Question, failed, no_such_name, truncated, unanswerable},
    notes::Notes,
    rules::Verdict,
};
pub(crate) use self::{
    notes::not_emulated,
    rules::{Outside, ResolverFile},
};

/// The port of name servers.
const PORT: u16 = 53;
/// The file in which the engine gives the container its name server.
const RESOLV_CONF: &str = "/etc/resolv.conf";
/// The resolver in Docker's containers: it knows the stage's containers and aliases.
const EMBEDDED: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 11));
/// Maximum number of open questions. Clients repeat questions that are dropped.
const QUESTIONS: usize = 256;
/// Maximum number of connections, and how long one may be silent.
const CONNECTIONS: usize = 64;
const SILENCE: Duration = Duration::from_secs(10);
/// The pause after a failed accept, most likely for lack of file descriptors.
const PAUSE: Duration = Duration::from_millis(50);

/// Starts the name server, which answers until the process ends.
///
/// # Errors
/// Port 53 is taken.
pub(crate) async fn serve(file: ResolverFile) -> io::Result<()> {
    let every = SocketAddr::from((Ipv4Addr::UNSPECIFIED, PORT));
    let resolver = Arc::new(Resolver {
        notes: Notes::new(&file.directory),
        file,
        engine: SocketAddr::new(name_server(Path::new(RESOLV_CONF)), PORT),
    });
    let (udp, tcp) = (UdpSocket::bind(every).await?, TcpListener::bind(every).await?);
    tokio::spawn(datagrams(Arc::clone(&resolver), Arc::new(udp)));
    tokio::spawn(connections(resolver, tcp));
    Ok(())
}

/// The name server that the engine gave this container.
fn name_server(resolv_conf: &Path) -> IpAddr {
    let text = fs::read_to_string(resolv_conf).unwrap_or_default();
    let mut servers = text.lines().filter_map(|line| line.strip_prefix("nameserver")?.trim().parse().ok());
    servers.next().unwrap_or(EMBEDDED)
}

struct Resolver {
    file: ResolverFile,
    notes: Notes,
    /// The engine's name server.
    engine: SocketAddr,
}

/// The transport of a question, which limits the size of the answer.
#[derive(Clone, Copy)]
enum Way {
    Udp,
    Tcp,
}

impl Resolver {
    /// The answer to a question. `here` is this container's address on the asker's network.
    async fn answer(&self, bytes: &[u8], here: Option<IpAddr>, way: Way) -> Option<Vec<u8>> {
        let question = match Question::parse(bytes)? {
            Ok(question) => question,
            Err(refusal) => return unanswerable(bytes, refusal),
        };
        let answer = match self.file.decide(question.name()) {
            Verdict::Here => question.answer(here),
            Verdict::NotEmulated => {
                self.notes.not_emulated(question.name());
                question.answer(here)
            }
            Verdict::Misplaced => no_such_name(bytes),
            Verdict::Refused => {
                self.notes.refused(question.name());
                no_such_name(bytes)
            }
            Verdict::Elsewhere => match way {
                Way::Tcp => upstream::by_tcp(self.engine, bytes).await.ok(),
                Way::Udp => {
                    let Ok(answer) = upstream::by_udp(self.engine, bytes).await else { return failed(bytes) };
                    if answer.len() > question.largest_answer() { truncated(bytes) } else { Some(answer) }
                }
            },
        };
        answer.or_else(|| failed(bytes))
    }
}

async fn datagrams(resolver: Arc<Resolver>, socket: Arc<UdpSocket>) {
    let places = Arc::new(Semaphore::new(QUESTIONS));
    let mut buffer = [0; MAX_UDP];
    loop {
        let Ok((length, asker)) = socket.recv_from(&mut buffer).await else { continue };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else { continue };
        let (resolver, socket, question) = (Arc::clone(&resolver), Arc::clone(&socket), buffer[..length].to_vec());
        tokio::spawn(async move {
            let here = address_towards(asker.ip());
            if let Some(answer) = resolver.answer(&question, here, Way::Udp).await {
                // If this fails, the client repeats its question.
                socket.send_to(&answer, asker).await.ok();
            }
            drop(place);
        });
    }
}

/// This container's address on the network of `asker`: a gateway has one on each network of its stage.
fn address_towards(asker: IpAddr) -> Option<IpAddr> {
    let socket = std::net::UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
    // Sends nothing.
    socket.connect((asker, PORT)).ok()?;
    socket.local_addr().ok().map(|address| address.ip())
}

async fn connections(resolver: Arc<Resolver>, listener: TcpListener) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        // Without a free place, the connection is closed at once.
        if let Ok(place) = Arc::clone(&places).try_acquire_owned() {
            let resolver = Arc::clone(&resolver);
            tokio::spawn(async move {
                // Errors of a connection concern the client only.
                converse(&resolver, stream).await.ok();
                drop(place);
            });
        }
    }
}

/// Answers the questions of a TCP connection, one by one.
async fn converse(resolver: &Resolver, mut stream: TcpStream) -> io::Result<()> {
    let here = stream.local_addr()?.ip();
    loop {
        let read = async {
            let mut question = vec![0; usize::from(stream.read_u16().await?)];
            stream.read_exact(&mut question).await?;
            io::Result::Ok(question)
        };
        let question = timeout(SILENCE, read).await??;
        let Some(answer) = resolver.answer(&question, Some(here), Way::Tcp).await else { return Ok(()) };
        let length = u16::try_from(answer.len()).map_err(io::Error::other)?;
        let sent = async {
            stream.write_all(&[&length.to_be_bytes(), answer.as_slice()].concat()).await?;
            stream.flush().await
        };
        timeout(SILENCE, sent).await??;
    }
}

#[cfg(test)]
mod tests;
