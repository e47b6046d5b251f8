//! Tests the name server over sockets, with a fake engine.

use std::{collections::BTreeSet, net::SocketAddr};

use indexmap::{IndexMap, IndexSet};
use simple_dns::{CLASS, Name, Packet, PacketFlag, QCLASS, QTYPE, RCODE, TYPE, rdata::RData};

use super::*;

/// A question for a name's IPv4 or IPv6 addresses.
fn question(name: &str, kind: TYPE) -> Vec<u8> {
    let mut packet = Packet::new_query(7);
    let name = Name::new_unchecked(name);
    packet.questions.push(simple_dns::Question::new(name, QTYPE::TYPE(kind), QCLASS::CLASS(CLASS::IN), false));
    packet.build_bytes_vec().unwrap()
}

/// A resolver that forwards to `engine`, and its directory.
fn resolver(outside: Outside, engine: SocketAddr) -> (Arc<Resolver>, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let file = ResolverFile {
        aws: true,
        forwards: false,
        names: BTreeSet::from(["quay.io".to_owned()]),
        outside,
        directory: directory.path().to_owned(),
    };
    (Arc::new(Resolver { notes: Notes::new(directory.path()), file, engine }), directory)
}

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::new(172, 20, 0, 3));

/// An address where nothing listens.
fn no_engine() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 9))
}

/// The code and the addresses of an answer.
fn shown(answer: &[u8]) -> String {
    let packet = Packet::parse(answer).unwrap();
    assert_eq!((packet.id(), packet.has_flags(PacketFlag::RESPONSE)), (7, true));
    let addresses: Vec<String> = packet
        .answers
        .iter()
        .map(|record| match &record.rdata {
            RData::A(a) => Ipv4Addr::from(a.address).to_string(),
            other => panic!("{other:?}"),
        })
        .collect();
    let cut = if packet.has_flags(PacketFlag::TRUNCATION) { " cut" } else { "" };
    format!("{:?}{cut} {}", packet.rcode(), addresses.join(" ")).trim_end().to_owned()
}

#[tokio::test]
async fn names_of_aws_have_the_gateways_address_and_unknown_services_are_noted() {
    let (resolver, directory) = resolver(Outside::Asked, no_engine());
    for (name, kind, expected) in [
        ("STS.eu-west-1.amazonaws.COM", TYPE::A, "NoError 172.20.0.3"),
        ("sts.eu-west-1.amazonaws.com", TYPE::AAAA, "NoError"),
        ("sts.eu-west-1.amazonaws.com", TYPE::TXT, "NoError"),
        ("quay.io", TYPE::A, "NoError 172.20.0.3"),
        ("dynamodb.us-east-1.amazonaws.com", TYPE::A, "NoError 172.20.0.3"),
        ("dynamodb.us-east-1.amazonaws.com", TYPE::AAAA, "NoError"),
        ("foo.amazonaws.com.corp.example", TYPE::A, "NameError"),
        // The engine does not answer.
        ("pypi.org", TYPE::A, "ServerFailure"),
    ] {
        for way in [Way::Udp, Way::Tcp] {
            let answer = resolver.answer(&question(name, kind), Some(HERE), way).await.unwrap();
            assert_eq!(shown(&answer), expected, "{name}");
        }
    }
    let names = IndexSet::from(["dynamodb.us-east-1.amazonaws.com".to_owned()]);
    assert_eq!(not_emulated(directory.path()).unwrap(), names);
    assert!(refused(directory.path()).unwrap().is_empty());
}

#[tokio::test]
async fn a_closed_stage_refuses_foreign_names_and_notes_them() {
    let (resolver, directory) = resolver(Outside::Refused, no_engine());
    for name in ["Example.com", "example.com"] {
        let answer = resolver.answer(&question(name, TYPE::A), Some(HERE), Way::Udp).await.unwrap();
        assert_eq!(shown(&answer), "NameError");
        assert_eq!(Packet::parse(&answer).unwrap().questions[0].qname.to_string(), name);
    }
    assert_eq!(refused(directory.path()).unwrap(), IndexMap::from([("example.com".to_owned(), 2)]));
}

