//! A user of a registry outside AWS.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

/// A user with a password.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct User {
    pub(crate) name: String,
    pub(crate) password: String,
}

impl User {
    /// Parses the value of a `Basic` header.
    pub(crate) fn from_basic(basic: &str) -> Option<Self> {
        let text = String::from_utf8(STANDARD.decode(basic.trim()).ok()?).ok()?;
        let (name, password) = text.split_once(':')?;
        Self::new(name, password)
    }

    /// A user, unless the name or the password is empty.
    pub(super) fn new(name: &str, password: &str) -> Option<Self> {
        let given = !name.is_empty() && !password.is_empty();
        given.then(|| Self { name: name.to_owned(), password: password.to_owned() })
    }
}
