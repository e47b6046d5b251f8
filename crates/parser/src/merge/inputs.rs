//! Input sets, `--input PATH=VALUE`, defaults, and missing inputs.

use cirun_diagnostics::{Diagnostic, SourceId, Sources, Span};
use cirun_expressions::RuntimeInput;

use super::fill::{fill, names, runtime_input, unwrap_item, wrapper_position};
use crate::{Node, Parse, Value, codes, yaml::parse_documents};

/// Sets the runtime inputs of a pipeline (the value of `pipeline:`) from input sets (values of `inputSet:`); the last
/// one wins. Overlays are lists of references, which the caller resolves.
pub fn apply_input_sets(pipeline: Node, input_sets: &[&Node]) -> Parse<Node> {
    if input_sets.is_empty() {
        return Parse { tree: pipeline, diagnostics: Vec::new() };
    }
    let mut tree = pipeline.clone();
    let mut diagnostics = Vec::new();
    for input_set in input_sets {
        let Some(given) = input_set.get("pipeline").filter(|given| !given.is_null()) else {
            diagnostics
                .push(codes::MISSING_FIELD.says("`pipeline` is missing").at(input_set.span, "in this input set"));
            continue;
        };
        diagnostics.extend(other_pipeline(&pipeline, given));
        fill(&pipeline, &mut tree, given, &mut diagnostics);
    }
    Parse { tree, diagnostics }
}

fn other_pipeline(pipeline: &Node, given: &Node) -> Option<Diagnostic> {
    let (ours, theirs) = (pipeline.get("identifier")?, given.get("identifier")?);
    let message = format!("this is an input set of `{}`", theirs.text()?);
    (ours.text()? != theirs.text()?).then(|| {
        let label = format!("not of `{}`", ours.text().unwrap_or_default());
        codes::INPUT_SET_PIPELINE.says(message).at(theirs.span, label).help("take an input set of this pipeline")
    })
}

/// A runtime input without a value.
#[derive(Debug, Clone, PartialEq)]
pub struct MissingInput {
    /// Its path for `--input` (`stages.build.spec.execution.steps.unit.spec.image`).
    pub path: String,
    /// Its place.
    pub span: Span,
    /// The allowed values.
    pub input: RuntimeInput,
}

/// All remaining runtime inputs of a tree, in the order of the document.
pub fn missing_inputs(node: &Node) -> Vec<MissingInput> {
    let mut found = Vec::new();
    collect(node, None, &mut found);
    found
}

/// The path from the root to a node; formatted only when an input is found.
#[derive(Clone, Copy)]
struct Way<'w> {
    before: Option<&'w Way<'w>>,
    name: Part<'w>,
}

#[derive(Clone, Copy)]
enum Part<'w> {
    Name(&'w str),
    Position(usize),
}

impl Way<'_> {
    fn path(&self) -> String {
        let name = match self.name {
            Part::Name(name) => segment(name).to_owned(),
            Part::Position(at) => at.to_string(),
        };
        self.before.map_or_else(|| name.clone(), |before| format!("{}.{name}", before.path()))
    }
}

fn collect(node: &Node, way: Option<&Way<'_>>, found: &mut Vec<MissingInput>) {
    let to = |name| Way { before: way, name };
    match &node.value {
        Value::Null => {}
        Value::Scalar { text, .. } => {
            if let Some(input) = runtime_input(text) {
                found.push(MissingInput { path: way.map(Way::path).unwrap_or_default(), span: node.span, input });
            }
        }
        Value::Map(entries) => {
            for entry in entries {
                collect(&entry.value, Some(&to(Part::Name(&entry.key.value))), found);
            }
        }
        Value::List(items) => {
            for (at, item) in items.iter().enumerate() {
                let inner = unwrap_item(item);
                match names(item).as_slice() {
                    [] => collect(inner, Some(&to(Part::Position(at))), found),
                    // Parallel nodes are addressed as if they were in the list itself.
                    _ if !inner.items().is_empty() => collect(inner, way, found),
                    [(_, name), ..] => collect(inner, Some(&to(Part::Name(name))), found),
                }
            }
        }
    }
}

/// Replaces every runtime input that has a default.
pub fn apply_defaults(node: &mut Node) {
    match &mut node.value {
        Value::Null => {}
        Value::Scalar { text, .. } => {
            if let Some(text) = runtime_input(text).and_then(|input| input.default) {
                node.value = Value::Scalar { text, plain: true, lead: None };
            }
        }
        Value::List(items) => items.iter_mut().for_each(apply_defaults),
        Value::Map(entries) => entries.iter_mut().for_each(|entry| apply_defaults(&mut entry.value)),
    }
}

