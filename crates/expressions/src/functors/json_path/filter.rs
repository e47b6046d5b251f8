//! Filters of a JSONPath: the part after `?`.

use std::borrow::Cow;

use super::{JsonPath, Search, as_number};
use crate::{Value, fault::Fault, java_regex};

/// The maximum nesting of parentheses and `!`.
const MAX_DEPTH: usize = 32;

/// A condition on a list's items.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Filter {
    Any(Vec<Filter>),
    All(Vec<Filter>),
    Not(Box<Filter>),
    Exists(Operand),
    Compare(Operand, Comparison, Operand),
    Matches(Operand, Pattern),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    /// `===`: also of the same type.
    Same,
    NotSame,
    LessOrEqual,
    GreaterOrEqual,
    Less,
    Greater,
    In,
    NotIn,
    AnyOf,
    NoneOf,
    SubsetOf,
    Contains,
    Size,
    Empty,
}

/// Longest first.
const COMPARISONS: [(&str, Comparison); 16] = [
    ("===", Comparison::Same),
    ("!==", Comparison::NotSame),
    ("==", Comparison::Equal),
    ("!=", Comparison::NotEqual),
    ("<=", Comparison::LessOrEqual),
    (">=", Comparison::GreaterOrEqual),
    ("<", Comparison::Less),
    (">", Comparison::Greater),
    ("in ", Comparison::In),
    ("nin ", Comparison::NotIn),
    ("anyof ", Comparison::AnyOf),
    ("noneof ", Comparison::NoneOf),
    ("subsetof ", Comparison::SubsetOf),
    ("contains ", Comparison::Contains),
    ("size ", Comparison::Size),
    ("empty ", Comparison::Empty),
];

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Operand {
    FromItem(JsonPath),
    FromRoot(JsonPath),
    Literal(Value),
}

/// `/pattern/i`, which must match the whole text.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    written: String,
    compiled: java_regex::Pattern,
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.written == other.written
    }
}

impl Filter {
    /// Parses the part after `?`, with its parentheses.
    pub(super) fn parse(text: &str) -> Result<Self, Fault> {
        let mut reader = Reader { rest: text.trim(), depth: 0 };
        if !reader.rest.starts_with('(') {
            return Err(Fault::value(format!("the JSONPath filter `{text}` is missing its parentheses")));
        }
        let filter = reader.any()?;
        match (filter, reader.rest.is_empty()) {
            (Some(filter), true) => Ok(filter),
            _ => Err(Fault::value(format!("`{text}` is not a JSONPath filter"))),
        }
    }

    /// Whether `item` matches it.
    pub(super) fn holds<'a>(&'a self, item: &'a Value, search: &Search<'a>) -> Result<bool, Fault> {
        match self {
            Self::Any(filters) => filters.iter().try_fold(false, |any, filter| Ok(any || filter.holds(item, search)?)),
            Self::All(filters) => filters.iter().try_fold(true, |all, filter| Ok(all && filter.holds(item, search)?)),
            Self::Not(filter) => Ok(!filter.holds(item, search)?),
            Self::Exists(operand) => Ok(operand.value(item, search)?.is_some()),
            Self::Compare(left, comparison, right) => {
                let (left, right) = (left.value(item, search)?, right.value(item, search)?);
                Ok(comparison.holds(left.as_deref(), right.as_deref()))
            }
            Self::Matches(operand, pattern) => match operand.value(item, search)?.as_deref() {
                Some(Value::List(_) | Value::Map(_)) => Ok(false),
                Some(value) => pattern.compiled.is_match(&value.render()),
                None => pattern.compiled.is_match(""),
            },
        }
    }
}

