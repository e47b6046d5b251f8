//! Real documents: all of them can be read, and none causes a panic when it is cut off anywhere.
//!
//! The corpus is not part of the repository; `CIRUN_CORPUS` names it, or it is next to the repository. Without it,
//! these tests have nothing to do.

#![expect(clippy::disallowed_methods, reason = "the corpus is files beside the repository")]

use std::{collections::BTreeMap, fmt::Write as _, fs, path::PathBuf};

use cirun_diagnostics::{Diagnostic, Severity, Sources};
use cirun_parser::{DocumentKind, decode, lower_document, missing_inputs, parse_documents};

/// Invalid documents of the corpus, with their errors: the service also refuses them.
const WRONG: &[(&str, &str)] = &[
    ("documents/pratikkumar__s3-cleaner.yaml", "`type: Build` is not a type of stages"),
    (
        "documents/hcomm__solutions-architecture__terraform-development-factory-t-p-terraform-module-execution.yaml",
        "the body of a pipeline, to which a Terraform resource adds the rest",
    ),
    ("snippets/ci__development-guides-ci-windows-16.yaml", "the key `pipeline` twice, the first without stages"),
    ("snippets/ci__development-guides-mobile-android-24.yaml", "the key `steps` twice"),
    ("snippets/ci__use-ci-run-tests-tests-v1-ti-for-ruby-03.yaml", "`type: Run Ruby Tests` is not a type of steps"),
    (
        "snippets/cd__deploy-srv-diff-platforms-azure-azure-container-apps-configure-service-environment-01.yaml",
        "no Harness document, a manifest of Azure: the index takes its `template` for one",
    ),
    (
        "snippets/cd__deploy-srv-diff-platforms-kubernetes-cd-k8s-ref-kubernetes-patch-step-04.yaml",
        "no Harness document, a manifest of Kubernetes: the index takes its `template` for one",
    ),
    (
        "snippets/cd__gitops-applicationsets-harness-git-ops-application-set-tutorial-02.yaml",
        "no Harness document, a part of a manifest of Argo CD: the index takes its `template` for one",
    ),
    (
        "snippets/cd__gitops-gitops-entities-agents-install-a-harness-git-ops-agent-25.yaml",
        "no Harness document, a part of a manifest of Kubernetes: the index takes its `template` for one",
    ),
    (
        "snippets/plat__templates-create-a-stepgroup-template-01.yaml",
        "indented wrongly: what belongs under `template:` is next to it",
    ),
    (
        "snippets/plat__triggers-selective-stage-execution-using-triggers-01.yaml",
        "indented wrongly: what belongs under `trigger:` is next to it",
    ),
];

/// A row of INDEX.tsv.
struct Row {
    file: String,
    whole: bool,
    v0: bool,
    parses: bool,
}

fn corpus() -> Option<(PathBuf, Vec<Row>)> {
    let named = std::env::var_os("CIRUN_CORPUS").map(PathBuf::from);
    let beside = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus");
    let root = named.clone().unwrap_or_else(beside);
    let index = match fs::read_to_string(root.join("INDEX.tsv")) {
        Ok(index) => index,
        Err(error) => {
            assert!(named.is_none(), "CIRUN_CORPUS: {}: {error}", root.display());
            return None;
        }
    };
    let rows = index.lines().skip(1).map(|line| {
        let cells: Vec<_> = line.split('\t').collect();
        let documents = ["pipeline", "template", "inputSet", "connector", "secret", "trigger"];
        Row {
            file: cells[0].to_owned(),
            whole: documents.contains(&cells[12]),
            v0: cells[11] == "v0",
            parses: cells[13] == "ok",
        }
    });
    Some((root, rows.collect()))
}

/// All diagnostics of a text.
fn load(text: &str) -> (Vec<Diagnostic>, Vec<DocumentKind>, Sources) {
    let mut sources = Sources::default();
    let id = sources.add("file", text);
    let parse = parse_documents(&sources, id);
    let mut diagnostics = parse.diagnostics;
    for document in &parse.tree {
        diagnostics.extend(lower_document(document).diagnostics);
        missing_inputs(&document.root);
    }
    let kinds = parse.tree.iter().map(|document| document.kind).collect();
    for label in diagnostics.iter().flat_map(|diagnostic| &diagnostic.labels) {
        assert!(text.get(label.span.range()).is_some(), "a label outside of the text");
    }
    (diagnostics, kinds, sources)
}

