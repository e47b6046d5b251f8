//! Expressions, parsed and evaluated.

use cirun_expressions::{Lookup, Scope, Segment, Template, Value};
use divan::black_box;

fn main() {
    divan::main();
}

/// An expression, parsed and evaluated.
#[divan::bench(args = [
    "<+pipeline.name>",
    "<+steps.build.output.outputVariables.TAG>-<+pipeline.sequenceId>",
    "<+pipeline.variables.branch.replace(\"/\", \"-\").toLowerCase().substring(0, 8)>",
    "<+<+trigger.branch> == \"main\" && <+stage.variables.count> > 3 ? \"release\" : \"test\">",
])]
fn evaluate(text: &str) -> bool {
    let (template, _) = Template::parse(black_box(text));
    template.evaluate(&Names).is_ok()
}

/// A scope in which each path is its own text.
struct Names;

impl Scope for Names {
    fn lookup(&self, path: &[Segment]) -> Lookup {
        Lookup::Found { value: Value::from(format!("{path:?}").as_str()), secret: false }
    }

    fn secret(&self, _: &str) -> Lookup {
        Lookup::Missing
    }

    fn now_ms(&self) -> i64 {
        0
    }
}
