//! Every real `<+…>` can be parsed: in the documents of `$CIRUN_CORPUS`, or of `shared/corpus` in a parent directory.
#![expect(clippy::disallowed_methods, reason = "the test finds and reads its corpus; the crate itself does not")]

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
};

use cirun_expressions::Template;
use granit_parser::Parser;
use insta::assert_snapshot;

/// Finds the corpus; a checkout without one has nothing to test.
fn corpus() -> Option<PathBuf> {
    if let Some(named) = env::var_os("CIRUN_CORPUS") {
        let named = PathBuf::from(named);
        assert!(named.is_dir(), "CIRUN_CORPUS names no directory: {}", named.display());
        return Some(named);
    }
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
    above.map(|folder| folder.join("shared/corpus")).find(|folder| folder.is_dir())
}

/// The corpus, and what cannot be parsed: the text with its errors.
#[derive(Default)]
struct Found {
    counts: BTreeMap<&'static str, usize>,
    mistakes: BTreeMap<String, String>,
}

impl Found {
    fn count(&mut self, what: &'static str, by: usize) {
        *self.counts.entry(what).or_default() += by;
    }

    /// Reads the scalars of a file up to its first YAML error.
    fn read(&mut self, text: &str) {
        self.count("1 files", 1);
        let mut before = String::new();
        for event in Parser::new_from_str(text) {
            let Ok((event, _)) = event else {
                self.count("2 files that are not YAML to their end", 1);
                return;
            };
            let Some((scalar, _)) = event.scalar() else { continue };
            self.scalar(scalar, &before);
            before = scalar.to_string();
        }
    }

    fn scalar(&mut self, scalar: &str, key: &str) {
        if !scalar.contains("<+") {
            return;
        }
        self.count("3 texts with expressions", 1);
        let (template, errors) = Template::parse(scalar);
        if template.as_runtime_input().is_some() {
            self.count("4 of these, runtime inputs", 1);
        }
        for error in errors {
            self.count("6 malformed expressions", 1);
            let shown: String = scalar[error.span.clone()].chars().take(60).collect();
            self.mistakes.insert(shown, error.message);
        }
        if key == "condition" {
            self.count("5 of these, conditions", 1);
            if let Err(error) = Template::parse_expression(scalar) {
                self.count("7 malformed conditions", 1);
                self.mistakes.insert(scalar.to_owned(), error.message);
            }
        }
    }
}

#[test]
fn expressions_of_the_corpus_parse() {
    let Some(corpus) = corpus() else {
        println!("no corpus: set CIRUN_CORPUS");
        return;
    };
    let mut found = Found::default();
    for folder in ["documents", "snippets"] {
        for file in walkdir::WalkDir::new(corpus.join(folder)).sort_by_file_name() {
            let file = file.expect("the corpus can be listed");
            if file.file_type().is_file() {
                let bytes = fs::read(file.path()).expect("the corpus can be read");
                found.read(&String::from_utf8_lossy(&bytes));
            }
        }
    }
    let counts = found.counts.iter().map(|(what, count)| format!("{}: {count}", &what[2..]));
    let mistakes = found.mistakes.iter().map(|(text, message)| format!("`{}`: {message}", text.replace('\n', "\\n")));
    assert_snapshot!(counts.chain(mistakes).collect::<Vec<_>>().join("\n"), @r#"
    files: 979
    files that are not YAML to their end: 105
    texts with expressions: 2726
    of these, runtime inputs: 927
    of these, conditions: 213
    malformed expressions: 3
    `"my_app_store_id)`: the text's closing quote is missing (`>` in it is written `\>`)
    `<+execution.steps.<STEP_GROUP_ID>`: a name is missing after `.`
    "#);
}