#[test]
fn every_v0_document_loads() {
    let Some((root, rows)) = corpus() else { return };
    let mut failures = String::new();
    let mut by_code: BTreeMap<&str, usize> = BTreeMap::new();
    let mut documents = 0;
    for row in rows.iter().filter(|row| row.v0 && row.parses && row.whole) {
        documents += 1;
        let bytes = fs::read(root.join(&row.file)).expect("a file of the index");
        let (diagnostics, _, sources) = load(decode(&bytes).expect("UTF-8"));
        let mut codes: Vec<_> = diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
        codes.sort_unstable();
        codes.dedup();
        codes.into_iter().for_each(|code| *by_code.entry(code).or_default() += 1);
        let wrong = WRONG.iter().any(|(file, _)| *file == row.file);
        let errors: Vec<_> = diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).collect();
        if errors.is_empty() == wrong {
            let _written = writeln!(failures, "{} ({} errors)", row.file, errors.len());
        }
        for error in errors.iter().filter(|_| !wrong) {
            let place = error.labels.first().map(|label| sources.line_column(label.span));
            let _written = writeln!(failures, "    {place:?} {}: {}", error.code, error.message);
        }
    }
    assert!(failures.is_empty(), "documents that load otherwise than expected:\n{failures}");
    let table: Vec<_> = by_code.iter().map(|(code, count)| format!("{code}: {count}")).collect();
    insta::assert_snapshot!(format!("documents: {documents}\n{}", table.join("\n")), @"
    documents: 490
    bad-identifier: 2
    duplicate-key: 2
    expected-map: 2
    expression-syntax: 1
    incomplete-document: 8
    incomplete-pipeline: 6
    missing-field: 1
    not-harness: 5
    placeholder: 5
    unexpected-value: 1
    unknown-field: 20
    unknown-stage-type: 1
    unknown-step-type: 1
    ");
}

#[test]
fn other_formats_are_named() {
    let Some((root, rows)) = corpus() else { return };
    let mut by_kind: BTreeMap<String, usize> = BTreeMap::new();
    for row in rows.iter().filter(|row| !row.v0 && row.parses) {
        let text = fs::read_to_string(root.join(&row.file)).expect("a file of the index");
        let (diagnostics, kinds, _) = load(&text);
        for kind in kinds {
            *by_kind.entry(format!("{kind:?}")).or_default() += 1;
            if matches!(kind, DocumentKind::V1 | DocumentKind::Unified | DocumentKind::Unknown) {
                assert!(diagnostics.iter().any(|d| d.severity == Severity::Error), "{} is taken for v0", row.file);
            }
        }
    }
    let table: Vec<_> = by_kind.iter().map(|(kind, count)| format!("{kind}: {count}")).collect();
    insta::assert_snapshot!(table.join("\n"), @r"
Unified: 3
Unknown: 6
V1: 3
");
}

/// Each file cut at every 97th byte; for longer ones every thirteenth of these cuts, with a different start for each,
/// unless `CIRUN_EVERY_CUT` is set.
#[test]
fn documents_cut_off_anywhere_do_no_harm() {
    let Some((root, rows)) = corpus() else { return };
    let every = std::env::var_os("CIRUN_EVERY_CUT").is_some();
    let mut cuts = 0;
    for (number, row) in rows.iter().enumerate() {
        let bytes = fs::read(root.join(&row.file)).expect("a file of the index");
        let some = !every && bytes.len() > 3000;
        let (first, step) = if some { (97 * (number % 13), 97 * 13) } else { (0, 97) };
        for end in (first..bytes.len()).step_by(step) {
            cuts += 1;
            match decode(&bytes[..end]) {
                Ok(text) => drop(load(text)),
                Err(error) => assert_eq!(error.code, "not-utf8", "{}", row.file),
            }
        }
    }
    println!("{cuts} cuts");
    assert!(cuts > 1000);
}
