//! Expressions that evaluate to `null` where a name, a script or a time needs a value.

use cirun_diagnostics::{Span, codes::plan as codes};
use cirun_parser::{ParameterField, Text};
use cirun_plan::Text as PlanText;

use crate::scope::Ctx;

/// Reports a push to a name with an expression that is `null`.
pub(crate) fn null_in_name(ctx: &Ctx<'_>, field: &Text) {
    let ParameterField::Expression(template) = &field.value else { return };
    let value = ctx.text(field).value;
    // A name that is just `null` is already refused.
    let is_meant = |value: &&str| *value != "null" && has_null(value) && !has_null(template.source());
    let Some(value) = value.as_known().filter(is_meant) else { return };
    report_null(ctx, format!("the image is pushed as `{value}`"), field.span);
}

/// Reports a script that force-pushes to a repository with an expression that is `null` on the same line.
pub(crate) fn null_in_forced_push(ctx: &Ctx<'_>, field: Option<&Text>, script: &PlanText) {
    let Some((field, ParameterField::Expression(template))) = field.map(|field| (field, &field.value)) else { return };
    let forced =
        |line: &&str| line.contains("git push") && FORCE.iter().any(|flag| line.split(' ').any(|word| word == *flag));
    let line = script.as_known().and_then(|script| script.lines().filter(forced).find(|line| has_null(line)));
    if let Some(line) = line.filter(|line| !template.source().contains(*line)) {
        report_null(ctx, format!("the script pushes with force: `{}`", line.trim()), field.span);
    }
}

/// Reports a duration in which an expression came to `null`, if this is one.
pub(crate) fn null_in_duration(ctx: &Ctx<'_>, field: &Text, value: &str) -> bool {
    let is_null = matches!(field.value, ParameterField::Expression(_)) && value.contains("null");
    if is_null {
        ctx.notes.report(
            codes::NULL_DURATION
                .says(format!("a time comes to `{value}`"))
                .at(field.span, "an expression here came to `null`")
                .help("the default time holds here; give the expression a value with `--var PATH=VALUE`, and in CI"),
        );
    }
    is_null
}

/// The options by which `git push` overwrites.
const FORCE: [&str; 3] = ["--force", "-f", "--force-with-lease"];

fn report_null(ctx: &Ctx<'_>, message: String, span: Span) {
    ctx.notes.report(
        codes::NULL_PUSHED
            .says(message)
            .at(span, "an expression here evaluates to `null`")
            .help("set a value with `--var PATH=VALUE`, and make sure that the expression has one in CI"),
    );
}

/// Whether `null` is a word in a text.
fn has_null(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').any(|word| word == "null")
}