/// The value of a single text, such as `--input`: a list or a map in YAML's flow form, otherwise the whole text.
pub fn value_of(sources: &Sources, id: SourceId) -> Node {
    let text = &sources.get(id).text;
    let span = Span { source: id, start: 0, end: text.len() as u32 };
    let flow = text.trim_start().starts_with(['[', '{']);
    let parse = flow.then(|| parse_documents(sources, id)).filter(|parse| parse.diagnostics.is_empty());
    match parse.and_then(|parse| parse.tree.into_iter().next()) {
        Some(document) => document.root,
        None => Node { span, value: Value::Scalar { text: text.to_string(), plain: true, lead: Some(0) } },
    }
}

/// Sets a value at a path in the form of [`missing_inputs`] (with an optional `pipeline.`); for a variable, its
/// `value`.
///
/// # Errors
/// The part of the path that does not exist, with possible names instead.
pub fn set_input(node: &mut Node, path: &str, value: Node) -> Result<(), Diagnostic> {
    let path = path.strip_prefix("pipeline.").unwrap_or(path);
    let mut search = Search { steps: Vec::new(), rest: path.to_owned(), known: segments(node) };
    let whole = path.is_empty() && !search.known.is_empty();
    if whole || !search.find(node, path) {
        let error =
            codes::UNKNOWN_INPUT_PATH.says(format!("the path ends before `{}`", search.rest)).at(value.span, "");
        return Err(if search.known.is_empty() {
            error.help("there is a plain value at this point")
        } else {
            error.help(format!("there is {}", search.known.join(", ")))
        });
    }
    let mut place = node;
    for step in search.steps {
        place =
            if place.items().is_empty() { &mut place.entries_mut()[step].value } else { &mut place.items_mut()[step] };
    }
    let is_variable = place.get("type").is_some() && place.get("value").is_some();
    let variable = place.entries().iter().position(|entry| is_variable && entry.key.value == "value");
    match variable {
        Some(at) => place.entries_mut()[at].value = value,
        None => *place = value,
    }
    Ok(())
}

/// The search for a path: names may contain dots, so what looks like two segments may be one.
struct Search {
    /// Positions among entries and items, from the root.
    steps: Vec<usize>,
    /// The shortest rest of the path that was not found, and the names that exist instead.
    rest: String,
    known: Vec<String>,
}

impl Search {
    fn find(&mut self, node: &Node, path: &str) -> bool {
        if path.is_empty() {
            return true;
        }
        if path.len() < self.rest.len() {
            self.rest = path.to_owned();
            self.known = segments(node);
        }
        let in_map = node.entries().iter().enumerate().any(|(at, entry)| {
            rest_after(path, &entry.key.value).is_some_and(|rest| self.step(&[at], &entry.value, rest))
        });
        in_map || node.items().iter().enumerate().any(|(at, item)| self.find_in_item(at, item, path))
    }

    fn find_in_item(&mut self, at: usize, item: &Node, path: &str) -> bool {
        let inner = unwrap_item(item);
        let steps: Vec<usize> = std::iter::once(at).chain(wrapper_position(item)).collect();
        let names = names(item);
        if names.is_empty() {
            return rest_after(path, &at.to_string()).is_some_and(|rest| self.step(&steps, inner, rest));
        }
        if !inner.items().is_empty() {
            return self.step(&steps, inner, path);
        }
        names.iter().any(|(_, name)| rest_after(path, name).is_some_and(|rest| self.step(&steps, inner, rest)))
    }

    fn step(&mut self, steps: &[usize], node: &Node, path: &str) -> bool {
        let before = self.steps.len();
        self.steps.extend(steps);
        let found = self.find(node, path);
        if !found {
            self.steps.truncate(before);
        }
        found
    }
}

/// The rest of a path after the segment `name`.
fn rest_after<'p>(path: &'p str, name: &str) -> Option<&'p str> {
    let rest = path.strip_prefix(segment(name))?;
    if rest.is_empty() { Some(rest) } else { rest.strip_prefix('.') }
}

/// A name as a part of a path; an empty one must be visible.
fn segment(name: &str) -> &str {
    if name.is_empty() { "''" } else { name }
}

/// The names by which a path can continue.
fn segments(node: &Node) -> Vec<String> {
    let keys = node.entries().iter().map(|entry| segment(&entry.key.value).to_owned());
    let items = node.items().iter().enumerate().flat_map(|(at, item)| match names(item).as_slice() {
        [] => vec![at.to_string()],
        names => names.iter().map(|(_, name)| segment(name).to_owned()).collect(),
    });
    keys.chain(items).collect()
}
