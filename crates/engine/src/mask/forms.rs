//! The forms of a secret: plain, URL-escaped, JSON-escaped, base64.

use std::fmt::Write;

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};

/// Shorter secrets are not masked (harness-runtime.md 1.7).
const MIN_CHARS: usize = 2;

/// Secrets with fewer bytes have no base64 form: their few letters would be found in ordinary words.
const MIN_BASE64_BYTES: usize = 4;

/// The widths at which `base64` (coreutils) and PEM break their lines.
const WRAPS: [usize; 2] = [76, 64];

/// Every text to look for. A secret of several lines gives the forms of each line, and its base64 as a whole.
pub(super) fn forms(secret: &str) -> Vec<String> {
    let mut forms = Vec::new();
    for line in secret.split(['\n', '\r']).map(str::trim).filter(|line| line.chars().count() >= MIN_CHARS) {
        forms.push(line.to_owned());
        forms.extend(url_forms(line));
        forms.extend(json_form(line));
        forms.extend(base64_forms(line));
    }
    if secret.trim().contains(['\n', '\r']) {
        forms.extend(base64_forms(secret));
        forms.extend(wrapped_base64(secret));
    } else if secret.len() > WRAPS[1] / 4 * 3 {
        forms.extend(wrapped_base64(secret.trim()));
    }
    forms
}

/// `%2F` and `%2f`, and spaces as `%20` or as `+`.
fn url_forms(text: &str) -> Vec<String> {
    let escape = |upper: bool, plus: bool| {
        text.bytes().fold(String::new(), |mut escaped, byte| {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => escaped.push(char::from(byte)),
                b' ' if plus => escaped.push('+'),
                _ if upper => write!(escaped, "%{byte:02X}").expect("writing to a string cannot fail"),
                _ => write!(escaped, "%{byte:02x}").expect("writing to a string cannot fail"),
            }
            escaped
        })
    };
    [(true, false), (false, false), (true, true)]
        .into_iter()
        .map(|(upper, plus)| escape(upper, plus))
        .filter(|escaped| escaped != text)
        .collect()
}

fn json_form(text: &str) -> Option<String> {
    let quoted = serde_json::Value::from(text).to_string();
    let inner = quoted[1..quoted.len() - 1].to_owned();
    (inner != text).then_some(inner)
}

/// What base64 makes of the secret wherever it stands in the encoded text: only the letters that no neighbour decides,
/// for each of the three alignments, and the letters of the secret encoded alone.
fn base64_forms(text: &str) -> Vec<String> {
    if text.len() < MIN_BASE64_BYTES {
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

/// The lines of the secret's base64 at the usual widths.
fn wrapped_base64(text: &str) -> Vec<String> {
    let encoded = STANDARD.encode(text);
    WRAPS
        .into_iter()
        .flat_map(|width| encoded.as_bytes().chunks(width))
        .map(|chunk| String::from_utf8_lossy(chunk).into_owned())
        .filter(|chunk| chunk.len() >= MIN_BASE64_BYTES * 2)
        .collect()
}
