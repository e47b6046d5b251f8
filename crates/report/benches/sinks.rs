//! What the sinks of a run do with the lines of a step.

use std::hint::black_box;

use cirun_engine::{Event, EventKind, MaskedLines, Stream};
use cirun_plan::StepPath;
use cirun_report::{Colour, JsonSink, Look, PlainSink, Sink, read_event};
use divan::{Bencher, counter::BytesCount};
use jiff::Timestamp;

fn main() {
    divan::main();
}

fn output() -> (Event, usize) {
    let lines: Vec<String> =
        (0..600).map(|number| format!("[INFO] Compiling module {number} of \"the shop\" (3.4 s, 12 files)")).collect();
    let lines = MaskedLines::from_masked(lines.iter().map(String::as_str));
    let length = lines.text().len();
    let kind = EventKind::StepOutput { step: StepPath::new("build", ["tests", "unit"]), stream: Stream::Stdout, lines };
    (Event { at: Timestamp::UNIX_EPOCH, kind }, length)
}

fn bench(bencher: Bencher<'_, '_>, mut sink: impl Sink) {
    let (event, length) = output();
    bencher.counter(BytesCount::new(length)).bench_local(|| sink.consume(black_box(&event)));
}

#[divan::bench]
fn json(bencher: Bencher<'_, '_>) {
    bench(bencher, JsonSink::new(std::io::sink()));
}

#[divan::bench]
fn plain(bencher: Bencher<'_, '_>) {
    bench(bencher, PlainSink::new(std::io::sink(), Look { colour: Colour::Never, width: 100 }));
}

#[divan::bench]
fn read_a_line_of_the_record(bencher: Bencher<'_, '_>) {
    let mut text = Vec::new();
    JsonSink::new(&mut text).consume(&output().0).expect("a vector takes all");
    let text = String::from_utf8(text).expect("JSON is UTF-8");
    let line = text.lines().next().expect("there is a line");
    bencher.counter(BytesCount::of_str(line)).bench(|| read_event(black_box(line)));
}
