//! Diagnostics of resolving.

use cirun_diagnostics::{Diagnostic, Severity, Span, codes::plan as codes};
use cirun_expressions::{Segment, Template};
use cirun_plan::DeferredText;

use super::recording::Recording;
use crate::scope::{Ctx, dotted, secrets};

/// Valid names that only have values in the service.
struct NotHere {
    first: &'static str,
    severity: Severity,
    why: &'static str,
}

const NOT_HERE: [NotHere; 3] = [
    NotHere { first: "trigger", severity: Severity::Note, why: "null as in CI, where no trigger starts the pipeline" },
    NotHere {
        first: "eventPayload",
        severity: Severity::Note,
        why: "null as in CI, where no trigger starts the pipeline",
    },
    NotHere {
        first: "variable",
        severity: Severity::Warning,
        why: "becomes the text `null`: variables of projects, organisations and accounts exist only in Harness",
    },
];

impl NotHere {
    fn holds(&self, path: &str) -> bool {
        path.strip_prefix(self.first).is_some_and(|rest| rest.starts_with('.'))
    }

    fn diagnostic(&self, path: &str, span: Span) -> Diagnostic {
        let mut diagnostic = codes::UNRESOLVED_EXPRESSION
            .says(format!("`{path}` has no value here"))
            .at(span, self.why)
            .help(format!("set one with `--var {path}=VALUE`"));
        diagnostic.severity = self.severity;
        diagnostic
    }
}

impl Ctx<'_> {
    pub(super) fn report_secrets(&self, recording: &Recording<'_>, span: Span) {
        for secret in recording.secrets.borrow().iter() {
            self.notes.secret(secret);
        }
        for id in recording.missing_secrets.borrow().iter() {
            self.missing_secret(id, span);
        }
    }

    /// A secret whose name waits cannot be masked before its step runs: it is decided when the stage begins, or refused.
    /// Those with such a name are taken out of `probe`.
    pub(super) fn decide_secrets(&self, probe: &Recording<'_>, template: &Template, pieces: &DeferredText, span: Span) {
        let marked = Recording::marking(&self.names);
        // Only what was looked up matters, not what came of it.
        drop(template.evaluate(&marked));
        if marked.marks_a_secret() {
            self.deferred_too_late("the name of a secret", pieces, span);
            let is_decided = |id: &String| marked.missing_secrets.borrow().contains(id);
            probe.missing_secrets.borrow_mut().retain(is_decided);
        }
    }

    pub(super) fn report_unresolved(&self, recording: &Recording<'_>, unresolved: &[String], span: Span) {
        self.report_secrets(recording, span);
        let missing = recording.missing.borrow();
        if missing.iter().any(|path| matches!(path.first(), Some(Segment::Key(first)) if first == "input")) {
            self.notes.report(
                codes::MISSING_INPUT
                    .says("a runtime input has no value".to_owned())
                    .at(span, "this `<+input>` has no value")
                    .help("set it with `--input PATH=VALUE`, or in an input set with `--input-set FILE`"),
            );
            return;
        }
        for reference in unresolved {
            let bare = reference.trim_start_matches("<+").trim_end_matches('>');
            if bare.contains("secrets.getValue") {
                continue;
            }
            let span = self.part(span, bare);
            if let Some(elsewhere) = NOT_HERE.iter().find(|elsewhere| elsewhere.holds(bare)) {
                self.notes.report(elsewhere.diagnostic(bare, span));
                continue;
            }
            let suggestion =
                missing.iter().find(|path| dotted(path) == bare).and_then(|path| self.names.suggestion(path));
            let diagnostic = codes::UNRESOLVED_EXPRESSION
                .says(format!("`{bare}` does not resolve"))
                .at(span, "becomes the text `null`, as in the CI service");
            self.notes.report(diagnostic.help(match suggestion {
                Some(name) => format!("did you mean `<+{name}>`?"),
                None => format!("correct the name, or set a local value with `--var {bare}=VALUE`"),
            }));
        }
    }

    /// Reports unknown names among those that the second evaluation could not resolve: the others may be an effect of
    /// its empty values.
    pub(super) fn report_unknown(&self, probe: &Recording<'_>, unresolved: &[String], span: Span) {
        let unknown: Vec<String> = probe.missing.borrow().iter().map(|path| dotted(path)).collect();
        let unresolved: Vec<String> = unresolved.iter().filter(|name| unknown.contains(name)).cloned().collect();
        self.report_unresolved(probe, &unresolved, span);
    }

    /// Reports outputs that no step writes.
    pub(super) fn report_never_written(&self, probe: &Recording<'_>, span: Span) {
        for (path, plugin) in probe.never_written.borrow().iter() {
            let (output, step) = (dotted(path), dotted(&path[..path.len() - 3]));
            let span = self.part(span, &output);
            let id = step.rsplit('.').next().unwrap_or(&step);
            self.notes.report(
                codes::OUTPUT_NOT_WRITTEN
                    .says(format!("`{output}` will be `null`"))
                    .at(span, format!("`{plugin}` writes no output `digest`"))
                    .help(format!("use `<+{step}.artifact_{id}.stepArtifacts.publishedImageArtifacts[0].digest>`")),
            );
        }
    }

    pub(super) fn missing_secret(&self, id: &str, span: Span) {
        let mut diagnostic = codes::MISSING_SECRET
            .says(format!("the secret `{id}` has no value"))
            .at(self.part(span, id), "needed here")
            .help(secrets::remedy(id));
        if self.names.secrets().stand_in().is_some() {
            diagnostic.severity = Severity::Note;
        }
        self.notes.report_absent(diagnostic);
    }

    pub(crate) fn deferred_too_late(&self, what: &str, pieces: &DeferredText, span: Span) {
        if self.waits_for_stages(pieces) {
            self.notes.undecided(what);
            return;
        }
        self.notes.report(
            codes::DECIDED_TOO_LATE
                .says(format!("{what} depends on a step that has not run: `{}`", pieces.shown()))
                .at(span, "must be known before the stage begins"),
        );
    }

    /// Whether a text waits for nothing but stages before this one, so that it is decided when this stage begins.
    pub(crate) fn waits_for_stages(&self, pieces: &DeferredText) -> bool {
        let probe = Recording::pretending(&self.names);
        // Only what was looked up matters, not what came of it.
        drop(pieces.resolve(&probe));
        let pending = probe.pending.into_inner();
        !pending.is_empty() && pending.iter().all(|path| self.notes.is_of_earlier_stage(path))
    }

    /// The place of `name` in a text of several lines; the whole text where it is not written so.
    fn part(&self, span: Span, name: &str) -> Span {
        let text = self.inputs.sources.get(span.source).text.get(span.range()).unwrap_or_default();
        if name.is_empty() || !text.contains('\n') {
            return span;
        }
        let expression = text.find(&format!("<+{name}>")).map(|at| (at, name.len() + "<+>".len()));
        match expression.or_else(|| text.find(name).map(|at| (at, name.len()))) {
            Some((at, length)) => {
                let start = span.start + at as u32;
                Span { start, end: start + length as u32, ..span }
            }
            None => span,
        }
    }

    pub(super) fn not_a(&self, kind: &str, what: &str, found: &str, span: Span) {
        self.notes.report(
            codes::WRONG_TYPE
                .says(format!("{what} evaluates to `{found}`, which is not a {kind}"))
                .at(span, format!("expected a {kind}")),
        );
    }
}
