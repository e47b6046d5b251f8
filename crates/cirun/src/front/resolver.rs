//! The names of a closed stage: the front's and the stage's own are answered, every other one is refused and noted.

use std::{
    collections::BTreeSet,
    fs::{self, OpenOptions},
    io::{self, Write as _},
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use simple_dns::{Packet, PacketFlag, RCODE};
use tokio::{net::UdpSocket, time::timeout};

/// The engine's own resolver in every container: it knows the stage's containers and aliases.
const ENGINE: (&str, u16) = ("127.0.0.11", 53);
/// How long the engine's resolver may take.
const PATIENCE: Duration = Duration::from_secs(3);
/// The largest question and answer.
const MAX_BYTES: usize = 4096;
/// The file with the refused names, in the record's directory of the emulator.
const REFUSED: &str = "refused-names.jsonl";

/// What the front is told of the names that steps ask for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ResolverFile {
    /// The names that it answers for.
    pub names: BTreeSet<String>,
    /// The directory that takes the refused names.
    pub directory: PathBuf,
}

/// A name that was asked for and refused.
#[derive(Debug, Serialize, Deserialize)]
struct Refused {
    time: String,
    name: String,
}

/// Answers questions until the process ends.
pub(crate) async fn serve(file: ResolverFile) -> io::Result<()> {
    let socket = Arc::new(UdpSocket::bind(SocketAddr::from(([0, 0, 0, 0], 53))).await?);
    let file = Arc::new(file);
    tokio::spawn(async move {
        let mut buffer = [0; MAX_BYTES];
        loop {
            let Ok((length, asker)) = socket.recv_from(&mut buffer).await else { continue };
            let (socket, file, question) = (Arc::clone(&socket), Arc::clone(&file), buffer[..length].to_vec());
            tokio::spawn(async move {
                if let Some(answer) = answer(&file, &question).await {
                    // Whoever asked asks again.
                    socket.send_to(&answer, asker).await.ok();
                }
            });
        }
    });
    Ok(())
}

async fn answer(file: &ResolverFile, question: &[u8]) -> Option<Vec<u8>> {
    let packet = Packet::parse(question).ok()?;
    let name = packet.questions.first()?.qname.to_string().trim_end_matches('.').to_ascii_lowercase();
    if !name.contains('.') || file.names.contains(&name) {
        return ask_engine(question).await.ok();
    }
    note(&file.directory, &name);
    refusal(packet)
}

async fn ask_engine(question: &[u8]) -> io::Result<Vec<u8>> {
    let socket = UdpSocket::bind(("127.0.0.1", 0)).await?;
    socket.connect(ENGINE).await?;
    socket.send(question).await?;
    let mut buffer = vec![0; MAX_BYTES];
    let length = timeout(PATIENCE, socket.recv(&mut buffer)).await.map_err(io::Error::other)??;
    buffer.truncate(length);
    Ok(buffer)
}

/// `NXDOMAIN`: no such name, so that nobody waits and tries again.
fn refusal(question: Packet<'_>) -> Option<Vec<u8>> {
    let mut reply = question.into_reply();
    *reply.rcode_mut() = RCODE::NameError;
    reply.set_flags(PacketFlag::RECURSION_AVAILABLE);
    reply.build_bytes_vec().ok()
}

/// One write call: lines of several questions stay whole. A name that cannot be noted is refused all the same.
fn note(directory: &Path, name: &str) {
    let line = Refused { time: jiff::Timestamp::now().to_string(), name: name.to_owned() };
    let Ok(mut line) = serde_json::to_vec(&line) else { return };
    line.push(b'\n');
    let opened = OpenOptions::new().create(true).append(true).open(directory.join(REFUSED));
    opened.and_then(|mut file| file.write_all(&line)).ok();
}

/// The refused names of a run and how often each was asked for, in the order of the first question.
pub(crate) fn refused(directory: &Path) -> io::Result<IndexMap<String, usize>> {
    let text = match fs::read_to_string(directory.join(REFUSED)) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(IndexMap::new()),
        Err(error) => return Err(error),
    };
    let mut names = IndexMap::new();
    for refused in text.lines().filter_map(|line| serde_json::from_str::<Refused>(line).ok()) {
        *names.entry(refused.name).or_insert(0) += 1;
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use simple_dns::{CLASS, Name, QCLASS, QTYPE, Question, TYPE};

    use super::*;

    fn question(name: &str) -> Vec<u8> {
        let mut packet = Packet::new_query(7);
        let name = Name::new_unchecked(name);
        packet.questions.push(Question::new(name, QTYPE::TYPE(TYPE::A), QCLASS::CLASS(CLASS::IN), false));
        packet.build_bytes_vec().unwrap()
    }

    #[tokio::test]
    async fn a_foreign_name_is_refused_and_noted() {
        let directory = tempfile::tempdir().unwrap();
        let file = ResolverFile { names: BTreeSet::new(), directory: directory.path().to_owned() };
        let answer = answer(&file, &question("Example.com")).await.unwrap();
        let reply = Packet::parse(&answer).unwrap();
        assert_eq!((reply.id(), reply.rcode()), (7, RCODE::NameError));
        assert_eq!(reply.questions[0].qname.to_string().to_lowercase(), "example.com");
        let again = super::answer(&file, &question("example.com")).await;
        assert!(again.is_some());
        assert_eq!(refused(directory.path()).unwrap(), IndexMap::from([("example.com".to_owned(), 2)]));
    }

    #[tokio::test]
    async fn what_is_no_question_has_no_answer() {
        let directory = tempfile::tempdir().unwrap();
        let file = ResolverFile { names: BTreeSet::new(), directory: directory.path().to_owned() };
        assert_eq!(answer(&file, b"nonsense").await, None);
        assert!(refused(directory.path()).unwrap().is_empty());
    }
}
