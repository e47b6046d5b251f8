//! Any bytes: the parser may report errors, but never panics, and every place it reports is in the text.

use cirun_diagnostics::Sources;
use cirun_parser::{
    TemplateQuery, apply_defaults, apply_input_sets, decode, lower_document, missing_inputs, parse_documents,
    pick_template, resolve_templates, set_input, value_of,
};
use proptest::prelude::*;

fn load(text: &str) {
    let mut sources = Sources::default();
    let id = sources.add("file", text);
    let parse = parse_documents(&sources, id);
    let lowered = parse.tree.iter().map(lower_document).flat_map(|lowered| lowered.diagnostics);
    for diagnostic in parse.diagnostics.iter().cloned().chain(lowered) {
        for label in &diagnostic.labels {
            assert!(text.get(label.span.range()).is_some(), "{diagnostic:?} of {text:?}");
            sources.line_column(label.span);
        }
    }
    // Every document as a template and as an input set for every other one.
    let roots: Vec<_> = parse.tree.iter().map(|document| document.body().unwrap_or(&document.root)).collect();
    let lookup = |query: &TemplateQuery<'_>| pick_template(query, roots.iter().copied());
    for root in &roots {
        let mut tree = apply_input_sets(resolve_templates((*root).clone(), &lookup).tree, &roots).tree;
        for missing in missing_inputs(&tree) {
            set_input(&mut tree, &missing.path, value_of(&sources, id)).unwrap_or_else(|error| {
                panic!("{} of {text:?}: {error:?}", missing.path);
            });
        }
        apply_defaults(&mut tree);
    }
}

/// Fragments of pipelines, which get further into the parser than random characters.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "pipeline:",
        "template:",
        "inputSet:",
        "connector:",
        "stages:",
        "stage:",
        "steps:",
        "step:",
        "stepGroup:",
        "parallel:",
        "identifier: a",
        "type: Run",
        "type: CI",
        "type: BuildAndPushECR",
        "spec:",
        "execution:",
        "strategy:",
        "matrix:",
        "when:",
        "failureStrategies:",
        "<<: *a",
        "&a",
        "*a",
        "- ",
        "  ",
        "    ",
        "\n",
        "\n",
        "\n",
        "\n  ",
        "\n    - ",
        "<+input>",
        "<+a.b>",
        "<+",
        "{",
        "}",
        "[",
        "]",
        ":",
        ": ",
        "|\n",
        ">-\n",
        "\"",
        "'",
        "\t",
        "\r\n",
        "---\n",
        "...\n",
        "# c\n",
        "é",
        "\u{feff}",
        "!!str ",
        "? ",
        "%TAG\n",
        "\0",
        "null",
        "true",
        "1",
        "templateRef: a",
        "templateInputs:",
        "variables:",
        "name: a",
        "value: <+input>.default(1)",
        "envVariables:",
        "tags:",
    ]);
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pieces_of_pipelines(text in pieces()) {
        load(&text);
    }

    #[test]
    fn any_text(text in "\\PC{0,200}") {
        load(&text);
    }

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        match decode(&bytes) {
            Ok(text) => load(text),
            Err(error) => prop_assert_eq!(error.code, "not-utf8"),
        }
    }
}
