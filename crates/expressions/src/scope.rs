//! The values that an expression can read.

use crate::Value;

/// One step of a path such as `steps.build.output["k"]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// `.name`, `["name"]`, `.get("name")` or `.getValue("name")`.
    Key(String),
    /// `[0]`.
    Index(usize),
}

/// The result of a [`Scope`] for a path.
#[derive(Debug, Clone, PartialEq)]
pub enum Lookup {
    /// The value, and whether it contains a secret.
    Found {
        /// The value.
        value: Value,
        /// Whether it is a secret, or made from one: masked when displayed.
        secret: bool,
    },
    /// Known only during the run (an earlier step's output or status).
    Pending,
    /// The name is unknown.
    Missing,
}

/// The names that the expressions at one place can read.
///
/// The scope implements everything that depends on the place: which prefix is tried first (outcome, output, child,
/// ancestor, qualified), the aliases (`OnStageSuccess`, `matrix`, `repeat`, `artifact`, `infra`, `stage`, `step`,
/// `stepGroup`), and every namespace. Functors (`json.*`, `regex.*`, `xml.*`, `datetime.*`, `shell.*`) are not looked
/// up here. Text values that contain `<+…>` and are not secret are evaluated too.
pub trait Scope {
    /// Looks up a dotted path such as `pipeline.variables.region`.
    ///
    /// For a path that is [`Lookup::Missing`] its beginnings are looked up too, longest first, and the rest is taken
    /// from that value: a scope may return a map for `matrix.service` and need not handle the map's keys.
    fn lookup(&self, path: &[Segment]) -> Lookup;

    /// Looks up `secrets.getValue(id)`.
    fn secret(&self, id: &str) -> Lookup;

    /// The time for `datetime.*`, in milliseconds since the Unix epoch.
    fn now_ms(&self) -> i64;
}
