//! Parses a pattern as `java.util.regex.Pattern` does.

use super::{
    class::Class,
    reader::{Flags, Read, Reader},
    tree::{Breaks, Parsed, Tree},
};
use crate::fault::Fault;

/// Parses `pattern`; [`Fault::Value`] is an error in it, [`Fault::Refused`] a feature that only Java has.
pub(super) fn parse(pattern: &str) -> Read<Parsed> {
    let pattern = without_quoting(pattern);
    let mut reader = Reader { pattern, at: 0, flags: Flags::default(), depth: 0, groups: 0, names: Vec::new() };
    let tree = reader.either()?;
    match reader.peek() {
        None => Ok(Parsed { tree, names: reader.names }),
        Some(_) => Err(Fault::value("a `)` is not opened")),
    }
}

/// Writes `\Q…\E` as escaped characters.
fn without_quoting(pattern: &str) -> Vec<char> {
    let (mut plain, mut rest) = (Vec::new(), pattern);
    loop {
        // A `\Q` after an escaped backslash is a plain `Q`.
        let mut at = 0;
        let quote = loop {
            match rest[at..].find('\\') {
                Some(found) if rest[at + found..].starts_with(r"\Q") => break Some(at + found),
                Some(found) => at += found + 1 + rest[at + found + 1..].chars().next().map_or(0, char::len_utf8),
                None => break None,
            }
        };
        let Some(quote) = quote else {
            plain.extend(rest.chars());
            return plain;
        };
        plain.extend(rest[..quote].chars());
        let (quoted, after) = rest[quote + 2..].split_once(r"\E").unwrap_or((&rest[quote + 2..], ""));
        for character in quoted.chars() {
            if character.is_ascii() && !character.is_ascii_alphanumeric() {
                plain.push('\\');
            }
            plain.push(character);
        }
        rest = after;
    }
}

impl Reader {
    fn breaks(&self) -> Breaks {
        if self.flags.unix_lines { Breaks::Unix } else { Breaks::All }
    }

    fn either(&mut self) -> Read {
        let mut branches = vec![self.sequence()?];
        while self.take_if('|') {
            branches.push(self.sequence()?);
        }
        Ok(if branches.len() == 1 { branches.remove(0) } else { Tree::Either(branches) })
    }

    fn sequence(&mut self) -> Read {
        let mut parts = Vec::new();
        while let Some(next) = self.peek() {
            if matches!(next, '|' | ')') {
                break;
            }
            self.at += 1;
            let part = match next {
                '(' => match self.deeper(Self::group)? {
                    Some(group) => group,
                    None => continue,
                },
                '[' => Tree::Piece(self.deeper(|reader| Class::read(reader, true))?.written()),
                '\\' => self.escaped()?,
                '^' if self.flags.lines => Tree::LineStart { breaks: self.breaks() },
                '^' => Tree::Piece(r"\A".to_owned()),
                '$' if self.flags.lines => Tree::LineEnd { breaks: self.breaks() },
                '$' => Tree::End { breaks: self.breaks() },
                '.' => Tree::Piece(self.dot().to_owned()),
                '*' | '+' | '?' => return Err(Fault::value(format!("there is nothing that `{next}` repeats"))),
                '{' => return Err(Fault::value("`{` has no number after it")),
                literal => Tree::Piece(self.literal(literal)),
            };
            parts.push(self.repeated(part)?);
        }
        Ok(Tree::Sequence(parts))
    }

