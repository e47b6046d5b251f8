//! From documents to one pipeline tree: templates filled in, input sets and `--input` applied, missing inputs found.

use std::{collections::BTreeSet, path::Path};

use cirun_diagnostics::{
    Diagnostic, Failure, Label, Severity, SourceId, Sources, Span,
    codes::{
        documents::{INPUT_NOT_ALLOWED, MISSING_TEMPLATE},
        plan::MISSING_INPUT,
    },
};
use cirun_expressions::RuntimeInput;
use cirun_parser::{
    Document, DocumentKind, MissingInput, Node, Parse, apply_defaults, apply_input_sets, missing_inputs,
    model::Pipeline, parse_documents, pick_template, resolve_templates, set_input, value_of,
};
use cirun_planner::Planned;

use crate::{Checkout, Dialogue, PlanRequest, documents::Documents, unneeded};

/// What to do about missing inputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    /// Ask the person. Without a terminal, report an error.
    Ask,
    /// Report an error.
    Refuse,
    /// Report a note.
    Note,
}

/// The pipeline's tree, and the sources of the values that replaced an `<+input>`.
#[derive(Debug)]
pub(super) struct Resolved {
    pub pipeline: Node,
    pub input_sources: BTreeSet<SourceId>,
    /// `stagesToExecute` of the triggers among the input sets.
    pub stages: Vec<String>,
}

/// Where the values of missing inputs come from.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    /// What to do if no value is found.
    pub missing: Missing,
    /// The facts of git.
    pub checkout: &'a Checkout,
    /// The person to ask.
    pub person: &'a dyn Dialogue,
}

/// Fills in the templates and inputs of `body`, the value of `pipeline:`.
pub(super) fn resolve(
    body: Node,
    project: &mut Documents,
    request: &PlanRequest,
    asked: Asked<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Resolved, Failure> {
    let templates: Vec<Node> = bodies(project, DocumentKind::Template, "template");
    let lookup = |query: &cirun_parser::TemplateQuery<'_>| pick_template(query, templates.iter());
    let mut pipeline = collect(resolve_templates(body, &lookup), diagnostics);

    let mut open = missing_inputs(&pipeline);
    let before = project.sources.len();
    let InputSets { sets: input_sets, stages } = input_sets(project, request, diagnostics)?;
    pipeline = collect(apply_input_sets(pipeline, &input_sets.iter().collect::<Vec<_>>()), diagnostics);
    let by_path = request.inputs.iter().map(|(path, value)| (format!("--input {path}"), path.as_str(), value.as_str()));
    let by_name = of_variables(&open, &request.vars);
    for (flag, path, value) in by_path.chain(by_name) {
        let id = project.sources.add(&flag, value);
        let given = value_of(&project.sources, id);
        diagnostics.extend(refusal(&open, path, &given));
        if let Err(diagnostic) = set_input(&mut pipeline, path, given) {
            diagnostics.push(diagnostic);
        }
    }
    if !input_sets.is_empty() || !request.inputs.is_empty() || !request.vars.is_empty() {
        open = missing_inputs(&pipeline);
    }
    diagnostics.extend(open.iter().filter_map(default_not_allowed));
    if open.iter().any(|input| input.input.default.is_some()) {
        apply_defaults(&mut pipeline);
        open.retain(|input| input.input.default.is_none());
    }
    let chosen = if request.stages.is_empty() { &stages } else { &request.stages };
    unneeded::settle(&mut pipeline, &mut open, chosen, asked.checkout);
    answer(project, &mut pipeline, open, asked, diagnostics)?;
    let input_sources = (before..project.sources.len()).map(|id| SourceId(id as u32)).collect();
    Ok(Resolved { pipeline, input_sources, stages })
}

/// Adjusts findings of missing templates: only a note if no step that runs uses it; and if it stops a run, the help names the
/// stages that run without it.
pub(super) fn settle_templates(
    diagnostics: &mut [Diagnostic],
    pipeline: &Pipeline,
    planned: &Planned,
    missing: MissingTemplates,
) {
    let is_within = |label: &Label, around: &Span| {
        let span = label.span;
        span.source == around.source && around.start <= span.start && span.end <= around.end
    };
    for found in diagnostics.iter_mut().filter(|found| found.code == MISSING_TEMPLATE.id) {
        let is_in = |around: &Span| found.labels.iter().any(|label| is_within(label, around));
        let flags: String = pipeline
            .all_stages()
            .filter(|stage| planned.plan.stages.iter().any(|planned| planned.is_of(&stage.identifier.value)))
            .filter(|stage| !is_in(&stage.span))
            .map(|stage| format!(" --stage {}", stage.identifier.value))
            .collect();
        match missing {
            _ if planned.idle.iter().any(is_in) => found.severity = Severity::Note,
            MissingTemplates::Shown if !planned.plan.stages.is_empty() => found.severity = Severity::Warning,
            MissingTemplates::Stop if !flags.is_empty() => {
                let rest = format!("; `{}` runs what needs no such template", flags.trim_start());
                found.help.iter_mut().for_each(|help| help.push_str(&rest));
            }
            MissingTemplates::Shown | MissingTemplates::Stop | MissingTemplates::Reported => {}
        }
    }
}

/// What to do about missing templates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MissingTemplates {
    /// Warn, and show the rest of the pipeline.
    Shown,
    /// Report an error like any other.
    Reported,
    /// Stop the run.
    Stop,
}

