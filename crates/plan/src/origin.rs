//! The origin of a value.

use std::{fmt, iter, slice, sync::Arc};

/// A place in a file, as line and column.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place {
    /// The file, as named by the user.
    pub file: Arc<str>,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// One link in the chain of causes of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// Written in a document.
    Yaml(Place),
    /// Set by an input set, for an `<+input>`.
    InputSet(Place),
    /// A default, with its rule in the reference.
    Default {
        /// For instance `infra.default-memory`.
        rule: &'static str,
    },
    /// A connector's field.
    Connector {
        /// The connector's identifier.
        id: String,
        /// The field, for instance `credential.spec.secretKeyRef`.
        field: &'static str,
        /// Where it is written.
        place: Place,
    },
    /// A mapping from an input to a variable, with the rule of the reference that says so.
    Mapping {
        /// For instance `ecr.tags`.
        rule: &'static str,
    },
    /// A secret, by identifier and source (`--secret`, `CIRUN_SECRET_…`).
    Secret {
        /// The secret's identifier.
        id: String,
        /// The source.
        given_by: String,
    },
    /// A flag, an environment variable of cirun or a settings file.
    Setting(String),
    /// Set by the CI service itself, with its rule in the reference.
    Service {
        /// For instance `environment.constants`.
        rule: &'static str,
    },
    /// Derived from the git repository.
    Codebase(&'static str),
    /// Added by cirun, but not by CI. The text has the reason.
    Local(&'static str),
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Yaml(place) => write!(f, "{place}"),
            Self::InputSet(place) => write!(f, "input set {place}"),
            Self::Default { rule } => write!(f, "default ({rule})"),
            Self::Connector { id, field, place } => write!(f, "connector {id}, {field} ({place})"),
            Self::Mapping { rule } => write!(f, "rule ({rule})"),
            Self::Secret { id, given_by } => write!(f, "secret {id} ({given_by})"),
            Self::Setting(name) => write!(f, "{name}"),
            Self::Service { rule } => write!(f, "CI service ({rule})"),
            Self::Codebase(what) => write!(f, "git ({what})"),
            Self::Local(why) => write!(f, "added by cirun: {why}"),
        }
    }
}

/// The chain of causes, the nearest to the value first.
///
/// Cheap to clone: chains that many values share are stored once.
#[derive(Debug, Clone)]
pub struct Origin(Chain);

#[derive(Debug, Clone)]
enum Chain {
    Rule(&'static Cause),
    Causes(Arc<[Cause]>),
}

impl Origin {
    /// A value with a single cause.
    pub fn new(cause: Cause) -> Self {
        Self(Chain::Causes(Arc::from([cause])))
    }

    /// A value with a single cause that never changes, such as a default: takes no memory.
    pub fn rule(cause: &'static Cause) -> Self {
        Self(Chain::Rule(cause))
    }

    /// Prepends `cause`: it made this value from the previous one.
    #[must_use]
    pub fn then(self, cause: Cause) -> Self {
        Self(Chain::Causes(iter::once(cause).chain(self.causes().iter().cloned()).collect()))
    }

    /// The place of the value, if it is in a document.
    pub fn place(&self) -> Option<&Place> {
        self.causes().iter().find_map(|cause| match cause {
            Cause::Yaml(place) | Cause::InputSet(place) => Some(place),
            Cause::Default { .. }
            | Cause::Connector { .. }
            | Cause::Mapping { .. }
            | Cause::Secret { .. }
            | Cause::Setting(_)
            | Cause::Service { .. }
            | Cause::Codebase(_)
            | Cause::Local(_) => None,
        })
    }

    /// The causes, the nearest first.
    pub fn causes(&self) -> &[Cause] {
        match &self.0 {
            Chain::Rule(cause) => slice::from_ref(cause),
            Chain::Causes(causes) => causes,
        }
    }
}

impl PartialEq for Origin {
    fn eq(&self, other: &Self) -> bool {
        self.causes() == other.causes()
    }
}

impl Eq for Origin {}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, cause) in self.causes().iter().enumerate() {
            if index > 0 {
                f.write_str(" ← ")?;
            }
            write!(f, "{cause}")?;
        }
        Ok(())
    }
}

/// A value with its origin.
#[derive(Debug, Clone, PartialEq)]
pub struct Traced<T> {
    /// The value.
    pub value: T,
    /// Its origin.
    pub origin: Origin,
}

impl<T> Traced<T> {
    /// A value with its origin.
    pub fn new(value: T, origin: Origin) -> Self {
        Self { value, origin }
    }

    /// Makes another value with the same origin.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Traced<U> {
        Traced { value: make(self.value), origin: self.origin }
    }
}
