use std::{fs, path::Path};

use cirun_parser::{Node, Sources, Value as NodeValue};

use super::*;

/// A document as JSON, the way a YAML reader of an editor sees it.
fn json_of(node: &Node) -> Value {
    match &node.value {
        NodeValue::Null => Value::Null,
        NodeValue::Scalar { text, plain: false } => json!(text),
        NodeValue::Scalar { text, plain: true } => match text.as_str() {
            "true" => json!(true),
            "false" => json!(false),
            number => number.parse::<i64>().map_or_else(|_| json!(text), |number| json!(number)),
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
    let validator = jsonschema::validator_for(&schema()).unwrap();
    let text = cirun_parser::decode(&fs::read(file).unwrap()).unwrap();
    let mut sources = Sources::default();
    let id = sources.add("", &text);
    let documents = cirun_parser::parse_documents(&sources, id).tree;
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
fn documents_without_mistakes_are_valid() {
    let files: Vec<_> = ["examples/hello", "examples/shop", "examples/shop/.harness", "testdata/ok"]
        .into_iter()
        .flat_map(yaml_files)
        .collect();
    assert!(files.len() > 12, "{files:?}");
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
    let timeout = &definitions["step"]["properties"]["timeout"]["description"];
    assert_eq!(timeout, "How long the step may run.");
}
