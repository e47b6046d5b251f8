//! The size of an object.

use super::Object;

/// The size of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Extent {
    /// Scalars and each 64 bytes of text count one. A shared value counts at each place.
    pub(crate) weight: usize,
    /// The nesting depth of collections.
    pub(crate) depth: usize,
}

impl Object {
    /// The cost of copying it, and its nesting depth; counting stops somewhere above `enough`.
    pub(crate) fn extent(&self, enough: usize) -> Extent {
        match self {
            Self::Null | Self::Bool(_) | Self::Int(_) | Self::Float(_) | Self::Char(_) => {
                Extent { weight: 1, depth: 0 }
            }
            Self::Text(text) => Extent { weight: 1 + text.len() / 64, depth: 0 },
            Self::Range(from, to) => {
                let length = usize::try_from(from.abs_diff(*to)).unwrap_or(usize::MAX);
                Extent { weight: length.saturating_add(2), depth: 1 }
            }
            Self::Array(items) | Self::List(items) => around(items.borrow().iter(), enough),
            Self::Map(entries) => around(entries.borrow().values(), enough),
            Self::Set(entries) => Extent { weight: 1 + entries.borrow().len(), depth: 1 },
            Self::Entry(entry) => around(std::iter::once(&entry.1), enough),
            Self::Function(closure) => around(closure.captured.iter().map(|(_, value)| value), enough),
        }
    }
}

fn around<'a>(items: impl Iterator<Item = &'a Object>, enough: usize) -> Extent {
    let mut sum = Extent { weight: 1, depth: 1 };
    for item in items {
        let extent = item.extent(enough.saturating_sub(sum.weight));
        sum.weight = sum.weight.saturating_add(extent.weight);
        sum.depth = sum.depth.max(extent.depth + 1);
        if sum.weight > enough {
            break;
        }
    }
    sum
}
