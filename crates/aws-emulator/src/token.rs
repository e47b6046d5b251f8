//! Self-contained tokens, signed with the key of the data directory.
//!
//! Any process with the same directory can check them, and none has to store them.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use ring::hmac;
use serde::{Serialize, de::DeserializeOwned};

/// Creates and reads tokens.
pub(crate) struct Signer {
    key: hmac::Key,
}

impl Signer {
    pub(crate) fn new(secret: &[u8]) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, secret) }
    }

    /// Creates a token: letters, digits, `-`, `_` and one `.`, because some plugins split passwords at every `:`
    /// (ecr.password). A token is valid for one purpose only.
    pub(crate) fn seal<T: Serialize>(&self, purpose: &str, claims: &T) -> String {
        let claims = serde_json::to_vec(claims).expect("claims are strings and numbers");
        let payload = URL_SAFE_NO_PAD.encode(claims);
        let tag = hmac::sign(&self.key, format!("{purpose}\n{payload}").as_bytes());
        format!("{payload}.{}", URL_SAFE_NO_PAD.encode(tag))
    }

    /// Reads a token; `None` if it was not created with this key for this purpose.
    pub(crate) fn open<T: DeserializeOwned>(&self, purpose: &str, token: &str) -> Option<T> {
        let (payload, tag) = token.split_once('.')?;
        let tag = URL_SAFE_NO_PAD.decode(tag).ok()?;
        hmac::verify(&self.key, format!("{purpose}\n{payload}").as_bytes(), &tag).ok()?;
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
    }

    /// Returns bytes derived from the label, which only holders of the key can compute.
    pub(crate) fn derive(&self, label: &str) -> Vec<u8> {
        hmac::sign(&self.key, format!("derive\n{label}").as_bytes()).as_ref().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_only_what_it_sealed() {
        let signer = Signer::new(b"one");
        let token = signer.seal("registry", &("a", 1));
        assert!(!token.contains(':'));
        assert_eq!(signer.open::<(String, i32)>("registry", &token), Some(("a".to_owned(), 1)));
        assert_eq!(signer.open::<(String, i32)>("session", &token), None);
        assert_eq!(Signer::new(b"two").open::<(String, i32)>("registry", &token), None);
        let forged = format!("{}{}", if token.starts_with('W') { 'X' } else { 'W' }, &token[1..]);
        assert_eq!(signer.open::<(String, i32)>("registry", &forged), None);
        assert_eq!(signer.open::<(String, i32)>("registry", "nonsense"), None);
    }
}
