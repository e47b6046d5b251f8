use cirun_diagnostics::Sources;
use insta::assert_snapshot;

use crate::{lower_document, parse_documents, testing::render};

fn diagnose(text: &str) -> String {
    let mut sources = Sources::default();
    let id = sources.add("t.yaml", text);
    let parse = parse_documents(&sources, id);
    let lowered = parse.tree.iter().map(lower_document);
    let diagnostics = parse.diagnostics.iter().cloned().chain(lowered.flat_map(|parse| parse.diagnostics));
    diagnostics.map(|diagnostic| render(&sources, &diagnostic)).collect::<Vec<_>>().join("\n")
}

#[test]
fn columns_count_characters_and_spans_count_bytes() {
    let found = diagnose("pipeline:\n  identifier: p\n  stages: [{stage: {name: é, identifier: a, type: CII}}]");
    assert_snapshot!(found, @r"
3:51 (no such stage type) error unknown-stage-type: unknown stage type `CII`
    help: did you mean `CI`?
");
}

#[test]
fn what_may_still_come_is_not_missed() {
    let found = diagnose("pipeline:\n  identifier: my-p\n  stages:\n    - stage:\n        name: \"x\n");
    assert_snapshot!(found, @r"
6:1 (cirun reads the document up to here) error yaml-syntax: a quoted text does not end
    help: close the quotation mark
2:15 (the service refuses it) warning bad-identifier: `my-p` is not an identifier
    help: for example `my_p`
");
}

#[test]
fn a_mistake_in_an_expression_is_shown_where_the_source_has_the_text_as_it_is() {
    let places = |value: &str| {
        let text = format!(
            "pipeline:\n identifier: p\n stages: [{{stage: {{identifier: s, type: Custom}}}}]\n name: {value}\n"
        );
        let mut sources = Sources::default();
        let id = sources.add("t.yaml", &text);
        let mistakes = lower_document(&parse_documents(&sources, id).tree[0]).diagnostics;
        let found = mistakes.iter().flat_map(|mistake| &mistake.labels).map(|label| &text[label.span.range()]);
        found.collect::<Vec<_>>().join(", ")
    };
    assert_eq!(places("é <+a(>"), "<+a(>");
    assert_eq!(places("'é <+a(>'"), "<+a(>");
    // As long as its quoted text, but folded.
    assert_eq!(places("<+(é>\n  b"), "<+(é>\n  b");
    assert_eq!(places(r#""\L\u00e9 <+a(>""#), r#""\L\u00e9 <+a(>""#);
}

#[test]
fn a_map_in_place_of_a_scalar() {
    let found = diagnose(
        "pipeline:\n  identifier: p\n  stages:\n    - stage:\n        identifier: s\n        type: CI\n        spec:\n          caching: true\n          execution:\n            steps:\n              - step:\n                  identifier: e\n                  type: BuildAndPushECR\n                  spec: {caching: {enabled: true}, retry: [2], region: [a]}\n",
    );
    assert_snapshot!(found, @"
    8:20 error expected-map: expected a map, not a text
        help: write `key: value` lines below the key
    14:35 error expected-boolean: expected `true` or `false`, not a map
        help: write `true` or `false`
    14:59 error expected-number: expected a whole number, not a list
        help: write digits only
    14:72 error expected-text: expected a text, not a list
        help: write one value, or quote it
    ");
}

#[test]
fn a_terraform_template_is_named() {
    assert_snapshot!(diagnose("pipeline:\n  identifier: p\n%{ if x }\n  name: p\n%{ endif }\n"), @"
    3:1 (cirun reads the document up to here) error yaml-syntax: `%{…}` belongs to a Terraform template, which is not YAML yet
        help: render the template, and check the result
    ");
}
