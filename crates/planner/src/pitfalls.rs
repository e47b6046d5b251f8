//! Mistakes that CI does not report and that change what a stage does.

use cirun_diagnostics::{Span, codes::plan as codes};
use cirun_parser::{ParameterField, Text, model::BackgroundSpec};
use cirun_plan::Text as PlanText;

use crate::resolve::{Ctx, given};

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

/// Reports an operand of `
///
/// ` or `&&` that is a plain text, which is always true.
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

/// Reports a Docker-in-Docker service that lacks the privilege it needs (corpus/STATS.md, item 5).
pub(crate) fn unprivileged_dind(ctx: &Ctx<'_>, spec: &BackgroundSpec, image: &Text) {
    let ParameterField::Literal(reference) = &image.value else { return };
    let privileged = spec.privileged.as_ref().is_some_and(|flag| flag.value != ParameterField::Literal(false));
    if !privileged && runs_dockerd(spec, reference) {
        ctx.notes.report(
            codes::UNPRIVILEGED_DIND
                .says(format!("`{reference}` cannot start its daemon unprivileged"))
                .at(image.span, "Docker in Docker needs `privileged: true` (groups.dind-privileged)")
                .help("add `privileged: true`"),
        );
    }
}

/// Whether a service is a Docker daemon: by the name of its image, or by its command.
fn runs_dockerd(spec: &BackgroundSpec, reference: &str) -> bool {
    let name = reference.rsplit('/').next().unwrap_or(reference);
    let starts =
        |text: &str| text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').any(|word| word == "dockerd");
    let entrypoint = match spec.entrypoint.as_ref().map(|list| &list.value) {
        Some(ParameterField::Literal(words)) => words.first().is_some_and(|word| match &word.value {
            ParameterField::Literal(word) => word.rsplit('/').next().is_some_and(|name| name.starts_with("dockerd")),
            ParameterField::Expression(_) => false,
        }),
        Some(ParameterField::Expression(_)) | None => false,
    };
    let command = match spec.command.as_ref().map(|text| &text.value) {
        Some(ParameterField::Literal(script)) => spec.entrypoint.is_none() && starts(script),
        Some(ParameterField::Expression(_)) | None => false,
    };
    !reference.contains("rootless") && (name.contains("dind") || entrypoint || command)
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
