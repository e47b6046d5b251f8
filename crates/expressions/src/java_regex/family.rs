//! `\p{…}`: classes by name.

use super::{
    class::Class,
    reader::{Read, Reader},
};
use crate::fault::Fault;

/// The names of POSIX, which are ASCII classes in Java; with `(?U)` they are Unicode's, if the crate has them.
const POSIX: [(&str, &str, &str); 13] = [
    ("Alpha", "a-zA-Z", r"\p{Alphabetic}"),
    ("Digit", "0-9", r"\p{Nd}"),
    ("Alnum", "a-zA-Z0-9", r"\p{Alphabetic}\p{Nd}"),
    ("Upper", "A-Z", r"\p{Uppercase}"),
    ("Lower", "a-z", r"\p{Lowercase}"),
    ("Punct", r"!-/:-@\[-`{-\x7E", r"\p{P}"),
    ("Space", r" \t\n\x0B\x0C\r", r"\p{White_Space}"),
    ("XDigit", "0-9a-fA-F", ""),
    ("Blank", r" \t", ""),
    ("ASCII", r"\x00-\x7F", r"\x00-\x7F"),
    ("Cntrl", r"\x00-\x1F\x7F", r"\p{Cc}"),
    ("Graph", r"!-\x7E", ""),
    ("Print", r" -\x7E", ""),
];

/// Unicode's general categories.
const CATEGORIES: [&str; 37] = [
    "L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Ps", "Pe", "Pi",
    "Pf", "Po", "S", "Sm", "Sc", "Sk", "So", "Z", "Zs", "Zl", "Zp", "C", "Cc", "Cf", "Cn", "Co", "LC",
];

/// Properties after `Is`, with the crate's names.
const PROPERTIES: [(&str, &str); 11] = [
    ("ALPHABETIC", "Alphabetic"),
    ("IDEOGRAPHIC", "Ideographic"),
    ("LETTER", "L"),
    ("LOWERCASE", "Lowercase"),
    ("UPPERCASE", "Uppercase"),
    ("TITLECASE", "Lt"),
    ("PUNCTUATION", "P"),
    ("CONTROL", "Cc"),
    ("WHITE_SPACE", "White_Space"),
    ("DIGIT", "Nd"),
    ("HEX_DIGIT", "Hex_Digit"),
];

/// Scripts with the same name in the crate and in Java.
const SCRIPTS: [&str; 12] = [
    "Arabic",
    "Armenian",
    "Cyrillic",
    "Devanagari",
    "Georgian",
    "Greek",
    "Han",
    "Hangul",
    "Hebrew",
    "Hiragana",
    "Katakana",
    "Latin",
];

impl Reader {
    /// Parses the part after `\p`.
    pub(super) fn family(&mut self) -> Read<Class> {
        let name: String = match self.pattern.get(self.at).copied() {
            Some('{') => {
                let length = self.pattern[self.at..].iter().position(|character| *character == '}');
                let length = length.ok_or_else(|| Fault::value("the `}` of `\\p{` is missing"))?;
                let name = self.pattern[self.at + 1..self.at + length].iter().collect();
                self.at += length + 1;
                name
            }
            Some(letter) => {
                self.at += 1;
                letter.to_string()
            }
            None => return Err(Fault::value("`\\p` has no name after it")),
        };
        if let Some((_, ascii, unicode)) = POSIX.iter().find(|(known, ..)| *known == name) {
            return match (self.flags.unicode_classes, *unicode) {
                (false, _) if self.flags.ignore_case && matches!(name.as_str(), "Upper" | "Lower") => {
                    Ok(Class::named("a-zA-Z"))
                }
                (false, _) => Ok(Class::named(ascii)),
                (true, "") => Err(Fault::refused(format!("it has `\\p{{{name}}}` with `(?U)`"))),
                (true, unicode) => Ok(Class::named(unicode)),
            };
        }
        self.of_unicode(&name).map(|property| Class::Named(format!(r"\p{{{property}}}")))
    }

    fn of_unicode(&self, name: &str) -> Read<&'static str> {
        let category = |name: &str| CATEGORIES.into_iter().find(|known| *known == name);
        let script = |name: &str| SCRIPTS.into_iter().find(|known| known.eq_ignore_ascii_case(name));
        let property = |name: &str| {
            PROPERTIES.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, word)| word)
        };
        let found = match name.split_once('=') {
            Some(("sc" | "script", name)) => script(name),
            Some(("gc" | "general_category", name)) => category(name),
            Some(_) => None,
            None => match name.strip_prefix("Is") {
                Some(name) => property(name).or_else(|| category(name)).or_else(|| script(name)),
                None => category(name),
            },
        };
        match found {
            Some("Lu" | "Ll" | "Lt" | "Uppercase" | "Lowercase") if self.flags.ignore_case => {
                Err(Fault::refused(format!("it has `\\p{{{name}}}` with `(?i)`")))
            }
            Some(found) => Ok(found),
            None if ["In", "Is", "java", "blk=", "block=", "sc=", "script="]
                .iter()
                .any(|known| name.starts_with(known)) =>
            {
                Err(Fault::refused(format!("it has `\\p{{{name}}}`")))
            }
            None => Err(Fault::value(format!("`\\p{{{name}}}` is no class"))),
        }
    }
}
