//! The name server of a run: the gateway answers for every name of AWS and for the registries that it takes, with its own
//! address; the engine knows the stage's names; every other name is asked for outside, or refused where the stage is closed.

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
/// Where the engine says which name server its containers have.
const RESOLV_CONF: &str = "/etc/resolv.conf";
/// The engine's own resolver in containers of Docker: it knows the stage's containers and aliases.
const EMBEDDED: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 11));
/// Questions under way at once; who asks beyond them asks again.
const QUESTIONS: usize = 256;
/// Connections at once, and how long one may be silent.
const CONNECTIONS: usize = 64;
const SILENCE: Duration = Duration::from_secs(10);
/// The pause after a connection that could not be taken: out of file descriptors, most likely.
const PAUSE: Duration = Duration::from_millis(50);

/// Answers questions until the process ends.
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

/// How a question came, and how large its answer may be.
#[derive(Clone, Copy)]
enum Way {
    Udp,
    Tcp,
}

impl Resolver {
    /// The answer to a question that came to `here`, this side's address on the asker's network.
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
                // Whoever asked asks again.
                socket.send_to(&answer, asker).await.ok();
            }
            drop(place);
        });
    }
}

/// This machine's address on the way to another one: a gateway has one on each network of its stage.
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
        // Without a place the connection is closed at once.
        if let Ok(place) = Arc::clone(&places).try_acquire_owned() {
            let resolver = Arc::clone(&resolver);
            tokio::spawn(async move {
                // How a connection ends is the asker's business.
                converse(&resolver, stream).await.ok();
                drop(place);
            });
        }
    }
}

/// Answers one question after the other.
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
