//! The seeds of `fuzz/corpus/expressions` and a bounded number of mutations of them, for machines without libFuzzer.
#![expect(clippy::disallowed_methods, reason = "a test reads the seeds; the crate itself takes text")]

#[path = "../../../fuzz/replay.rs"]
mod seeds;

use cirun_expressions::{Lookup, Scope, Segment, Template};

struct Empty;

impl Scope for Empty {
    fn lookup(&self, _: &[Segment]) -> Lookup {
        Lookup::Missing
    }

    fn secret(&self, _: &str) -> Lookup {
        Lookup::Missing
    }

    fn now_ms(&self) -> i64 {
        0
    }
}

fn check(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (template, mistakes) = Template::parse(&text);
    for mistake in mistakes {
        assert!(text.get(mistake.span.clone()).is_some(), "{mistake:?} of {text:?}");
    }
    drop(template.evaluate(&Empty));
    if let Ok(condition) = Template::parse_expression(&text) {
        drop(condition.evaluate(&Empty));
    }
}

#[test]
fn replay() {
    seeds::replay("expressions", check);
}
