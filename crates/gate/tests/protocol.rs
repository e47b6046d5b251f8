//! The protocol: what is written is read again, in pieces of any size, and no bytes make the decoder fail otherwise
//! than by an error.

use std::net::SocketAddr;

use cirun_gate::protocol::{
    CommandId, Decoder, End, Limit, Message, NotStarted, Order, Program, ProtocolError, Report, RequestId, Resource,
    Size, Stream, User, encode,
};
use proptest::{collection::vec, option, prelude::*, sample};

#[path = "../../../fuzz/checks/gate.rs"]
mod check;
#[path = "../../../fuzz/replay.rs"]
mod seeds;

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    vec(any::<u8>(), 0..40)
}

fn program() -> impl Strategy<Value = Program> {
    let limit = (sample::select(&Resource::ALL[..]), any::<u64>(), any::<u64>());
    let limit = limit.prop_map(|(resource, soft, hard)| Limit { resource, soft, hard });
    let user = any::<(u32, u32)>().prop_map(|(uid, gid)| User { uid, gid });
    let words = (vec(bytes(), 0..4), vec((bytes(), bytes()), 0..4), option::of(bytes()));
    let rest = (option::of(user), option::of(any::<u32>()), vec(limit, 0..3), option::of(size()), any::<bool>());
    (words, rest).prop_map(|((argv, env, directory), (user, umask, limits, terminal, input))| Program {
        argv,
        env,
        directory,
        user,
        umask,
        limits,
        terminal,
        input,
    })
}

fn size() -> impl Strategy<Value = Size> {
    any::<(u16, u16)>().prop_map(|(rows, columns)| Size { rows, columns })
}

fn command() -> impl Strategy<Value = CommandId> {
    any::<u32>().prop_map(CommandId)
}

fn request() -> impl Strategy<Value = RequestId> {
    any::<u32>().prop_map(RequestId)
}

fn order() -> impl Strategy<Value = Order> {
    prop_oneof![
        (command(), program(), any::<bool>()).prop_map(|(command, program, alone)| Order::Run {
            command,
            program,
            alone
        }),
        (command(), bytes()).prop_map(|(command, bytes)| Order::Input { command, bytes }),
        command().prop_map(|command| Order::InputEnd { command }),
        (command(), any::<u64>()).prop_map(|(command, bytes)| Order::Ack { command, bytes }),
        (command(), any::<(i32, u32)>()).prop_map(|(command, (signal, grace))| Order::Stop { command, signal, grace }),
        (command(), size()).prop_map(|(command, size)| Order::Resize { command, size }),
        (request(), bytes(), bytes(), any::<u32>()).prop_map(|(request, directory, path, limit)| Order::ReadFile {
            request,
            directory,
            path,
            limit
        }),
        (request(), bytes(), bytes(), any::<u32>(), bytes()).prop_map(|(request, directory, path, mode, content)| {
            Order::WriteFile { request, directory, path, mode, content }
        }),
        request().prop_map(|request| Order::Watch { request }),
        request().prop_map(|request| Order::Unwatch { request }),
        Just(Order::End),
    ]
}

fn report() -> impl Strategy<Value = Report> {
    let reason = prop_oneof![
        Just(NotStarted::NotFound),
        Just(NotStarted::NotExecutable),
        Just(NotStarted::WrongFormat),
        Just(NotStarted::NoInterpreter),
        any::<String>().prop_map(NotStarted::Other),
    ];
    let end = prop_oneof![
        any::<i32>().prop_map(End::Code),
        any::<(i32, bool)>().prop_map(|(signal, core)| End::Signal { signal, core }),
    ];
    let stream = sample::select(&[Stream::Stdout, Stream::Stderr][..]);
    prop_oneof![
        any::<u16>().prop_map(|version| Report::Hello { version }),
        command().prop_map(|command| Report::Started { command }),
        (command(), reason).prop_map(|(command, reason)| Report::NotStarted { command, reason }),
        (command(), stream, bytes()).prop_map(|(command, stream, bytes)| Report::Output { command, stream, bytes }),
        (command(), end, any::<bool>()).prop_map(|(command, end, oom_killed)| Report::Ended {
            command,
            end,
            oom_killed
        }),
        (request(), prop_oneof![bytes().prop_map(Ok), any::<String>().prop_map(Err)])
            .prop_map(|(request, result)| Report::File { request, result }),
        (request(), prop_oneof![Just(Ok(())), any::<String>().prop_map(Err)])
            .prop_map(|(request, result)| Report::Written { request, result }),
        (request(), vec(any::<SocketAddr>().prop_map(plain), 0..4))
            .prop_map(|(request, sockets)| Report::Listening { request, sockets }),
    ]
}

/// Without the flow and the scope of IPv6, which a listening socket's address has not.
fn plain(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip(), address.port())
}

/// Decodes a stream that arrives in pieces of these sizes.
fn decode<M: Message>(stream: &[u8], sizes: &[usize]) -> Result<Vec<M>, ProtocolError> {
    let (mut decoder, mut messages) = (Decoder::default(), Vec::new());
    let (mut rest, mut sizes) = (stream, sizes.iter().cycle());
    while !rest.is_empty() {
        let (piece, after) = rest.split_at((*sizes.next().unwrap_or(&1)).clamp(1, rest.len()));
        rest = after;
        decoder.push(piece);
        while let Some(message) = decoder.next()? {
            messages.push(message);
        }
    }
    assert!(decoder.is_between_messages());
    Ok(messages)
}

proptest! {
    #[test]
    fn orders_arrive(orders in vec(order(), 0..6), sizes in vec(1_usize..50, 1..6)) {
        let mut stream = Vec::new();
        orders.iter().for_each(|order| encode(order, &mut stream));
        prop_assert_eq!(decode::<Order>(&stream, &sizes), Ok(orders));
    }

    #[test]
    fn reports_arrive(reports in vec(report(), 0..6), sizes in vec(1_usize..50, 1..6)) {
        let mut stream = Vec::new();
        reports.iter().for_each(|report| encode(report, &mut stream));
        prop_assert_eq!(decode::<Report>(&stream, &sizes), Ok(reports));
    }

    #[test]
    fn any_bytes(bytes in vec(any::<u8>(), 0..400)) {
        check::check(&bytes);
    }
}

#[test]
fn replay() {
    seeds::replay("gate", 400, check::check);
}

#[test]
fn lengths() {
    let decoded = |bytes: &[u8]| {
        let mut decoder = Decoder::default();
        decoder.push(bytes);
        decoder.next::<Order>()
    };
    assert_eq!(decoded(&[0, 0, 0, 0]), Err(ProtocolError::Length(0)));
    assert_eq!(decoded(&[255, 255, 255, 255]), Err(ProtocolError::Length(u32::MAX as usize)));
    assert_eq!(decoded(&[5, 0, 0, 0, 3, 1]), Ok(None));
    assert_eq!(decoded(&[1, 0, 0, 0, 3]), Err(ProtocolError::Short));
    assert_eq!(decoded(&[2, 0, 0, 0, 11, 0]), Err(ProtocolError::Long));
    assert_eq!(decoded(&[1, 0, 0, 0, 99]), Err(ProtocolError::Unknown { what: "order", value: 99 }));
    // A list that claims more values than there are bytes.
    assert_eq!(decoded(&[9, 0, 0, 0, 1, 0, 0, 0, 0, 255, 255, 255, 255]), Err(ProtocolError::Short));
}
