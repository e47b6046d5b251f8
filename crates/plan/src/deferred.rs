//! Text that depends on a running step.

use std::{fmt, sync::Arc};

use cirun_expressions::{EvalError, Evaluation, Lookup, Scope, Segment, Template, Value};

use crate::Secret;

/// The names that were known when the plan was made; a running step adds the others.
pub trait StaticScope: Scope + fmt::Debug + Send + Sync {}
impl<T: Scope + fmt::Debug + Send + Sync> StaticScope for T {}

/// A deferred text: literal parts (for example a script's prefix) around templates that depend on a running step. As
/// small as a pointer: every text of the plan has room for one, but few are deferred.
#[derive(Debug, Clone, PartialEq)]
pub struct DeferredText(Box<Parts>);

#[derive(Debug, Clone)]
struct Parts {
    parts: Vec<Part>,
    known: Arc<dyn StaticScope>,
}

#[derive(Debug, Clone, PartialEq)]
enum Part {
    Literal(String),
    Secret(Secret),
    Template(Template),
}

impl PartialEq for Parts {
    fn eq(&self, other: &Self) -> bool {
        self.parts == other.parts
    }
}

impl DeferredText {
    /// Defers `template`; it gets the names in `known` now, and the results of steps later.
    pub fn new(template: Template, known: Arc<dyn StaticScope>) -> Self {
        Self(Box::new(Parts { parts: vec![Part::Template(template)], known }))
    }

    /// The same text with literal text before and after it.
    #[must_use]
    pub fn around(mut self, before: &str, after: &str) -> Self {
        if !before.is_empty() {
            self.0.parts.insert(0, Part::Literal(before.to_owned()));
        }
        if !after.is_empty() {
            self.0.parts.push(Part::Literal(after.to_owned()));
        }
        self
    }

    /// The same text with a secret before it.
    #[must_use]
    pub fn after_secret(mut self, secret: Secret) -> Self {
        self.0.parts.insert(0, Part::Secret(secret));
        self
    }

    /// Appends other deferred text (for example list items that are joined in one variable).
    pub fn push(&mut self, other: Self) {
        self.0.parts.extend(other.0.parts);
    }

    /// Appends literal text.
    pub fn push_literal(&mut self, text: &str) {
        self.0.parts.push(Part::Literal(text.to_owned()));
    }

    /// Appends a secret.
    pub fn push_secret(&mut self, secret: Secret) {
        self.0.parts.push(Part::Secret(secret));
    }

    /// The text with its expressions as written.
    pub fn shown(&self) -> String {
        self.0
            .parts
            .iter()
            .map(|part| match part {
                Part::Literal(text) => text.as_str(),
                Part::Secret(_) => "***",
                Part::Template(template) => template.source(),
            })
            .collect()
    }

    /// The literal text at its beginning, which is also the beginning of the final text unless an expression spans
    /// both.
    pub fn beginning(&self) -> &str {
        match self.0.parts.first() {
            Some(Part::Literal(text)) => text,
            Some(Part::Template(template)) => template.source().split("<+").next().unwrap_or_default(),
            Some(Part::Secret(_)) | None => "",
        }
    }

    /// Whether the text contains a secret.
    pub fn has_secret(&self) -> bool {
        self.0.parts.iter().any(|part| match part {
            Part::Literal(_) => false,
            Part::Secret(_) => true,
            Part::Template(template) => template.source().contains("secrets.getValue"),
        })
    }

    /// Evaluates every part with the results of steps, then with the names of the plan.
    pub fn resolve(&self, running: &dyn Scope) -> Result<Evaluation, EvalError> {
        let scope = Layered { running, known: &*self.0.known };
        if let [Part::Template(template)] = self.0.parts.as_slice() {
            return template.evaluate(&scope);
        }
        let (mut text, mut tainted, mut missing) = (String::new(), false, Vec::new());
        for part in &self.0.parts {
            let evaluation = match part {
                Part::Literal(literal) => {
                    text.push_str(literal);
                    continue;
                }
                Part::Secret(secret) => {
                    text.push_str(secret.expose());
                    tainted = true;
                    continue;
                }
                Part::Template(template) => template.evaluate(&scope)?,
            };
            match evaluation {
                Evaluation::Pending => return Ok(Evaluation::Pending),
                Evaluation::Ready { value, secret, unresolved } => {
                    text.push_str(&value.render());
                    tainted |= secret;
                    missing.extend(unresolved);
                }
            }
        }
        Ok(Evaluation::Ready { value: Value::String(text), secret: tainted, unresolved: missing })
    }
}

struct Layered<'a> {
    running: &'a dyn Scope,
    known: &'a dyn StaticScope,
}

impl Scope for Layered<'_> {
    fn lookup(&self, path: &[Segment]) -> Lookup {
        match self.known.lookup(path) {
            Lookup::Pending => self.running.lookup(path),
            found @ (Lookup::Found { .. } | Lookup::Missing) => found,
        }
    }

    fn secret(&self, id: &str) -> Lookup {
        self.known.secret(id)
    }

    fn now_ms(&self) -> i64 {
        self.running.now_ms()
    }
}
