//! A kind of diagnostic.

use crate::{Diagnostic, Severity};

/// A kind of diagnostic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// The stable name (`unknown-step-type`).
    pub id: &'static str,
    /// How bad it is where no setting says otherwise.
    pub severity: Severity,
    /// One line.
    pub title: &'static str,
    /// What it means and what to do, for `cirun check --explain`.
    pub explanation: &'static str,
}

impl Code {
    /// A diagnostic of this kind.
    pub fn says(&self, message: impl Into<String>) -> Diagnostic {
        Diagnostic::new(self.severity, self.id, message)
    }

    /// The same kind with another severity.
    #[must_use]
    pub const fn with_severity(self, severity: Severity) -> Self {
        Self { severity, ..self }
    }
}

/// Makes a table of codes: a constant for each, and `ALL` of them.
macro_rules! codes {
    ($($name:ident = $severity:ident $id:literal, $title:literal, $explanation:literal;)*) => {
        $(#[doc = concat!("`", $id, "`: ", $title)]
        pub const $name: $crate::Code = $crate::Code {
            id: $id,
            severity: $crate::Severity::$severity,
            title: $title,
            explanation: $explanation,
        };)*

        /// The whole table.
        pub const ALL: &[$crate::Code] = &[$($name),*];
    };
}

pub(crate) use codes;
