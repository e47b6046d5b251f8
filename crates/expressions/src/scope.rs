//! What an expression may see.

use crate::Value;

/// One step of a path such as `steps.build.output["k"]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// `.name`, `["name"]`, `.get("name")` or `.getValue("name")`.
    Key(String),
    /// `[0]`.
    Index(usize),
}

/// What a [`Scope`] knows of a path.
#[derive(Debug, Clone, PartialEq)]
pub enum Lookup {
    /// The value, and whether a secret went into it.
    Found {
        /// The value.
        value: Value,
        /// A secret, or made from one: shown masked.
        secret: bool,
    },
    /// Only a running step can decide it (an earlier step's output or status).
    Pending,
    /// Nobody knows this name.
    Missing,
}

/// The names that expressions of one place resolve against.
///
/// Everything that belongs to the place is the scope's: which prefix is tried first (outcome, output, child,
/// ancestor, qualified), the aliases (`OnStageSuccess`, `matrix`, `repeat`, `artifact`, `infra`, `stage`, `step`,
/// `stepGroup`), and every namespace. Functors (`json.*`, `regex.*`, `xml.*`, `datetime.*`, `shell.*`) are not asked
/// for here. Text values that hold `<+…>` and are not secret are evaluated in their turn.
pub trait Scope {
    /// Looks up a dotted path such as `pipeline.variables.region`.
    ///
    /// For a path that is [`Lookup::Missing`] its beginnings are asked for too, longest first, and the rest is
    /// taken from the value found there: a scope may answer `matrix.service` with a map and leave the map's keys be.
    fn lookup(&self, path: &[Segment]) -> Lookup;

    /// Looks up `secrets.getValue(id)`.
    fn secret(&self, id: &str) -> Lookup;

    /// The time for `datetime.*`, in milliseconds since the Unix epoch.
    fn now_ms(&self) -> i64;
}
