//! Methods of maps.

use std::cell::RefCell;

use crate::{
    fault::Fault,
    object::{Entries, Key, Object},
};

/// Calls the method, if there is one.
pub(super) fn call(map: &RefCell<Entries>, name: &str, arguments: &[Object]) -> Result<Option<Object>, Fault> {
    if let Some(answer) = changing(map, name, arguments)? {
        return Ok(Some(answer));
    }
    let entries = map.borrow();
    Ok(Some(match (name, arguments) {
        ("isEmpty", []) => Object::Bool(entries.len() == 0),
        ("get", [key]) => entries.get(&Key::of(key)?).cloned().unwrap_or(Object::Null),
        ("getOrDefault", [key, default]) => entries.get(&Key::of(key)?).unwrap_or(default).clone(),
        ("containsKey", [key]) => Object::Bool(entries.contains(&Key::of(key)?)),
        ("containsValue", [value]) => Object::Bool(entries.values().any(|other| other.java_equals(value))),
        ("keySet", []) => Object::set(keys(&entries)),
        ("values", []) => Object::list(entries.ordered().map(|(_, value)| value.clone()).collect()),
        ("entrySet", []) => Object::list(entries.ordered().map(|(key, value)| entry(key, value)).collect()),
        ("hashCode", []) => {
            let hash = entries.ordered().try_fold(0_i32, |hash, (key, value)| {
                Ok::<_, Fault>(hash.wrapping_add(key.hash_code() ^ Key::of(value)?.hash_code()))
            });
            Object::Int(hash?.into())
        }
        _ => return Ok(None),
    }))
}

fn changing(map: &RefCell<Entries>, name: &str, arguments: &[Object]) -> Result<Option<Object>, Fault> {
    let mut entries = map.borrow_mut();
    Ok(Some(match (name, arguments) {
        ("put", [key, value]) => entries.insert(Key::of(key)?, value.clone()).unwrap_or(Object::Null),
        ("putIfAbsent", [key, value]) => {
            let key = Key::of(key)?;
            match entries.get(&key).filter(|before| !before.is_null()) {
                Some(before) => before.clone(),
                None => {
                    entries.insert(key, value.clone());
                    Object::Null
                }
            }
        }
        ("replace", [key, value]) => {
            let key = Key::of(key)?;
            if !entries.contains(&key) {
                return Ok(Some(Object::Null));
            }
            entries.insert(key, value.clone()).unwrap_or(Object::Null)
        }
        ("putAll", [Object::Map(more)]) => {
            // A map may get itself as argument, which has no effect.
            if let Ok(more) = more.try_borrow() {
                for (key, value) in more.ordered() {
                    entries.insert(key.clone(), value.clone());
                }
            }
            Object::Null
        }
        ("remove", [key]) => entries.remove(&Key::of(key)?).unwrap_or(Object::Null),
        ("clear", []) => {
            entries.clear();
            Object::Null
        }
        _ => return Ok(None),
    }))
}

/// The keys in the order of the map.
fn keys(entries: &Entries) -> Entries {
    let mut keys = Entries::linked();
    for (key, _) in entries.ordered() {
        keys.insert(key.clone(), Object::Null);
    }
    keys
}

/// An entry: it has `key` and `value`, also as `getKey()` and `getValue()`.
fn entry(key: &Key, value: &Object) -> Object {
    Object::Entry(std::rc::Rc::new((key.clone(), value.clone())))
}
