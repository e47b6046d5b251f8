//! References to templates, replaced by the templates' bodies (documents.templates).

use cirun_diagnostics::{Diagnostic, Span};

use super::fill::fill;
use crate::{Entry, Node, Parse, Value, codes, yaml::MAX_DEPTH};

/// The maximum nesting of templates.
const MAX_NESTING: usize = 16;

/// The maximum number of nodes that templates may add to one document: references multiply like aliases.
const MAX_NODES: usize = 500_000;

/// The kinds of templates that a CI pipeline uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TemplateKind {
    /// `type: Step`.
    Step,
    /// `type: StepGroup`.
    StepGroup,
    /// `type: Stage`.
    Stage,
    /// `type: Pipeline`.
    Pipeline,
}

impl TemplateKind {
    /// Its name in `type:`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Step => "Step",
            Self::StepGroup => "StepGroup",
            Self::Stage => "Stage",
            Self::Pipeline => "Pipeline",
        }
    }

    /// The kind that a reference under this key requires.
    fn under(key: &str) -> Option<Self> {
        match key {
            "step" => Some(Self::Step),
            "stepGroup" => Some(Self::StepGroup),
            "stage" => Some(Self::Stage),
            _ => None,
        }
    }
}

/// The scope of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TemplateScope {
    /// `account.ID`.
    Account,
    /// `org.ID`.
    Organisation,
    /// `ID`.
    Project,
}

/// A template that a document refers to.
#[derive(Debug, Clone, PartialEq)]
pub struct TemplateQuery<'n> {
    /// Its kind.
    pub kind: TemplateKind,
    /// Its scope.
    pub scope: TemplateScope,
    /// Its identifier, without the scope.
    pub identifier: &'n str,
    /// Its version; the stable one if missing.
    pub version: Option<&'n str>,
    /// The branch from which the service reads it (`gitBranch`).
    pub branch: Option<&'n str>,
    /// The place of the reference.
    pub span: Span,
}

impl<'n> TemplateQuery<'n> {
    fn new(kind: TemplateKind, reference: &'n Node) -> Option<Self> {
        let written = reference.get("templateRef")?;
        let text = written.text()?;
        let (scope, identifier) = match text.split_once('.') {
            Some(("account", identifier)) => (TemplateScope::Account, identifier),
            Some(("org", identifier)) => (TemplateScope::Organisation, identifier),
            Some(_) | None => (TemplateScope::Project, text),
        };
        let text = |key: &str| reference.get(key).and_then(Node::text).filter(|text| !text.is_empty());
        let (version, branch) = (text("versionLabel"), text("gitBranch"));
        Some(Self { kind, scope, identifier, version, branch, span: written.span })
    }

    /// Whether a template document's body has this identifier and version. The scope is not compared: files rarely have
    /// it.
    fn fits(&self, template: &Node) -> bool {
        let text = |key: &str| template.get(key).and_then(Node::text);
        text("identifier") == Some(self.identifier) && (self.version.is_none() || text("versionLabel") == self.version)
    }

    /// Whether a template document names this scope.
    fn same_scope(&self, template: &Node) -> bool {
        let has = |key: &str| template.get(key).is_some_and(|node| !node.is_null());
        match self.scope {
            TemplateScope::Account => !has("orgIdentifier") && !has("projectIdentifier"),
            TemplateScope::Organisation => has("orgIdentifier") && !has("projectIdentifier"),
            TemplateScope::Project => has("projectIdentifier"),
        }
    }
}

/// The template for a reference, among the bodies of template documents: of those with its identifier and version the
/// one that names its scope, otherwise the first; without a version the one with the highest label.
pub fn pick_template<'d>(query: &TemplateQuery<'_>, templates: impl Iterator<Item = &'d Node>) -> Option<&'d Node> {
    let mut best: Option<&Node> = None;
    for template in templates.filter(|template| query.fits(template)) {
        let rank = |template: &Node| {
            let label = template.get("versionLabel").and_then(Node::text).unwrap_or_default();
            (query.same_scope(template), version_rank(label))
        };
        if best.is_none_or(|best| rank(template) > rank(best)) {
            best = Some(template);
        }
    }
    best
}

