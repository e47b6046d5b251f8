//! A string of the plan: known, secret, or dependent on a running step.

use std::borrow::Cow;

use cirun_expressions::{EvalError, Evaluation, Scope};

use crate::{DeferredText, Secret};

/// A string of the plan.
#[derive(Debug, Clone, PartialEq)]
pub enum Text {
    /// Known.
    Known(String),
    /// Known, with a secret in it.
    Secret(Secret),
    /// Depends on a running step; evaluated just before its own step starts.
    Deferred(DeferredText),
}

impl Text {
    /// The text to display: secrets as `***`, deferred text as its expression.
    pub fn shown(&self) -> String {
        self.shown_text().into_owned()
    }

    /// The same, without a copy if possible.
    pub(crate) fn shown_text(&self) -> Cow<'_, str> {
        match self {
            Self::Known(text) => Cow::Borrowed(text),
            Self::Secret(_) => Cow::Borrowed("***"),
            Self::Deferred(pieces) => Cow::Owned(pieces.shown()),
        }
    }

    /// Joins the texts with `separator`: secret if one of them is, deferred if one of them is.
    pub fn join(items: impl IntoIterator<Item = Self>, separator: &str) -> Self {
        let mut joined: Option<Self> = None;
        for item in items {
            joined = Some(match joined {
                None => item,
                Some(before) => before.followed_by(separator).followed_by_text(item),
            });
        }
        joined.unwrap_or_else(|| Self::Known(String::new()))
    }

    /// The text with literal text after it.
    #[must_use]
    pub fn followed_by(self, after: &str) -> Self {
        self.followed_by_text(Self::from(after))
    }

    /// The text with literal text before it.
    #[must_use]
    pub fn preceded_by(self, before: &str) -> Self {
        Self::from(before).followed_by_text(self)
    }

    /// The text with another one after it.
    #[must_use]
    pub fn followed_by_text(self, after: Self) -> Self {
        match (self, after) {
            (Self::Known(before), Self::Known(after)) => Self::Known(before + &after),
            (Self::Secret(before), Self::Known(after)) => {
                Self::Secret(Secret::new(before.expose().to_owned() + &after))
            }
            (Self::Known(before), Self::Secret(after)) => Self::Secret(Secret::new(before + after.expose())),
            (Self::Secret(before), Self::Secret(after)) => {
                Self::Secret(Secret::new(before.expose().to_owned() + after.expose()))
            }
            (Self::Deferred(mut before), Self::Known(after)) => {
                before.push_literal(&after);
                Self::Deferred(before)
            }
            (Self::Deferred(mut before), Self::Secret(after)) => {
                before.push_secret(after);
                Self::Deferred(before)
            }
            (Self::Deferred(mut before), Self::Deferred(after)) => {
                before.push(after);
                Self::Deferred(before)
            }
            (Self::Known(before), Self::Deferred(after)) => Self::Deferred(after.around(&before, "")),
            (Self::Secret(before), Self::Deferred(after)) => Self::Deferred(after.after_secret(before)),
        }
    }

    /// The text if it is known and not secret.
    pub fn as_known(&self) -> Option<&str> {
        match self {
            Self::Known(text) => Some(text),
            Self::Secret(_) | Self::Deferred(_) => None,
        }
    }

    /// The text unless it depends on a running step; a secret in clear.
    pub fn exposed(&self) -> Option<&str> {
        match self {
            Self::Known(text) => Some(text),
            Self::Secret(secret) => Some(secret.expose()),
            Self::Deferred(_) => None,
        }
    }

    /// Whether it contains a secret.
    pub fn is_secret(&self) -> bool {
        match self {
            Self::Known(_) => false,
            Self::Secret(_) => true,
            Self::Deferred(pieces) => pieces.has_secret(),
        }
    }

    /// Whether it depends on a running step.
    pub fn is_deferred(&self) -> bool {
        matches!(self, Self::Deferred(_))
    }

    /// The final text, with the results of steps in `running`.
    pub fn resolve(&self, running: &dyn Scope) -> Result<Evaluation, EvalError> {
        match self {
            Self::Known(text) => Ok(ready(text, false)),
            Self::Secret(secret) => Ok(ready(secret.expose(), true)),
            Self::Deferred(pieces) => pieces.resolve(running),
        }
    }
}

fn ready(text: &str, secret: bool) -> Evaluation {
    Evaluation::Ready { value: cirun_expressions::Value::String(text.to_owned()), secret, unresolved: Vec::new() }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        Self::Known(text.to_owned())
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        Self::Known(text)
    }
}
