//! The forms of a secret: as it is, and as programs write it in URLs, JSON, XML, shells, base64 and hexadecimal digits.

mod base64;
mod escapes;
mod quoting;

use std::collections::BTreeSet;

use self::{
    base64::{base64_forms, wrapped_base64},
    escapes::{json_forms, url_forms, xml_forms},
    quoting::{hex_forms, shell_forms},
};
use super::View;

/// Shorter secrets are not masked (outputs.short-secrets).
const MIN_CHARS: usize = 2;

/// Secrets with fewer bytes have no base64 and no hexadecimal form: such short texts occur in ordinary words.
const MIN_ENCODED_BYTES: usize = 4;

/// All texts to search for. A secret of several lines has the forms of each line, and its base64 as a whole.
pub(super) fn forms(secret: &str) -> BTreeSet<String> {
    let mut forms = BTreeSet::new();
    for line in secret.split(['\n', '\r']).map(str::trim).filter(|line| line.chars().count() >= MIN_CHARS) {
        forms.insert(line.to_owned());
        forms.extend(url_forms(line));
        forms.extend(json_forms(line));
        forms.extend(xml_forms(line));
        forms.extend(shell_forms(line));
        forms.extend(hex_forms(line));
        forms.extend(base64_forms(line));
    }
    if secret.trim().contains(['\n', '\r']) {
        forms.extend(base64_forms(secret));
    }
    forms.extend(wrapped_base64(secret.trim()));
    forms.extend(wrapped_base64(secret));
    let shown: Vec<String> = forms.iter().filter_map(|form| shown_form(form)).collect();
    forms.extend(shown);
    forms
}

/// A form without escape sequences and characters without a width: a secret may contain such characters itself.
fn shown_form(form: &str) -> Option<String> {
    let shown = View::shown(form.as_bytes());
    (shown.bytes.len() < form.len()).then(|| String::from_utf8_lossy(&shown.bytes).into_owned()).filter(|shown| {
        // If most of a secret is invisible, the rest could match anything.
        shown.chars().count() >= MIN_ENCODED_BYTES
    })
}

/// Upper and lower hexadecimal digits.
const CASES: [Case; 2] = [Case::Lower, Case::Upper];

/// The ways to write hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Case {
    Lower,
    Upper,
}

impl Case {
    /// Two digits.
    fn byte(self, byte: u8) -> String {
        match self {
            Self::Lower => format!("{byte:02x}"),
            Self::Upper => format!("{byte:02X}"),
        }
    }
}

#[cfg(test)]
mod tests;
