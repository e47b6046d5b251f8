//! Resolves literals, expressions and secrets to values, each with its origin.

mod recording;
mod report;

use std::sync::Arc;

use cirun_diagnostics::{Span, codes::plan as codes};
use cirun_expressions::{Evaluation, Template, Value};
use cirun_parser::{Flag, Int, ParameterField, Text, TextList, TextMap};
use cirun_plan::{Cause, DeferredText, Origin, Place, Secret, Text as PlanText, Traced};
use recording::Recording;

use super::{Names, secrets};
use crate::{inputs::Inputs, notes::Notes};

/// The context for resolving: the inputs, the results, and the names at this place.
#[derive(Debug, Clone)]
pub(crate) struct Ctx<'a> {
    pub(crate) inputs: &'a Inputs<'a>,
    pub(crate) notes: &'a Notes,
    pub(crate) names: Arc<Names>,
}

/// The value of an expression, or a text that depends on a running step.
#[derive(Debug, Clone)]
pub(crate) enum Evaluated {
    Ready { value: Value, secret: bool },
    Deferred(DeferredText),
}

/// Returns the field unless it is missing or empty; the Studio writes an empty text for "not set".
pub(crate) fn given(field: Option<&Text>) -> Option<&Text> {
    field.filter(|text| !matches!(&text.value, ParameterField::Literal(literal) if literal.is_empty()))
}

impl<'a> Ctx<'a> {
    /// The same place with other names.
    pub(crate) fn with_names(&self, names: Arc<Names>) -> Self {
        Self { inputs: self.inputs, notes: self.notes, names }
    }

    /// The position of `span`, as line and column.
    pub(crate) fn place(&self, span: Span) -> Place {
        let (line, column) = self.inputs.sources.line_column(span);
        Place { file: Arc::clone(&self.inputs.sources.get(span.source).name), line, column }
    }

    /// The origin of a value written at `span`.
    pub(crate) fn written(&self, span: Span) -> Origin {
        let place = self.place(span);
        Origin::new(if self.inputs.input_sets.contains(&span.source) {
            Cause::InputSet(place)
        } else {
            Cause::Yaml(place)
        })
    }

    /// Resolves a text.
    pub(crate) fn text(&self, field: &Text) -> Traced<PlanText> {
        match &field.value {
            ParameterField::Literal(literal) => Traced::new(PlanText::Known(literal.clone()), self.written(field.span)),
            ParameterField::Expression(template) => {
                self.evaluate(template, field.span).map(|evaluated| self.as_text(evaluated))
            }
        }
    }

    /// Resolves a text unless it is missing or empty.
    pub(crate) fn given_text(&self, field: Option<&Text>) -> Option<Traced<PlanText>> {
        given(field).map(|field| self.text(field))
    }

    /// Resolves a text that must be known now; reports one that depends on a step.
    pub(crate) fn known(&self, field: &Text, what: &str) -> Option<Traced<String>> {
        let Traced { value, origin } = self.text(field);
        match value {
            PlanText::Known(text) => Some(Traced::new(text, origin)),
            PlanText::Secret(secret) => Some(Traced::new(secret.expose().to_owned(), origin)),
            PlanText::Deferred(pieces) => {
                self.deferred_too_late(what, &pieces, field.span);
                None
            }
        }
    }

    /// Resolves a list; an expression for the whole list may evaluate to a list or to one item.
    pub(crate) fn list(&self, field: &TextList) -> Vec<Traced<PlanText>> {
        match &field.value {
            ParameterField::Literal(items) => items.iter().map(|item| self.text(item)).collect(),
            ParameterField::Expression(template) => {
                let Traced { value, origin } = self.evaluate(template, field.span);
                match value {
                    Evaluated::Ready { value: Value::List(items), secret } => {
                        items.iter().map(|item| Traced::new(self.plain(item, secret), origin.clone())).collect()
                    }
                    other => vec![Traced::new(self.as_text(other), origin)],
                }
            }
        }
    }

    /// Resolves a map; an expression for the whole map must evaluate to one.
    pub(crate) fn map(&self, field: &TextMap) -> Vec<(String, Span, Traced<PlanText>)> {
        match &field.value {
            ParameterField::Literal(entries) => {
                entries.iter().map(|(key, value)| (key.0.value.clone(), value.span, self.text(value))).collect()
            }
            ParameterField::Expression(template) => {
                let Traced { value, origin } = self.evaluate(template, field.span);
                match value {
                    Evaluated::Ready { value: Value::Map(entries), secret } => entries
                        .iter()
                        .map(|(key, item)| {
                            (key.clone(), field.span, Traced::new(self.plain(item, secret), origin.clone()))
                        })
                        .collect(),
                    Evaluated::Ready { .. } | Evaluated::Deferred(_) => {
                        self.notes.report(
                            codes::NOT_A_MAP.says(format!("`{}` does not evaluate to a map before the run", template.source()),
                            )
                            .at(field.span, "expected a map of texts")
                            .help(
                                "write the map itself, or an expression that evaluates to a map when the stage begins",
                            ),
                        );
                        Vec::new()
                    }
                }
            }
        }
    }

