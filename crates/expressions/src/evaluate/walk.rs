//! Resolves a path from a value to its parts, and calls methods on the way.

use std::fmt;

use super::evaluator::{Evaluated, Evaluator, Frame, Stop, Unit};
use crate::{
    Segment,
    fault::Fault,
    java_regex, methods,
    object::{Key, Object},
    syntax::Span,
};

/// A step of a path, with its indexes and arguments evaluated.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// `.name`.
    Key(String),
    /// `.0`.
    Position(usize),
    /// `[index]`.
    Index(Object),
    Call(String, Vec<Object>),
    /// A call of the value before it.
    Invoke(Vec<Object>),
}

impl Step {
    /// The step in the form for the scope: keys, positions, and `get` of one.
    pub(super) fn segment(&self) -> Option<Segment> {
        let of = |index: &Object| match index {
            Object::Text(key) => Some(Segment::Key(key.to_string())),
            Object::Int(position) => usize::try_from(*position).ok().map(Segment::Index),
            _ => None,
        };
        match self {
            Self::Key(key) => Some(Segment::Key(key.clone())),
            Self::Position(position) => Some(Segment::Index(*position)),
            Self::Index(index) => of(index),
            Self::Call(name, arguments) if name == "get" || name == "getValue" => match arguments.as_slice() {
                [index] => of(index),
                _ => None,
            },
            Self::Call(..) | Self::Invoke(_) => None,
        }
    }

    /// The list position in the step.
    pub(super) fn position(&self) -> Option<usize> {
        match self {
            Self::Position(position) => Some(*position),
            Self::Index(Object::Int(position)) => usize::try_from(*position).ok(),
            Self::Index(Object::Float(position)) if *position > -1.0 => Some(*position as usize),
            Self::Key(_) | Self::Index(_) | Self::Call(..) | Self::Invoke(_) => None,
        }
    }

    fn key(&self) -> Result<Option<Key>, Fault> {
        match self {
            Self::Key(key) => Ok(Some(Key::Text(key.as_str().into()))),
            Self::Position(position) => Ok(Some(Key::Int(*position as i64))),
            Self::Index(index) => Key::of(index).map(Some),
            Self::Call(..) | Self::Invoke(_) => Ok(None),
        }
    }
}

impl From<&Segment> for Step {
    fn from(segment: &Segment) -> Self {
        match segment {
            Segment::Key(key) => Self::Key(key.clone()),
            Segment::Index(position) => Self::Position(*position),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => write!(f, "`{key}`"),
            Self::Position(position) => write!(f, "position {position}"),
            Self::Index(Object::Text(key)) => write!(f, "`{key}`"),
            Self::Index(Object::Int(position)) => write!(f, "position {position}"),
            Self::Index(index) => write!(f, "position that is {}", index.kind()),
            Self::Call(name, _) => write!(f, "method `{name}`"),
            Self::Invoke(_) => f.write_str("function"),
        }
    }
}

/// How the first step handles a null value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Null {
    /// A name or a nested `<+…>`: an error.
    Fails,
    /// The value of an expression: the result is null.
    Passes,
}

impl Evaluator<'_> {
    /// Resolves `steps` from `start`. Steps after a null are null.
    pub(super) fn walk(
        &mut self,
        unit: Unit<'_>,
        start: Object,
        steps: &[(Step, Span)],
        (null, frame): (Null, &Frame),
    ) -> Evaluated {
        let mut current = start;
        for (index, (step, span)) in steps.iter().enumerate() {
            let failed = |fault| Stop::new(fault, *span);
            current = match (step, current) {
                (Step::Call(name, arguments), Object::Null) if arguments.is_empty() && name == "size" => Object::Int(0),
                (Step::Call(name, arguments), Object::Null) if arguments.is_empty() && name == "empty" => {
                    Object::Bool(true)
                }
                (_, Object::Null) if index > 0 || null == Null::Passes => return Ok(Object::Null),
                (_, Object::Null) => return Err(failed(Fault::Null(format!("null has no {step}")))),
                (Step::Call(name, arguments), value) => self.method(unit, &value, (name, arguments), *span, frame)?,
                (Step::Invoke(arguments), Object::Function(closure)) => {
                    self.invoke(unit, &closure, arguments.clone(), *span, frame)?
                }
                (step, value) => attribute(&value, step).map_err(failed)?,
            };
        }
        Ok(current)
    }

    fn method(
        &mut self,
        unit: Unit<'_>,
        value: &Object,
        (name, arguments): (&str, &[Object]),
        span: Span,
        frame: &Frame,
    ) -> Evaluated {
        let pattern = methods::pattern(name, arguments).map_or(0, java_regex::effort);
        self.spend(self.weight(value) + pattern, span)?;
        if let Object::Map(entries) = value {
            let stored = entries.borrow().get(&Key::Text(name.into())).cloned();
            if let Some(Object::Function(closure)) = stored {
                return self.invoke(unit, &closure, arguments.to_vec(), span, frame);
            }
        }
        if methods::changes(name) {
            let depth = self.depth_of(value);
            for argument in arguments {
                self.fits(argument, depth, span)?;
                self.put_into(value, argument, span)?;
            }
        }
        let answer = methods::call(value, name, arguments).map_err(|fault| Stop::new(fault, span))?;
        self.made(answer, span)
    }
}

/// Finds `step` in `value`; a map returns null for a missing key.
pub(super) fn attribute(value: &Object, step: &Step) -> Result<Object, Fault> {
    let missing = |what: &dyn fmt::Display| Fault::value(format!("{what} has no {step}"));
    match value {
        _ if matches!(step, Step::Key(key) if key == "class") => {
            Err(Fault::refused("`class` is a Java object, which only the service has"))
        }
        Object::Map(entries) => match step.key()? {
            Some(key) => {
                let entries = entries.borrow();
                // In a document, `.0` may be the key `"0"`.
                let by_text = || match step {
                    Step::Position(position) => entries.get(&Key::Text(position.to_string().into())),
                    _ => None,
                };
                Ok(entries.get(&key).or_else(by_text).cloned().unwrap_or(Object::Null))
            }
            None => Err(missing(&value.kind())),
        },
        Object::Array(items) | Object::List(items) => {
            let items = items.borrow();
            step.position()
                .and_then(|position| items.get(position))
                .cloned()
                .ok_or_else(|| missing(&format_args!("a list of {}", items.len())))
        }
        Object::Entry(entry) => match step {
            Step::Key(key) if key == "key" => Ok(entry.0.object()),
            Step::Key(key) if key == "value" => Ok(entry.1.clone()),
            _ => Err(missing(&value.kind())),
        },
        _ => Err(missing(&value.kind())),
    }
}
