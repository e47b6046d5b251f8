//! JSONPath, as Jayway's library implements it: `$.store.book[?(@.price < 10)].title`.

mod filter;
mod function;
mod parse;

use std::{borrow::Cow, cell::Cell};

use self::{filter::Filter, function::Function};
use crate::{Value, fault::Fault};

/// The maximum number of values that a path may visit, including the paths of its filters.
const MAX_VISITED: usize = 200_000;

/// One search through a document.
pub(super) struct Search<'a> {
    root: &'a Value,
    visited: Cell<usize>,
}

impl<'a> Search<'a> {
    /// The value of `$`.
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

/// A parsed path.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct JsonPath {
    steps: Vec<Step>,
    function: Option<Function>,
}

#[derive(Debug, Clone, PartialEq)]
struct Step {
    /// `..`: this value and everything below it.
    deep: bool,
    selector: Selector,
}

#[derive(Debug, Clone, PartialEq)]
enum Selector {
    Key(String),
    /// `['a','b']`: a map of these keys at the end of a path, otherwise each of them.
    Keys(Vec<String>),
    Positions(Vec<i64>),
    Slice(Option<i64>, Option<i64>),
    All,
    Where(Box<Filter>),
}

impl JsonPath {
    /// Whether the path can match only one value.
    pub(super) fn is_definite(&self) -> bool {
        let last = self.steps.len().saturating_sub(1);
        self.steps.iter().enumerate().all(|(at, step)| {
            let keys = matches!(step.selector, Selector::Keys(_));
            !step.deep && step.selector.is_definite() && (at == last || !keys)
        })
    }

    /// Evaluates the path in `root`: a value if it is definite, otherwise a list.
    pub(super) fn select(&self, root: &Value) -> Result<Value, Fault> {
        let found = self.find(root, &Search { root, visited: Cell::new(0) })?;
        let value = if self.is_definite() {
            found.into_iter().next().ok_or_else(|| Fault::value("the JSONPath finds nothing"))?.into_owned()
        } else {
            Value::List(found.into_iter().map(Cow::into_owned).collect())
        };
        match self.function {
            Some(function) => function.apply(&value),
            None => Ok(value),
        }
    }

    /// The first match of the path from `start`, after its function.
    pub(super) fn first<'a>(&self, start: &'a Value, search: &Search<'a>) -> Result<Option<Cow<'a, Value>>, Fault> {
        let found = self.find(start, search)?.into_iter().next();
        match (self.function, found) {
            (Some(function), Some(value)) => function.apply(&value).map(|value| Some(Cow::Owned(value))),
            (_, found) => Ok(found),
        }
    }

    /// The matches of the path from `start`.
    fn find<'a>(&self, start: &'a Value, search: &Search<'a>) -> Result<Vec<Cow<'a, Value>>, Fault> {
        let mut found = vec![Cow::Borrowed(start)];
        for (at, step) in self.steps.iter().enumerate() {
            let last = at + 1 == self.steps.len() && self.function.is_none();
            let definite = self.steps[..=at].iter().all(|step| !step.deep) && found.len() == 1;
            let mut next = Vec::new();
            for value in found {
                // A new map of several keys is only possible at the end.
                let Cow::Borrowed(value) = value else { continue };
                let mut origins = vec![value];
                if step.deep {
                    origins.clear();
                    descend(value, &mut origins);
                }
                search.visit(origins.len())?;
                for origin in origins {
                    let before = next.len();
                    match (&step.selector, origin) {
                        (Selector::Keys(keys), Value::Map(entries)) if last => {
                            // In a recursive search, a map must have all of the keys.
                            if !step.deep || keys.iter().all(|key| entries.contains_key(key)) {
                                let chosen =
                                    keys.iter().filter_map(|key| Some((key.clone(), entries.get(key)?.clone())));
                                next.push(Cow::Owned(Value::Map(chosen.collect())));
                            }
                        }
                        (selector, origin) => {
                            selector.select(origin, Way { deep: step.deep, first: definite }, search, &mut next)?;
                        }
                    }
                    search.visit(next.len() - before)?;
                }
            }
            found = next;
        }
        Ok(found)
    }
}

/// How a selector is applied.
#[derive(Debug, Clone, Copy)]
struct Way {
    /// To everything below a value.
    deep: bool,
    /// To the only value matched so far.
    first: bool,
}

impl Selector {
    fn is_definite(&self) -> bool {
        match self {
            Self::Key(_) | Self::Keys(_) => true,
            Self::Positions(positions) => positions.len() == 1,
            Self::Slice(..) | Self::All | Self::Where(_) => false,
        }
    }

    fn select<'a>(
        &self,
        value: &'a Value,
        Way { deep, first }: Way,
        search: &Search<'a>,
        found: &mut Vec<Cow<'a, Value>>,
    ) -> Result<(), Fault> {
        match (self, value) {
            (Self::Key(key), Value::Map(entries)) => found.extend(entries.get(key).map(Cow::Borrowed)),
            (Self::Keys(keys), Value::Map(entries)) => {
                found.extend(keys.iter().filter_map(|key| entries.get(key)).map(Cow::Borrowed));
            }
            (Self::Positions(positions), Value::List(items)) => {
                let places = positions.iter().filter_map(|at| items.get(place(*at, items.len())?));
                found.extend(places.map(Cow::Borrowed));
            }
            (Self::Slice(from, to), Value::List(items)) => {
                let length = items.len() as i64;
                let range = match (*from, *to) {
                    (Some(from), Some(to)) => from..to.min(length),
                    (Some(from), None) => (if from < 0 { (from + length).max(0) } else { from })..length,
                    (None, to) => 0..to.map_or(length, |to| if to < 0 { to + length } else { to.min(length) }),
                };
                let range = range.start.max(-length)..range.end;
                found.extend(range.filter_map(|at| items.get(place(at, items.len())?)).map(Cow::Borrowed));
            }
            (Self::All, Value::List(items)) => found.extend(items.iter().map(Cow::Borrowed)),
            (Self::All, Value::Map(entries)) => found.extend(entries.values().map(Cow::Borrowed)),
            (Self::Where(filter), Value::List(items)) => {
                for item in items {
                    if filter.holds(item, search)? {
                        found.push(Cow::Borrowed(item));
                    }
                }
            }
            // In a recursive search, a map is visited as an item of its container.
            (Self::Where(filter), Value::Map(_)) if !deep && filter.holds(value, search)? => {
                found.push(Cow::Borrowed(value));
            }
            // Only lists have slices, unless the path continues from several values.
            (Self::Slice(..), _) if first => {
                return Err(Fault::value("the JSONPath slices a value that is not a list"));
            }
            _ => {}
        }
        Ok(())
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

/// `value` and everything below it.
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
        assert_snapshot!(select("$.store.nothing.here"), @"the JSONPath finds nothing");
        assert_snapshot!(select("$.store.book.length()"), @"3");
        assert_snapshot!(select("$.store.keys()"), @r#"["book","a.b"]"#);
    }

    #[test]
    fn paths_that_find_several() {
        assert_snapshot!(select("$.store.book[*].title"), @r#"["A","B","C, D"]"#);
        assert_snapshot!(select("$..price"), @"[8,12.5,9]");
        assert_snapshot!(select(".isbn"), @r#"["1-2","3"]"#);
        assert_snapshot!(select("$.store.book[0,2]['title','price']"), @r#"[{"title":"A","price":8},{"title":"C, D","price":9}]"#);
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
