//! The names for the expressions at one place: layers of trees, the innermost first.

mod steps;

use std::{collections::BTreeSet, sync::Arc};

use cirun_diagnostics::nearest;
use cirun_expressions::{Lookup, Scope, Segment, Value};
use cirun_plan::{Cause, StaticScope};
use indexmap::IndexMap;
pub(crate) use steps::StepIds;

use crate::inputs::SecretStore;

/// One layer (a stage, a step group, an instance of a loop, a step), inside the layer around it.
#[derive(Debug)]
pub(crate) struct Names {
    entries: IndexMap<String, Entry>,
    around: Around,
}

#[derive(Debug)]
enum Around {
    Layer(Arc<Names>),
    Global(GlobalScope),
}

/// What the outermost layer has besides names.
#[derive(Debug)]
pub(crate) struct GlobalScope {
    pub(crate) secrets: Arc<dyn SecretStore>,
    pub(crate) now_ms: i64,
    /// `--var` with a path: overrides every layer.
    pub(crate) overrides: IndexMap<String, String>,
    /// What the stages before have left, where the run has come so far.
    pub(crate) so_far: Option<Arc<dyn StaticScope>>,
}

/// The value of a name.
#[derive(Debug, Clone)]
pub(crate) enum Entry {
    Known(Known),
    Tree(IndexMap<String, Entry>),
    /// The stages by id; looped stages have instances with a suffix after the id.
    Stages {
        stages: IndexMap<String, Entry>,
        looped: BTreeSet<String>,
    },
    /// Null, which hides this name in the layers around it.
    Hidden,
    /// Known only during the run, with everything below it.
    Pending,
    /// The steps of a stage or step group: values below each id, and of its loop's instances, are known during the run.
    Steps(Arc<StepIds>),
}

/// A known value with its origin.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    pub(crate) value: Value,
    pub(crate) secret: bool,
    pub(crate) cause: Option<Cause>,
}

/// The result of looking up a path in a layer.
enum Found<'a> {
    Entry(&'a Entry),
    /// A value below a known value: a field of an object.
    Inside(Value, &'a Known),
    Pending,
    Missing,
}

impl Entry {
    /// Text from outside the documents.
    pub(crate) fn text(text: impl Into<String>, cause: Cause) -> Self {
        Self::Known(Known { value: Value::String(text.into()), secret: false, cause: Some(cause) })
    }

    /// A value without an origin.
    pub(crate) fn value(value: Value) -> Self {
        Self::Known(Known { value, secret: false, cause: None })
    }

    /// A tree of entries.
    pub(crate) fn tree<'k>(entries: impl IntoIterator<Item = (&'k str, Self)>) -> Self {
        Self::Tree(entries.into_iter().map(|(key, entry)| (key.to_owned(), entry)).collect())
    }

    fn as_lookup(&self) -> Lookup {
        match self {
            Self::Known(known) => Lookup::Found { value: known.value.clone(), secret: known.secret },
            Self::Pending => Lookup::Pending,
            Self::Hidden | Self::Steps(_) | Self::Stages { .. } => Lookup::Missing,
            Self::Tree(entries) => {
                let (mut map, mut tainted) = (IndexMap::new(), false);
                for (key, entry) in entries {
                    // Values that are not known yet are left out: a lookup by name finds them.
                    if let Lookup::Found { value, secret } = entry.as_lookup() {
                        tainted |= secret;
                        map.insert(key.clone(), value);
                    }
                }
                Lookup::Found { value: Value::Map(map), secret: tainted }
            }
        }
    }
}

impl Names {
    /// The outermost layer.
    pub(crate) fn root(global: GlobalScope, entries: IndexMap<String, Entry>) -> Arc<Self> {
        Arc::new(Self { entries, around: Around::Global(global) })
    }