/// The numbers of a version label.
fn version_rank(label: &str) -> Vec<u64> {
    label.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok()).collect()
}

/// Replaces the references to templates in a pipeline (the value of `pipeline:`). `lookup` returns the body of a
/// template document (the value of `template:`), see [`pick_template`].
///
/// A reference that cannot be replaced is reported and stays.
pub fn resolve_templates<'d>(
    mut pipeline: Node,
    lookup: &dyn Fn(&TemplateQuery<'_>) -> Option<&'d Node>,
) -> Parse<Node> {
    let mut resolver = Resolver { lookup, nodes: 0, full: false, stack: Vec::new(), diagnostics: Vec::new() };
    resolver.visit(&mut pipeline, Some(TemplateKind::Pipeline), 0);
    Parse { tree: pipeline, diagnostics: resolver.diagnostics }
}

struct Resolver<'l, 'd> {
    lookup: &'l dyn Fn(&TemplateQuery<'_>) -> Option<&'d Node>,
    nodes: usize,
    /// A limit was reached and reported: no more templates are inserted.
    full: bool,
    /// The templates around the current node.
    stack: Vec<&'d Node>,
    diagnostics: Vec<Diagnostic>,
}

impl Resolver<'_, '_> {
    /// Replaces references in `node` at `depth`; `kind` is the kind of a reference directly in this node.
    fn visit(&mut self, node: &mut Node, kind: Option<TemplateKind>, depth: usize) {
        if let Some(kind) = kind
            && node.get("template").is_some_and(|reference| reference.get("templateRef").is_some())
            && self.expand(node, kind, depth)
        {
            return;
        }
        match &mut node.value {
            Value::Null | Value::Scalar { .. } => {}
            Value::List(items) => items.iter_mut().for_each(|item| self.visit(item, None, depth + 1)),
            Value::Map(entries) => {
                for Entry { key, value } in entries {
                    self.visit(value, TemplateKind::under(&key.value), depth + 1);
                }
            }
        }
    }

    /// Replaces the reference by the template's body, and continues in it; returns false if the reference stays.
    fn expand(&mut self, node: &mut Node, kind: TemplateKind, depth: usize) -> bool {
        if self.full {
            return false;
        }
        let Some(reference) = node.get("template") else { return false };
        let Some(query) = TemplateQuery::new(kind, reference) else { return false };
        if query.identifier.contains("<+") {
            let error = codes::MISSING_TEMPLATE.says("a template that is named by an expression is not looked up");
            let error = error.at(query.span, "templates are inserted before expressions are resolved");
            self.diagnostics.push(error.help("write the template's identifier"));
            return false;
        }
        let Some(template) = (self.lookup)(&query) else {
            self.diagnostics.push(missing(&query));
            return false;
        };
        if let Some(problem) = self.refuse(template, &query, depth) {
            self.diagnostics.push(problem);
            return false;
        }
        self.warn_of_what_is_not_done(reference);
        let Some(spec) = template.get("spec") else {
            let message = format!("the template `{}` has no `spec`", query.identifier);
            self.diagnostics.push(codes::MISSING_FIELD.says(message).at(template.span, "").at(query.span, "used here"));
            return false;
        };
        let mut body = spec.clone();
        if let Some(inputs) = reference.get("templateInputs") {
            fill(spec, &mut body, inputs, &mut self.diagnostics);
        }
        if let Some(overrides) = reference.get("templateOverrides") {
            replace_fields(&mut body, overrides.clone());
        }
        take_identity(&mut body, node);
        *node = body;
        self.stack.push(template);
        // The body of a template may itself be a reference.
        self.visit(node, Some(kind), depth);
        self.stack.pop();
        true
    }

