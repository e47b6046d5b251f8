//! Drops runtime inputs that a local run does not need: those of stages that do not run, and those that have a default, that
//! git answers, or that only CI reads.

use cirun_diagnostics::Span;
use cirun_parser::{MissingInput, Node, Value, missing_inputs};

use crate::Checkout;

/// The path of the codebase's build. It needs no answer: the default is the checkout.
const BUILD: &str = "properties.ci.codebase.build";

/// Fields of a stage's infrastructure that only a cluster, a VM pool or CI itself reads.
const OF_THE_CLUSTER: [&[&str]; 16] = [
    &["infrastructure", "spec", "connectorRef"],
    &["infrastructure", "spec", "namespace"],
    &["infrastructure", "spec", "serviceAccountName"],
    &["infrastructure", "spec", "automountServiceAccountToken"],
    &["infrastructure", "spec", "nodeSelector"],
    &["infrastructure", "spec", "tolerations"],
    &["infrastructure", "spec", "labels"],
    &["infrastructure", "spec", "annotations"],
    &["infrastructure", "spec", "priorityClassName"],
    &["infrastructure", "spec", "initTimeout"],
    &["infrastructure", "spec", "harnessImageConnectorRef"],
    &["infrastructure", "spec", "spec", "poolName"],
    &["infrastructure", "spec", "spec", "identifier"],
    &["infrastructure", "spec", "spec", "harnessImageConnectorRef"],
    &["infrastructure", "spec", "spec", "initTimeout"],
    &["runtime", "spec", "size"],
];

/// Fields of the codebase that are only needed for cloning: with a checkout, they need no value.
const OF_THE_CHECKOUT: [&str; 2] = ["repoName", "connectorRef"];

/// Removes the inputs that need no value from `open`, and puts the checkout's answers into the pipeline. `chosen` has the
/// stages to run; all if empty.
pub(super) fn settle(pipeline: &mut Node, open: &mut Vec<MissingInput>, chosen: &[String], checkout: &Checkout) {
    let is_open = |span: Span| open.iter().any(|input| input.span == span);
    let mut settled: Vec<Span> = open.iter().filter(|input| input.path == BUILD).map(|input| input.span).collect();
    fill_variables(pipeline, &is_open, &mut settled);
    if let Some(codebase) = at_mut(pipeline, &["properties", "ci", "codebase"]) {
        for name in OF_THE_CHECKOUT {
            fill(at_mut(codebase, &[name]), Some(""), &is_open, &mut settled);
        }
        let [branch, tag] = [&checkout.branch, &checkout.tag].map(|known| known.as_deref());
        fill(at_mut(codebase, &["build", "spec", "branch"]), branch, &is_open, &mut settled);
        fill(at_mut(codebase, &["build", "spec", "tag"]), tag, &is_open, &mut settled);
    }
    each_stage(pipeline, &mut |stage| {
        let spans = |node: &Node| missing_inputs(node).into_iter().map(|input| input.span).collect::<Vec<_>>();
        let id = stage.get("identifier").and_then(Node::text);
        let is_chosen = chosen.is_empty()
            || id.is_some_and(|id| {
                // The name of an instance also chooses its looped stage.
                let is_of = |chosen: &String| {
                    chosen.strip_prefix(id).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
                };
                chosen.iter().any(is_of)
            });
        if !is_chosen || !has_steps_here(stage) {
            settled.extend(spans(stage));
            return;
        }
        let fields = OF_THE_CLUSTER.iter().filter_map(|path| at(stage.get("spec")?, path));
        let selectors = stage.get("delegateSelectors");
        settled.extend(fields.chain(selectors).flat_map(spans));
    });
    open.retain(|input| !settled.contains(&input.span));
}

/// Whether any step of the stage can run locally: those of CI stages and of containerised step groups.
fn has_steps_here(stage: &Node) -> bool {
    let is_other = stage.get("type").and_then(Node::text).is_some_and(|kind| kind != "CI");
    !is_other || has_key(stage, "stepGroupInfra")
}

fn has_key(node: &Node, key: &str) -> bool {
    node.entries().iter().any(|entry| entry.key.value == key || has_key(&entry.value, key))
        || node.items().iter().any(|item| has_key(item, key))
}

fn each_stage(pipeline: &Node, visit: &mut impl FnMut(&Node)) {
    let mut lists: Vec<&Node> = pipeline.get("stages").into_iter().collect();
    while let Some(list) = lists.pop() {
        for item in list.items() {
            if let Some(stage) = item.get("stage") {
                visit(stage);
            }
            lists.extend(item.get("parallel"));
        }
    }
}

