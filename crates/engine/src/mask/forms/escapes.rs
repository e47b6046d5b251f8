//! Escapes in URLs, JSON and XML. Programs differ in what they escape, so each set is a row.

use std::fmt::Write;

use super::{CASES, Case};

/// The characters that a URL keeps besides letters and digits, and the replacement of a space.
const URL: [(&str, &str); 6] = [
    // RFC 3986, and most programs.
    ("-_.~", "%20"),
    // `encodeURIComponent`.
    ("-_.~!'()*", "%20"),
    // Python's `quote`.
    ("-_.~/", "%20"),
    // The user and password of a URL.
    ("-_.~!$&'()*+,;=", "%20"),
    // Forms: Go, curl, and the WHATWG's.
    ("-_.~", "+"),
    ("-_.*", "+"),
];

/// `%2F` and `%2f`, and every character so.
pub(super) fn url_forms(text: &str) -> Vec<String> {
    let mut forms: Vec<String> = Vec::new();
    for case in CASES {
        let percent = |byte: u8| format!("%{}", case.byte(byte));
        for (kept, space) in URL {
            let escape = |byte: u8| match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' => char::from(byte).to_string(),
                b' ' => space.to_owned(),
                _ if kept.as_bytes().contains(&byte) => char::from(byte).to_string(),
                _ => percent(byte),
            };
            forms.push(text.bytes().map(escape).collect());
        }
        forms.push(text.bytes().map(percent).collect());
    }
    forms
}

/// The characters that JSON writers escape as `\u` and four digits besides the mandatory ones.
const JSON: [&str; 3] = [
    "",    // Go, and pages that hold JSON.
    "<>&", // .NET, and PHP for pages.
    "<>&'\"+`",
];

/// `\"`, `\/`, `\u00e9`, `\u00E9`, JSON in JSON, and every character as `\u` and four digits.
pub(super) fn json_forms(text: &str) -> Vec<String> {
    let mut forms: Vec<String> = Vec::new();
    for case in CASES {
        for (html, slash, ascii) in JSON
            .into_iter()
            .flat_map(|html| [(html, false, false), (html, true, false), (html, false, true), (html, true, true)])
        {
            let escape = |character: char| match character {
                _ if html.contains(character) => unicode(character, case),
                '"' | '\\' => format!("\\{character}"),
                '\t' => "\\t".to_owned(),
                '\u{8}' => "\\b".to_owned(),
                '\u{c}' => "\\f".to_owned(),
                '/' if slash => "\\/".to_owned(),
                '\0'..='\u{1f}' => unicode(character, case),
                '\u{7f}'.. if ascii => unicode(character, case),
                _ => character.to_string(),
            };
            forms.push(text.chars().map(escape).collect());
        }
        forms.push(text.chars().map(|character| unicode(character, case)).collect());
    }
    let again: Vec<String> = forms.iter().map(|form| form.replace('\\', "\\\\").replace('"', "\\\"")).collect();
    forms.extend(again);
    forms
}

/// `\u00e9`, or two of them for a character outside the BMP.
fn unicode(character: char, case: Case) -> String {
    let mut escaped = String::new();
    for unit in character.encode_utf16(&mut [0; 2]) {
        let [high, low] = unit.to_be_bytes().map(|byte| case.byte(byte));
        write!(escaped, "\\u{high}{low}").expect("writing to a string cannot fail");
    }
    escaped
}

/// The entities that XML and HTML writers use.
const XML: [&[(char, &str)]; 10] = [
    &[('&', "&amp;"), ('<', "&lt;")],
    &[('&', "&amp;"), ('<', "&lt;"), ('"', "&quot;")],
    &[('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;")],
    &[('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('"', "&quot;")],
    &[('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('"', "&quot;"), ('\'', "&apos;")],
    &[('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('"', "&quot;"), ('\'', "&#39;")],
    // PHP.
    &[('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('"', "&quot;"), ('\'', "&#039;")],
    // Python.
    &[('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('"', "&quot;"), ('\'', "&#x27;")],
    // Go.
    &[('&', "&amp;"), ('<', "&lt;"), ('>', "&gt;"), ('"', "&#34;"), ('\'', "&#39;")],
    // Mustache.
    &[
        ('&', "&amp;"),
        ('<', "&lt;"),
        ('>', "&gt;"),
        ('"', "&quot;"),
        ('\'', "&#39;"),
        ('/', "&#x2F;"),
        ('`', "&#x60;"),
        ('=', "&#x3D;"),
    ],
];

/// `&lt;`, `&#60;`, `&#x3c;`, and every character so.
pub(super) fn xml_forms(text: &str) -> Vec<String> {
    let decimal = |character: char| format!("&#{};", u32::from(character));
    let lower = |character: char| format!("&#x{:x};", u32::from(character));
    let upper = |character: char| format!("&#x{:X};", u32::from(character));
    let mut forms: Vec<String> = Vec::new();
    for words in XML {
        let named =
            |character: char| words.iter().find(|(named, _)| *named == character).map(|(_, word)| (*word).to_owned());
        let plain = |character: char| character.to_string();
        let numbers: [&dyn Fn(char) -> String; 4] = [&plain, &decimal, &lower, &upper];
        for number in numbers {
            let escape = |character: char| match named(character) {
                Some(word) => word,
                None if character.is_ascii() => character.to_string(),
                None => number(character),
            };
            forms.push(text.chars().map(escape).collect());
        }
    }
    let numbers: [&dyn Fn(char) -> String; 3] = [&decimal, &lower, &upper];
    for number in numbers {
        forms.push(text.chars().map(number).collect());
        let marks = |character: char| match character {
            '&' | '<' | '>' | '"' | '\'' => number(character),
            _ => character.to_string(),
        };
        forms.push(text.chars().map(marks).collect());
    }
    forms
}
