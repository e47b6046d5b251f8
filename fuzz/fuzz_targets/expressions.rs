//! Text to templates and their values in a scope without names: nothing may panic.
#![no_main]

use cirun_expressions::{Lookup, Scope, Segment, Template};
use libfuzzer_sys::fuzz_target;

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

fuzz_target!(|text: &str| {
    drop(Template::parse(text).0.evaluate(&Empty));
    if let Ok(condition) = Template::parse_expression(text) {
        drop(condition.evaluate(&Empty));
    }
});
