//! `<+input>` with its modifiers: the question to the user, and the allowed answers.

#[cfg(test)]
mod tests;

use crate::{Template, java_regex};

/// A field's runtime input, as written (expressions.runtime-input); values may contain expressions.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuntimeInput {
    /// `.default(…)`, without the quotes around it; `.default()` is empty.
    pub default: Option<String>,
    /// `.allowedValues(…)`: the answer must be one of these.
    pub allowed_values: Vec<String>,
    /// `.selectOneFrom(…)`: the answer must be one of these.
    pub select_one: Vec<String>,
    /// `.selectManyFrom(…)`: the answer must be some of these, with commas between them.
    pub select_many: Vec<String>,
    /// `.regex(…)`: the answer must match this as a whole.
    pub regex: Option<String>,
    /// `.executionInput()`: the prompt comes when the execution gets there, not at its start.
    pub execution_input: bool,
}

/// A modifier's effect on the input.
type Modify = fn(&mut RuntimeInput, &str);

const MODIFIERS: [(&str, Modify); 6] = [
    ("default", |input, argument| input.default = Some(unquoted(argument)).filter(|value| !value.is_empty())),
    ("allowedValues", |input, argument| input.allowed_values = values(argument)),
    ("selectOneFrom", |input, argument| input.select_one = values(argument)),
    ("selectManyFrom", |input, argument| input.select_many = values(argument)),
    ("regex", |input, argument| input.regex = Some(argument.to_owned())),
    ("executionInput", |input, _| input.execution_input = true),
];

impl Template {
    /// Returns the runtime input that is the whole text.
    pub fn as_runtime_input(&self) -> Option<RuntimeInput> {
        let inside = self.source().trim().strip_prefix("<+")?;
        let (name, modifiers) = inside.split_once('>')?;
        if name.trim() != "input" {
            return None;
        }
        let mut input = RuntimeInput::default();
        let mut rest = modifiers;
        while !rest.is_empty() {
            let (modify, argument, after) = modifier(rest)?;
            modify(&mut input, argument.trim());
            rest = after;
        }
        Some(input)
    }
}

impl RuntimeInput {
    /// Checks an answer; an answer or a choice with an expression cannot be checked and passes.
    ///
    /// The error is a lowercase fragment with the allowed answers.
    pub fn validate(&self, answer: &str) -> Result<(), String> {
        if is_open(answer) {
            return Ok(());
        }
        one_of(answer, &self.allowed_values)?;
        one_of(answer, &self.select_one)?;
        if !self.select_many.is_empty() {
            values(answer).iter().try_for_each(|part| one_of(part, &self.select_many))?;
        }
        match self.regex.as_deref().filter(|regex| !is_open(regex)) {
            Some(regex) => match java_regex::whole(regex).and_then(|pattern| pattern.is_match(answer)) {
                Ok(true) => Ok(()),
                Ok(false) => Err(format!("`{answer}` does not match `{regex}`")),
                Err(fault) => Err(fault.message().to_owned()),
            },
            None => Ok(()),
        }
    }
}

fn is_open(text: &str) -> bool {
    text.contains("<+")
}

fn one_of(answer: &str, choices: &[String]) -> Result<(), String> {
    if choices.is_empty() || choices.iter().any(|choice| choice == answer || is_open(choice)) {
        return Ok(());
    }
    let choices: Vec<_> = choices.iter().map(|choice| format!("`{choice}`")).collect();
    Err(format!("`{answer}` is not one of {}", choices.join(", ")))
}

/// Splits off the first modifier: its effect, its argument, and the rest.
///
/// An argument may contain parentheses, so it ends at the first `)` before the end or another modifier.
fn modifier(text: &str) -> Option<(Modify, &str, &str)> {
    let (_, modify, argument) = MODIFIERS.iter().find_map(|(name, modify)| {
        let argument = text.strip_prefix('.')?.strip_prefix(name)?.strip_prefix('(')?;
        Some((name, modify, argument))
    })?;
    let ends = argument.match_indices(')').map(|(at, _)| at);
    let end = ends.into_iter().find(|end| {
        let after = &argument[end + 1..];
        after.is_empty() || MODIFIERS.iter().any(|(name, _)| begins(after, name))
    })?;
    let argument_text = &argument[..end];
    (!argument_text.contains('\n')).then_some((*modify, argument_text, &argument[end + 1..]))
}

fn begins(text: &str, name: &str) -> bool {
    text.strip_prefix('.').and_then(|text| text.strip_prefix(name)).is_some_and(|text| text.starts_with('('))
}

/// Splits at commas outside of quotes (`'a,b'`, `\'a,b\'`, `"a,b"`) and of `<+…>`.
fn values(text: &str) -> Vec<String> {
    let (mut values, mut start, mut depth, mut quote) = (Vec::new(), 0, 0_usize, None);
    for (at, character) in text.char_indices() {
        match (quote, character) {
            (Some(open), _) if open == character => quote = None,
            (Some(_), _) => {}
            // A quote opens only at the start of a value: `it's` is a plain value.
            (None, '\'' | '"') if text[start..at].trim_matches(['\\', ' ']).is_empty() => quote = Some(character),
            (None, '<') if text[at..].starts_with("<+") => depth += 1,
            (None, '>') => depth = depth.saturating_sub(1),
            (None, ',') if depth == 0 => {
                values.push(unquoted(&text[start..at]));
                start = at + 1;
            }
            (None, _) => {}
        }
    }
    values.push(unquoted(&text[start..]));
    values.retain(|value| !value.is_empty());
    values
}

fn unquoted(text: &str) -> String {
    let text = text.trim();
    let inside = ["\\'", "'", "\""].iter().find_map(|quote| text.strip_prefix(quote)?.strip_suffix(quote));
    inside.unwrap_or(text).to_owned()
}
