//! Methods of sets and ranges.

use std::cell::RefCell;

use crate::{
    evaluate::holds,
    fault::Fault,
    object::{Entries, Key, Object},
};

/// Calls the method of a set, if there is one.
pub(super) fn set(entries: &RefCell<Entries>, name: &str, arguments: &[Object]) -> Result<Option<Object>, Fault> {
    Ok(Some(match (name, arguments) {
        ("isEmpty", []) => Object::Bool(entries.borrow().len() == 0),
        ("contains", [item]) => Object::Bool(Key::of(item).is_ok_and(|key| entries.borrow().contains(&key))),
        ("containsAll", [wanted @ (Object::List(_) | Object::Set(_) | Object::Range(..))]) => {
            let entries = entries.borrow();
            let wanted = wanted.items().unwrap_or_default();
            Object::Bool(wanted.iter().all(|item| Key::of(item).is_ok_and(|key| entries.contains(&key))))
        }
        ("toArray", []) => Object::array(entries.borrow().ordered().map(|(key, _)| key.object()).collect()),
        ("hashCode", []) => {
            let hash = entries.borrow().ordered().fold(0_i32, |hash, (key, _)| hash.wrapping_add(key.hash_code()));
            Object::Int(hash.into())
        }
        ("add", [item]) => {
            let key = Key::of(item)?;
            Object::Bool(entries.borrow_mut().insert(key, Object::Null).is_none())
        }
        ("addAll", [more @ (Object::List(_) | Object::Set(_) | Object::Range(..))]) => {
            let before = entries.borrow().len();
            for item in more.items().unwrap_or_default() {
                let key = Key::of(&item)?;
                entries.borrow_mut().insert(key, Object::Null);
            }
            Object::Bool(entries.borrow().len() != before)
        }
        ("remove", [item]) => Object::Bool(entries.borrow_mut().remove(&Key::of(item)?).is_some()),
        ("clear", []) => {
            entries.borrow_mut().clear();
            Object::Null
        }
        _ => return Ok(None),
    }))
}

/// Calls the method of a range, if there is one.
pub(super) fn range(range: &Object, name: &str, arguments: &[Object]) -> Result<Option<Object>, Fault> {
    Ok(Some(match (name, arguments) {
        ("isEmpty", []) => Object::Bool(false),
        ("contains", [item]) => Object::Bool(holds(range, item)),
        ("containsAll", [wanted @ (Object::List(_) | Object::Set(_) | Object::Range(..))]) => {
            Object::Bool(wanted.items().unwrap_or_default().iter().all(|item| holds(range, item)))
        }
        // From the smaller number to the larger one, whatever its direction.
        ("toArray", []) => {
            let Object::Range(from, to) = range else { return Ok(None) };
            Object::array(crate::object::range(*from.min(to), *from.max(to)))
        }
        _ => return Ok(None),
    }))
}

/// A position outside a list.
pub(super) fn outside(length: usize, at: i64) -> Fault {
    Fault::value(format!("a list of {length} has no position {at}"))
}