    /// Creates a layer inside `around`.
    pub(crate) fn within(around: &Arc<Self>, entries: IndexMap<String, Entry>) -> Arc<Self> {
        Arc::new(Self { entries, around: Around::Layer(Arc::clone(around)) })
    }

    /// The origin of the value of `path`, if the value is known and has one.
    pub(crate) fn cause(&self, path: &[Segment]) -> Option<Cause> {
        if self.overridden(path).is_some() {
            return Some(Cause::Setting(format!("--var {}", dotted(path))));
        }
        match self.find(path) {
            Found::Entry(Entry::Known(known)) | Found::Inside(_, known) => known.cause.clone(),
            Found::Entry(_) | Found::Pending | Found::Missing => None,
        }
    }

    /// The path with its first unknown name replaced by the nearest known one.
    pub(crate) fn suggestion(&self, path: &[Segment]) -> Option<String> {
        (0..path.len()).find_map(|at| {
            let known = self.known_under(&path[..at]);
            let Segment::Key(name) = &path[at] else { return None };
            if known.is_empty() || known.contains(name) {
                return None;
            }
            if let Found::Entry(Entry::Steps(steps)) = self.find(&path[..at])
                && let Some(ids) = steps.path_to(name)
            {
                let (before, after) = (dotted(&path[..at]), dotted(&path[at + 1..]));
                return Some(format!("{before}.{}.{after}", ids.join(".steps.")));
            }
            let like = nearest(name, known.iter().map(String::as_str))?.to_owned();
            let mut corrected = path.to_vec();
            corrected[at] = Segment::Key(like);
            Some(dotted(&corrected))
        })
    }

    /// The names under `path`, for suggestions.
    fn known_under(&self, path: &[Segment]) -> Vec<String> {
        let own = match self.find_here(path) {
            Found::Entry(Entry::Tree(entries)) => entries.keys().cloned().collect(),
            Found::Entry(Entry::Stages { stages, .. }) => stages.keys().cloned().collect(),
            Found::Entry(Entry::Steps(steps)) => steps.ids(),
            Found::Entry(_) | Found::Inside(..) | Found::Pending | Found::Missing => Vec::new(),
        };
        match &self.around {
            Around::Layer(around) => [own, around.known_under(path)].concat(),
            Around::Global(_) => own,
        }
    }

    /// The value of `steps` in the step group with this id.
    pub(crate) fn steps_in_group(&self, id: &str) -> Option<Entry> {
        match self.find(&[Segment::Key("steps".to_owned())]) {
            Found::Entry(Entry::Steps(steps)) => steps.in_group(id).cloned(),
            Found::Entry(_) | Found::Inside(..) | Found::Pending | Found::Missing => None,
        }
    }

    /// The plugin that never writes the output variable at `path`.
    pub(crate) fn never_written_by(&self, path: &[Segment]) -> Option<&'static str> {
        (1..path.len()).find_map(|at| match self.find(&path[..at]) {
            Found::Entry(Entry::Steps(steps)) => steps.never_writes(&path[at..]),
            Found::Entry(_) | Found::Inside(..) | Found::Pending | Found::Missing => None,
        })
    }

    /// The store of secrets.
    pub(crate) fn secrets(&self) -> &dyn SecretStore {
        &*self.global().secrets
    }

    fn global(&self) -> &GlobalScope {
        match &self.around {
            Around::Global(global) => global,
            Around::Layer(around) => around.global(),
        }
    }

    fn overridden(&self, path: &[Segment]) -> Option<&String> {
        let overrides = &self.global().overrides;
        if overrides.is_empty() { None } else { overrides.get(&dotted(path)) }
    }

    fn find(&self, path: &[Segment]) -> Found<'_> {
        match (self.find_here(path), &self.around) {
            (Found::Missing, Around::Layer(around)) if !self.hides(path) => around.find(path),
            (found, _) => found,
        }
    }

    /// The value in this layer alone.
    fn find_here(&self, path: &[Segment]) -> Found<'_> {
        let Some((Segment::Key(first), rest)) = path.split_first() else { return Found::Missing };
        self.entries.get(first).map_or(Found::Missing, |entry| descend(entry, rest))
    }

    fn hides(&self, path: &[Segment]) -> bool {
        matches!(path.first(), Some(Segment::Key(first)) if matches!(self.entries.get(first), Some(Entry::Hidden)))
    }

    /// Whether this is the artifact of a step of the stage: `artifact_<id>`, next to `steps` (expressions.artifacts).
    fn is_artifact(&self, path: &[Segment]) -> bool {
        let Some(Segment::Key(first)) = path.first() else { return false };
        first.strip_prefix("artifact_").is_some_and(|name| {
            let top = [Segment::Key("execution".to_owned()), Segment::Key("steps".to_owned())];
            matches!(self.find(&top), Found::Entry(Entry::Steps(steps)) if steps.has_artifact(name))
        })
    }
}

