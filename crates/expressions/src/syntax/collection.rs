//! Lists, sets and maps.

use super::{
    ast::{Node, NodeKind},
    parser::Parser,
};
use crate::SyntaxError;

type Result<T> = std::result::Result<T, SyntaxError>;

impl Parser<'_> {
    /// Parses expressions separated by commas, up to `close`.
    pub(super) fn list(&mut self, close: &str) -> Result<Vec<Node>> {
        let mut items = Vec::new();
        if self.take(close)? {
            return Ok(items);
        }
        loop {
            items.push(self.expression()?);
            if !self.take(",")? {
                self.expect(close)?;
                return Ok(items);
            }
        }
    }

    /// Parses the part after `[`; a last `...` makes a list of variable length.
    pub(super) fn array(&mut self) -> Result<NodeKind> {
        let mut items = Vec::new();
        if self.take("]")? {
            return Ok(NodeKind::Array(items));
        }
        loop {
            if self.at("...") || (items.is_empty() && self.at(",")) {
                self.take(",")?;
                self.expect("...")?;
                self.expect("]")?;
                return Ok(NodeKind::List(items));
            }
            items.push(self.expression()?);
            if !self.take(",")? {
                self.expect("]")?;
                return Ok(NodeKind::Array(items));
            }
        }
    }

    /// Parses the part after `{`: `{:}` is an empty map, `{}` an empty set.
    pub(super) fn map_or_set(&mut self) -> Result<NodeKind> {
        if self.take(":")? {
            self.expect("}")?;
            return Ok(NodeKind::Map(Vec::new()));
        }
        if self.take("}")? {
            return Ok(NodeKind::Set(Vec::new()));
        }
        let first = self.expression()?;
        if !self.take(":")? {
            let mut items = vec![first];
            while self.take(",")? {
                items.push(self.expression()?);
            }
            self.expect("}")?;
            return Ok(NodeKind::Set(items));
        }
        let mut entries = vec![(first, self.expression()?)];
        while self.take(",")? {
            let key = self.expression()?;
            self.expect(":")?;
            entries.push((key, self.expression()?));
        }
        self.expect("}")?;
        Ok(NodeKind::Map(entries))
    }
}
