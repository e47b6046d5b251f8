//! Quoting in shells and programming languages, and dumps.

use super::{CASES, MIN_ENCODED_BYTES};

/// The characters that get a backslash.
const BACKSLASHED: [&str; 6] = [
    // In double quotes, without and with the shell's history.
    "\\\"$`",
    "\\\"$`!",
    // In double quotes of C, Go, Python, and single ones.
    "\\\"",
    "\\'",
    "\\",
    // Bash's `printf %q`.
    "\\ \t!\"$&'()*,;<>?[]^`{|}",
];

/// The characters that get no backslash where all others do: Ruby's `Shellwords`, Perl's `quotemeta`.
const NOT_BACKSLASHED: [&str; 2] = ["_-.,:+/@", "_"];

/// `'\''`, `'"'"'`, `\$`, `$'\x41'` and the like; without the surrounding quotes.
pub(super) fn shell_forms(text: &str) -> Vec<String> {
    let mut forms = vec![text.replace('\'', "'\\''"), text.replace('\'', "'\"'\"'")];
    for marks in BACKSLASHED {
        let escape = |character: char| match character {
            _ if marks.contains(character) => format!("\\{character}"),
            _ => character.to_string(),
        };
        forms.push(text.chars().map(escape).collect());
    }
    // `printf %q` has a backslash before these at the start of a word.
    if text.starts_with(['~', '#'])
        && let Some(last) = forms.last()
    {
        forms.push(format!("\\{last}"));
    }
    for kept in NOT_BACKSLASHED {
        let escape = |character: char| match character {
            _ if !character.is_ascii() || character.is_ascii_alphanumeric() || kept.contains(character) => {
                character.to_string()
            }
            _ => format!("\\{character}"),
        };
        forms.push(text.chars().map(escape).collect());
    }
    forms.extend(byte_forms(text));
    forms
}

/// Bytes as numbers, as `$'…'`, C and Python write them: only those that are not ASCII, or all.
fn byte_forms(text: &str) -> Vec<String> {
    let octal = |byte: u8| format!("\\{byte:03o}");
    let mut forms = vec![text.bytes().map(octal).collect::<String>(), ansi_c(text, &octal)];
    for case in CASES {
        let hex = |byte: u8| format!("\\x{}", case.byte(byte));
        forms.push(text.bytes().map(hex).collect());
        forms.push(ansi_c(text, &hex));
    }
    forms
}

/// The inside of `$'…'`.
fn ansi_c(text: &str, number: &dyn Fn(u8) -> String) -> String {
    let escape = |byte: u8| match byte {
        b'\\' | b'\'' => format!("\\{}", char::from(byte)),
        b'\t' => "\\t".to_owned(),
        b' '..=b'~' => char::from(byte).to_string(),
        _ => number(byte),
    };
    text.bytes().map(escape).collect()
}

/// Hexadecimal digits in both cases, alone, and with `:` or a space between the bytes.
pub(super) fn hex_forms(text: &str) -> Vec<String> {
    if text.len() < MIN_ENCODED_BYTES {
        return Vec::new();
    }
    let mut forms = Vec::new();
    for case in CASES {
        let digits: Vec<String> = text.bytes().map(|byte| case.byte(byte)).collect();
        forms.extend(["", ":", " "].map(|between| digits.join(between)));
    }
    forms
}