/// Replaces the open inputs of variables with a `default`, or that are not required, by an empty value.
fn fill_variables(node: &mut Node, is_open: &impl Fn(Span) -> bool, settled: &mut Vec<Span>) {
    for entry in node.entries_mut() {
        if entry.key.value == "variables" {
            for variable in entry.value.items_mut() {
                let text = |key: &str| variable.get(key).and_then(Node::text).filter(|text| !text.is_empty());
                if text("default").is_some() || text("required") == Some("false") {
                    fill(at_mut(variable, &["value"]), Some(""), is_open, settled);
                }
            }
        }
        fill_variables(&mut entry.value, is_open, settled);
    }
    node.items_mut().iter_mut().for_each(|item| fill_variables(item, is_open, settled));
}

/// Replaces an open input by its answer.
fn fill(node: Option<&mut Node>, answer: Option<&str>, is_open: &impl Fn(Span) -> bool, settled: &mut Vec<Span>) {
    if let (Some(node), Some(answer)) = (node, answer)
        && is_open(node.span)
    {
        settled.push(node.span);
        node.value = Value::Scalar { text: answer.to_owned(), plain: false, lead: None };
    }
}

fn at<'n>(node: &'n Node, path: &[&str]) -> Option<&'n Node> {
    path.iter().try_fold(node, |node, key| node.get(key))
}

fn at_mut<'n>(node: &'n mut Node, path: &[&str]) -> Option<&'n mut Node> {
    path.iter().try_fold(node, |node, key| {
        node.entries_mut().iter_mut().find(|entry| entry.key.value == *key).map(|entry| &mut entry.value)
    })
}

#[cfg(test)]
mod tests {
    use cirun_diagnostics::Sources;
    use cirun_parser::parse_documents;

    use super::*;

    /// The paths of the inputs that are still open.
    fn asked(text: &str, chosen: &[&str], checkout: &Checkout) -> String {
        let mut sources = Sources::default();
        let id = sources.add("p.yaml", text);
        let mut parsed = parse_documents(&sources, id);
        let mut pipeline = parsed.tree[0].take_body().expect("a pipeline");
        let mut open = missing_inputs(&pipeline);
        let chosen: Vec<String> = chosen.iter().map(|id| (*id).to_owned()).collect();
        settle(&mut pipeline, &mut open, &chosen, checkout);
        open.iter().map(|input| input.path.clone()).collect::<Vec<_>>().join("\n")
    }

    const PIPELINE: &str = r#"pipeline:
  identifier: p
  properties:
    ci:
      codebase:
        connectorRef: <+input>
        repoName: <+input>
        build: {type: branch, spec: {branch: <+input>}}
  variables:
    - {name: a, type: String, default: x, value: <+input>}
    - {name: b, type: String, required: false, value: <+input>}
    - {name: c, type: String, required: true, value: <+input>}
    - {name: d, type: String, default: "", value: <+input>}
  stages:
    - parallel:
        - stage:
            identifier: one
            type: CI
            delegateSelectors: <+input>
            variables: [{name: e, type: String, default: x, value: <+input>}]
            spec:
              infrastructure:
                type: KubernetesDirect
                spec: {connectorRef: <+input>, namespace: <+input>, os: <+input>, nodeSelector: {a: <+input>}}
              execution: {steps: [{step: {identifier: s, type: Run, spec: {command: <+input>}}}]}
        - stage:
            identifier: two
            type: CI
            spec: {execution: {steps: [{step: {identifier: s, type: Run, spec: {command: <+input>}}}]}}
    - stage:
        identifier: deploy
        type: Deployment
        spec: {environment: {environmentRef: <+input>}}
    - stage:
        identifier: custom
        type: Custom
        spec: {execution: {steps: [{stepGroup: {identifier: g, stepGroupInfra: {type: KubernetesDirect}, steps: [{step: {identifier: s, spec: {command: <+input>}}}]}}]}}
"#;

    #[test]
    fn only_what_a_run_needs_is_asked_for() {
        let checkout = Checkout { branch: Some("main".to_owned()), ..Checkout::default() };
        insta::assert_snapshot!(asked(PIPELINE, &[], &checkout), @"
        variables.c.value
        variables.d.value
        stages.one.spec.infrastructure.spec.os
        stages.one.spec.execution.steps.s.spec.command
        stages.two.spec.execution.steps.s.spec.command
        stages.custom.spec.execution.steps.g.steps.s.spec.command
        ");
        insta::assert_snapshot!(asked(PIPELINE, &["two"], &checkout), @"
        variables.c.value
        variables.d.value
        stages.two.spec.execution.steps.s.spec.command
        ");
        insta::assert_snapshot!(asked(PIPELINE, &["two"], &Checkout::default()), @"
        properties.ci.codebase.build.spec.branch
        variables.c.value
        variables.d.value
        stages.two.spec.execution.steps.s.spec.command
        ");
    }
}