impl Comparison {
    /// Whether it is true; a path without a result is null.
    fn holds(self, left: Option<&Value>, right: Option<&Value>) -> bool {
        let (Some(left), Some(right)) = (left, right) else {
            return matches!(self, Self::NotEqual | Self::NotSame | Self::NotIn);
        };
        let order = || match (left, right) {
            (Value::String(left), Value::String(right)) => Some(left.cmp(right)),
            _ => as_number(left).zip(as_number(right)).and_then(|(left, right)| left.partial_cmp(&right)),
        };
        let items = |value: &Value| match value {
            Value::List(items) => items.clone(),
            _ => Vec::new(),
        };
        let within = |item: &Value, items: &[Value]| items.iter().any(|other| equal(other, item));
        match self {
            Self::Equal => equal(left, right),
            Self::NotEqual => !equal(left, right),
            Self::Same => same_type(left, right) && equal(left, right),
            Self::NotSame => !(same_type(left, right) && equal(left, right)),
            Self::LessOrEqual => order().is_some_and(std::cmp::Ordering::is_le),
            Self::GreaterOrEqual => order().is_some_and(std::cmp::Ordering::is_ge),
            Self::Less => order().is_some_and(std::cmp::Ordering::is_lt),
            Self::Greater => order().is_some_and(std::cmp::Ordering::is_gt),
            Self::In => within(left, &items(right)),
            Self::NotIn => !within(left, &items(right)),
            Self::AnyOf => matches!(left, Value::List(_)) && items(left).iter().any(|item| within(item, &items(right))),
            Self::NoneOf => {
                matches!(left, Value::List(_)) && !items(left).iter().any(|item| within(item, &items(right)))
            }
            Self::SubsetOf => {
                matches!(left, Value::List(_)) && items(left).iter().all(|item| within(item, &items(right)))
            }
            Self::Contains => match (left, right) {
                (Value::String(text), Value::String(part)) => text.contains(part.as_str()),
                (Value::List(items), item) => within(item, items),
                _ => false,
            },
            Self::Size => size(left).is_some_and(|size| as_number(right) == Some(size as f64)),
            Self::Empty => match (left, right) {
                (Value::String(_) | Value::List(_), Value::Bool(wanted)) => (size(left) == Some(0)) == *wanted,
                _ => false,
            },
        }
    }
}

fn size(value: &Value) -> Option<usize> {
    match value {
        Value::String(text) => Some(text.encode_utf16().count()),
        Value::List(items) => Some(items.len()),
        _ => None,
    }
}

fn same_type(left: &Value, right: &Value) -> bool {
    std::mem::discriminant(left) == std::mem::discriminant(right) || as_number(left).zip(as_number(right)).is_some()
}

/// A number and a text are equal if the text is that number.
fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::String(text), number) if as_number(number).is_some() => *text == number.render(),
        (number, Value::String(text)) if as_number(number).is_some() => {
            text.trim().parse().is_ok_and(|parsed: f64| as_number(number) == Some(parsed))
        }
        _ => match as_number(left).zip(as_number(right)) {
            Some((left, right)) => left == right,
            None => left == right,
        },
    }
}

impl Operand {
    fn value<'a>(&'a self, item: &'a Value, search: &Search<'a>) -> Result<Option<Cow<'a, Value>>, Fault> {
        match self {
            Self::FromItem(path) => path.first(item, search),
            Self::FromRoot(path) => path.first(search.root(), search),
            Self::Literal(value) => Ok(Some(Cow::Borrowed(value))),
        }
    }
}

struct Reader<'a> {
    rest: &'a str,
    depth: usize,
}

/// `Ok(None)` is text that is not a filter.
type Read<T = Filter> = Result<Option<T>, Fault>;

impl<'a> Reader<'a> {
    fn any(&mut self) -> Read {
        self.joined("||", Self::all, Filter::Any)
    }

    fn all(&mut self) -> Read {
        self.joined("&&", Self::single, Filter::All)
    }

    fn joined(&mut self, by: &str, read: fn(&mut Self) -> Read, join: fn(Vec<Filter>) -> Filter) -> Read {
        let mut filters = Vec::new();
        loop {
            match read(self)? {
                Some(filter) => filters.push(filter),
                None => return Ok(None),
            }
            if !self.take(by) {
                return Ok(Some(if filters.len() == 1 { filters.remove(0) } else { join(filters) }));
            }
        }
    }

