//! Scripts that end before they write their outputs.

use cirun_diagnostics::codes::plan as codes;
use cirun_parser::{ParameterField, Text};

use crate::scope::{Ctx, given};

/// Reports a script that ends before its output variables are written (outputs.declared).
pub(crate) fn exit_before_outputs(ctx: &Ctx<'_>, command: Option<&Text>) {
    let Some(field) = given(command) else { return };
    let source = match &field.value {
        ParameterField::Literal(text) => text.as_str(),
        ParameterField::Expression(template) => template.source(),
    };
    if source.contains("exit") && exits_well(source) {
        ctx.notes.report(
            codes::EXIT_LOSES_OUTPUTS
                .says("`exit 0` ends the script before it writes its output variables")
                .at(
                    field.span,
                    "the export is appended to the script, and the step fails without it (outputs.declared)",
                )
                .help("let the script run to its end, or put the part that exits early in a subshell: `( … )`"),
        );
    }
}

/// Whether a command of the script ends it with success; commands in quotes, parentheses or comments do not count.
fn exits_well(script: &str) -> bool {
    let is_exit = |command: &str| {
        let words = command.split_whitespace().skip_while(|word| matches!(*word, "then" | "else" | "do" | "{"));
        matches!(words.collect::<Vec<_>>()[..], ["exit"] | ["exit", "0"])
    };
    bare(script).split(['\n', ';', '&', '|', '}']).any(is_exit)
}

/// A script without quoted text, parentheses and comments.
fn bare(script: &str) -> String {
    let (mut bare, mut quote, mut depth, mut comment) = (String::new(), None, 0_usize, false);
    let mut before = '\n';
    for c in script.chars() {
        match (comment, quote, c) {
            (true, _, '\n') => comment = false,
            (true, ..) => {}
            (_, Some(open), _) if open == c => quote = None,
            (_, Some(_), _) => {}
            (_, _, '"' | '\'') => quote = Some(c),
            (_, _, '#') if before.is_whitespace() => comment = true,
            (_, _, '(') => depth += 1,
            (_, _, ')') => depth = depth.saturating_sub(1),
            _ => {}
        }
        if !comment && quote.is_none() && depth == 0 && !matches!(c, '"' | '\'' | ')') {
            bare.push(c);
        }
        before = c;
    }
    bare
}

#[cfg(test)]
mod tests {
    use super::exits_well;

    #[test]
    fn exits_of_scripts() {
        for (script, exits) in [
            ("A=1\nexit 0\n", true),
            ("exit 0;", true),
            ("[ \"$A\" = x ] && exit 0", true),
            ("if true; then exit; fi", true),
            ("done || { exit 0; }", true),
            ("exit 1", false),
            ("echo exit 0", false),
            ("(cd x; exit 0)\nmake", false),
            ("bash -c 'exit 0'", false),
            ("# don't exit 0\nmake", false),
        ] {
            assert_eq!(exits_well(script), exits, "{script}");
        }
    }
}