impl Scope for Names {
    fn lookup(&self, path: &[Segment]) -> Lookup {
        if let Some(text) = self.overridden(path) {
            return Lookup::Found { value: Value::String(text.clone()), secret: false };
        }
        let found = match self.find(path) {
            Found::Entry(entry) => entry.as_lookup(),
            Found::Inside(value, known) => Lookup::Found { value, secret: known.secret },
            Found::Pending => Lookup::Pending,
            Found::Missing if self.is_artifact(path) => Lookup::Pending,
            Found::Missing => Lookup::Missing,
        };
        match (&found, &self.global().so_far) {
            (Lookup::Pending, Some(so_far)) => so_far.lookup(path),
            _ => found,
        }
    }

    fn secret(&self, id: &str) -> Lookup {
        match crate::scope::secrets::find(self.secrets(), id) {
            Some(given) => Lookup::Found { value: Value::String(given.value.expose().to_owned()), secret: true },
            None => Lookup::Missing,
        }
    }

    fn now_ms(&self) -> i64 {
        self.global().now_ms
    }
}

/// The path as users write it, with dots.
pub(crate) fn dotted(path: &[Segment]) -> String {
    path.iter()
        .map(|segment| match segment {
            Segment::Key(key) => key.clone(),
            Segment::Index(index) => index.to_string(),
        })
        .collect::<Vec<_>>()
        .join(".")
}

fn descend<'a>(entry: &'a Entry, path: &[Segment]) -> Found<'a> {
    let Some((segment, rest)) = path.split_first() else { return Found::Entry(entry) };
    match entry {
        Entry::Pending => Found::Pending,
        Entry::Hidden => Found::Missing,
        Entry::Tree(entries) => match segment {
            Segment::Key(key) => entries.get(key).map_or(Found::Missing, |entry| descend(entry, rest)),
            Segment::Index(_) => Found::Missing,
        },
        Entry::Stages { stages, looped } => match segment {
            Segment::Key(id) => stage(stages, looped, id).map_or(Found::Missing, |entry| descend(entry, rest)),
            Segment::Index(_) => Found::Missing,
        },
        Entry::Steps(steps) => steps.find(path),
        Entry::Known(known) => match inside(&known.value, path) {
            Some(value) => Found::Inside(value.clone(), known),
            None => Found::Missing,
        },
    }
}

fn stage<'a>(stages: &'a IndexMap<String, Entry>, looped: &BTreeSet<String>, id: &str) -> Option<&'a Entry> {
    stages.get(id).or_else(|| {
        let bases = id.rmatch_indices('_').map(|(at, _)| &id[..at]);
        bases.filter(|base| looped.contains(*base)).find_map(|base| stages.get(base))
    })
}

fn inside<'v>(value: &'v Value, path: &[Segment]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, segment| match (value, segment) {
        (Value::Map(map), Segment::Key(key)) => map.get(key),
        (Value::List(list), Segment::Index(index)) => list.get(*index),
        _ => None,
    })
}
