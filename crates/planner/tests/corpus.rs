//! Real pipelines: every CI stage can be planned in its own profile, or a diagnostic names what it needs from outside.
//!
//! The corpus is not part of the repository; `CIRUN_CORPUS` names it, or it is next to the repository. If it is named
//! but missing the test fails; without it there is nothing to test.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use cirun_diagnostics::{Diagnostic, Severity, SourceId, Sources};
use cirun_parser::{
    Document, DocumentKind, MissingInput, TemplateQuery, apply_defaults, apply_input_sets, decode, lower_connector,
    lower_pipeline, missing_inputs,
    model::{Connector, ExecutionNode, Pipeline, StageNode, StageSpec},
    parse_documents, pick_template, resolve_templates,
};
use cirun_plan::Secret;
use cirun_planner::{Inputs, Planned, SecretStore, Selection, Setting};
use indexmap::IndexMap;

/// Every secret and connector exists.
#[derive(Debug)]
struct AnySecret;

impl SecretStore for AnySecret {
    fn get(&self, id: &str) -> Option<Setting<Secret>> {
        // Some pipelines keep the account's id as a secret.
        let value = if id.contains("account-number") { "123456789012".to_owned() } else { format!("value of {id}") };
        Some(Setting { value: Secret::new(value), given_by: "test".to_owned() })
    }
}

#[expect(clippy::disallowed_methods, reason = "a test reads the corpus; the planner does not")]
fn corpus() -> Option<PathBuf> {
    let named = std::env::var_os("CIRUN_CORPUS").map(PathBuf::from);
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    let root = named.clone().unwrap_or(beside);
    let there = root.join("INDEX.tsv").is_file();
    assert!(there || named.is_none(), "CIRUN_CORPUS names no corpus: {}", root.display());
    there.then_some(root)
}

#[expect(clippy::disallowed_methods, reason = "a test reads the corpus; the planner does not")]
fn pipelines(root: &std::path::Path) -> Vec<(String, String)> {
    let index = std::fs::read_to_string(root.join("INDEX.tsv")).expect("the index");
    index
        .lines()
        .skip(1)
        .map(|line| line.split('\t').collect::<Vec<_>>())
        .filter(|cells| cells[11] == "v0" && cells[12] == "pipeline" && cells[13] == "ok")
        .filter_map(|cells| {
            let bytes = std::fs::read(root.join(cells[0])).expect("a file of the index");
            decode(&bytes).ok().map(|text| (cells[0].to_owned(), text.to_owned()))
        })
        .collect()
}

/// A pipeline with the defaults of its runtime inputs, and the inputs without a default.
fn pipeline(sources: &Sources, id: SourceId) -> Option<(Pipeline, Vec<MissingInput>)> {
    let parsed = parse_documents(sources, id);
    let document = parsed.tree.iter().find(|document| document.kind == DocumentKind::Pipeline)?;
    let mut body = document.body()?.clone();
    apply_defaults(&mut body);
    let missing = missing_inputs(&body);
    Some((lower_pipeline(&body).tree?, missing))
}

fn ci_stages(nodes: &[StageNode]) -> Vec<String> {
    nodes
        .iter()
        .flat_map(|node| match node {
            StageNode::Stage(stage) if matches!(stage.spec, StageSpec::Ci(_)) => vec![stage.identifier.value.clone()],
            StageNode::Stage(_) => Vec::new(),
            StageNode::Parallel(nodes) => ci_stages(nodes),
        })
        .collect()
}

const DOCKER: &str = "type: DockerRegistry\n  spec: {dockerRegistryUrl: \"https://index.docker.io/v2/\", providerType: DockerHub, auth: {type: Anonymous}}";
const AWS: &str = "type: Aws\n  spec: {credential: {type: ManualConfig, spec: {accessKey: AKIA, secretKeyRef: key}}}";
const GCP: &str = "type: Gcp\n  spec: {credential: {type: ManualConfig, spec: {secretKeyRef: key}}}";
const ARTIFACTORY: &str = "type: Artifactory\n  spec: {artifactoryServerUrl: \"https://a.example\", auth: {type: UsernamePassword, spec: {username: u, passwordRef: p}}}";

