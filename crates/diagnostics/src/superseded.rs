//! Each finding is reported once, though documents are read alone and in their places, and by parser and planner.

use std::collections::HashSet;

use crate::{
    Code, Diagnostic, Severity, Span,
    codes::{
        documents::{
            DUPLICATE_IDENTIFIER, EMPTY_LIST, EXPECTED_LIST, EXPECTED_MAP, EXPRESSION_SYNTAX, INCOMPLETE_DOCUMENT,
            INCOMPLETE_PIPELINE, MISSING_FIELD, NOTHING_TO_RUN, PLACEHOLDER, UNEXPECTED_VALUE, UNKNOWN_ACTION,
            UNKNOWN_FIELD, UNKNOWN_STAGE_TYPE, UNKNOWN_STEP_TYPE,
        },
        plan::{DUPLICATE_STEP, MISSING_INFRASTRUCTURE, MISSING_REQUIRED_INPUT, UNKNOWN_STAGE, UNRESOLVED_EXPRESSION},
    },
};

/// Words that the parser warns of, and that the planner calls errors where it needs them.
const WORDS: [Code; 2] = [UNEXPECTED_VALUE, UNKNOWN_ACTION];

/// The planner's code for what the parser reports with its own, at the same places.
const AGAIN: (Code, Code) = (DUPLICATE_STEP, DUPLICATE_IDENTIFIER);

/// What the planner finds missing where a document was not read to its end.
const MISSED: [Code; 4] = [MISSING_REQUIRED_INPUT, MISSING_INFRASTRUCTURE, UNKNOWN_STAGE, UNRESOLVED_EXPRESSION];

/// What the parser finds where the text breaks off: something is missing, or is null or cut short.
const AT_THE_END: [Code; 13] = [
    MISSING_FIELD,
    EXPECTED_MAP,
    EXPECTED_LIST,
    EMPTY_LIST,
    NOTHING_TO_RUN,
    INCOMPLETE_PIPELINE,
    INCOMPLETE_DOCUMENT,
    PLACEHOLDER,
    UNKNOWN_FIELD,
    UNKNOWN_STEP_TYPE,
    UNKNOWN_STAGE_TYPE,
    UNEXPECTED_VALUE,
    EXPRESSION_SYNTAX,
];

fn is_any_of(found: &Diagnostic, codes: &[Code]) -> bool {
    codes.iter().any(|code| code.id == found.code)
}

/// Whether a finding in a document may only be there because the text broke off.
pub fn follows_from_the_end(found: &Diagnostic) -> bool {
    is_any_of(found, &AT_THE_END)
}

/// Keeps each finding once, and nothing that may only follow from a document that was not read to its
/// end, unless all documents `are_complete`.
pub fn without_superseded(diagnostics: &mut Vec<Diagnostic>, are_complete: bool) {
    if !are_complete {
        diagnostics.retain(|found| !follows_from_the_end(found) && !is_any_of(found, &MISSED));
    }
    once(diagnostics);
}

/// Removes repetitions, warnings of the parser where the planner reports an error at the same place, and differences from
/// CI where CI refuses the text.
fn once(diagnostics: &mut Vec<Diagnostic>) {
    let words = Places::of(diagnostics, |found| is_any_of(found, &WORDS));
    let differences = Places::of(diagnostics, |found| found.severity == Severity::Parity);
    let errors = Places::of(diagnostics, |found| {
        found.severity == Severity::Error && !is_any_of(found, &WORDS) && (words.hold(found) || differences.hold(found))
    });
    let twice = Places::of(diagnostics, |found| found.code == AGAIN.1.id);
    let mut seen = HashSet::new();
    diagnostics.retain(|found| {
        let is_lesser = is_any_of(found, &WORDS) || found.severity == Severity::Parity;
        let is_superseded = is_lesser && errors.hold(found) || found.code == AGAIN.0.id && twice.hold(found);
        !is_superseded && seen.insert((found.code, place(found), found.message.clone()))
    });
}

/// Where findings of a kind are.
struct Places(HashSet<Span>);

impl Places {
    fn of(diagnostics: &[Diagnostic], is_meant: impl Fn(&Diagnostic) -> bool) -> Self {
        Self(diagnostics.iter().filter(|found| is_meant(found)).filter_map(place).collect())
    }

    fn hold(&self, found: &Diagnostic) -> bool {
        place(found).is_some_and(|span| self.0.contains(&span))
    }
}

fn place(diagnostic: &Diagnostic) -> Option<Span> {
    diagnostic.labels.first().map(|label| label.span)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SourceId;

    fn at(diagnostic: Diagnostic, start: u32) -> Diagnostic {
        diagnostic.at(Span { source: SourceId(0), start, end: start + 1 }, "")
    }

    fn codes(mut diagnostics: Vec<Diagnostic>) -> Vec<&'static str> {
        once(&mut diagnostics);
        diagnostics.iter().map(|diagnostic| diagnostic.code).collect()
    }

    #[test]
    fn the_same_finding_is_reported_once() {
        let twice = [3, 3, 4].map(|start| at(Diagnostic::warning("unknown-field", "x"), start));
        assert_eq!(codes(twice.to_vec()), ["unknown-field", "unknown-field"]);
        let other = [at(Diagnostic::warning("a", "x"), 3), at(Diagnostic::warning("a", "y"), 3)];
        assert_eq!(codes(other.to_vec()), ["a", "a"]);
    }

    #[test]
    fn what_ci_refuses_is_no_difference_from_ci() {
        let parity = |start| at(Diagnostic::parity("step-not-run", "x"), start);
        let error = at(Diagnostic::error("not-a-ci-step", "x"), 3);
        assert_eq!(codes(vec![error, parity(3), parity(4)]), ["not-a-ci-step", "step-not-run"]);
    }

    #[test]
    fn a_repeated_identifier_is_reported_by_the_parser_only() {
        let parsed = at(Diagnostic::error("duplicate-identifier", "x"), 3);
        let planned = |start| at(Diagnostic::error("duplicate-step", "x"), start);
        assert_eq!(codes(vec![parsed, planned(3), planned(4)]), ["duplicate-identifier", "duplicate-step"]);
    }

    #[test]
    fn an_error_takes_the_place_of_a_warning_of_its_word() {
        let warning = |start| at(Diagnostic::warning("unexpected-value", "x"), start);
        let error = at(Diagnostic::error("unknown-word", "x"), 3);
        assert_eq!(codes(vec![warning(3), warning(4), error]), ["unexpected-value", "unknown-word"]);
    }
}
