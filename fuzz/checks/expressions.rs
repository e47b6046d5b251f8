//! Text to templates and their values in a scope without names: nothing may panic, and every place named is in the text.

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

pub(crate) fn check(bytes: &[u8]) {
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