    fn dot(&self) -> &'static str {
        match (self.flags.dot_all, self.flags.unix_lines) {
            (true, _) => r"(?s:.)",
            (false, true) => r"[^\n]",
            (false, false) => r"[^\n\r\x{85}\x{2028}\x{2029}]",
        }
    }

    fn escaped(&mut self) -> Read {
        let breaks = self.breaks();
        let simple = |piece: &str| Ok(Tree::Piece(piece.to_owned()));
        // The part after a backslash is never a comment.
        let next = self.pattern.get(self.at).copied();
        match next {
            Some('A') => self.at += 1,
            Some('z' | 'Z' | 'b' | 'B' | 'R') => self.at += 1,
            Some('1'..='9') => return Err(Fault::refused("it has a back-reference")),
            Some('k') => return Err(Fault::refused("it has a back-reference")),
            Some('G') => return Err(Fault::refused("it has `\\G`")),
            Some('X') => return Err(Fault::refused("it has `\\X`")),
            _ => return self.class_escape().map(|class| Tree::Piece(class.written_outside(self))),
        }
        match next {
            Some('A') => simple(r"\A"),
            Some('z') => simple(r"\z"),
            Some('Z') => Ok(Tree::End { breaks }),
            Some('b') if self.pattern.get(self.at) == Some(&'{') => Err(Fault::refused("it has `\\b{g}`")),
            Some('b') => simple(r"\b"),
            Some('B') => simple(r"\B"),
            _ => simple(r"(?:\r\n|[\n\x0B\x0C\r\x{85}\x{2028}\x{2029}])"),
        }
    }

    fn repeated(&mut self, part: Tree) -> Read {
        let mut quantifier = match self.peek() {
            Some(sign @ ('*' | '+' | '?')) => {
                self.at += 1;
                sign.to_string()
            }
            Some('{') => {
                self.at += 1;
                self.counted()?
            }
            Some(_) | None => return Ok(part),
        };
        if self.take_if('?') {
            quantifier.push('?');
        } else if self.take_if('+') {
            return Err(Fault::refused(format!("it has the possessive quantifier `{quantifier}+`")));
        }
        Ok(Tree::Repeat(Box::new(part), quantifier))
    }

    /// Parses the part after `{`.
    fn counted(&mut self) -> Read<String> {
        let least = self.number().ok_or_else(|| Fault::value("`{` has no number after it"))?;
        let most = if self.take_if(',') { Some(self.number()) } else { None };
        if !self.take_if('}') {
            return Err(Fault::value("the `}` of `{` is missing"));
        }
        match most {
            None => Ok(format!("{{{least}}}")),
            Some(None) => Ok(format!("{{{least},}}")),
            Some(Some(most)) if most < least => Err(Fault::value("`{n,m}` ends before it begins")),
            Some(Some(most)) => Ok(format!("{{{least},{most}}}")),
        }
    }

    fn number(&mut self) -> Option<u32> {
        let mut digits = String::new();
        while let Some(digit @ '0'..='9') = self.peek() {
            digits.push(digit);
            self.at += 1;
        }
        (!digits.is_empty()).then(|| digits.parse().unwrap_or(u32::MAX))
    }

    /// Parses the part after `(`; `None` if it only sets flags.
    fn group(&mut self) -> Read<Option<Tree>> {
        let flags = self.flags;
        if !self.take_if('?') {
            self.groups += 1;
            return self.closed(flags, |inner| Tree::Group(Box::new(inner))).map(Some);
        }
        match self.take() {
            Some(':') => self.closed(flags, |inner| Tree::Bare(Box::new(inner))).map(Some),
            Some('=' | '!') => Err(Fault::refused("it has a look-ahead")),
            Some('>') => Err(Fault::refused("it has an atomic group")),
            Some('<') => {
                if matches!(self.peek(), Some('=' | '!')) {
                    return Err(Fault::refused("it has a look-behind"));
                }
                self.groups += 1;
                let name = self.name()?;
                self.names.push((name, self.groups));
                self.closed(flags, |inner| Tree::Group(Box::new(inner))).map(Some)
            }
            Some(_) => {
                self.at -= 1;
                self.set_flags()?;
                match self.take() {
                    Some(')') => Ok(None),
                    Some(':') => self.closed(flags, |inner| Tree::Bare(Box::new(inner))).map(Some),
                    Some(_) | None => Err(Fault::value("`(?` is followed by an unknown flag")),
                }
            }
            None => Err(Fault::value("a `(` is not closed")),
        }
    }

    fn closed(&mut self, flags: Flags, group: fn(Tree) -> Tree) -> Read {
        let inner = self.either()?;
        // The `)` is parsed with the flags outside the group.
        self.flags = flags;
        if self.take_if(')') { Ok(group(inner)) } else { Err(Fault::value("a `(` is not closed")) }
    }

    fn name(&mut self) -> Read<String> {
        let mut name = String::new();
        while let Some(character) = self.take() {
            match character {
                '>' if !name.is_empty() => {
                    if self.names.iter().any(|(known, _)| *known == name) {
                        return Err(Fault::value(format!("two groups are named `{name}`")));
                    }
                    return Ok(name);
                }
                letter if letter.is_ascii_alphabetic() || (letter.is_ascii_digit() && !name.is_empty()) => {
                    name.push(letter);
                }
                _ => break,
            }
        }
        Err(Fault::value("the name of a group has letters and digits"))
    }

    fn set_flags(&mut self) -> Read<()> {
        let mut on = true;
        loop {
            let flag = match self.peek() {
                Some('-') => {
                    on = false;
                    self.at += 1;
                    continue;
                }
                Some('i') => &mut self.flags.ignore_case,
                Some('m') => &mut self.flags.lines,
                Some('s') => &mut self.flags.dot_all,
                Some('x') => &mut self.flags.comments,
                Some('d') => &mut self.flags.unix_lines,
                Some('u') => &mut self.flags.unicode_case,
                Some('U') => &mut self.flags.unicode_classes,
                Some(_) | None => return Ok(()),
            };
            *flag = on;
            if self.pattern.get(self.at) == Some(&'U') {
                self.flags.unicode_case = on;
            }
            self.at += 1;
        }
    }
}
