//! Base64, wherever the secret is in the encoded text.

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};

use super::MIN_ENCODED_BYTES;

/// The widths at which `base64` (coreutils) and PEM wrap lines.
const WRAPS: [usize; 2] = [76, 64];

/// The base64 of a secret wherever it is in the encoded text (for instance `user:password`): only the letters that do
/// not depend on neighbours, for each of the three alignments, and the base64 of the secret alone.
pub(super) fn base64_forms(text: &str) -> Vec<String> {
    if text.len() < MIN_ENCODED_BYTES {
        return Vec::new();
    }
    let mut forms = vec![STANDARD.encode(text)];
    for before in 0..3 {
        let mut bytes = vec![0; before];
        bytes.extend_from_slice(text.as_bytes());
        let inner = (before * 8).div_ceil(6)..bytes.len() * 8 / 6;
        forms.push(STANDARD_NO_PAD.encode(&bytes)[inner.clone()].to_owned());
        forms.push(URL_SAFE_NO_PAD.encode(&bytes)[inner].to_owned());
    }
    forms
}

/// The lines of the secret's base64 at the usual widths, if there is more than one.
pub(super) fn wrapped_base64(text: &str) -> Vec<String> {
    let encoded = STANDARD.encode(text);
    let widths = WRAPS.into_iter().filter(|width| encoded.len() > *width);
    let lines = widths.flat_map(|width| encoded.as_bytes().chunks(width));
    let lines = lines.map(|line| String::from_utf8_lossy(line).into_owned());
    lines.filter(|line| line.len() >= MIN_ENCODED_BYTES * 2).collect()
}
