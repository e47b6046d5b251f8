//! No sink displays a secret, whatever is printed inside it, or sends escape sequences to a terminal.

use std::fmt::Write;

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use cirun_engine::{Event, EventKind, ImageState, Masker, Outcome};
use cirun_plan::{Secret, StageId};
use cirun_report::{
    Colour, HTML, JUNIT, JsonSink, LogFilesSink, LogSink, Look, PlainSink, QuietSink, Refresh, ReportSink, Sink,
    TtySink,
};
use indicatif::InMemoryTerm;
use jiff::Timestamp;
use proptest::prelude::*;

use crate::{
    Buffer,
    script::{self, Script},
};

const WIDE: u16 = 600;

/// What a program may print in the middle of a word without a visible effect.
const UNSEEN: [&str; 12] = [
    "\u{1b}[31m",
    "\u{1b}[0m",
    "\u{1b}[K",
    "\u{1b}[?25l",
    "\u{1b}]0;title\u{7}",
    "\u{1b}]8;;https://example.com\u{1b}\\",
    "\u{1b}Pq\u{9c}",
    "\u{9b}1m",
    "\u{1b}(B",
    "\u{200b}",
    "\u{202e}",
    "\u{7}",
];

/// The forms in which a program may write a secret.
fn written(secret: &str, form: usize) -> String {
    let bytes = |format: fn(&mut String, u8)| {
        secret.bytes().fold(String::new(), |mut text, byte| {
            format(&mut text, byte);
            text
        })
    };
    let quoted = |text: &str, pairs: &[(char, &str)]| {
        text.chars().fold(String::new(), |mut quoted, character| {
            match pairs.iter().find(|(found, _)| *found == character) {
                Some((_, word)) => quoted.push_str(word),
                None => quoted.push(character),
            }
            quoted
        })
    };
    const XML: [(char, &str); 5] = [('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('"', "&quot;"), ('\'', "&#x27;")];
    match form {
        0 => secret.to_owned(),
        1 => STANDARD.encode(secret),
        2 => STANDARD.encode(format!("user:{secret}")),
        3 => URL_SAFE_NO_PAD.encode(format!("x{secret}\n")),
        4 => bytes(|text, byte| write!(text, "%{byte:02X}").expect("memory takes everything")),
        5 => bytes(|text, byte| write!(text, "{byte:02x}").expect("memory takes everything")),
        6 => bytes(|text, byte| write!(text, "{byte:02X}").expect("memory takes everything")),
        7 => bytes(|text, byte| write!(text, "\\x{byte:02x}").expect("memory takes everything")),
        8 => serde_json::to_string(secret).expect("text is JSON"),
        9 => serde_json::to_string(secret).expect("text is JSON").replace('/', "\\/"),
        10 => secret.encode_utf16().fold(String::new(), |mut text, unit| {
            write!(text, "\\u{unit:04X}").expect("memory takes everything");
            text
        }),
        11 => quoted(secret, &XML),
        12 => secret.chars().fold(String::new(), |mut text, character| {
            write!(text, "&#{};", u32::from(character)).expect("memory takes everything");
            text
        }),
        13 => format!("'{}'", secret.replace('\'', "'\\''")),
        _ => format!("\"{}\"", quoted(secret, &[('"', "\\\""), ('\\', "\\\\"), ('$', "\\$"), ('`', "\\`")])),
    }
}

const FORMS: usize = 15;

/// A run whose step prints `text` and fails, so that its last lines are shown again.
fn run(masker: &Masker, text: &str) -> Vec<Event> {
    let mut script = Script::new();
    let line = masker.line(text);
    script.run_started(&[("build", 1)]).say(EventKind::StageStarted { stage: StageId("build".into()) });
    script.started("leak", "Run").out("leak", line.as_str());
    let said = masker.mask(text).into_owned();
    let mut finish = script::finish("leak", Outcome::Failed, Some(1), 10);
    if let EventKind::StepFinished { reason, outputs, tail, .. } = &mut finish {
        *reason = Some(said.clone());
        outputs.insert("OUT".to_owned(), said.clone());
        *tail = vec![line];
    }
    script.say(finish);
    script.say(EventKind::Diagnostic {
        code: "c".into(),
        severity: cirun_diagnostics::Severity::Warning,
        message: said,
        step: None,
    });
    script.say(EventKind::StageFinished {
        stage: StageId("build".into()),
        outcome: Outcome::Failed,
        elapsed: Default::default(),
    });
    script.say(EventKind::RunFinished { outcome: Outcome::Failed, exit_code: 1, elapsed: Default::default() });
    script.events
}

/// The output of every sink for a run, by the sink's name.
fn shown(events: &[Event]) -> Vec<(&'static str, String)> {
    let mut shown = Vec::new();
    for (name, colour) in [("plain", Colour::Never), ("plain in colour", Colour::Always)] {
        let look = Look { colour, width: usize::from(WIDE) };
        shown.push((name, crate::written(events, |out| Box::new(PlainSink::new(out, look)))));
        shown.push(("quiet", crate::written(events, |out| Box::new(QuietSink::new(out, look)))));
        let step = [script::path("leak")].into();
        shown.push(("logs", crate::written(events, |out| Box::new(LogSink::new(out, look, step)))));
        let term = InMemoryTerm::new(80, WIDE);
        let mut tty =
            TtySink::new(term.clone(), colour, Refresh::EachEvent, Timestamp::now).expect("a terminal in memory");
        events.iter().for_each(|event| tty.consume(event).expect("memory takes everything"));
        shown.push(("tty", String::from_utf8(term.contents_formatted()).expect("UTF-8")));
    }
    shown.push(("json", crate::written(events, |out: Buffer| Box::new(JsonSink::new(out)))));
    shown.push(("junit", crate::written(events, |out: Buffer| Box::new(ReportSink::new(&JUNIT, out)))));
    shown.push(("html", crate::written(events, |out: Buffer| Box::new(ReportSink::new(&HTML, out)))));
    let directory = tempfile::tempdir().expect("a directory");
    let mut files = LogFilesSink::new(directory.path());
    events.iter().for_each(|event| files.consume(event).expect("the directory takes everything"));
    shown.push((
        "log file",
        std::fs::read_to_string(directory.path().join("build/leak.log")).expect("the log of the step"),
    ));
    shown
}

/// The visible part of a text: without what a terminal, an XML parser or a JSON parser removes.
fn read(text: &str) -> String {
    let text = console::strip_ansi_codes(text).replace("\\u001b", "\u{1b}").replace("\\u0007", "\u{7}");
    let mut text = console::strip_ansi_codes(&text).into_owned();
    text.retain(|character| !character.is_control() && !matches!(character, '\u{200b}' | '\u{202e}' | '\u{fffd}'));
    text
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_sink_shows_a_secret(
        secret in "[A-Za-z0-9/+=<&>\"'$`é-]{8,20}",
        form in 0..FORMS,
        places in prop::collection::vec((any::<prop::sample::Index>(), 0..UNSEEN.len()), 0..5),
    ) {
        let printed = written(&secret, form);
        let mut letters: Vec<String> = printed.chars().map(String::from).collect();
        for (place, unseen) in places {
            letters.insert(place.index(letters.len() + 1), UNSEEN[unseen].to_owned());
        }
        let text = format!("the token is {} .", letters.concat());
        let events = run(&Masker::new(&[Secret::new(&secret)]), &text);
        // Letters that base64 shares with a neighbour may stay.
        let core = match form {
            1..=3 => STANDARD.encode(format!("user:{secret}"))[8..12].to_owned(),
            _ => secret.clone(),
        };
        for (sink, shown) in shown(&events) {
            let shown = read(&shown);
            prop_assert!(shown.contains("the token is"), "{sink}: {shown}");
            prop_assert!(!shown.contains(&secret) && !shown.contains(&printed), "{sink}: {printed:?} in {shown}");
            prop_assert!(form != 2 || !shown.contains(&core), "{sink}: {core:?} in {shown}");
        }
    }
}

/// Messages and names are untrusted texts too.
#[test]
fn what_is_shown_gives_no_orders() {
    let order = "\u{1b}[2J\u{1b}]0;mine\u{7}\u{9b}1A\u{202e}";
    let mut script = Script::new();
    let step = script::path(&format!("s{order}"));
    script.say(EventKind::RunStarted {
        run: order.into(),
        pipeline: format!("p{order}"),
        version: "0".into(),
        profile: cirun_plan::Profile::Vm,
        stages: vec![(StageId(order.into()), 1), (StageId("b".into()), 1)],
    });
    script.say(EventKind::StageStarted { stage: StageId(order.into()) });
    script.pull(&format!("image{order}"), ImageState::Started);
    script.pull(&format!("image{order}"), ImageState::Failed { reason: order.into() });
    script.say(EventKind::Diagnostic {
        code: order.into(),
        severity: cirun_diagnostics::Severity::Error,
        message: order.into(),
        step: Some(step.clone()),
    });
    script.say(EventKind::ServiceStarted { step: script::path("db"), addresses: vec![order.into()] });
    script.say(EventKind::ServiceExited {
        step: script::path("db"),
        exit_code: 1,
        reason: Some(order.into()),
        tail: vec![script::masked(order)],
    });
    script.say(EventKind::StepStarted { step: step.clone(), step_type: order.into(), attempt: 1 });
    script.say(EventKind::StepOutput {
        step: step.clone(),
        stream: cirun_engine::Stream::Stdout,
        lines: cirun_engine::MaskedLines::from_masked([order]),
    });
    let mut finish = script::finish("x", Outcome::Failed, None, 10);
    if let EventKind::StepFinished { step: of, reason, outputs, tests, tail, .. } = &mut finish {
        *of = step;
        *reason = Some(order.into());
        outputs.insert(order.into(), order.into());
        *tail = vec![script::masked(order)];
        let failures = vec![(order.into(), order.into())];
        *tests = Some(cirun_engine::TestSummary { total: 1, failed: 1, failures, ..Default::default() });
    }
    script.say(finish);
    script.say(EventKind::StageFinished {
        stage: StageId(order.into()),
        outcome: Outcome::Failed,
        elapsed: Default::default(),
    });
    script.say(EventKind::RunFinished { outcome: Outcome::Failed, exit_code: 1, elapsed: Default::default() });
    let look = Look { colour: Colour::Never, width: 200 };
    let term = InMemoryTerm::new(80, WIDE);
    let mut tty =
        TtySink::new(term.clone(), Colour::Never, Refresh::EachEvent, Timestamp::now).expect("a terminal in memory");
    script.events.iter().for_each(|event| tty.consume(event).expect("memory takes everything"));
    for text in [
        crate::written(&script.events, |out| Box::new(PlainSink::new(out, look))),
        crate::written(&script.events, |out| Box::new(QuietSink::new(out, look))),
        crate::written(&script.events, |out| Box::new(ReportSink::new(&HTML, out))),
        crate::written(&script.events, |out| Box::new(ReportSink::new(&JUNIT, out))),
        term.contents(),
    ] {
        let found = text.chars().find(|character| cirun_terminal_text::is_written_out(*character));
        assert_eq!(found, None, "{text:?}");
        assert!(text.contains("\\u001b[2J"), "{text}");
    }
}
