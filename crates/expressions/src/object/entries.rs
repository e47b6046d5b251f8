//! The entries of a map or a set, in Java's iteration order.

use indexmap::IndexMap;

use super::Object;
use crate::fault::Fault;

/// A key: a value with equality and a hash.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    Null,
    Bool(bool),
    Int(i64),
    /// Compared by its bits, as in `Double.equals`.
    Float(u64),
    Char(char),
    Text(std::rc::Rc<str>),
}

impl Key {
    /// The key of `object`; collections are refused.
    pub(crate) fn of(object: &Object) -> Result<Self, Fault> {
        match object {
            Object::Null => Ok(Self::Null),
            Object::Bool(value) => Ok(Self::Bool(*value)),
            Object::Int(value) => Ok(Self::Int(*value)),
            Object::Float(value) => Ok(Self::Float(value.to_bits())),
            Object::Char(value) => Ok(Self::Char(*value)),
            Object::Text(value) => Ok(Self::Text(value.clone())),
            other => Err(Fault::refused(format!("{} is a key that cirun does not support", other.kind()))),
        }
    }

    pub(crate) fn object(&self) -> Object {
        match self {
            Self::Null => Object::Null,
            Self::Bool(value) => Object::Bool(*value),
            Self::Int(value) => Object::Int(*value),
            Self::Float(bits) => Object::Float(f64::from_bits(*bits)),
            Self::Char(value) => Object::Char(*value),
            Self::Text(value) => Object::Text(value.clone()),
        }
    }

    /// `hashCode()`.
    pub(crate) fn hash_code(&self) -> i32 {
        let long = |bits: u64| (bits ^ (bits >> 32)) as i32;
        match self {
            Self::Null => 0,
            Self::Bool(value) => {
                if *value {
                    1231
                } else {
                    1237
                }
            }
            // `Integer` and `Long` of one value have the same hash only if it is not negative.
            Self::Int(value) => i32::try_from(*value).unwrap_or_else(|_| long(*value as u64)),
            Self::Float(bits) => long(*bits),
            Self::Char(value) => *value as i32,
            Self::Text(text) => {
                text.encode_utf16().fold(0_i32, |hash, unit| hash.wrapping_mul(31).wrapping_add(unit.into()))
            }
        }
    }
}

/// Keys with their values.
#[derive(Debug, Clone, Default)]
pub(crate) struct Entries {
    written: IndexMap<Key, Object>,
    /// The table's size of a `HashMap`, which orders by hashes; `None` for a document's map, which keeps its order.
    table: Option<usize>,
}

impl Entries {
    /// A map in its written order.
    pub(crate) fn linked() -> Self {
        Self::default()
    }

    /// A `HashMap` or `HashSet` with this initial capacity.
    pub(crate) fn hashed(capacity: usize) -> Self {
        Self { written: IndexMap::new(), table: Some(capacity.max(1).next_power_of_two()) }
    }

    pub(crate) fn len(&self) -> usize {
        self.written.len()
    }

    pub(crate) fn get(&self, key: &Key) -> Option<&Object> {
        self.written.get(key)
    }

    pub(crate) fn contains(&self, key: &Key) -> bool {
        self.written.contains_key(key)
    }

    pub(crate) fn insert(&mut self, key: Key, value: Object) -> Option<Object> {
        let before = self.written.insert(key, value);
        if let Some(table) = &mut self.table {
            // A table grows when it is three quarters full, and never shrinks.
            while self.written.len() * 4 > *table * 3 {
                *table *= 2;
            }
        }
        before
    }

    pub(crate) fn remove(&mut self, key: &Key) -> Option<Object> {
        self.written.shift_remove(key)
    }

    pub(crate) fn clear(&mut self) {
        self.written.clear();
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &Object> {
        self.written.values()
    }

    /// The entries in Java's iteration order.
    pub(crate) fn ordered(&self) -> impl Iterator<Item = (&Key, &Object)> {
        let mut entries: Vec<_> = self.written.iter().collect();
        if let Some(table) = self.table {
            entries.sort_by_key(|(key, _)| {
                let hash = key.hash_code() as u32;
                (hash ^ (hash >> 16)) as usize & (table - 1)
            });
        }
        entries.into_iter()
    }
}