    /// Resolves a boolean that must be known now.
    pub(crate) fn flag(&self, field: &Flag, what: &str) -> Option<Traced<bool>> {
        match &field.value {
            ParameterField::Literal(value) => Some(Traced::new(*value, self.written(field.span))),
            ParameterField::Expression(template) => {
                let text = self.decided(template, field.span, what)?;
                match text.value.as_str() {
                    "true" => Some(Traced::new(true, text.origin)),
                    "false" | "null" | "" => Some(Traced::new(false, text.origin)),
                    other => {
                        self.not_a("boolean", what, other, field.span);
                        None
                    }
                }
            }
        }
    }

    /// Resolves a whole number that must be known now.
    pub(crate) fn int(&self, field: &Int, what: &str) -> Option<Traced<i64>> {
        match &field.value {
            ParameterField::Literal(value) => Some(Traced::new(*value, self.written(field.span))),
            ParameterField::Expression(template) => {
                let text = self.decided(template, field.span, what)?;
                match text.value.trim().parse() {
                    Ok(value) => Some(Traced::new(value, text.origin)),
                    Err(_) => {
                        self.not_a("whole number", what, &text.value, field.span);
                        None
                    }
                }
            }
        }
    }

    /// Resolves a reference to a secret (`passwordRef: account.pw`) to its value; reports a missing one.
    pub(crate) fn secret_ref(&self, field: &Text) -> Option<Traced<Secret>> {
        let id = self.known(field, "a reference to a secret")?;
        self.secret(&id.value, field.span).map(|secret| {
            let mut origin = id.origin;
            for cause in secret.origin.causes() {
                origin = origin.then(cause.clone());
            }
            Traced::new(secret.value, origin)
        })
    }

    /// Finds a secret; reports a missing one.
    pub(crate) fn secret(&self, id: &str, span: Span) -> Option<Traced<Secret>> {
        let given = match secrets::find(self.names.secrets(), id) {
            Some(given) => {
                self.notes.secret(&given.value);
                given
            }
            None => {
                self.missing_secret(id, span);
                self.names.secrets().stand_in()?
            }
        };
        Some(Traced::new(given.value, Origin::new(Cause::Secret { id: id.to_owned(), given_by: given.given_by })))
    }

    /// Evaluates a template at this place and reports names that do not resolve.
    pub(crate) fn evaluate(&self, template: &Template, span: Span) -> Traced<Evaluated> {
        let recording = Recording::over(&self.names);
        let mut origin = self.written(span);
        let evaluated = match template.evaluate(&recording) {
            Ok(Evaluation::Ready { value, secret, unresolved }) => {
                self.report_unresolved(&recording, &unresolved, span);
                Evaluated::Ready { value, secret }
            }
            Ok(Evaluation::Pending) => {
                self.report_secrets(&recording, span);
                // A second evaluation, in which unknown names are empty, finds the secrets after the first name that
                // depends on a step, so that all of them are masked and missing ones are reported before anything
                // starts. The empty values may not fit an operator: only the lookups matter, not the result.
                let probe = Recording::pretending(&self.names);
                let pretended = template.evaluate(&probe);
                let pieces = DeferredText::new(template.clone(), Arc::clone(&self.names) as _);
                if probe.asks_for_secrets() {
                    self.decide_secrets(&probe, template, &pieces, span);
                }
                self.report_never_written(&probe, span);
                match pretended {
                    Ok(Evaluation::Ready { unresolved, .. }) => self.report_unknown(&probe, &unresolved, span),
                    Ok(Evaluation::Pending) | Err(_) => self.report_secrets(&probe, span),
                }
                Evaluated::Deferred(pieces)
            }
            Err(error) => {
                self.notes.report(
                    codes::EXPRESSION_ERROR
                        .says(error.to_string())
                        .at(span, format!("`{}` cannot be evaluated", template.source())),
                );
                Evaluated::Ready { value: Value::String(template.source().to_owned()), secret: false }
            }
        };
        for cause in recording.causes.into_inner() {
            origin = origin.then(cause);
        }
        Traced::new(evaluated, origin)
    }

    /// An expression's value as text; a secret is recorded for masking.
    pub(crate) fn as_text(&self, evaluated: Evaluated) -> PlanText {
        match evaluated {
            Evaluated::Ready { value, secret } => self.plain(&value, secret),
            Evaluated::Deferred(pieces) => PlanText::Deferred(pieces),
        }
    }

    fn plain(&self, value: &Value, secret: bool) -> PlanText {
        if !secret {
            return PlanText::Known(value.render());
        }
        let secret = Secret::new(value.render());
        // The lines of a script around a secret are not secrets; the secret itself was recorded where it was found.
        if !secret.expose().contains('\n') {
            self.notes.secret(&secret);
        }
        PlanText::Secret(secret)
    }

    fn decided(&self, template: &Template, span: Span, what: &str) -> Option<Traced<String>> {
        let Traced { value, origin } = self.evaluate(template, span);
        match value {
            Evaluated::Ready { value, .. } => Some(Traced::new(value.render(), origin)),
            Evaluated::Deferred(pieces) => {
                self.deferred_too_late(what, &pieces, span);
                None
            }
        }
    }
}
