//! Escapes: `\d`, `\x41`, `\u0041`, `\cA`.

use super::{
    class::Class,
    reader::{Read, Reader},
};
use crate::fault::Fault;

/// Classes by their letter; capitals are their complements. With `(?U)` they are Unicode's.
const CLASSES: [(char, &str, &str); 5] = [
    ('d', "0-9", r"\d"),
    ('w', "a-zA-Z0-9_", r"\w"),
    ('s', r" \t\n\x0B\x0C\r", r"\s"),
    ('h', r" \t\xA0\x{1680}\x{180E}\x{2000}-\x{200A}\x{202F}\x{205F}\x{3000}", ""),
    ('v', r"\n\x0B\x0C\r\x{85}\x{2028}\x{2029}", ""),
];

/// Single characters by their letter.
const CHARACTERS: [(char, char); 6] =
    [('t', '\t'), ('n', '\n'), ('r', '\r'), ('f', '\x0C'), ('a', '\x07'), ('e', '\x1B')];

impl Reader {
    /// Parses the part after a backslash: a class or a character.
    pub(super) fn class_escape(&mut self) -> Read<Class> {
        let Some(letter) = self.pattern.get(self.at).copied() else {
            return Err(Fault::value("it ends with `\\`"));
        };
        self.at += 1;
        if let Some((_, ascii, unicode)) = CLASSES.iter().find(|(name, ..)| *name == letter.to_ascii_lowercase()) {
            let written = if self.flags.unicode_classes && !unicode.is_empty() { unicode } else { ascii };
            let class = Class::named(written);
            return Ok(if letter.is_ascii_uppercase() { class.not() } else { class });
        }
        if let Some((_, character)) = CHARACTERS.iter().find(|(name, _)| *name == letter) {
            return Ok(Class::One(*character));
        }
        match letter {
            'p' | 'P' => {
                let class = self.family()?;
                Ok(if letter == 'P' { class.not() } else { class })
            }
            '0' => self.octal(),
            'x' => self.hexadecimal(),
            'u' => self.unicode(),
            'c' => {
                let control = self.pattern.get(self.at).copied().and_then(|letter| char::from_u32(letter as u32 ^ 64));
                self.at += 1;
                control.map(Class::One).ok_or_else(|| Fault::value("`\\c` has no letter after it"))
            }
            'N' if self.pattern.get(self.at) == Some(&'{') => Err(Fault::refused("it has `\\N{…}`")),
            letter if letter.is_ascii_alphanumeric() => Err(Fault::value(format!("`\\{letter}` has no meaning"))),
            character => Ok(Class::One(character)),
        }
    }

    /// Up to three digits, not more than `\0377`.
    fn octal(&mut self) -> Read<Class> {
        let digit = |reader: &Self, at: usize| reader.pattern.get(at).and_then(|digit| digit.to_digit(8));
        let first = digit(self, self.at).ok_or_else(|| Fault::value("`\\0` has no digit after it"))?;
        let most = if first <= 3 { 3 } else { 2 };
        let (mut code, mut length) = (0, 0);
        while length < most
            && let Some(digit) = digit(self, self.at)
        {
            code = code * 8 + digit;
            length += 1;
            self.at += 1;
        }
        character(code)
    }

    /// `\x41` or `\x{1F600}`.
    fn hexadecimal(&mut self) -> Read<Class> {
        let braced = self.pattern.get(self.at) == Some(&'{');
        if !braced {
            return character(self.digits(2).ok_or_else(|| Fault::value("`\\x` has no two digits after it"))?);
        }
        let end = self.pattern[self.at..].iter().position(|character| *character == '}');
        let digits: Option<String> = end.map(|end| self.pattern[self.at + 1..self.at + end].iter().collect());
        let code = digits.and_then(|digits| u32::from_str_radix(&digits, 16).ok()).filter(|code| *code <= 0x10_FFFF);
        self.at += end.map_or(0, |end| end + 1);
        character(code.ok_or_else(|| Fault::value("`\\x{…}` has no number of a character"))?)
    }

    /// `\u0041`; two of them may form one character.
    fn unicode(&mut self) -> Read<Class> {
        let missing = || Fault::value("`\\u` has no four digits after it");
        let first = self.digits(4).ok_or_else(missing)?;
        if (0xD800..0xDC00).contains(&first) && self.pattern[self.at..].starts_with(&['\\', 'u']) {
            let before = self.at;
            self.at += 2;
            let second = self.digits(4).ok_or_else(missing)?;
            if (0xDC00..0xE000).contains(&second) {
                return character(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00));
            }
            self.at = before;
        }
        character(first)
    }

    fn digits(&mut self, count: usize) -> Option<u32> {
        let digits: String = self.pattern.get(self.at..self.at + count)?.iter().collect();
        let code =
            digits.bytes().all(|digit| digit.is_ascii_hexdigit()).then(|| u32::from_str_radix(&digits, 16).ok())?;
        self.at += count;
        code
    }
}

fn character(code: u32) -> Read<Class> {
    char::from_u32(code).map(Class::One).ok_or_else(|| Fault::refused("it has an incomplete character"))
}