/// The spans of runtime inputs that are reported as missing.
pub(super) fn missing_at(diagnostics: &[Diagnostic]) -> Vec<Span> {
    let missing = diagnostics.iter().filter(|diagnostic| diagnostic.code == MISSING_INPUT.id);
    missing.filter_map(|diagnostic| diagnostic.labels.first()).map(|label| label.span).collect()
}

/// Whether the planner's finding is more than a consequence of missing inputs, which are reported already: their places hold
/// no valid value, and expressions that refer to them cannot be resolved.
pub(super) fn is_news(found: &Diagnostic, missing: &[Span], sources: &Sources) -> bool {
    let Some(span) = found.labels.first().map(|label| label.span).filter(|_| !missing.is_empty()) else { return true };
    if missing.contains(&span) {
        return false;
    }
    let text = sources.get(span.source).text.get(span.start as usize..span.end as usize);
    found.code != MISSING_INPUT.id || text.is_some_and(|text| text.contains("<+input"))
}

/// The open inputs whose variables `--var` sets: the flag, the input's path and the value.
fn of_variables<'a>(
    open: &'a [MissingInput],
    vars: &'a [(String, String)],
) -> impl Iterator<Item = (String, &'a str, &'a str)> {
    let set = |input: &MissingInput| {
        let name = input.path.strip_suffix(".value")?.rsplit_once("variables.")?.1;
        vars.iter().rev().find(|(set, _)| set == name)
    };
    open.iter().filter_map(move |input| {
        let (name, value) = set(input)?;
        Some((format!("--var {name}"), input.path.as_str(), value.as_str()))
    })
}

/// The error if the runtime input at `path` does not allow the given value.
fn refusal(declared: &[MissingInput], path: &str, given: &Node) -> Option<Diagnostic> {
    let path = path.strip_prefix("pipeline.").unwrap_or(path);
    let is_meant = |input: &&MissingInput| input.path == path || input.path.strip_suffix(".value") == Some(path);
    let declared = declared.iter().find(is_meant)?;
    let items = if given.items().is_empty() { std::slice::from_ref(given) } else { given.items() };
    let reason = items.iter().filter_map(Node::text).find_map(|text| declared.input.validate(text).err())?;
    let error = INPUT_NOT_ALLOWED.says(reason);
    Some(error.at(given.span, "").at(declared.span, "the input is declared here"))
}

/// The warning if the input's default violates the input's own modifiers.
fn default_not_allowed(input: &MissingInput) -> Option<Diagnostic> {
    let reason = input.input.validate(input.input.default.as_deref()?).err()?;
    let warning = INPUT_NOT_ALLOWED.with_severity(Severity::Warning).says(format!("the default: {reason}"));
    Some(warning.at(input.span, "CI does not take it").help("correct the default, or give a value with `--input`"))
}

fn collect(parse: Parse<Node>, diagnostics: &mut Vec<Diagnostic>) -> Node {
    diagnostics.extend(parse.diagnostics);
    parse.tree
}

fn bodies(project: &Documents, kind: DocumentKind, key: &str) -> Vec<Node> {
    project.bodies(kind).filter_map(|root| root.get(key)).cloned().collect()
}

/// The content of the files of `--input-set`.
#[derive(Debug, Default)]
struct InputSets {
    sets: Vec<Node>,
    stages: Vec<String>,
}