/// The connector that a type of step needs.
fn needed(kind: &str) -> &'static str {
    match kind {
        "BuildAndPushECR" | "SaveCacheS3" | "RestoreCacheS3" | "S3Upload" => AWS,
        "SaveCacheGCS" | "RestoreCacheGCS" | "GCSUpload" => GCP,
        "ArtifactoryUpload" => ARTIFACTORY,
        _ => DOCKER,
    }
}

/// Connectors for those that the pipeline names, with the type that its steps need; several if one name is used for two
/// types, as in steps of different clouds.
fn stand_ins(pipeline: &Pipeline, sources: &mut Sources) -> IndexMap<String, Connector> {
    let mut references_by_type: Vec<(&str, String)> = Vec::new();
    for stage in stages(&pipeline.stages) {
        references(stage, &mut |kind, reference| references_by_type.push((needed(kind), reference.to_owned())));
    }
    references_by_type.sort_by_key(|(body, _)| *body != DOCKER);
    let mut found = IndexMap::new();
    for (body, reference) in references_by_type {
        let id =
            sources.add("connector", &format!("connector:\n  identifier: stand_in\n  name: substitute\n  {body}\n"));
        let parsed = parse_documents(sources, id);
        let connector = parsed.tree.iter().find_map(|document| lower_connector(document.body()?).tree);
        found.insert(reference, connector.expect("a connector"));
    }
    found
}

fn stages(nodes: &[StageNode]) -> Vec<&[ExecutionNode]> {
    nodes
        .iter()
        .flat_map(|node| match node {
            StageNode::Stage(stage) => match &stage.spec {
                StageSpec::Ci(spec) => vec![spec.execution.as_slice()],
                StageSpec::Other { .. } | StageSpec::Template => Vec::new(),
            },
            StageNode::Parallel(nodes) => stages(nodes),
        })
        .collect()
}

/// Every literal `connectorRef` of steps.
fn references(nodes: &[ExecutionNode], visit: &mut impl FnMut(&str, &str)) {
    use cirun_parser::{ParameterField, model::StepSpec};
    for node in nodes {
        match node {
            ExecutionNode::Group(group) => references(&group.steps, visit),
            ExecutionNode::Parallel(nodes) => references(&nodes.value, visit),
            ExecutionNode::Step(step) => {
                let reference = match &step.spec {
                    StepSpec::Run(spec) => spec.connector_ref.as_ref(),
                    StepSpec::Background(spec) => spec.connector_ref.as_ref(),
                    StepSpec::Plugin(spec) => spec.connector_ref.as_ref(),
                    StepSpec::BuildAndPush(spec) => spec.target.connector_ref(),
                    StepSpec::Store(spec) => spec.connected.connector_ref.as_ref(),
                    StepSpec::RunTests(spec) => spec.run.connector_ref.as_ref(),
                    StepSpec::GitClone(_) | StepSpec::Wait(_) | StepSpec::Other(_) | StepSpec::Template => continue,
                };
                if let Some(field) = reference
                    && let ParameterField::Literal(text) = &field.value
                {
                    visit(&step.kind.value, text);
                }
            }
        }
    }
}

fn plan(
    pipeline: &Pipeline,
    sources: &Sources,
    stage: &str,
    connectors: Option<&IndexMap<String, Connector>>,
) -> Planned {
    let mut inputs = Inputs {
        selection: Selection { stages: vec![stage.to_owned()], ..Selection::default() },
        ..Inputs::new(sources)
    };
    inputs.codebase.branch = Some("main".to_owned());
    if let Some(connectors) = connectors {
        inputs.secrets = Arc::new(AnySecret);
        inputs.connectors = connectors.clone();
    }
    cirun_planner::plan(pipeline, &inputs)
}

const PLACEHOLDERS: &str = "documentation with words in capital letters in place of names";

