//! The functions of XPath 1.0.

use std::{fmt, ops::RangeInclusive};

use super::{
    context::Context,
    value::{Node, Value},
};
use crate::fault::Fault;

/// A function.
pub(super) struct Function {
    pub(super) name: &'static str,
    /// The number of its arguments.
    pub(super) takes: RangeInclusive<usize>,
    pub(super) call: fn(&Context<'_>, &[Value]) -> Result<Value, Fault>,
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

const fn function(
    name: &'static str,
    takes: RangeInclusive<usize>,
    call: fn(&Context<'_>, &[Value]) -> Result<Value, Fault>,
) -> Function {
    Function { name, takes, call }
}

const MANY: usize = 64;

pub(super) static FUNCTIONS: [Function; 26] = [
    function("last", 0..=0, |context, _| Ok(Value::Number(context.size as f64))),
    function("position", 0..=0, |context, _| Ok(Value::Number(context.position as f64))),
    function("count", 1..=1, |_, arguments| Ok(Value::Number(nodes(&arguments[0])?.len() as f64))),
    function("sum", 1..=1, |context, arguments| Ok(Value::Number(context.sum(nodes(&arguments[0])?)))),
    function("name", 0..=1, |context, arguments| Ok(Value::Text(named(context, arguments)?.to_owned()))),
    function("local-name", 0..=1, |context, arguments| {
        let name = named(context, arguments)?;
        Ok(Value::Text(name.rsplit(':').next().unwrap_or(name).to_owned()))
    }),
    function("namespace-uri", 0..=1, |context, arguments| {
        named(context, arguments).map(|_| Value::Text(String::new()))
    }),
    function("string", 0..=1, |context, arguments| Ok(Value::Text(text(context, arguments)))),
    function("concat", 2..=MANY, |context, arguments| {
        Ok(Value::Text(arguments.iter().map(|argument| argument.text(context.document)).collect()))
    }),
    function("starts-with", 2..=2, |context, arguments| two(context, arguments, |text, part| text.starts_with(part))),
    function("contains", 2..=2, |context, arguments| two(context, arguments, |text, part| text.contains(part))),
    function("substring-before", 2..=2, |context, arguments| {
        part(context, arguments, |text, by| text.split_once(by).map(|(before, _)| before))
    }),
    function("substring-after", 2..=2, |context, arguments| {
        part(context, arguments, |text, by| text.split_once(by).map(|(_, after)| after))
    }),
    function("substring", 2..=3, substring),
    function("string-length", 0..=1, |context, arguments| {
        Ok(Value::Number(text(context, arguments).chars().count() as f64))
    }),
    function("normalize-space", 0..=1, |context, arguments| {
        let text = text(context, arguments);
        let words = text.split([' ', '\t', '\r', '\n']).filter(|word| !word.is_empty());
        Ok(Value::Text(words.collect::<Vec<_>>().join(" ")))
    }),
    function("translate", 3..=3, |context, arguments| {
        let [text, from, to] = [0, 1, 2].map(|at: usize| arguments[at].text(context.document));
        let translated = text.chars().filter_map(|character| match from.chars().position(|other| other == character) {
            Some(at) => to.chars().nth(at),
            None => Some(character),
        });
        Ok(Value::Text(translated.collect()))
    }),
    function("boolean", 1..=1, |_, arguments| Ok(Value::Bool(arguments[0].truth()))),
    function("not", 1..=1, |_, arguments| Ok(Value::Bool(!arguments[0].truth()))),
    function("true", 0..=0, |_, _| Ok(Value::Bool(true))),
    function("false", 0..=0, |_, _| Ok(Value::Bool(false))),
    function("number", 0..=1, |context, arguments| {
        Ok(Value::Number(arguments.first().unwrap_or(&context.here()).number(context.document)))
    }),
    function("floor", 1..=1, |context, arguments| Ok(Value::Number(arguments[0].number(context.document).floor()))),
    function("ceiling", 1..=1, |context, arguments| Ok(Value::Number(arguments[0].number(context.document).ceil()))),
    function("round", 1..=1, |context, arguments| Ok(Value::Number(round(arguments[0].number(context.document))))),
    function("lang", 1..=1, |_, _| Err(Fault::refused("only the service has the XPath function `lang`"))),
];

fn nodes(value: &Value) -> Result<&[Node], Fault> {
    match value {
        Value::Nodes(nodes) => Ok(nodes),
        Value::Number(_) | Value::Text(_) | Value::Bool(_) => {
            Err(Fault::value("an argument of the XPath must be a path"))
        }
    }
}

/// The name of the argument's first node, or of the context's.
fn named<'a>(context: &'a Context<'_>, arguments: &[Value]) -> Result<&'a str, Fault> {
    let node = match arguments {
        [argument] => match nodes(argument)?.first() {
            Some(node) => *node,
            None => return Ok(""),
        },
        _ => context.node,
    };
    Ok(node.name(context.document))
}

/// The argument as text, or the text of the context's node.
fn text(context: &Context<'_>, arguments: &[Value]) -> String {
    arguments.first().unwrap_or(&context.here()).text(context.document)
}

fn two(context: &Context<'_>, arguments: &[Value], holds: fn(&str, &str) -> bool) -> Result<Value, Fault> {
    Ok(Value::Bool(holds(&arguments[0].text(context.document), &arguments[1].text(context.document))))
}

fn part(
    context: &Context<'_>,
    arguments: &[Value],
    part: for<'a> fn(&'a str, &str) -> Option<&'a str>,
) -> Result<Value, Fault> {
    let (text, by) = (arguments[0].text(context.document), arguments[1].text(context.document));
    Ok(Value::Text(part(&text, &by).unwrap_or_default().to_owned()))
}

/// A substring from a position, counted from 1, with a length; both are rounded.
fn substring(context: &Context<'_>, arguments: &[Value]) -> Result<Value, Fault> {
    let text = arguments[0].text(context.document);
    let from = round(arguments[1].number(context.document));
    let to = arguments.get(2).map_or(f64::INFINITY, |length| from + round(length.number(context.document)));
    let chosen = text.chars().enumerate().filter(|(at, _)| {
        let position = (*at + 1) as f64;
        position >= from && position < to
    });
    Ok(Value::Text(chosen.map(|(_, character)| character).collect()))
}

/// The nearest whole number; halves are rounded up.
fn round(number: f64) -> f64 {
    if number.is_finite() { (number + 0.5).floor() } else { number }
}
