//! The steps and step groups of a stage in expressions: `steps.ID.…`, and in a group `steps.GROUP.steps.ID.…`.

use std::sync::Arc;

use cirun_expressions::Segment;
use cirun_parser::model::{ExecutionNode, Step};
use foldhash::fast::RandomState;
use indexmap::IndexMap;

use super::{Entry, Found};

/// Finds the plugin that runs as a step, if it writes no output `digest`.
type Silent<'s> = &'s dyn Fn(&Step) -> Option<&'static str>;

/// The value of `steps`, at the top of a stage or in a step group.
#[derive(Debug, Default)]
pub(crate) struct StepIds {
    nodes: IndexMap<String, StepNode, RandomState>,
}

#[derive(Debug)]
struct StepNode {
    /// Whether its loop adds a suffix to its id.
    looped: bool,
    /// The steps of a step group.
    inner: Option<Entry>,
    /// The plugin that runs as this step, if it writes no output `digest`.
    silent: Option<&'static str>,
}

/// The values of steps and groups that are known during the run (expressions.steps).
const RUN_FIELDS: [&str; 8] =
    ["identifier", "name", "type", "status", "currentStatus", "liveStatus", "startTs", "endTs"];
/// Further values of steps that are known during the run.
const STEP_FIELDS: [&str; 2] = ["output", "retryCount"];

impl StepIds {
    /// The ids of `nodes`, and of the nodes in them.
    pub(crate) fn of<'n>(nodes: impl IntoIterator<Item = &'n [ExecutionNode]>, silent: Silent<'_>) -> Self {
        let mut ids = Self::default();
        for nodes in nodes {
            ids.collect(nodes, silent);
        }
        ids
    }

    fn collect(&mut self, nodes: &[ExecutionNode], silent: Silent<'_>) {
        for node in nodes {
            let (id, node) = match node {
                ExecutionNode::Step(step) => {
                    let node = StepNode { looped: step.strategy.is_some(), inner: None, silent: silent(step) };
                    (&step.identifier.value, node)
                }
                ExecutionNode::Group(group) => {
                    let inner = Some(Entry::Steps(Arc::new(Self::of([&*group.steps], silent))));
                    (&group.identifier.value, StepNode { looped: group.strategy.is_some(), inner, silent: None })
                }
                ExecutionNode::Parallel(nodes) => {
                    self.collect(&nodes.value, silent);
                    continue;
                }
            };
            self.nodes.insert(id.clone(), node);
        }
    }

    /// The value of `steps` in the group with this id, as the pipeline writes it.
    pub(crate) fn in_group(&self, id: &str) -> Option<&Entry> {
        self.nodes.get(id)?.inner.as_ref()
    }

    /// The ids, for suggestions.
    pub(super) fn ids(&self) -> Vec<String> {
        self.nodes.keys().cloned().collect()
    }

    /// The ids that lead to a step or group with this id inside the groups, if there is one.
    pub(super) fn path_to(&self, id: &str) -> Option<Vec<&str>> {
        self.nodes.iter().find_map(|(group, node)| {
            let Some(Entry::Steps(inner)) = &node.inner else { return None };
            let within = match inner.nodes.get_key_value(id) {
                Some((id, _)) => vec![id.as_str()],
                None => inner.path_to(id)?,
            };
            Some([vec![group.as_str()], within].concat())
        })
    }

    /// What is below `steps`.
    pub(super) fn find(&self, path: &[Segment]) -> Found<'_> {
        let Some((Segment::Key(id), rest)) = path.split_first() else { return Found::Missing };
        let node = match self.nodes.get(id) {
            Some(node) if !node.looped => node,
            // The loop itself only has a status.
            Some(_) => return pending_if(of_run(rest, &RUN_FIELDS)),
            None => match self.instance(id) {
                Some(node) => node,
                None => return Found::Missing,
            },
        };
        let (Some(Segment::Key(field)), Some(inner)) = (rest.first(), &node.inner) else {
            let is_step = node.inner.is_none();
            return pending_if(of_run(rest, &RUN_FIELDS) || (is_step && of_step(rest)));
        };
        if field == "steps" { super::descend(inner, &rest[1..]) } else { pending_if(of_run(rest, &RUN_FIELDS)) }
    }

    /// The plugin that never writes the output at `path`, below `steps`.
    pub(super) fn never_writes(&self, path: &[Segment]) -> Option<&'static str> {
        let (Segment::Key(id), rest) = path.split_first()? else { return None };
        let node = self.nodes.get(id).or_else(|| self.instance(id))?;
        match (&node.inner, rest) {
            (Some(Entry::Steps(inner)), [Segment::Key(field), rest @ ..]) if field == "steps" => {
                inner.never_writes(rest)
            }
            (None, [Segment::Key(output), Segment::Key(variables), Segment::Key(name)]) => {
                node.silent.filter(|_| output == "output" && variables == "outputVariables" && name == "digest")
            }
            _ => None,
        }
    }

    /// The node of which `id` is an instance.
    fn instance(&self, id: &str) -> Option<&StepNode> {
        id.rmatch_indices('_').find_map(|(at, _)| self.nodes.get(&id[..at]).filter(|node| node.looped))
    }

    /// Whether `name` is the ids down to a step, joined with `_`: the names of artifacts.
    pub(super) fn has_artifact(&self, name: &str) -> bool {
        let ends = name.match_indices('_').map(|(at, _)| at).chain([name.len()]);
        ends.into_iter().any(|end| {
            let (id, rest) = name.split_at(end);
            let node = self.nodes.get(id).filter(|node| !node.looped).or_else(|| self.instance(id));
            match node.map(|node| &node.inner) {
                None => false,
                Some(None) => rest.is_empty(),
                Some(Some(Entry::Steps(inner))) => rest.strip_prefix('_').is_some_and(|rest| inner.has_artifact(rest)),
                Some(Some(_)) => false,
            }
        })
    }
}

fn pending_if<'a>(known: bool) -> Found<'a> {
    if known { Found::Pending } else { Found::Missing }
}

fn of_run(path: &[Segment], fields: &[&str]) -> bool {
    matches!(path.first(), Some(Segment::Key(key)) if fields.contains(&key.as_str()))
}

fn of_step(path: &[Segment]) -> bool {
    of_run(path, &STEP_FIELDS) || matches!(path.first(), Some(Segment::Key(key)) if key.starts_with("artifact_"))
}
