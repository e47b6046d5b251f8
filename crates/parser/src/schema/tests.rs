#![expect(clippy::disallowed_methods, reason = "tests read the documents of testdata; the crate itself takes text")]

use std::{fs, path::Path};

use cirun_diagnostics::Sources;

use super::*;
use crate::{Node, Value as NodeValue};

mod mutants;

/// A document as JSON, the way a YAML reader of an editor sees it.
fn json_of(node: &Node) -> Value {
    match &node.value {
        NodeValue::Null => Value::Null,
        NodeValue::Scalar { text, plain: false, .. } => json!(text),
        NodeValue::Scalar { text, plain: true, .. } => match text.as_str() {
            "true" => json!(true),
            "false" => json!(false),
            number => match (number.parse::<i64>(), number.parse::<f64>()) {
                (Ok(number), _) => json!(number),
                (Err(_), Ok(number)) if number.is_finite() => json!(number),
                (Err(_), _) => json!(text),
            },
        },
        NodeValue::List(items) => items.iter().map(json_of).collect(),
        NodeValue::Map(entries) => {
            Value::Object(entries.iter().map(|entry| (entry.key.value.clone(), json_of(&entry.value))).collect())
        }
    }
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// The mistakes of every document of a file, with their places in it.
fn mistakes(file: &Path) -> Vec<String> {
    mistakes_by(&jsonschema::validator_for(&schema()).unwrap(), file)
}

fn mistakes_by(validator: &jsonschema::Validator, file: &Path) -> Vec<String> {
    let bytes = fs::read(file).unwrap();
    let mut sources = Sources::default();
    let id = sources.add("", crate::decode(&bytes).unwrap());
    let documents = crate::parse_documents(&sources, id).tree;
    assert!(!documents.is_empty(), "{} holds no document", file.display());
    let mut found = Vec::new();
    for document in documents {
        let instance = json_of(&document.root);
        found.extend(validator.iter_errors(&instance).map(|error| format!("{}: {error}", error.instance_path())));
    }
    found
}

fn yaml_files(directory: &str) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(root().join(directory)).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    files
}

