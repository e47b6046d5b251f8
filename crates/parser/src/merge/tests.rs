use cirun_diagnostics::{Diagnostic, Sources};
use insta::assert_snapshot;

use super::{
    TemplateQuery, apply_defaults, apply_input_sets, missing_inputs, pick_template, resolve_templates, set_input,
    value_of,
};
use crate::{
    Document, DocumentKind, Node, Value, parse_documents,
    testing::{flow, render},
};

/// The documents of a text, with its sources.
fn read(text: &str) -> (Sources, Vec<Document>) {
    let mut sources = Sources::default();
    let id = sources.add("t.yaml", text);
    let parse = parse_documents(&sources, id);
    assert_eq!(parse.diagnostics, []);
    (sources, parse.tree)
}

fn bodies(documents: &[Document], kind: DocumentKind) -> Vec<&Node> {
    documents.iter().filter(|document| document.kind == kind).filter_map(Document::body).collect()
}

fn show(sources: &Sources, tree: &Node, diagnostics: &[Diagnostic]) -> String {
    let diagnostics: Vec<_> = diagnostics.iter().map(|diagnostic| render(sources, diagnostic)).collect();
    format!("{}\n{}", flow(tree), diagnostics.join("\n"))
}

/// The pipeline of a text with its templates inserted.
fn resolve(text: &str) -> String {
    let (sources, documents) = read(text);
    let templates = bodies(&documents, DocumentKind::Template);
    let lookup = |query: &TemplateQuery<'_>| pick_template(query, templates.iter().copied());
    let parse = resolve_templates(bodies(&documents, DocumentKind::Pipeline)[0].clone(), &lookup);
    show(&sources, &parse.tree, &parse.diagnostics)
}

/// The pipeline of a text with its input sets applied.
fn apply(text: &str) -> String {
    let (sources, documents) = read(text);
    let parse = apply_input_sets(
        bodies(&documents, DocumentKind::Pipeline)[0].clone(),
        &bodies(&documents, DocumentKind::InputSet),
    );
    show(&sources, &parse.tree, &parse.diagnostics)
}

const STEP: &str = r"
---
template: {identifier: t, versionLabel: '1', type: Step, spec: {type: Run, timeout: <+input>, spec: {image: '<+input>.allowedValues(a,b)', command: x}}}";

#[test]
fn a_step_template_takes_its_inputs_and_the_name_of_its_place() {
    let pipeline = "pipeline: {stages: [{stage: {identifier: s, spec: {execution: {steps: [{step: {identifier: a, name: A, \
                    template: {templateRef: account.t, versionLabel: '1', templateInputs: {type: Run, spec: {image: b}}}}}]}}}}]}";
    assert_snapshot!(resolve(&format!("{pipeline}{STEP}")), @"{stages: [{stage: {identifier: s, spec: {execution: {steps: [{step: {identifier: a, name: A, type: Run, timeout: <+input>, spec: {image: b, command: x}}}]}}}}]}");
}

