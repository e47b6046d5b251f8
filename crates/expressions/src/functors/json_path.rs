//! JSONPath, as Jayway's library reads it: `$.store.book[?(@.price < 10)].title`.

use std::cell::Cell;

use super::json_filter::Filter;
use crate::{Value, fault::Fault};

/// How many values a path may visit, with the paths of its filters.
const MAX_VISITED: usize = 200_000;

/// One search through a document.
pub(super) struct Search<'a> {
    root: &'a Value,
    visited: Cell<usize>,
}

impl<'a> Search<'a> {
    /// Where `$` begins.
    pub(super) fn root(&self) -> &'a Value {
        self.root
    }

    fn visit(&self, values: usize) -> Result<(), Fault> {
        self.visited.set(self.visited.get() + values);
        if self.visited.get() > MAX_VISITED {
            return Err(Fault::refused(format!("the JSONPath visits more than {MAX_VISITED} values")));
        }
        Ok(())
    }
}

/// A path, ready to be applied.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct JsonPath {
    steps: Vec<Step>,
    function: Option<Function>,
}

#[derive(Debug, Clone, PartialEq)]
struct Step {
    /// `..`: from here and from everything below.
    deep: bool,
    selector: Selector,
}

#[derive(Debug, Clone, PartialEq)]
enum Selector {
    Keys(Vec<String>),
    Positions(Vec<i64>),
    Slice(Option<i64>, Option<i64>),
    All,
    Where(Filter),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Function {
    Length,
    Keys,
    Min,
    Max,
    Sum,
    Average,
}

const FUNCTIONS: [(&str, Function); 7] = [
    ("length", Function::Length),
    ("size", Function::Length),
    ("keys", Function::Keys),
    ("min", Function::Min),
    ("max", Function::Max),
    ("sum", Function::Sum),
    ("avg", Function::Average),
];

impl JsonPath {
    /// Parses a path. Without `$` it begins as if `$.` stood before it, so that `.a` searches everywhere.
    pub(super) fn parse(path: &str) -> Result<Self, Fault> {
        let invalid = || Fault::value(format!("`{path}` is not a JSONPath"));
        let trimmed = path.trim();
        let prefixed;
        let mut rest = match trimmed.strip_prefix(['$', '@']) {
            Some(rest) => rest,
            None => {
                prefixed = format!(".{trimmed}");
                &prefixed
            }
        };
        let mut parsed = Self { steps: Vec::new(), function: None };
        while !rest.is_empty() {
            let deep = rest.starts_with("..");
            let dotted = rest.strip_prefix("..").or_else(|| rest.strip_prefix('.'));
            let after = dotted.unwrap_or(rest);
            let (selector, tail) = if let Some(inside) = after.strip_prefix('[') {
                let end = closing(inside).ok_or_else(invalid)?;
                (bracket(&inside[..end])?.ok_or_else(invalid)?, &inside[end + 1..])
            } else if dotted.is_some() {
                let end = after.find(['.', '[', '(']).unwrap_or(after.len());
                let (name, tail) = after.split_at(end);
                if let Some(tail) = tail.strip_prefix("()") {
                    let function = FUNCTIONS.iter().find(|(known, _)| *known == name).ok_or_else(invalid)?;
                    parsed.function = tail.is_empty().then_some(function.1);
                    return if tail.is_empty() { Ok(parsed) } else { Err(invalid()) };
                }
                let selector = match name {
                    "" => return Err(invalid()),
                    "*" => Selector::All,
                    name => Selector::Keys(vec![name.to_owned()]),
                };
                (selector, tail)
            } else {
                return Err(invalid());
            };
            parsed.steps.push(Step { deep, selector });
            rest = tail;
        }
        Ok(parsed)
    }

    /// Whether the path can find only one value.
    pub(super) fn is_definite(&self) -> bool {
        self.steps.iter().all(|step| !step.deep && step.selector.is_definite())
    }

    /// Finds what the path leads to in `root`: a value or null if it is definite, otherwise a list.
    pub(super) fn select(&self, root: &Value) -> Result<Value, Fault> {
        let found = self.find(root, &Search { root, visited: Cell::new(0) })?;
        let value = if self.is_definite() {
            found.first().map_or(Value::Null, |value| (*value).clone())
        } else {
            Value::List(found.into_iter().cloned().collect())
        };
        Ok(match self.function {
            Some(function) => function.apply(&value),
            None => value,
        })
    }

