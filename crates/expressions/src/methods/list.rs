//! Methods of lists and arrays.

use super::collection::outside;
use crate::{
    fault::Fault,
    object::{Items, Object},
};

/// Calls the method of a list, if there is one.
pub(super) fn call(items: &Items, name: &str, arguments: &[Object]) -> Result<Option<Object>, Fault> {
    if let Some(answer) = changing(items, name, arguments)? {
        return Ok(Some(answer));
    }
    let items = items.borrow();
    if let Some(answer) = of_array(&items, name, arguments)? {
        return Ok(Some(answer));
    }
    Ok(Some(match (name, arguments) {
        ("isEmpty", []) => Object::Bool(items.is_empty()),
        ("containsAll", [wanted @ (Object::List(_) | Object::Set(_) | Object::Range(..))]) => {
            let wanted = wanted.items().unwrap_or_default();
            Object::Bool(wanted.iter().all(|wanted| items.iter().any(|item| item.java_equals(wanted))))
        }
        ("lastIndexOf", [item]) => position(items.iter().rposition(|other| other.java_equals(item))),
        ("subList", [Object::Int(from), Object::Int(to)]) => {
            let range = usize::try_from(*from).ok().zip(usize::try_from(*to).ok());
            let part = range.and_then(|(from, to)| items.get(from..to));
            Object::list(part.ok_or_else(|| outside(items.len(), *to))?.to_vec())
        }
        ("toArray", []) => Object::array(items.to_vec()),
        ("hashCode", []) => {
            let hash = items.iter().try_fold(1_i32, |hash, item| {
                Ok::<_, Fault>(hash.wrapping_mul(31).wrapping_add(crate::object::Key::of(item)?.hash_code()))
            });
            Object::Int(hash?.into())
        }
        _ => return Ok(None),
    }))
}

/// Calls the method of an array, if there is one: in JEXL it has few of a list's methods.
pub(super) fn of_array(items: &[Object], name: &str, arguments: &[Object]) -> Result<Option<Object>, Fault> {
    Ok(Some(match (name, arguments) {
        ("get", [Object::Int(at)]) => {
            let item = usize::try_from(*at).ok().and_then(|at| items.get(at));
            item.cloned().ok_or_else(|| outside(items.len(), *at))?
        }
        ("contains", [item]) => Object::Bool(items.iter().any(|other| other.java_equals(item))),
        ("indexOf", [item]) => position(items.iter().position(|other| other.java_equals(item))),
        _ => return Ok(None),
    }))
}

fn changing(list: &Items, name: &str, arguments: &[Object]) -> Result<Option<Object>, Fault> {
    let length = list.borrow().len();
    let place =
        |at: i64, most: usize| usize::try_from(at).ok().filter(|at| *at < most).ok_or_else(|| outside(length, at));
    Ok(Some(match (name, arguments) {
        ("add", [item]) => {
            list.borrow_mut().push(item.clone());
            Object::Bool(true)
        }
        ("add", [Object::Int(at), item]) => {
            list.borrow_mut().insert(place(*at, length + 1)?, item.clone());
            Object::Null
        }
        ("addAll", [more @ (Object::List(_) | Object::Set(_) | Object::Range(..))]) => {
            let more = more.items().unwrap_or_default();
            let changed = !more.is_empty();
            list.borrow_mut().extend(more);
            Object::Bool(changed)
        }
        ("remove", [Object::Int(at)]) => {
            let at = place(*at, length)?;
            list.borrow_mut().remove(at)
        }
        ("remove", [item]) => {
            let found = list.borrow().iter().position(|other| other.java_equals(item));
            if let Some(at) = found {
                list.borrow_mut().remove(at);
            }
            Object::Bool(found.is_some())
        }
        ("set", [Object::Int(at), item]) => {
            let at = place(*at, length)?;
            std::mem::replace(&mut list.borrow_mut()[at], item.clone())
        }
        ("removeAll" | "retainAll", [others @ (Object::List(_) | Object::Set(_))]) => {
            let others = others.items().unwrap_or_default();
            let keep = name == "retainAll";
            list.borrow_mut().retain(|item| others.iter().any(|other| other.java_equals(item)) == keep);
            Object::Bool(list.borrow().len() != length)
        }
        ("clear", []) => {
            list.borrow_mut().clear();
            Object::Null
        }
        ("sort", [Object::Null]) => {
            sort(&mut list.borrow_mut())?;
            Object::Null
        }
        _ => return Ok(None),
    }))
}

/// Sorts texts or whole numbers.
fn sort(items: &mut [Object]) -> Result<(), Fault> {
    let all = |holds: fn(&Object) -> bool| items.iter().all(holds);
    if all(|item| matches!(item, Object::Text(_))) || all(|item| matches!(item, Object::Int(_))) {
        items.sort_by(|left, right| match (left, right) {
            (Object::Text(left), Object::Text(right)) => left.encode_utf16().cmp(right.encode_utf16()),
            (Object::Int(left), Object::Int(right)) => left.cmp(right),
            _ => std::cmp::Ordering::Equal,
        });
        return Ok(());
    }
    Err(Fault::refused("`sort` is only for lists of texts or of whole numbers"))
}

fn position(found: Option<usize>) -> Object {
    Object::Int(found.map_or(-1, |position| position as i64))
}
