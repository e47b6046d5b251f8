//! Emits a scripted run at its own pace, to look at a sink: `cargo run -p cirun-report --example play -- tty`.
//!
//! The second argument is the speed (2 is twice as fast), the third the number of further lines that a step prints at
//! once.

use std::{env, error::Error, io, thread, time::Duration};

use cirun_engine::{Event, EventKind};
use cirun_report::{Colour, HTML, JUNIT, JsonSink, Look, PlainSink, QuietSink, Refresh, ReportSink, Sink, TtySink};
use console::Term;
use jiff::Timestamp;

#[path = "../tests/sinks/script.rs"]
#[expect(dead_code, reason = "the tests use more of it")]
mod script;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let name = arguments.first().map_or("tty", String::as_str);
    let speed: f64 = arguments.get(1).map_or(Ok(1.0), |text| text.parse())?;
    let flood: usize = arguments.get(2).map_or(Ok(0), |text| text.parse())?;
    let mut sink = sink(name)?;
    let mut before = None;
    for event in script::failing() {
        let pause = before
            .map_or(Duration::ZERO, |before| Duration::try_from(event.at.duration_since(before)).unwrap_or_default());
        before = Some(event.at);
        thread::sleep(pause.div_f64(speed));
        let is_output = matches!(event.kind, EventKind::StepOutput { .. });
        // The sinks compare with the current time.
        let event = Event { at: Timestamp::now(), kind: event.kind };
        sink.consume(&event)?;
        for _ in 0..if is_output { flood } else { 0 } {
            sink.consume(&event)?;
        }
    }
    Ok(())
}

fn sink(name: &str) -> Result<Box<dyn Sink>, Box<dyn Error>> {
    let term = Term::buffered_stderr();
    let look = Look { colour: Colour::Always, width: usize::from(term.size().1) };
    Ok(match name {
        "tty" => Box::new(TtySink::new(term, Colour::Always, Refresh::default(), Timestamp::now)?),
        "plain" => Box::new(PlainSink::new(io::stderr(), look)),
        "quiet" => Box::new(QuietSink::new(io::stderr(), look)),
        "json" => Box::new(JsonSink::new(io::stdout())),
        "junit" => Box::new(ReportSink::new(&JUNIT, io::stdout())),
        "html" => Box::new(ReportSink::new(&HTML, io::stdout())),
        other => return Err(format!("no sink is called `{other}`").into()),
    })
}