    /// Finds what the path leads to from `start`.
    pub(super) fn find<'a>(&self, start: &'a Value, search: &Search<'a>) -> Result<Vec<&'a Value>, Fault> {
        let mut found = vec![start];
        for step in &self.steps {
            let mut next = Vec::new();
            for value in found {
                let mut origins = vec![value];
                if step.deep {
                    origins.clear();
                    descend(value, &mut origins);
                }
                search.visit(origins.len())?;
                for origin in origins {
                    let before = next.len();
                    step.selector.select(origin, search, &mut next)?;
                    search.visit(next.len() - before)?;
                }
            }
            found = next;
        }
        Ok(found)
    }
}

impl Selector {
    fn is_definite(&self) -> bool {
        match self {
            Self::Keys(keys) => keys.len() == 1,
            Self::Positions(positions) => positions.len() == 1,
            Self::Slice(..) | Self::All | Self::Where(_) => false,
        }
    }

    fn select<'a>(&self, value: &'a Value, search: &Search<'a>, found: &mut Vec<&'a Value>) -> Result<(), Fault> {
        match (self, value) {
            (Self::Keys(keys), Value::Map(entries)) => found.extend(keys.iter().filter_map(|key| entries.get(key))),
            (Self::Positions(positions), Value::List(items)) => {
                found.extend(positions.iter().filter_map(|at| items.get(place(*at, items.len())?)));
            }
            (Self::Slice(from, to), Value::List(items)) => {
                let bound = |at: i64| place(at, items.len()).unwrap_or(0).min(items.len());
                let (from, to) = (from.map_or(0, bound), to.map_or(items.len(), bound));
                found.extend(items.get(from..to).into_iter().flatten());
            }
            (Self::All, Value::List(items)) => found.extend(items),
            (Self::All, Value::Map(entries)) => found.extend(entries.values()),
            (Self::Where(filter), Value::List(items)) => {
                for item in items {
                    if filter.holds(item, search)? {
                        found.push(item);
                    }
                }
            }
            (Self::Where(filter), Value::Map(_)) if filter.holds(value, search)? => found.push(value),
            _ => {}
        }
        Ok(())
    }
}

impl Function {
    fn apply(self, value: &Value) -> Value {
        let length = |length: usize| Value::Int(length as i64);
        match (self, value) {
            (Self::Length, Value::List(items)) => length(items.len()),
            (Self::Length, Value::Map(entries)) => length(entries.len()),
            (Self::Length, Value::String(text)) => length(text.encode_utf16().count()),
            (Self::Keys, Value::Map(entries)) => Value::List(entries.keys().map(|key| key.as_str().into()).collect()),
            (Self::Min | Self::Max | Self::Sum | Self::Average, Value::List(items)) => self.of_numbers(items),
            _ => Value::Null,
        }
    }

    fn of_numbers(self, items: &[Value]) -> Value {
        let numbers: Vec<f64> = items.iter().filter_map(as_number).collect();
        if numbers.is_empty() {
            return Value::Null;
        }
        Value::Float(match self {
            Self::Min => numbers.iter().copied().fold(f64::INFINITY, f64::min),
            Self::Max => numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            Self::Average => numbers.iter().sum::<f64>() / numbers.len() as f64,
            Self::Sum | Self::Length | Self::Keys => numbers.iter().sum(),
        })
    }
}

/// The value as a number, if it is one.
pub(super) fn as_number(value: &Value) -> Option<f64> {
    match value {
        Value::Int(number) => Some(*number as f64),
        Value::Float(number) => Some(*number),
        _ => None,
    }
}

/// Everything below `value`, and `value`.
fn descend<'a>(value: &'a Value, found: &mut Vec<&'a Value>) {
    found.push(value);
    match value {
        Value::List(items) => items.iter().for_each(|item| descend(item, found)),
        Value::Map(entries) => entries.values().for_each(|item| descend(item, found)),
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) | Value::String(_) => {}
    }
}

/// A position, counted from the end if it is negative.
fn place(at: i64, length: usize) -> Option<usize> {
    usize::try_from(if at < 0 { at + length as i64 } else { at }).ok()
}

/// Where the `]` that closes stands, with quotes and inner brackets passed over.
fn closing(text: &str) -> Option<usize> {
    let (mut depth, mut quote) = (0, None);
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match (quote, character) {
            (Some(_), '\\') => {
                characters.next();
            }
            (Some(open), _) if open == character => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(character),
            (None, '[') => depth += 1,
            (None, ']') if depth == 0 => return Some(at),
            (None, ']') => depth -= 1,
            (None, _) => {}
        }
    }
    None
}

