//! Conditions with a part that is always true.

use cirun_diagnostics::{Span, codes::plan as codes};

use crate::scope::Ctx;

/// Reports an operand of `||` or `&&` that is a plain text, which is always true.
pub(crate) fn constant_operand(ctx: &Ctx<'_>, condition: &str, span: Span) {
    let operands = condition.split("||").flat_map(|part| part.split("&&")).map(str::trim);
    if operands.clone().count() < 2 {
        return;
    }
    for operand in operands {
        let bare = ['"', '\''].into_iter().find_map(|quote| operand.strip_prefix(quote)?.strip_suffix(quote));
        if let Some(text) = bare
            && !text.contains(['"', '\''])
        {
            ctx.notes.report(
                codes::CONSTANT_OPERAND
                    .says(format!("`{operand}` is always true"))
                    .at(span, "a text that is not empty and not `false` is true")
                    .help("compare again: `<+a> == \"x\" || <+a> == \"y\"`"),
            );
        }
    }
}
