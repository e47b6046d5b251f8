//! A secret's value.

use std::fmt;

/// Text that must not be shown: `[secret]` in `Debug`, no `Display`, opened only by [`Secret::expose`].
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret's value.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// Opens the secret.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}
