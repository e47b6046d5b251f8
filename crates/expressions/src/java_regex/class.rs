//! Classes: `[a-z&&[^b]]`.

use super::reader::{Read, Reader};
use crate::fault::Fault;

/// A set of characters.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Class {
    /// A single character, as it is escaped outside of classes too.
    One(char),
    /// A range of characters, in both cases if the flags require it.
    Range(char, char, Case),
    /// A class in the crate's syntax, such as `\p{L}` or `0-9`, without brackets.
    Named(String),
    Not(Box<Class>),
    Union(Vec<Class>),
    Both(Box<Class>, Box<Class>),
}

/// Whether case matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Case {
    Exact,
    /// `(?i)`: it does not for ASCII letters.
    Ascii,
}

impl Class {
    pub(super) fn named(written: &str) -> Self {
        Self::Named(written.to_owned())
    }

    pub(super) fn not(self) -> Self {
        Self::Not(Box::new(self))
    }

    fn or(self, other: Self) -> Self {
        match self {
            Self::Union(mut parts) => {
                parts.push(other);
                Self::Union(parts)
            }
            first => Self::Union(vec![first, other]),
        }
    }

    /// Parses the part after `[`, or the right side of `&&` if `bracket` is false, as Java does.
    pub(super) fn read(reader: &mut Reader, bracket: bool) -> Read<Self> {
        let negated = bracket && reader.take_if('^');
        let mut found: Option<Self> = None;
        loop {
            let part = match reader.peek() {
                None => return Err(Fault::value("a `[` is not closed")),
                Some(']') if found.is_some() => {
                    if bracket {
                        reader.take();
                    }
                    break;
                }
                Some('[') => {
                    reader.take();
                    reader.deeper(|reader| Self::read(reader, true))?
                }
                Some('&') if reader.pattern.get(reader.at + 1) == Some(&'&') => {
                    reader.at += 2;
                    let right = Self::right_side(reader)?;
                    found = Some(match (found, right) {
                        (_, None) => return Err(Fault::refused("a side of `&&` is empty")),
                        (None, Some(right)) => right,
                        (Some(left), Some(right)) => Self::Both(Box::new(left), Box::new(right)),
                    });
                    continue;
                }
                Some(_) => Self::item(reader)?,
            };
            found = Some(match found {
                None => part,
                Some(before) => before.or(part),
            });
        }
        let class = found.unwrap_or(Self::Union(Vec::new()));
        Ok(if negated { class.not() } else { class })
    }

    /// The part after `&&`.
    fn right_side(reader: &mut Reader) -> Read<Option<Self>> {
        let mut right: Option<Self> = None;
        loop {
            match reader.peek() {
                None => return Err(Fault::value("a `[` is not closed")),
                Some(']' | '&') => return Ok(right),
                Some(next) => {
                    let bracket = next == '[';
                    if bracket {
                        reader.take();
                    }
                    let part = reader.deeper(|reader| Self::read(reader, bracket))?;
                    right = Some(match right {
                        None => part,
                        Some(before) => before.or(part),
                    });
                }
            }
        }
    }

    /// A character, a range or an escape.
    fn item(reader: &mut Reader) -> Read<Self> {
        let from = match Self::single(reader)? {
            Self::One(from) => from,
            class => return Ok(class),
        };
        let case = match (reader.flags.ignore_case, reader.flags.unicode_case) {
            (false, _) => Case::Exact,
            (true, false) => Case::Ascii,
            (true, true) => return Err(Fault::refused("it has a class with `(?iu)`")),
        };
        let is_range =
            reader.peek() == Some('-') && !matches!(reader.pattern.get(reader.at + 1), Some(']' | '[') | None);
        if !is_range {
            return Ok(Self::Range(from, from, case));
        }
        reader.take();
        match Self::single(reader)? {
            Self::One(to) if to >= from => Ok(Self::Range(from, to, case)),
            Self::One(_) => Err(Fault::value("a range ends before it begins")),
            _ => Err(Fault::value("a range ends with a class")),
        }
    }

    fn single(reader: &mut Reader) -> Read<Self> {
        match reader.take() {
            Some('\\') => reader.class_escape(),
            Some(character) => Ok(Self::One(character)),
            None => Err(Fault::value("a `[` is not closed")),
        }
    }

    /// The class for the crate, in brackets.
    pub(super) fn written(&self) -> String {
        match self {
            Self::One(character) => Self::Range(*character, *character, Case::Exact).written(),
            Self::Range(from, to, case) => format!("[{}]", range(*from, *to, *case)),
            Self::Named(named) => format!("[{named}]"),
            Self::Not(class) => match &**class {
                Self::Named(named) => format!("[^{named}]"),
                class => format!("[^{}]", class.written()),
            },
            // The class is empty.
            Self::Union(parts) if parts.is_empty() => r"[^\x00-\x{10FFFF}]".to_owned(),
            Self::Union(parts) => format!("[{}]", parts.iter().map(Self::written).collect::<String>()),
            Self::Both(left, right) => format!("[{}&&{}]", left.written(), right.written()),
        }
    }

    /// An escape outside of a class for the crate.
    pub(super) fn written_outside(&self, reader: &Reader) -> String {
        match self {
            Self::One(character) => reader.literal(*character),
            class => class.written(),
        }
    }
}

fn range(from: char, to: char, case: Case) -> String {
    let plain = |from: char, to: char| format!(r"\x{{{:X}}}-\x{{{:X}}}", from as u32, to as u32);
    let mut written = plain(from, to);
    if case == Case::Ascii {
        for (first, last, shift) in [('a', 'z', -32), ('A', 'Z', 32)] {
            let (from, to) = (from.max(first), to.min(last));
            let shifted = |character: char| char::from_u32((character as i32 + shift) as u32);
            if from <= to
                && let (Some(from), Some(to)) = (shifted(from), shifted(to))
            {
                written.push_str(&plain(from, to));
            }
        }
    }
    written
}
