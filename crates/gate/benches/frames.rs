//! The frames of the gate's protocol.

use cirun_gate::protocol::{CommandId, Decoder, Report, Stream, encode};
use divan::{Bencher, counter::BytesCount};

/// What the gate sends at once.
const PIECE: usize = 32 << 10;

fn main() {
    divan::main();
}

/// The frames of a step's output to its bytes.
#[divan::bench(sample_size = 1)]
fn decode_frames(bencher: Bencher<'_, '_>) {
    let mut stream = Vec::new();
    for _ in 0..256 {
        let bytes = vec![b'x'; PIECE];
        encode(&Report::Output { command: CommandId(1), stream: Stream::Stdout, bytes }, &mut stream);
    }
    bencher.counter(BytesCount::new(stream.len())).bench(|| {
        let (mut decoder, mut bytes) = (Decoder::default(), 0);
        for piece in stream.chunks(PIECE) {
            decoder.push(piece);
            while let Some(Report::Output { bytes: piece, .. }) = decoder.next().expect("the stream is valid") {
                bytes += piece.len();
            }
        }
        bytes
    });
}