#[tokio::test]
async fn only_messages_with_one_question_are_resolved() {
    let (resolver, directory) = resolver(Outside::Refused, no_engine());
    assert_eq!(resolver.answer(b"nonsense", Some(HERE), Way::Udp).await, None);
    let answer = Packet::new_reply(7).build_bytes_vec().unwrap();
    assert_eq!(resolver.answer(&answer, Some(HERE), Way::Udp).await, None);
    let two = [question("a.example", TYPE::A), question("b.example", TYPE::A)];
    let mut both = Packet::parse(&two[0]).unwrap();
    both.questions.extend(Packet::parse(&two[1]).unwrap().questions);
    let answer = resolver.answer(&both.build_bytes_vec().unwrap(), Some(HERE), Way::Udp).await.unwrap();
    assert_eq!(Packet::parse(&answer).unwrap().rcode(), RCODE::FormatError);
    assert!(refused(directory.path()).unwrap().is_empty());
}

/// A fake engine that answers every question with this number of addresses.
async fn engine(addresses: u8) -> SocketAddr {
    let udp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = udp.local_addr().unwrap();
    let tcp = TcpListener::bind(address).await.unwrap();
    let reply = move |question: &[u8]| {
        let mut reply = Packet::parse(question).unwrap().into_reply();
        let name = reply.questions[0].qname.clone();
        for last in 1..=addresses {
            let record = RData::A(simple_dns::rdata::A { address: Ipv4Addr::new(10, 0, 0, last).into() });
            reply.answers.push(simple_dns::ResourceRecord::new(name.clone(), CLASS::IN, 60, record));
        }
        reply.build_bytes_vec().unwrap()
    };
    tokio::spawn(async move {
        let mut buffer = [0; 512];
        loop {
            let (length, asker) = udp.recv_from(&mut buffer).await.unwrap();
            udp.send_to(&reply(&buffer[..length]), asker).await.unwrap();
        }
    });
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = tcp.accept().await.unwrap();
            let mut question = vec![0; usize::from(stream.read_u16().await.unwrap())];
            stream.read_exact(&mut question).await.unwrap();
            let answer = reply(&question);
            stream.write_u16(u16::try_from(answer.len()).unwrap()).await.unwrap();
            stream.write_all(&answer).await.unwrap();
        }
    });
    address
}

/// Asks by TCP.
async fn ask(server: SocketAddr, question: &[u8]) -> Vec<u8> {
    upstream::by_tcp(server, question).await.unwrap()
}

#[tokio::test]
async fn other_names_are_forwarded_and_large_answers_need_tcp() {
    let (small, _kept) = resolver(Outside::Asked, engine(2).await);
    let asked = question("pypi.org", TYPE::A);
    for way in [Way::Udp, Way::Tcp] {
        let answer = small.answer(&asked, Some(HERE), way).await.unwrap();
        assert_eq!(shown(&answer), "NoError 10.0.0.1 10.0.0.2");
    }
    let (large, _kept) = resolver(Outside::Asked, engine(200).await);
    assert_eq!(shown(&large.answer(&asked, Some(HERE), Way::Udp).await.unwrap()), "NoError cut");
    let answer = large.answer(&asked, Some(HERE), Way::Tcp).await.unwrap();
    assert_eq!(Packet::parse(&answer).unwrap().answers.len(), 200);
}

#[tokio::test]
async fn answers_by_udp_and_tcp() {
    let (resolver, _kept) = resolver(Outside::Asked, engine(1).await);
    let udp = Arc::new(UdpSocket::bind("127.0.0.1:0").await.unwrap());
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (by_udp, by_tcp) = (udp.local_addr().unwrap(), tcp.local_addr().unwrap());
    tokio::spawn(datagrams(Arc::clone(&resolver), udp));
    tokio::spawn(connections(resolver, tcp));
    let asked = question("sts.amazonaws.com", TYPE::A);
    let answer = upstream::by_udp(by_udp, &asked).await.unwrap();
    assert_eq!(shown(&answer), "NoError 127.0.0.1", "the address on the asker's network");
    assert_eq!(shown(&ask(by_tcp, &asked).await), "NoError 127.0.0.1");
    assert_eq!(shown(&ask(by_tcp, &question("pypi.org", TYPE::A)).await), "NoError 10.0.0.1");
}

#[test]
fn reads_the_engines_name_server() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("resolv.conf");
    for (text, expected) in [
        ("search x.example\nnameserver 10.89.0.1\nnameserver 1.1.1.1\n", "10.89.0.1"),
        ("nameserver 127.0.0.11\noptions ndots:0\n", "127.0.0.11"),
        ("", "127.0.0.11"),
    ] {
        fs::write(&file, text).unwrap();
        assert_eq!(name_server(&file).to_string(), expected);
    }
    assert_eq!(name_server(&directory.path().join("nowhere")), EMBEDDED);
}
