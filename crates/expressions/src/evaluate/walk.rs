//! Walks from a value to what is in it, and calls methods on the way.

use std::borrow::Cow;

use crate::{Segment, Value, fault::Fault, methods, syntax::Span};

/// A step of a path, with its indexes and arguments evaluated.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    Segment(Segment),
    Call(String, Vec<Value>),
}

impl Step {
    /// The step that `[index]` makes.
    pub(super) fn index(index: Value) -> Result<Self, Fault> {
        match index {
            Value::String(key) => Ok(Self::Segment(Segment::Key(key))),
            Value::Int(position) => match usize::try_from(position) {
                Ok(position) => Ok(Self::Segment(Segment::Index(position))),
                Err(_) => Err(Fault::value(format!("there is no position {position}"))),
            },
            Value::Null | Value::Bool(_) | Value::Float(_) | Value::List(_) | Value::Map(_) => {
                Err(Fault::value(format!("{} is no position and no key", index.kind())))
            }
        }
    }

    /// The step as the scope may be asked for it: keys, positions, and `get` of one.
    pub(super) fn segment(&self) -> Option<Segment> {
        match self {
            Self::Segment(segment) => Some(segment.clone()),
            Self::Call(name, arguments) if name == "get" || name == "getValue" => match arguments.as_slice() {
                [Value::String(key)] => Some(Segment::Key(key.clone())),
                [Value::Int(position)] => usize::try_from(*position).ok().map(Segment::Index),
                _ => None,
            },
            Self::Call(..) => None,
        }
    }
}

/// Walks `steps` from `start`; an error carries the step's place.
pub(super) fn walk(start: &Value, steps: &[(Step, Span)]) -> Result<Value, (Fault, Span)> {
    let mut current = Cow::Borrowed(start);
    for (step, span) in steps {
        current = match (step, current) {
            (_, current) if matches!(*current, Value::Null) => {
                return Err((Fault::Null(format!("null has no {}", described(step))), *span));
            }
            (Step::Segment(segment), Cow::Borrowed(value)) => child(value, segment)
                .map(|found| found.map_or(Cow::Owned(Value::Null), Cow::Borrowed))
                .map_err(|fault| (fault, *span))?,
            (Step::Segment(segment), Cow::Owned(value)) => {
                let found = child(&value, segment).map_err(|fault| (fault, *span))?;
                Cow::Owned(found.cloned().unwrap_or(Value::Null))
            }
            (Step::Call(name, arguments), value) => {
                Cow::Owned(methods::call(&value, name, arguments).map_err(|fault| (fault, *span))?)
            }
        };
    }
    Ok(current.into_owned())
}

/// Finds what `segment` names in `value`; a map answers null for a key it does not have.
fn child<'a>(value: &'a Value, segment: &Segment) -> Result<Option<&'a Value>, Fault> {
    match (value, segment) {
        (Value::Map(entries), Segment::Key(key)) => Ok(entries.get(key)),
        (Value::Map(entries), Segment::Index(position)) => Ok(entries.get(&position.to_string())),
        (Value::List(items), segment) => {
            let position = match segment {
                Segment::Index(position) => Some(*position),
                Segment::Key(key) => key.parse().ok(),
            };
            let found = position.and_then(|position| items.get(position));
            found.map(Some).ok_or_else(|| Fault::value(format!("a list of {} has no {}", items.len(), shown(segment))))
        }
        (value, segment) => Err(Fault::value(format!("{} has no {}", value.kind(), shown(segment)))),
    }
}

/// Finds where `segments` lead in a variable, for an assignment.
pub(super) fn child_mut<'a>(value: &'a mut Value, segment: &Segment) -> Option<&'a mut Value> {
    match (value, segment) {
        (Value::Map(entries), Segment::Key(key)) => Some(entries.entry(key.clone()).or_insert(Value::Null)),
        (Value::Map(entries), Segment::Index(position)) => {
            Some(entries.entry(position.to_string()).or_insert(Value::Null))
        }
        (Value::List(items), Segment::Index(position)) => items.get_mut(*position),
        (_, Segment::Key(_) | Segment::Index(_)) => None,
    }
}

fn described(step: &Step) -> String {
    match step {
        Step::Segment(segment) => shown(segment),
        Step::Call(name, _) => format!("method `{name}`"),
    }
}

fn shown(segment: &Segment) -> String {
    match segment {
        Segment::Key(key) => format!("`{key}`"),
        Segment::Index(position) => format!("position {position}"),
    }
}