    fn single(&mut self) -> Read {
        if self.depth == MAX_DEPTH {
            return Ok(None);
        }
        self.depth += 1;
        let filter = if self.take("(") {
            let inner = self.any()?;
            if self.take(")") { inner } else { None }
        } else if !self.rest.starts_with("!=") && self.take("!") {
            self.single()?.map(|filter| Filter::Not(Box::new(filter)))
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Ok(filter)
    }

    fn comparison(&mut self) -> Read {
        let Some(left) = self.operand()? else { return Ok(None) };
        if self.take("=~") {
            return Ok(self.pattern()?.map(|pattern| Filter::Matches(left, pattern)));
        }
        let Some((_, comparison)) = COMPARISONS.iter().find(|(symbol, _)| self.take(symbol)) else {
            // A literal alone is not a condition.
            return Ok((!matches!(left, Operand::Literal(_))).then_some(Filter::Exists(left)));
        };
        Ok(self.operand()?.map(|right| Filter::Compare(left, *comparison, right)))
    }

    fn operand(&mut self) -> Read<Operand> {
        let from_item = self.rest.starts_with('@');
        if from_item || self.rest.starts_with('$') {
            let path = self.split(path_end(self.rest));
            let path = JsonPath::parse(path)?;
            return Ok(Some(if from_item { Operand::FromItem(path) } else { Operand::FromRoot(path) }));
        }
        let length = match self.rest.chars().next() {
            Some(quote @ ('\'' | '"')) => {
                let mut escaped = false;
                let end = self.rest[1..].find(|character| {
                    let closes = character == quote && !escaped;
                    escaped = character == '\\' && !escaped;
                    closes
                });
                let Some(end) = end else { return Ok(None) };
                let text = self.split(end + 2)[1..=end].replace(&format!("\\{quote}"), &quote.to_string());
                return Ok(Some(Operand::Literal(Value::String(text))));
            }
            Some('[') => self.rest.find(']').map_or(0, |end| end + 1),
            Some(_) | None => self.rest.find([' ', ')', '=', '<', '>', '!', '&', '|']).unwrap_or(self.rest.len()),
        };
        let literal = self.split(length).trim();
        // Single quotes are Jayway's own; the rest is JSON.
        let json = serde_json::from_str::<serde_json::Value>(&literal.replace('\'', "\""));
        Ok(json.ok().map(|json| Operand::Literal(json.into())))
    }

    fn pattern(&mut self) -> Read<Pattern> {
        let Some((pattern, after)) = self.rest.strip_prefix('/').and_then(|inside| {
            let mut escaped = false;
            let end = inside.find(|character| {
                let closes = character == '/' && !escaped;
                escaped = character == '\\' && !escaped;
                closes
            })?;
            Some((&inside[..end], &inside[end + 1..]))
        }) else {
            return Ok(None);
        };
        let length = after.len() - after.trim_start_matches(|c: char| c.is_ascii_alphabetic()).len();
        let flags = &after[..length];
        let written = if flags.is_empty() { pattern.to_owned() } else { format!("(?{flags}){pattern}") };
        self.rest = after[length..].trim_start();
        let compiled = java_regex::whole(&written)?;
        Ok(Some(Pattern { written, compiled }))
    }

    fn take(&mut self, symbol: &str) -> bool {
        match self.rest.strip_prefix(symbol) {
            Some(rest) => {
                self.rest = rest.trim_start();
                true
            }
            None => false,
        }
    }

    fn split(&mut self, length: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest.trim_start();
        taken
    }
}

/// The end of a path in a filter: a space or an operator outside of brackets.
fn path_end(text: &str) -> usize {
    let mut depth = 0_usize;
    let end = text.char_indices().find(|(_, character)| {
        match character {
            '[' | '(' => depth += 1,
            ']' | ')' if depth > 0 => {
                depth -= 1;
                return false;
            }
            _ => {}
        }
        depth == 0 && " )=<>!&|,".contains(*character)
    });
    end.map_or(text.len(), |(at, _)| at)
}
