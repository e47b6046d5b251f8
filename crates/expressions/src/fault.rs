//! Why an operator, a method or a functor returned no value.

/// A reason, and how the service would handle it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// An operand is null, which JEXL's strict arithmetic refuses.
    Null(String),
    /// A text in place of a number; the author may have meant plain text: `archit-<+company>`.
    NotANumber(String),
    /// Any other error in the values; the service turns it into `null` in an expression without nested ones.
    Value(String),
    /// The service can do it and cirun cannot, or a limit was reached: never turned into `null`.
    Refused(String),
}

impl Fault {
    /// An error in the values.
    pub(crate) fn value(message: impl Into<String>) -> Self {
        Self::Value(message.into())
    }

    /// An operation that only the service supports.
    pub(crate) fn refused(message: impl Into<String>) -> Self {
        Self::Refused(message.into())
    }

    pub(crate) fn message(&self) -> &str {
        match self {
            Self::Null(message) | Self::NotANumber(message) | Self::Value(message) | Self::Refused(message) => message,
        }
    }
}