    fn refuse(&mut self, template: &Node, query: &TemplateQuery<'_>, depth: usize) -> Option<Diagnostic> {
        let name = query.identifier;
        let kind = template.get("type").and_then(Node::text).unwrap_or_default();
        if kind != query.kind.name() {
            let message = format!("`{name}` is a template of type `{kind}`, but expected a {}", query.kind.name());
            let place = template.get("type").map_or(template.span, |node| node.span);
            return Some(codes::TEMPLATE_TYPE.says(message).at(query.span, "").at(place, "the template's type"));
        }
        let cycle = self.stack.iter().any(|outer| std::ptr::eq(*outer, template));
        if cycle || self.stack.len() >= MAX_NESTING {
            let message = if cycle {
                format!("the template `{name}` uses itself")
            } else {
                format!("templates are nested more than {MAX_NESTING} levels deep")
            };
            return Some(codes::TEMPLATE_CYCLE.says(message).at(query.span, "").help("remove the cycle"));
        }
        let (nodes, height) = measure(template);
        self.nodes += nodes;
        self.full |= self.nodes > MAX_NODES || depth + height > MAX_DEPTH;
        if self.full {
            let message = format!("with the template `{name}` the pipeline is larger or deeper than cirun reads");
            return Some(codes::TEMPLATE_EXPANSION.says(message).at(query.span, "").help("use fewer nested templates"));
        }
        None
    }

    fn warn_of_what_is_not_done(&mut self, reference: &Node) {
        if let Some(branch) = reference.get("gitBranch").filter(|branch| !branch.is_null()) {
            let message =
                format!("the service reads this template from the branch `{}`", branch.text().unwrap_or_default());
            let warning = codes::TEMPLATE_BRANCH.says(message).at(branch.span, "cirun takes the checked-out file");
            self.diagnostics.push(warning);
        }
        if let Some(variables) = reference.get("templateVariables").filter(|node| !node.entries().is_empty()) {
            let message = "`templateVariables` are not applied";
            self.diagnostics.push(codes::TEMPLATE_VARIABLES.says(message).at(variables.span, "ignored"));
        }
    }
}

fn missing(query: &TemplateQuery<'_>) -> Diagnostic {
    let (name, kind) = (query.identifier, query.kind.name());
    let version = query.version.map_or_else(String::new, |version| format!(", `versionLabel: {version}`"));
    let scope = match query.scope {
        TemplateScope::Account => " of the account",
        TemplateScope::Organisation => " of the organisation",
        TemplateScope::Project => "",
    };
    let branch = query.branch.map_or_else(String::new, |branch| {
        format!("; CI takes it from the branch `{branch}`, so save the file of that branch")
    });
    codes::MISSING_TEMPLATE
        .says(format!("no file holds the template `{name}`{scope}"))
        .at(query.span, "not found")
        .help(format!(
            "save it below `.harness/` (or name its directory with `--include`): a document `template:` with \
             `identifier: {name}`{version}, `type: {kind}`{branch}"
        ))
}

/// The number of nodes and the depth of a tree.
fn measure(node: &Node) -> (usize, usize) {
    let children = node.items().iter().chain(node.entries().iter().map(|entry| &entry.value));
    children.map(measure).fold((1, 1), |(nodes, height), (n, h)| (nodes + n, height.max(h + 1)))
}

/// Fields next to the reference belong to the place where the template is used: above all its name.
fn take_identity(body: &mut Node, reference: &Node) {
    let own = reference.entries().iter().filter(|entry| entry.key.value != "template" && !entry.value.is_null());
    if let Value::Map(entries) = &mut body.value {
        for (at, entry) in own.enumerate() {
            entries.retain(|old| old.key.value != entry.key.value);
            entries.insert(at.min(entries.len()), entry.clone());
        }
    }
    body.span = reference.span;
}

/// `templateOverrides`: its fields replace those of the template, merging maps.
fn replace_fields(body: &mut Node, overrides: Node) {
    match (&mut body.value, overrides.value) {
        (Value::Map(entries), Value::Map(new)) => {
            for entry in new {
                match entries.iter_mut().find(|old| old.key.value == entry.key.value) {
                    Some(old) => replace_fields(&mut old.value, entry.value),
                    None => entries.push(entry),
                }
            }
        }
        (_, value) => *body = Node { span: overrides.span, value },
    }
}
