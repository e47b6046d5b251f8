//! `equals` of Java's objects, which is stricter than JEXL's `==`.

use std::rc::Rc;

use super::{Entries, Object};

impl Object {
    /// `equals`: numbers of different kinds differ, and arrays are equal only to themselves.
    pub(crate) fn java_equals(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(left), Self::Bool(right)) => left == right,
            (Self::Int(left), Self::Int(right)) => left == right,
            (Self::Float(left), Self::Float(right)) => left.to_bits() == right.to_bits(),
            (Self::Char(left), Self::Char(right)) => left == right,
            (Self::Text(left), Self::Text(right)) => left == right,
            (Self::Range(from, to), Self::Range(other_from, other_to)) => from == other_from && to == other_to,
            (Self::List(left), Self::List(right)) => {
                Rc::ptr_eq(left, right) || {
                    let (left, right) = (left.borrow(), right.borrow());
                    left.len() == right.len() && left.iter().zip(&*right).all(|(left, right)| left.java_equals(right))
                }
            }
            (Self::Map(left), Self::Map(right)) => Rc::ptr_eq(left, right) || entries(&left.borrow(), &right.borrow()),
            (Self::Set(left), Self::Set(right)) => Rc::ptr_eq(left, right) || entries(&left.borrow(), &right.borrow()),
            (Self::Entry(left), Self::Entry(right)) => left.0 == right.0 && left.1.java_equals(&right.1),
            _ => self.is_same_object(other),
        }
    }
}

fn entries(left: &Entries, right: &Entries) -> bool {
    left.len() == right.len()
        && left.ordered().all(|(key, value)| right.get(key).is_some_and(|other| value.java_equals(other)))
}
