//! Bytes as a stream of the gate's protocol, in both directions: nothing may panic, and what is decoded is encoded to
//! the same bytes.

use cirun_gate::protocol::{Decoder, Message, Order, Report, encode};

pub(crate) fn check(bytes: &[u8]) {
    check_as::<Order>(bytes);
    check_as::<Report>(bytes);
}

fn check_as<M: Message>(bytes: &[u8]) {
    let mut decoder = Decoder::default();
    let mut again = Vec::new();
    'stream: for piece in bytes.chunks(7) {
        decoder.push(piece);
        loop {
            match decoder.next::<M>() {
                Ok(Some(message)) => encode(&message, &mut again),
                Ok(None) => break,
                Err(_) => break 'stream,
            }
        }
    }
    assert!(bytes.starts_with(&again));
}
