//! Each finding is told once, though documents are read alone and in their places, and by parser and planner.

use std::collections::HashSet;

use cirun_parser::{Diagnostic, Severity, Span, follows_from_the_end};

use crate::project::Project;

/// Words that the parser warns of, and that the planner calls errors where it needs them.
const WORDS: [&str; 2] = ["unexpected-value", "unknown-failure-action"];

/// The planner's word for what the parser has told in its own, at the same places.
const AGAIN: (&str, &str) = ("duplicate-step", "duplicate-identifier");

/// What the planner finds missing where a document was not read to its end.
const MISSED: [&str; 4] =
    ["missing-required-input", "missing-infrastructure", "unknown-stage", "unresolved-expression"];

/// Leaves of the diagnostics what a person needs.
pub(super) fn clean(diagnostics: &mut Vec<Diagnostic>, project: &Project) {
    if project.own_documents().any(|document| !document.complete) {
        without_consequences(diagnostics);
    }
    once(diagnostics);
}

/// Removes what was told before, warnings of the parser where the planner reports an error at the same place, and
/// differences from CI where CI refuses what stands there.
fn once(diagnostics: &mut Vec<Diagnostic>) {
    let words = Places::of(diagnostics, |found| WORDS.contains(&found.code));
    let differences = Places::of(diagnostics, |found| found.severity == Severity::Parity);
    let errors = Places::of(diagnostics, |found| {
        found.severity == Severity::Error
            && !WORDS.contains(&found.code)
            && (words.hold(found) || differences.hold(found))
    });
    let twice = Places::of(diagnostics, |found| found.code == AGAIN.1);
    let mut told = HashSet::new();
    diagnostics.retain(|found| {
        let is_lesser = WORDS.contains(&found.code) || found.severity == Severity::Parity;
        let is_said = is_lesser && errors.hold(found) || found.code == AGAIN.0 && twice.hold(found);
        !is_said && told.insert((found.code, place(found), found.message.clone()))
    });
}

/// Removes what may only be there because a document of the pipeline's file was not read to its end.
fn without_consequences(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.retain(|found| !follows_from_the_end(found.code) && !MISSED.contains(&found.code));
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
    use cirun_parser::SourceId;

    use super::*;

    fn at(diagnostic: Diagnostic, start: u32) -> Diagnostic {
        diagnostic.at(Span { source: SourceId(0), start, end: start + 1 }, "")
    }

    fn codes(mut diagnostics: Vec<Diagnostic>) -> Vec<&'static str> {
        once(&mut diagnostics);
        diagnostics.iter().map(|diagnostic| diagnostic.code).collect()
    }

    #[test]
    fn the_same_finding_is_told_once() {
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
    fn a_repeated_identifier_is_told_by_the_parser_alone() {
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