#[test]
fn the_examples_are_valid() {
    let files: Vec<_> =
        ["examples/hello", "examples/shop", "examples/shop/.harness"].into_iter().flat_map(yaml_files).collect();
    assert!(files.len() > 3, "{files:?}");
    let mut wrong = String::new();
    for file in files {
        for mistake in mistakes(&file) {
            wrong.push_str(&format!("{}: {:.300}\n", file.display(), mistake));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn documents_with_mistakes_are_not() {
    for name in ["020_wrong_shapes", "021_unknown_words", "022_unknown_fields", "023_missing_fields", "028_step_types"]
    {
        let found = mistakes(&root().join(format!("testdata/err/{name}.yaml")));
        assert!(!found.is_empty(), "{name} is valid");
    }
}

#[test]
fn fields_are_described() {
    let definitions = definitions();
    let about = |definition: &str, field: &str| definitions[definition]["properties"][field]["description"].clone();
    assert_eq!(about("step", "timeout"), "How long the step may run.");
    assert_eq!(about("BuildAndPushECRSpec", "connectorRef"), "The AWS connector of the registry.");
    assert_eq!(about("BuildAndPushECRSpec", "region"), "The AWS region of the registry.");
    assert_eq!(
        about("BuildAndPushECRSpec", "account"),
        "The id of the AWS account that the registry belongs to: 12 digits, quoted."
    );
    assert_eq!(
        about("BuildAndPushECRSpec", "imageName"),
        "The repository in the registry, without the registry's host."
    );
}

/// What the documents require (documents.step-fields).
#[test]
fn required_fields() {
    let definitions = definitions();
    for (definition, required) in [
        ("step", vec!["identifier", "name"]),
        ("stage", vec!["identifier", "name"]),
        ("stepGroup", vec!["identifier", "name"]),
        ("BuildAndPushECRSpec", vec!["account", "connectorRef", "imageName", "region", "tags"]),
        ("BuildAndPushGARSpec", vec!["connectorRef", "host", "imageName", "projectID", "tags"]),
        ("BuildAndPushACRSpec", vec!["connectorRef", "repository", "tags"]),
        ("SaveCacheS3Spec", vec!["bucket", "connectorRef", "key", "sourcePaths"]),
        ("ArtifactoryUploadSpec", vec!["connectorRef", "sourcePath", "target"]),
    ] {
        assert_eq!(definitions[definition]["required"], json!(required), "{definition}");
    }
}

/// Documents that the parser reads without a word, although a field that it does not need is wrong in them.
const STRICTER: &[(&str, &str)] = &[
    (
        "documents/harness__harness-template-library__ci-golden-pipeline-t-p-input_sets-default.yaml",
        "a Terraform template: `tags` is text before rendering",
    ),
    (
        "documents/harness__harness-template-library__ci-sto-hcr-standard-t-p-input_sets-pull_requests.yaml",
        "a Terraform template: `tags` is text before rendering",
    ),
    ("snippets/cd__cd-onboarding-new-user-rampup-templates-01.yaml", "a template without `versionLabel`"),
    (
        "documents/kartikeya999__ci-usecases__conatinerstep_v1.yaml",
        "a null in `tags`, which the service refuses in pipelines",
    ),
    (
        "snippets/ci__development-guides-mobile-android-24.yaml",
        "`steps` twice: null first, and the service keeps the last",
    ),
];

/// The v0 documents of the corpus (`CIRUN_CORPUS`, or beside the repository). Those that the service's own schema accepts are
/// valid, and of those that it does not know (it has no schema of input sets) those that the parser finds nothing wrong with.
#[test]
fn documents_of_the_corpus() {
    let named = std::env::var_os("CIRUN_CORPUS").map(std::path::PathBuf::from);
    let corpus = named.clone().unwrap_or_else(|| root().join("../shared/corpus"));
    let Ok(index) = fs::read_to_string(corpus.join("INDEX.tsv")) else {
        assert!(named.is_none(), "CIRUN_CORPUS names no corpus: {}", corpus.display());
        return;
    };
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let (mut accepted, mut valid, mut warned) = (0, 0, 0);
    let mut wrong = String::new();
    for cells in index.lines().skip(1).map(|line| line.split('\t').collect::<Vec<_>>()) {
        if cells[11] != "v0" || cells[13] != "ok" || !ROOTS.iter().any(|(root, _)| *root == cells[12]) {
            continue;
        }
        let file = corpus.join(cells[0]);
        let in_the_service = cells.get(14).copied().unwrap_or_default();
        accepted += u32::from(in_the_service == "pass");
        match (mistakes_by(&validator, &file).first(), in_the_service) {
            (None, _) => valid += 1,
            (Some(_), known) if known.starts_with("fail") => warned += 1,
            (Some(mistake), "pass") if STRICTER.iter().all(|(name, _)| *name != cells[0]) => {
                wrong.push_str(&format!("{}: {mistake:.300}\n", cells[0]));
            }
            (Some(_), _) if !is_clean(&file) || STRICTER.iter().any(|(name, _)| *name == cells[0]) => warned += 1,
            (Some(mistake), _) => wrong.push_str(&format!("{}: {mistake:.300}\n", cells[0])),
        }
    }
    assert!(wrong.is_empty(), "the service or the parser takes these documents and the schema does not:\n{wrong}");
    assert_eq!(
        (accepted, valid, warned),
        (274, 454, 36),
        "documents that the service accepts, valid documents, and documents that are known to be wrong"
    );
}

/// Whether the parser has nothing to say of a file.
fn is_clean(file: &Path) -> bool {
    let bytes = fs::read(file).unwrap();
    let mut sources = Sources::default();
    let id = sources.add("", crate::decode(&bytes).unwrap());
    let parsed = crate::parse_documents(&sources, id);
    let lowered = parsed.tree.iter().all(|document| crate::lower_document(document).diagnostics.is_empty());
    parsed.diagnostics.is_empty() && lowered
}