/// Stages that need nothing from outside and cannot be planned: CI also refuses them, or the document is incomplete.
const REFUSED: &[(&str, &str, &str)] = &[
    (
        "documents/sandeepsardesi__devsecops-demo-app.yaml",
        "Build",
        "a Run step without image on Kubernetes, which has no machine to run it on",
    ),
    (
        "snippets/ci__use-ci-manage-dependencies-health-check-services-07.yaml",
        "build",
        "documentation with `...` in place of a step's `spec`",
    ),
    (
        "snippets/ci__use-ci-manage-dependencies-multiple-postgres-11.yaml",
        "stage",
        "documentation without the images of its services, which have no command either",
    ),
    ("documents/philip-walsh__recipie-api.yaml", "buildimage", "a repository without its name"),
    (
        "documents/kartikeya999__ci-usecases__dockerbuildargument.yaml",
        "BuildArguments",
        "`123` in place of an account's id",
    ),
    ("snippets/ci__use-ci-build-and-upload-artifacts-build-without-push-11.yaml", "build_scan_push", PLACEHOLDERS),
    ("snippets/ci__development-guides-ci-c-10.yaml", "Build", PLACEHOLDERS),
    ("snippets/ci__development-guides-ci-ruby-15.yaml", "build", PLACEHOLDERS),
    ("snippets/ci__development-guides-ci-ruby-16.yaml", "build", PLACEHOLDERS),
    ("snippets/ci__shared-ssh-during-docker-build-01.yaml", "Build", PLACEHOLDERS),
];

/// The number of stages with at least one error of each code.
#[derive(Default)]
struct Tally {
    stages: usize,
    clean: usize,
    codes: BTreeMap<&'static str, usize>,
}

impl Tally {
    fn count(&mut self, planned: &Planned) {
        self.stages += 1;
        let mut codes: Vec<&'static str> = errors(planned).map(|diagnostic| diagnostic.code).collect();
        codes.sort_unstable();
        codes.dedup();
        self.clean += usize::from(codes.is_empty());
        for code in codes {
            *self.codes.entry(code).or_default() += 1;
        }
    }

    fn table(&self) -> String {
        let codes: String = self.codes.iter().map(|(code, count)| format!("{code}: {count}\n")).collect();
        format!("{} of {} stages plan\n{codes}", self.clean, self.stages)
    }
}

fn errors(planned: &Planned) -> impl Iterator<Item = &Diagnostic> {
    planned.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error)
}

/// Whether the stage's own error names a value that only a trigger of the service has.
fn wants_a_trigger(planned: &Planned, text: &str) -> bool {
    let of_trigger = |diagnostic: &Diagnostic| {
        diagnostic.labels.first().is_some_and(|label| text[label.span.range()].contains("<+trigger."))
    };
    errors(planned).any(|diagnostic| diagnostic.code == "expression-error" && of_trigger(diagnostic))
}

/// The build is the only input that cirun sets by itself.
const BUILD: &str = "properties.ci.codebase.build";

