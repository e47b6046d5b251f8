//! Why an operator, a method or a functor gave no value.

/// A reason, and with it what the service would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// An operand is null, which JEXL's strict arithmetic refuses.
    Null(String),
    /// Text stands where a number is needed, so the author may have meant plain text: `archit-<+company>`.
    NotANumber(String),
    /// Any other mistake in the values; the service turns it into `null` when nothing is nested.
    Value(String),
    /// The service could do it and cirun cannot, or a limit is reached: never turned into `null`.
    Refused(String),
}

impl Fault {
    /// A mistake in the values.
    pub(crate) fn value(message: impl Into<String>) -> Self {
        Self::Value(message.into())
    }

    /// Something that only the service can do.
    pub(crate) fn refused(message: impl Into<String>) -> Self {
        Self::Refused(message.into())
    }

    pub(crate) fn message(&self) -> &str {
        match self {
            Self::Null(message) | Self::NotANumber(message) | Self::Value(message) | Self::Refused(message) => message,
        }
    }
}
