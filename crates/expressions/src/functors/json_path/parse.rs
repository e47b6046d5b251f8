//! Parses a JSONPath.

use super::{
    JsonPath, Selector, Step,
    filter::Filter,
    function::{FUNCTIONS, Function},
};
use crate::fault::Fault;

impl JsonPath {
    /// Parses a path. Without `$` it starts as if after `$.`, so `.a` searches recursively.
    pub(in crate::functors) fn parse(path: &str) -> Result<Self, Fault> {
        let invalid = || Fault::value(format!("`{path}` is not a JSONPath"));
        let prefixed;
        let mut rest = match path.strip_prefix(['$', '@']) {
            Some(rest) => rest,
            None => {
                prefixed = format!(".{path}");
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
                    return if tail.is_empty() { parsed.with_function_known(path) } else { Err(invalid()) };
                }
                let selector = match name {
                    "" => return Err(invalid()),
                    name if name.contains(char::is_whitespace) => {
                        return Err(Fault::value(format!(
                            "a key with a space in it is written `['{}']` in a JSONPath",
                            name.trim()
                        )));
                    }
                    "*" => Selector::All,
                    name => Selector::Key(name.to_owned()),
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

    /// A function after a path with several matches gets all of them only if the path searches recursively.
    fn with_function_known(self, path: &str) -> Result<Self, Fault> {
        let of_numbers = self.function.is_some_and(Function::is_of_numbers);
        if self.is_definite() || (of_numbers && self.steps.iter().all(|step| step.deep || step.selector.is_definite()))
        {
            return Ok(self);
        }
        Err(Fault::refused(format!("the JSONPath `{path}` has a function after a path with several matches")))
    }
}

/// The position of the closing `]`, skipping quotes and inner brackets.
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
        return Filter::parse(filter).map(|filter| Some(Selector::Where(Box::new(filter))));
    }
    if inside.starts_with(['\'', '"']) {
        return Ok(keys(inside).map(|mut keys| match keys.len() {
            1 => Selector::Key(keys.remove(0)),
            _ => Selector::Keys(keys),
        }));
    }
    if inside.contains(':') {
        // Jayway parses a step size and ignores it.
        let mut bounds =
            inside.split(':').map(|text| if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) });
        let (from, to) = (bounds.next().flatten(), bounds.next().flatten());
        let rest = bounds.count();
        return Ok(match (from, to) {
            (Some(None), Some(None)) => None,
            (Some(from), Some(to)) if rest < 2 => Some(Selector::Slice(from, to)),
            _ => None,
        });
    }
    let positions: Option<Vec<i64>> = inside.split(',').map(|at| at.trim().parse().ok()).collect();
    Ok(positions.map(Selector::Positions))
}

/// The quoted keys, separated by commas; a backslash escapes a quote.
fn keys(inside: &str) -> Option<Vec<String>> {
    let (mut keys, mut rest) = (Vec::new(), inside);
    loop {
        let quote = rest.chars().next().filter(|quote| *quote == '\'' || *quote == '"')?;
        let (mut key, mut characters) = (String::new(), rest[1..].char_indices());
        let end = loop {
            match characters.next()? {
                (_, '\\') => key.push(characters.next()?.1),
                (at, character) if character == quote => break at + 2,
                (_, character) => key.push(character),
            }
        };
        keys.push(key);
        rest = rest[end..].trim();
        if rest.is_empty() {
            return Some(keys);
        }
        rest = rest.strip_prefix(',')?.trim_start();
    }
}
