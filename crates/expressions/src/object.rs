//! Values during an evaluation: Java's kinds of objects, of which there are more than a [`Value`] has.
//!
//! Lists, maps and sets are shared, as in Java: two names for one list see each other's changes.

mod convert;
mod entries;
mod extent;
mod same;
mod text;

use std::{cell::RefCell, rc::Rc};

pub(crate) use entries::{Entries, Key};

use crate::{fault::Fault, syntax::Function};

/// Items shared by several names.
pub(crate) type Items = Rc<RefCell<Vec<Object>>>;

/// A value of an expression.
#[derive(Debug, Clone)]
pub(crate) enum Object {
    Null,
    Bool(bool),
    /// Any whole number: expressions cannot distinguish Java's classes for them.
    Int(i64),
    Float(f64),
    /// The result of `charAt`; compared as a number, and joined as text.
    Char(char),
    Text(Rc<str>),
    /// `[1, 2]` and the result of `split`: of a fixed length, with few methods.
    Array(Items),
    /// `[1, ...]` and the lists of documents.
    List(Items),
    Set(Rc<RefCell<Entries>>),
    Map(Rc<RefCell<Entries>>),
    /// From the first number to the second, in either direction.
    Range(i64, i64),
    Function(Rc<Closure>),
    /// An item of `entrySet()`.
    Entry(Rc<(Key, Object)>),
}

/// A function of a script with its captured variables.
#[derive(Debug)]
pub(crate) struct Closure {
    pub(crate) function: std::sync::Arc<Function>,
    pub(crate) captured: Vec<(String, Object)>,
    /// The variable that it was assigned to, which it can also read. Not captured: it would own itself.
    pub(crate) own_name: RefCell<Option<String>>,
}

impl Object {
    pub(crate) fn list(items: Vec<Self>) -> Self {
        Self::List(Rc::new(RefCell::new(items)))
    }

    pub(crate) fn array(items: Vec<Self>) -> Self {
        Self::Array(Rc::new(RefCell::new(items)))
    }

    pub(crate) fn map(entries: Entries) -> Self {
        Self::Map(Rc::new(RefCell::new(entries)))
    }

    pub(crate) fn set(entries: Entries) -> Self {
        Self::Set(Rc::new(RefCell::new(entries)))
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The truth of a condition, or `None` for null, which is an error in the service.
    pub(crate) fn truth(&self) -> Option<bool> {
        match self {
            Self::Null => None,
            Self::Bool(value) => Some(*value),
            Self::Int(value) => Some(*value != 0),
            Self::Float(value) => Some(!value.is_nan() && *value != 0.0),
            Self::Text(value) => Some(!value.is_empty() && **value != *"false"),
            Self::Char(_)
            | Self::Array(_)
            | Self::List(_)
            | Self::Set(_)
            | Self::Map(_)
            | Self::Range(..)
            | Self::Function(_)
            | Self::Entry(_) => Some(true),
        }
    }

    /// The kind of value, for messages.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Int(_) | Self::Float(_) => "a number",
            Self::Char(_) => "a character",
            Self::Text(_) => "text",
            Self::Array(_) => "an array",
            Self::List(_) => "a list",
            Self::Set(_) => "a set",
            Self::Map(_) => "a map",
            Self::Range(..) => "a range",
            Self::Function(_) => "a function",
            Self::Entry(_) => "an entry",
        }
    }

    /// The items of anything that can be looped over: for a map, its values.
    pub(crate) fn items(&self) -> Option<Vec<Self>> {
        match self {
            Self::Array(items) | Self::List(items) => Some(items.borrow().clone()),
            Self::Set(entries) => Some(entries.borrow().ordered().map(|(key, _)| key.object()).collect()),
            Self::Map(entries) => Some(entries.borrow().ordered().map(|(_, value)| value.clone()).collect()),
            Self::Range(from, to) => Some(range(*from, *to)),
            Self::Null
            | Self::Bool(_)
            | Self::Int(_)
            | Self::Float(_)
            | Self::Char(_)
            | Self::Text(_)
            | Self::Function(_)
            | Self::Entry(_) => None,
        }
    }

    /// Whether `container` is this value or anywhere in it: inserting it into that container would make a cycle.
    pub(crate) fn holds(&self, container: &Self, budget: &mut usize) -> Result<bool, Fault> {
        if *budget == 0 {
            return Err(Fault::refused("a value is too large to be put into another one"));
        }
        *budget -= 1;
        if self.is_same_object(container) {
            return Ok(true);
        }
        let any = |items: &[&Self], budget: &mut usize| -> Result<bool, Fault> {
            for item in items {
                if item.holds(container, budget)? {
                    return Ok(true);
                }
            }
            Ok(false)
        };
        match self {
            Self::Array(items) | Self::List(items) => any(&items.borrow().iter().collect::<Vec<_>>(), budget),
            Self::Map(entries) => any(&entries.borrow().values().collect::<Vec<_>>(), budget),
            Self::Function(closure) => {
                any(&closure.captured.iter().map(|(_, value)| value).collect::<Vec<_>>(), budget)
            }
            Self::Entry(entry) => entry.1.holds(container, budget),
            _ => Ok(false),
        }
    }

    /// Whether both are the same object, not only equal.
    pub(crate) fn is_same_object(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Array(left), Self::Array(right)) | (Self::List(left), Self::List(right)) => Rc::ptr_eq(left, right),
            (Self::Map(left), Self::Map(right)) | (Self::Set(left), Self::Set(right)) => Rc::ptr_eq(left, right),
            (Self::Function(left), Self::Function(right)) => Rc::ptr_eq(left, right),
            (Self::Null, Self::Null) => true,
            _ => false,
        }
    }
}

impl From<&str> for Object {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Object {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

/// The numbers of a range, in its direction.
pub(crate) fn range(from: i64, to: i64) -> Vec<Object> {
    let numbers = from.min(to)..=from.max(to);
    if from <= to { numbers.map(Object::Int).collect() } else { numbers.rev().map(Object::Int).collect() }
}