#[test]
fn inputs_that_no_template_has() {
    let pipeline = "pipeline: {stages: [{stage: {spec: {execution: {steps: [{step: {identifier: a, template: {templateRef: t, \
                    gitBranch: dev, templateVariables: {v: 1}, templateInputs: {spec: {image: c, command: y, shell: Sh}}}}}]}}}}]}";
    assert_snapshot!(resolve(&format!("{pipeline}{STEP}")), @r"
{stages: [{stage: {spec: {execution: {steps: [{step: {identifier: a, type: Run, timeout: <+input>, spec: {image: c, command: x}}}]}}}}]}
1:118 (cirun takes the checked-out file) warning template-branch: the service reads this template from the branch `dev`
1:142 (ignored) warning template-variables: `templateVariables` are not applied
1:181 error input-not-allowed: `c` is not one of `a`, `b`
    also 3:109 (the input is declared here)
1:193 (ignored) warning unknown-input: a value for a field that is not a runtime input
    also 3:149 (this field has a value already)
    help: write `<+input>` there, or remove the value here
1:196 (ignored) warning unknown-input: there is no `shell` here
    help: the inputs of a document are its `<+input>` values
");
}

#[test]
fn a_template_that_no_file_holds() {
    assert_snapshot!(resolve("pipeline: {stages: [{stage: {identifier: s, template: {templateRef: org.x, versionLabel: v2}}}]}"), @r"
{stages: [{stage: {identifier: s, template: {templateRef: org.x, versionLabel: v2}}}]}
1:69 (not found) error missing-template: no file holds the template `x` of the organisation
    help: save it below `.harness/` (or name its directory with `--include`): a document `template:` with `identifier: x`, `versionLabel: v2`, `type: Stage`
");
}

#[test]
fn templates_in_templates() {
    let text = r"
pipeline: {identifier: p, template: {templateRef: all, templateInputs: {stages: [{stage: {identifier: s, template: {templateInputs: {spec: {execution: {steps: [{stepGroup: {identifier: g, template: {templateInputs: {steps: [{step: {identifier: c, spec: {command: hi}}}]}}}}]}}}}}}]}}}
---
template: {identifier: all, type: Pipeline, versionLabel: v1, spec: {stages: [{stage: {identifier: s, template: {templateRef: st, templateInputs: {type: CI, spec: {execution: {steps: [{stepGroup: {identifier: g, template: {templateInputs: {steps: [{step: {identifier: c, spec: {command: <+input>}}}]}}}}]}}}}}}]}}
---
template: {identifier: st, type: Stage, versionLabel: v1, spec: {type: CI, spec: {execution: {steps: [{stepGroup: {identifier: g, template: {templateRef: gr, templateInputs: {steps: [{step: {identifier: c, spec: {command: <+input>}}}]}}}}]}}}}
---
template: {identifier: gr, type: StepGroup, versionLabel: v1, spec: {stageType: CI, steps: [{step: {identifier: c, type: Run, spec: {command: <+input>}}}]}}";
    assert_snapshot!(resolve(text), @"{identifier: p, stages: [{stage: {identifier: s, type: CI, spec: {execution: {steps: [{stepGroup: {identifier: g, stageType: CI, steps: [{step: {identifier: c, type: Run, spec: {command: hi}}}]}}]}}}}]}");
}

#[test]
fn circles_wrong_types_and_explosions() {
    let circle = r"
pipeline: {stages: [{stage: {identifier: s, template: {templateRef: a}}}]}
---
template: {identifier: a, type: Stage, spec: {spec: {execution: {steps: [{stepGroup: {identifier: g, template: {templateRef: b}}}]}}}}
---
template: {identifier: b, type: StepGroup, spec: {steps: [{stepGroup: {identifier: h, template: {templateRef: b}}}, {step: {identifier: i, template: {templateRef: a}}}]}}";
    assert_snapshot!(resolve(circle), @r"
{stages: [{stage: {identifier: s, spec: {execution: {steps: [{stepGroup: {identifier: g, steps: [{stepGroup: {identifier: h, template: {templateRef: b}}}, {step: {identifier: i, template: {templateRef: a}}}]}}]}}}}]}
6:111 error template-cycle: the template `b` uses itself
    help: remove the cycle
6:164 error template-type: `a` is a template of type `Stage`, but expected a Step
    also 4:33 (the template's type)
");
}

#[test]
fn explosions_are_bounded() {
    let mut text = "pipeline: {stages: [{stage: {identifier: s, spec: {execution: {steps: [{stepGroup: {identifier: g, template: {templateRef: t0}}}]}}}}]}".to_owned();
    for level in 0..15 {
        let inner = format!("{{stepGroup: {{identifier: g, template: {{templateRef: t{}}}}}}}", level + 1);
        text.push_str(&format!(
            "\n---\ntemplate: {{identifier: t{level}, type: StepGroup, spec: {{steps: [{}]}}}}",
            vec![inner; 40].join(", ")
        ));
    }
    let out = resolve(&text);
    assert!(out.contains("template-expansion"), "{}", &out[out.len() - 300..]);
}

#[test]
fn the_best_version_and_scope_is_picked() {
    let (_, documents) = read(
        "template: {identifier: t, versionLabel: v9, type: Step, orgIdentifier: o}\n---\ntemplate: {identifier: t, versionLabel: v10, type: Step, projectIdentifier: p}\n---\ntemplate: {identifier: t, versionLabel: v9, type: Step}\n",
    );
    let templates = bodies(&documents, DocumentKind::Template);
    let (_, pipeline) = read(
        "pipeline: {stages: [{step: {template: {templateRef: t}}}, {step: {template: {templateRef: org.t}}}, {step: {template: {templateRef: account.t, versionLabel: v9}}}, {step: {template: {templateRef: t, versionLabel: v9}}}, {step: {template: {templateRef: t, versionLabel: v8}}}]}",
    );
    let picked = std::cell::RefCell::new(Vec::new());
    let lookup = |query: &TemplateQuery<'_>| {
        let found = pick_template(query, templates.iter().copied());
        picked.borrow_mut().push(found.map_or_else(|| "none".to_owned(), flow));
        None
    };
    resolve_templates(bodies(&pipeline, DocumentKind::Pipeline)[0].clone(), &lookup);
    assert_snapshot!(picked.into_inner().join("\n"), @r"
{identifier: t, versionLabel: v10, type: Step, projectIdentifier: p}
{identifier: t, versionLabel: v9, type: Step, orgIdentifier: o}
{identifier: t, versionLabel: v9, type: Step}
{identifier: t, versionLabel: v9, type: Step, orgIdentifier: o}
none
");
}

#[test]
fn input_sets_fill_runtime_inputs_and_the_last_wins() {
    let text = r"
pipeline: {identifier: p, variables: [{name: v, type: String, value: <+input>}, {name: w, type: String, value: x}], properties: {ci: {codebase: {build: <+input>}}},
  stages: [{parallel: [{stage: {identifier: a, spec: {image: <+input>}}}, {stage: {identifier: b, spec: {image: <+input>}}}]}]}
---
inputSet: {identifier: i, pipeline: {identifier: p, variables: [{name: v, value: one}], properties: {ci: {codebase: {build: {type: branch, spec: {branch: main}}}}}}}
---
inputSet: {identifier: j, pipeline: {identifier: p, variables: [{name: v, value: two}], stages: [{parallel: [{stage: {identifier: b, type: CI, spec: {image: busybox}}}]}]}}";
    assert_snapshot!(apply(text), @"{identifier: p, variables: [{name: v, type: String, value: two}, {name: w, type: String, value: x}], properties: {ci: {codebase: {build: {type: branch, spec: {branch: main}}}}}, stages: [{parallel: [{stage: {identifier: a, spec: {image: <+input>}}}, {stage: {identifier: b, spec: {image: busybox}}}]}]}");
}

#[test]
fn input_sets_that_do_not_fit() {
    let text = r"
pipeline: {identifier: p, variables: [{name: w, type: String, value: x}], stages: [{stage: {identifier: a, timeout: '<+input>.regex([0-9]+m)'}}]}
---
inputSet: {pipeline: {identifier: q, variables: [{name: w, value: y}, {name: z, value: 1}], stages: [{stage: {identifier: a, timeout: 5s, when: {condition: 'true'}}}, {stage: {identifier: b}}]}}
---
inputSet: {identifier: empty}";
    assert_snapshot!(apply(text), @r"
{identifier: p, variables: [{name: w, type: String, value: x}], stages: [{stage: {identifier: a, timeout: 5s}}]}
4:35 (not of `p`) warning input-set-pipeline: this is an input set of `q`
    help: take an input set of this pipeline
4:67 (ignored) warning unknown-input: a value for a field that is not a runtime input
    also 2:70 (this field has a value already)
    help: write `<+input>` there, or remove the value here
4:71 (ignored) warning unknown-input: there is no `z` in the list
    help: list items pair up by `identifier` or `name`
4:135 error input-not-allowed: `5s` does not match `[0-9]+m`
    also 2:117 (the input is declared here)
4:139 (ignored) warning unknown-input: there is no `when` here
    help: the inputs of a document are its `<+input>` values
4:168 (ignored) warning unknown-input: there is no `b` in the list
    help: list items pair up by `identifier` or `name`
6:11 (in this input set) error missing-field: `pipeline` is missing
");
}

#[test]
fn what_is_missing_can_be_set_by_its_path() {
    let text = "pipeline: {variables: [{name: a.b, type: String, value: <+input>.default(7)}], stages: [{parallel: [{stage: {identifier: s, spec: {steps: [{step: {identifier: c, spec: {image: <+input>, list: [<+input>]}}}]}}}]}]}";
    let (mut sources, documents) = read(text);
    let mut tree = bodies(&documents, DocumentKind::Pipeline)[0].clone();
    let missing = missing_inputs(&tree);
    assert_snapshot!(missing.iter().map(|input| input.path.as_str()).collect::<Vec<_>>().join("\n"), @r"
variables.a.b.value
stages.s.spec.steps.c.spec.image
stages.s.spec.steps.c.spec.list.0
");
    for (at, path) in
        ["variables.a.b", "pipeline.stages.s.spec.steps.c.spec.image", "stages.s.spec.steps.c.spec.list.0"]
            .iter()
            .enumerate()
    {
        let id = sources.add("--input", if at == 1 { "[x, y]" } else { "a b" });
        set_input(&mut tree, path, value_of(&sources, id)).unwrap();
    }
    assert_snapshot!(flow(&tree), @"{variables: [{name: a.b, type: String, value: a b}], stages: [{parallel: [{stage: {identifier: s, spec: {steps: [{step: {identifier: c, spec: {image: [x, y], list: [a b]}}}]}}}]}]}");
    assert_eq!(missing_inputs(&tree), []);
    let id = sources.add("--input", "z");
    for path in ["stages.t.spec", "variables.a.b.c", "stages.s.spec.steps.c.spec.image.x"] {
        let error = set_input(&mut tree, path, value_of(&sources, id)).unwrap_err();
        assert_eq!(error.code, "unknown-input-path", "{path}");
    }
    let error = set_input(&mut tree, "stages.t", value_of(&sources, id)).unwrap_err();
    assert_snapshot!(render(&sources, &error), @r"
1:1 error unknown-input-path: the path ends before `t`
    help: there is s
");
    let error = set_input(&mut tree, "stages.s.spec.steps.d.spec", value_of(&sources, id)).unwrap_err();
    assert_snapshot!(render(&sources, &error), @r"
1:1 error unknown-input-path: the path ends before `d.spec`
    help: there is c
");
}

#[test]
fn paths_through_lists_of_lists_and_names_with_dots() {
    let text = "pipeline: {a: {b: {c: <+input>}}, a.b: 1, l: [[x, [<+input>]], {k: <+input>}], '': <+input>}";
    let (mut sources, documents) = read(text);
    let id = sources.add("--input", "set");
    let mut tree = bodies(&documents, DocumentKind::Pipeline)[0].clone();
    for missing in missing_inputs(&tree) {
        set_input(&mut tree, &missing.path, value_of(&sources, id)).unwrap();
    }
    assert_snapshot!(flow(&tree), @"{a: {b: {c: set}}, a.b: 1, l: [[x, [set]], {k: set}], : set}");
    let error = set_input(&mut tree, "", value_of(&sources, id)).unwrap_err();
    assert_snapshot!(render(&sources, &error), @r"
1:1 error unknown-input-path: the path ends before ``
    help: there is a, a.b, l, ''
");
}

#[test]
fn defaults_fill_missing_inputs() {
    let (_, documents) = read(
        "pipeline: {a: <+input>.default(main), b: <+input>, c: [x, '<+input>.allowedValues(1,2).default(2)'], d: <+input>.default(<+pipeline.name>)}",
    );
    let mut tree = bodies(&documents, DocumentKind::Pipeline)[0].clone();
    apply_defaults(&mut tree);
    assert_snapshot!(flow(&tree), @"{a: main, b: <+input>, c: [x, 2], d: <+pipeline.name>}");
}

#[test]
fn values_given_by_hand() {
    let mut shown = Vec::new();
    for text in ["a: b", "[1, 2]", "{a: b}", "[1", "", "3.10"] {
        let mut sources = Sources::default();
        let id = sources.add("--input", text);
        shown.push(flow(&value_of(&sources, id)));
    }
    assert_snapshot!(shown.join("\n"), @r"
a: b
[1, 2]
{a: b}
[1

3.10
");
}

#[test]
fn an_input_set_fits_before_and_after_the_templates_are_in_place() {
    let text = r"
pipeline: {identifier: p, template: {templateRef: t, templateInputs: {variables: [{name: v, type: String, value: <+input>}]}}}
---
template: {identifier: t, type: Pipeline, spec: {variables: [{name: v, type: String, value: <+input>}]}}
---
inputSet: {pipeline: {identifier: p, template: {templateInputs: {variables: [{name: v, type: String, value: x}]}}}}";
    let (_, documents) = read(text);
    let templates = bodies(&documents, DocumentKind::Template);
    let lookup = |query: &TemplateQuery<'_>| pick_template(query, templates.iter().copied());
    let sets = bodies(&documents, DocumentKind::InputSet);
    let pipeline = bodies(&documents, DocumentKind::Pipeline)[0];
    let before = resolve_templates(apply_input_sets(pipeline.clone(), &sets).tree, &lookup);
    let after = apply_input_sets(resolve_templates(pipeline.clone(), &lookup).tree, &sets);
    assert_eq!((flow(&before.tree), &before.diagnostics), (flow(&after.tree), &after.diagnostics));
    assert_snapshot!(flow(&after.tree), @"{identifier: p, variables: [{name: v, type: String, value: x}]}");
    assert_eq!(after.diagnostics, []);
}

#[test]
fn values_keep_the_place_that_gave_them() {
    let (sources, documents) = read("pipeline:\n  a: <+input>\n---\ninputSet:\n  pipeline:\n    a: é\n");
    let parse = apply_input_sets(
        bodies(&documents, DocumentKind::Pipeline)[0].clone(),
        &bodies(&documents, DocumentKind::InputSet),
    );
    let value = parse.tree.get("a").unwrap();
    assert_eq!(value.value, Value::Scalar { text: "é".to_owned(), plain: true, lead: Some(0) });
    assert_eq!(sources.line_column(value.span), (6, 8));
}