/// Reads the input sets of `--input-set`, in order. The input sets of an overlay, and the inputs of a trigger, take its place.
fn input_sets(
    project: &mut Documents,
    request: &PlanRequest,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<InputSets, Failure> {
    let known = bodies(project, DocumentKind::InputSet, "inputSet");
    let InputSets { mut sets, mut stages } = InputSets::default();
    for path in &request.input_sets {
        for document in project.read_more(path)? {
            match document.kind {
                DocumentKind::InputSet => sets.extend(document.root.get("inputSet").cloned()),
                DocumentKind::OverlayInputSet => {
                    let Some(overlay) = document.root.get("overlayInputSet") else { continue };
                    sets.extend(referenced(overlay.get("inputSetReferences"), "overlay", &known)?);
                }
                DocumentKind::Trigger => {
                    let Some(trigger) = document.root.get("trigger") else { continue };
                    sets.extend(referenced(trigger.get("inputSetRefs"), "trigger", &known)?);
                    sets.extend(own_inputs(project, path, trigger, diagnostics));
                    let named = trigger.get("stagesToExecute").map_or(&[] as &[Node], Node::items);
                    stages.extend(named.iter().filter_map(Node::text).map(str::to_owned));
                }
                _ => {
                    let message = format!("{} is no input set, overlay or trigger", path.display());
                    return Err(Failure::input(message));
                }
            }
        }
    }
    Ok(InputSets { sets, stages })
}

/// Parses a trigger's `inputYaml`, which is a document in a string.
fn own_inputs(project: &mut Documents, path: &Path, trigger: &Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Node> {
    let text = trigger.get("inputYaml").and_then(Node::text).filter(|text| !text.trim().is_empty())?;
    let id = project.sources.add(&format!("{}: inputYaml", path.display()), text);
    let parsed = parse_documents(&project.sources, id);
    diagnostics.extend(parsed.diagnostics);
    Some(parsed.tree.into_iter().next()?.root)
}

fn referenced(references: Option<&Node>, by: &str, known: &[Node]) -> Result<Vec<Node>, Failure> {
    let references = references.map_or(&[] as &[Node], Node::items);
    references
        .iter()
        .filter_map(Node::text)
        .map(|id| {
            let found = known.iter().find(|set| set.get("identifier").and_then(Node::text) == Some(id));
            found.cloned().ok_or_else(|| {
                Failure::input(format!("the {by} refers to the input set `{id}`, which is in no document"))
                    .help("put its file under `.harness/`, or name its directory with `--include`")
            })
        })
        .collect()
}

/// Asks for the inputs that are still open, or reports them.
fn answer(
    project: &mut Documents,
    pipeline: &mut Node,
    open: Vec<MissingInput>,
    Asked { missing, person, .. }: Asked<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<(), Failure> {
    let sets = input_sets_of(project, pipeline);
    // Execution-time inputs are asked for now too, so that no run waits for an answer.
    for input in open {
        if missing == Missing::Ask && person.can_answer() {
            let text = ask(&input, person)?;
            project.answers.push((input.path.clone(), text.clone()));
            let id = project.sources.add(&format!("answer for {}", input.path), &text);
            if let Err(diagnostic) = set_input(pipeline, &input.path, value_of(&project.sources, id)) {
                diagnostics.push(diagnostic);
            }
            continue;
        }
        let severity = if missing == Missing::Note { Severity::Note } else { Severity::Error };
        let found = MISSING_INPUT
            .with_severity(severity)
            .says(format!("no value for the runtime input `{}`", input.path))
            .at(input.span, "needs a value");
        diagnostics.push(found.help(format!("`--input {}=VALUE`, or an input set with {sets}", input.path)));
    }
    Ok(())
}

/// Maximum number of input sets in a message.
const MOST_SETS: usize = 3;

/// The `--input-set` flags for this pipeline's input sets in the project, as text.
fn input_sets_of(project: &Documents, pipeline: &Node) -> String {
    let id = pipeline.get("identifier").and_then(Node::text);
    let is_of_pipeline = |document: &&Document| match document.kind {
        DocumentKind::InputSet => {
            let of = document.body().and_then(|set| set.get("pipeline")?.get("identifier")?.text());
            of == id
        }
        DocumentKind::OverlayInputSet => document.body().and_then(|set| set.get("pipelineIdentifier")?.text()) == id,
        _ => false,
    };
    let found = project.documents.iter().filter(is_of_pipeline).filter(|_| id.is_some());
    let mut files: Vec<&str> = found.map(|set| &*project.sources.get(set.root.span.source).name).collect();
    files.dedup();
    let more = files.len().saturating_sub(MOST_SETS);
    let named: Vec<String> = files.iter().take(MOST_SETS).map(|file| format!("`--input-set {file}`")).collect();
    match (named.is_empty(), more) {
        (true, _) => "`--input-set FILE`".to_owned(),
        (false, 0) => named.join(" or "),
        (false, more) => format!("{}, or {more} more of this pipeline", named.join(", ")),
    }
}

/// The allowed answers, for a prompt.
fn choices(input: &RuntimeInput) -> String {
    let RuntimeInput { allowed_values, select_one, select_many, regex, .. } = input;
    let list =
        |words: &str, choices: &[String]| (!choices.is_empty()).then(|| format!(" ({words}{})", choices.join(", ")));
    let texts = [
        list("", allowed_values),
        list("one of ", select_one),
        list("some, with commas, of ", select_many),
        regex.as_ref().map(|regex| format!(" (matching {regex})")),
    ];
    texts.into_iter().flatten().collect()
}

fn ask(input: &MissingInput, person: &dyn Dialogue) -> Result<String, Failure> {
    loop {
        let line = person.ask(&format!("{}{}: ", input.path, choices(&input.input)));
        let Some(line) = line.map_err(|error| Failure::io("cannot read the answer", error))? else {
            return Err(Failure::input(format!("no answer for the runtime input `{}`", input.path)));
        };
        let text = line.trim().to_owned();
        match input.input.validate(&text) {
            Ok(()) => return Ok(text),
            Err(reason) => person.say(&format!("  {reason}")),
        }
    }
}