#[test]
fn ci_stages_plan_in_their_own_profile() {
    let Some(root) = corpus() else {
        println!("no corpus: nothing is tested");
        return;
    };
    let [mut bare, mut provided, mut whole] = [Tally::default(), Tally::default(), Tally::default()];
    let (mut inputs, mut triggers) = (0, 0);
    let mut unexpected = String::new();
    for (name, text) in pipelines(&root) {
        let mut sources = Sources::default();
        let id = sources.add(&name, &text);
        let Some((pipeline, missing)) = pipeline(&sources, id) else { continue };
        let connectors = stand_ins(&pipeline, &mut sources);
        for stage in ci_stages(&pipeline.stages) {
            bare.count(&plan(&pipeline, &sources, &stage, None));
            let planned = plan(&pipeline, &sources, &stage, Some(&connectors));
            provided.count(&planned);
            if missing.iter().any(|input| input.path != BUILD) {
                inputs += 1;
                continue;
            }
            if wants_a_trigger(&planned, &text) {
                triggers += 1;
                continue;
            }
            whole.count(&planned);
            let refused = REFUSED.iter().any(|(file, id, _)| *file == name && *id == stage);
            if refused == errors(&planned).next().is_none() {
                unexpected.push_str(&format!("{name} {stage}\n"));
            }
            for diagnostic in errors(&planned).filter(|_| !refused) {
                let place = diagnostic.labels.first().map(|label| sources.line_column(label.span));
                unexpected.push_str(&format!("    {place:?} {}: {}\n", diagnostic.code, diagnostic.message));
            }
        }
    }
    assert!(unexpected.is_empty(), "stages that plan otherwise than expected:\n{unexpected}");
    insta::assert_snapshot!(
        format!(
            "nothing given: {}\nconnectors and secrets given: {}\nof these, {inputs} are in a pipeline with open \
             runtime inputs, and {triggers} need a trigger; the others: {}",
            bare.table(), provided.table(), whole.table()
        ),
        @"
    nothing given: 183 of 291 stages plan
    expression-error: 3
    invalid-name: 8
    missing-input: 38
    missing-required-input: 3
    missing-secret: 62

    connectors and secrets given: 239 of 291 stages plan
    expression-error: 3
    invalid-name: 7
    missing-input: 38
    missing-required-input: 3
    wrong-connector-type: 1

    of these, 57 are in a pipeline with open runtime inputs, and 3 need a trigger; the others: 221 of 231 stages plan
    invalid-name: 7
    missing-required-input: 3
    "
    );
}

/// Does what `cirun check` does with a text: documents, templates and input sets of the same file, every stage. Returns
/// the number of diagnostics.
fn check(text: &str) -> usize {
    let mut sources = Sources::default();
    let id = sources.add("cut.yaml", text);
    let mut parsed = parse_documents(&sources, id);
    let mut said = parsed.diagnostics.len();
    let main = parsed.tree.iter_mut().find(|document| document.kind == DocumentKind::Pipeline);
    let Some(body) = main.and_then(Document::take_body) else { return said };
    let bodies = |kind| parsed.tree.iter().filter(move |document| document.kind == kind).filter_map(Document::body);
    let lookup = |query: &TemplateQuery<'_>| pick_template(query, bodies(DocumentKind::Template));
    let body = resolve_templates(body, &lookup);
    let mut body = apply_input_sets(body.tree, &bodies(DocumentKind::InputSet).collect::<Vec<_>>()).tree;
    apply_defaults(&mut body);
    let lowered = lower_pipeline(&body);
    said += lowered.diagnostics.len();
    let Some(pipeline) = lowered.tree else { return said };
    let connectors = stand_ins(&pipeline, &mut sources);
    let inputs = Inputs { secrets: Arc::new(AnySecret), connectors, ..Inputs::new(&sources) };
    let planned = cirun_planner::plan(&pipeline, &inputs);
    for label in planned.diagnostics.iter().chain(&planned.parity).flat_map(|diagnostic| &diagnostic.labels) {
        sources.line_column(label.span);
    }
    cirun_plan::to_json(&planned.plan);
    said + planned.diagnostics.len()
}

/// Each pipeline of the corpus cut at every 97th byte; for longer ones every 61st of these cuts, with a different start
/// for each, unless `CIRUN_EVERY_CUT` is set.
#[test]
fn pipelines_cut_off_anywhere_are_checked() {
    let Some(root) = corpus() else {
        println!("no corpus: nothing is tested");
        return;
    };
    let every = every_cut();
    let (mut cuts, mut said) = (0_usize, 0);
    for (number, (_, text)) in pipelines(&root).iter().enumerate() {
        let some = !every && text.len() > 1200;
        let (first, step) = if some { (97 * (number % 61), 97 * 61) } else { (0, 97) };
        for end in (first..text.len()).step_by(step).filter(|end| text.is_char_boundary(*end)) {
            cuts += 1;
            said += check(&text[..end]);
        }
    }
    println!("{cuts} cuts, {said} diagnostics");
    assert!(cuts > 300 && said > cuts);
}

#[expect(clippy::disallowed_methods, reason = "a choice of who runs the test")]
fn every_cut() -> bool {
    std::env::var_os("CIRUN_EVERY_CUT").is_some()
}
