//! Filters of a JSONPath: what stands behind `?`.

use regex::RegexBuilder;

use super::json_path::{JsonPath, Search, as_number};
use crate::{Value, fault::Fault};

/// How deeply parentheses and `!` may nest.
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
    LessOrEqual,
    GreaterOrEqual,
    Less,
    Greater,
    In,
    NotIn,
}

const COMPARISONS: [(&str, Comparison); 8] = [
    ("==", Comparison::Equal),
    ("!=", Comparison::NotEqual),
    ("<=", Comparison::LessOrEqual),
    (">=", Comparison::GreaterOrEqual),
    ("<", Comparison::Less),
    (">", Comparison::Greater),
    ("in ", Comparison::In),
    ("nin ", Comparison::NotIn),
];

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Operand {
    FromItem(JsonPath),
    FromRoot(JsonPath),
    Literal(Value),
}

/// `/pattern/i`.
#[derive(Debug, Clone)]
pub(super) struct Pattern(regex::Regex);

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

impl Filter {
    /// Parses what stands behind `?`, with its parentheses.
    pub(super) fn parse(text: &str) -> Result<Self, Fault> {
        let mut reader = Reader { rest: text.trim(), depth: 0 };
        let filter = reader.any()?;
        match (filter, reader.rest.is_empty()) {
            (Some(filter), true) => Ok(filter),
            _ => Err(Fault::value(format!("`{text}` is not a JSONPath filter"))),
        }
    }

    /// Whether `item` satisfies it.
    pub(super) fn holds<'a>(&'a self, item: &'a Value, search: &Search<'a>) -> Result<bool, Fault> {
        match self {
            Self::Any(filters) => filters.iter().try_fold(false, |any, filter| Ok(any || filter.holds(item, search)?)),
            Self::All(filters) => filters.iter().try_fold(true, |all, filter| Ok(all && filter.holds(item, search)?)),
            Self::Not(filter) => Ok(!filter.holds(item, search)?),
            Self::Exists(operand) => Ok(operand.value(item, search)?.is_some()),
            Self::Compare(left, comparison, right) => {
                let (left, right) = (left.value(item, search)?, right.value(item, search)?);
                Ok(left.zip(right).is_some_and(|(left, right)| comparison.holds(left, right)))
            }
            Self::Matches(operand, pattern) => match operand.value(item, search)? {
                Some(Value::String(text)) => Ok(pattern.0.is_match(text)),
                Some(_) | None => Ok(false),
            },
        }
    }
}

impl Comparison {
    fn holds(self, left: &Value, right: &Value) -> bool {
        let order = match (left, right) {
            (Value::String(left), Value::String(right)) => Some(left.cmp(right)),
            _ => as_number(left).zip(as_number(right)).and_then(|(left, right)| left.partial_cmp(&right)),
        };
        let equal = || order.map_or(left == right, std::cmp::Ordering::is_eq);
        let within = |items: &Value| matches!(items, Value::List(items) if items.contains(left));
        match self {
            Self::Equal => equal(),
            Self::NotEqual => !equal(),
            Self::LessOrEqual => order.is_some_and(std::cmp::Ordering::is_le),
            Self::GreaterOrEqual => order.is_some_and(std::cmp::Ordering::is_ge),
            Self::Less => order.is_some_and(std::cmp::Ordering::is_lt),
            Self::Greater => order.is_some_and(std::cmp::Ordering::is_gt),
            Self::In => within(right),
            Self::NotIn => !within(right),
        }
    }
}

impl Operand {
    fn value<'a>(&'a self, item: &'a Value, search: &Search<'a>) -> Result<Option<&'a Value>, Fault> {
        match self {
            Self::FromItem(path) => Ok(path.find(item, search)?.first().copied()),
            Self::FromRoot(path) => Ok(path.find(search.root(), search)?.first().copied()),
            Self::Literal(value) => Ok(Some(value)),
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
            return Ok(self.pattern().map(|pattern| Filter::Matches(left, pattern)));
        }
        let Some((_, comparison)) = COMPARISONS.iter().find(|(symbol, _)| self.take(symbol)) else {
            return Ok(Some(Filter::Exists(left)));
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
            Some(quote @ ('\'' | '"')) => self.rest[1..].find(quote).map_or(0, |end| end + 2),
            Some('[') => self.rest.find(']').map_or(0, |end| end + 1),
            Some(_) | None => self.rest.find([' ', ')', '=', '<', '>', '!', '&', '|']).unwrap_or(self.rest.len()),
        };
        let literal = self.split(length).trim();
        // Single quotes are Jayway's; the rest is JSON.
        let json = serde_json::from_str::<serde_json::Value>(&literal.replace('\'', "\""));
        Ok(json.ok().map(|json| Operand::Literal(json.into())))
    }

    fn pattern(&mut self) -> Option<Pattern> {
        let inside = self.rest.strip_prefix('/')?;
        let (pattern, after) = inside.split_once('/')?;
        let flags = after.len() - after.trim_start_matches(|c: char| c.is_ascii_alphabetic()).len();
        let pattern = RegexBuilder::new(&format!(r"\A(?:{pattern})\z"))
            .case_insensitive(after[..flags].contains('i'))
            .size_limit(1 << 20)
            .build()
            .ok()?;
        self.rest = after[flags..].trim_start();
        Some(Pattern(pattern))
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

/// Where a path in a filter ends: at a blank or an operator outside of brackets.
fn path_end(text: &str) -> usize {
    let mut depth = 0_usize;
    let end = text.char_indices().find(|(_, character)| {
        match character {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && " )=<>!&|,".contains(*character)
    });
    end.map_or(text.len(), |(at, _)| at)
}