fn bracket(inside: &str) -> Result<Option<Selector>, Fault> {
    let inside = inside.trim();
    if inside == "*" {
        return Ok(Some(Selector::All));
    }
    if let Some(filter) = inside.strip_prefix('?') {
        return Filter::parse(filter).map(|filter| Some(Selector::Where(filter)));
    }
    if inside.starts_with(['\'', '"']) {
        let keys = inside.split(',').map(|key| {
            let key = key.trim();
            let quote = key.chars().next().filter(|quote| *quote == '\'' || *quote == '"')?;
            key.strip_prefix(quote)?.strip_suffix(quote).map(str::to_owned)
        });
        // A comma inside of the quotes: one key.
        let whole = || inside.get(1..inside.len() - 1).map(|key| vec![key.to_owned()]);
        return Ok(keys.collect::<Option<Vec<_>>>().or_else(whole).map(Selector::Keys));
    }
    if let Some((from, to)) = inside.split_once(':') {
        let bound = |text: &str| match text.trim() {
            "" => Some(None),
            text => text.parse().ok().map(Some),
        };
        return Ok(bound(from).zip(bound(to)).map(|(from, to)| Selector::Slice(from, to)));
    }
    let positions: Option<Vec<i64>> = inside.split(',').map(|at| at.trim().parse().ok()).collect();
    Ok(positions.map(Selector::Positions))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::JsonPath;
    use crate::Value;

    const STORE: &str = r#"{"store": {"book": [
        {"title": "A", "price": 8, "tags": ["x"]},
        {"title": "B", "price": 12.5, "isbn": "1-2"},
        {"title": "C, D", "price": 9, "isbn": "3"}
    ], "a.b": {"mvn-service://api": 1}}}"#;

    fn select(path: &str) -> String {
        let store = Value::from(serde_json::from_str::<serde_json::Value>(STORE).unwrap());
        match JsonPath::parse(path).and_then(|path| path.select(&store)) {
            Ok(value) => value.to_json().to_string(),
            Err(fault) => fault.message().to_owned(),
        }
    }

    #[test]
    fn definite_paths() {
        assert_snapshot!(select("$.store.book[1].title"), @r#""B""#);
        assert_snapshot!(select("store['book'][-1].price"), @"9");
        assert_snapshot!(select("store['a.b'].mvn-service://api"), @"1");
        assert_snapshot!(select("$.store.nothing.here"), @"null");
        assert_snapshot!(select("$.store.book.length()"), @"3");
        assert_snapshot!(select("$.store.keys()"), @r#"["book","a.b"]"#);
    }

    #[test]
    fn paths_that_find_several() {
        assert_snapshot!(select("$.store.book[*].title"), @r#"["A","B","C, D"]"#);
        assert_snapshot!(select("$..price"), @"[8,12.5,9]");
        assert_snapshot!(select(".isbn"), @r#"["1-2","3"]"#);
        assert_snapshot!(select("$.store.book[0,2]['title','price']"), @r#"["A",8,"C, D",9]"#);
        assert_snapshot!(select("$.store.book[1:].title"), @r#"["B","C, D"]"#);
        assert_snapshot!(select("$.store.book[:-1].title"), @r#"["A","B"]"#);
        assert_snapshot!(select("$..price.max()"), @"12.5");
    }

    #[test]
    fn filters() {
        assert_snapshot!(select("$.store.book[?(@.price < 10)].title"), @r#"["A","C, D"]"#);
        assert_snapshot!(select("$.store.book[?(@.isbn)].title"), @r#"["B","C, D"]"#);
        assert_snapshot!(select("$.store.book[?(!@.isbn || @.title == 'C, D')].price"), @"[8,9]");
        assert_snapshot!(select("$.store.book[?(@.title =~ /[ab]/i && (@.price >= 8.5))].title"), @r#"["B"]"#);
        assert_snapshot!(select("$.store.book[?(@.title in ['A', 'Z'])].price"), @"[8]");
        assert_snapshot!(select("$.store.book[?('x' in @.tags)].price"), @"[8]");
        assert_snapshot!(select("$.store.book[?(@.price == $.store.book[2].price)].title"), @r#"["C, D"]"#);
    }

    #[test]
    fn malformed() {
        assert_snapshot!(select("$.a["), @"`$.a[` is not a JSONPath");
        assert_snapshot!(select("$x"), @"`$x` is not a JSONPath");
        assert_snapshot!(select("$.a.nosuch()"), @"`$.a.nosuch()` is not a JSONPath");
        assert_snapshot!(select("$.a[?(@.b <)]"), @"`(@.b <)` is not a JSONPath filter");
    }
}
