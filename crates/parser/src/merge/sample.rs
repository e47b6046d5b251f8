//! A pipeline that only uses one template: what the planner checks when a template is checked.

use cirun_diagnostics::{Span, Spanned};

use crate::{
    Entry, Node, Value,
    merge::TemplateKind,
    step_types::{StepClass, step_type},
};

/// The stage around a step or a step group, with the fields that the template's user writes.
const STAGE: &str = "template";

/// Returns the value of `pipeline:` that uses the template document with this body (the value of `template:`), or
/// `None` if CI stages cannot use it. A step or a step group gets a CI stage without infrastructure.
pub fn pipeline_of_template(template: &Node) -> Option<(TemplateKind, Node)> {
    let text = |key: &str| template.get(key).and_then(Node::text);
    let make = Make { span: Span { end: template.span.start, ..template.span } };
    let identifier = template.get("identifier").filter(|node| node.text().is_some()).cloned();
    let identifier = identifier.unwrap_or_else(|| make.text(STAGE));
    let named = |spec: &Node| make.named(&identifier, spec);
    let spec = template.get("spec").filter(|spec| !spec.entries().is_empty())?;
    let (kind, stages) = match text("type")? {
        "Pipeline" => return Some((TemplateKind::Pipeline, named(spec))),
        "Stage" => (TemplateKind::Stage, make.item("stage", named(spec))),
        "StepGroup" if spec.get("stageType").is_none_or(|stage| stage.text() == Some("CI")) => {
            (TemplateKind::StepGroup, make.stage(make.item("stepGroup", named(spec))))
        }
        "Step" if spec.get("type").and_then(Node::text).and_then(step_type)?.class != StepClass::NotCi => {
            (TemplateKind::Step, make.stage(make.item("step", named(spec))))
        }
        _ => return None,
    };
    let pipeline = make.map(vec![make.entry("stages", make.list(stages))]);
    Some((kind, make.named(&make.text(STAGE), &pipeline)))
}

/// Creates nodes that are not in any document, all placed at the template's beginning.
struct Make {
    span: Span,
}

impl Make {
    fn text(&self, text: &str) -> Node {
        Node { span: self.span, value: Value::Scalar { text: text.to_owned(), plain: false, lead: None } }
    }

    fn list(&self, item: Node) -> Node {
        Node { span: self.span, value: Value::List(vec![item]) }
    }

    fn map(&self, entries: Vec<Entry>) -> Node {
        Node { span: self.span, value: Value::Map(entries) }
    }

    fn entry(&self, key: &str, value: Node) -> Entry {
        Entry { key: Spanned { value: key.to_owned(), span: self.span }, value }
    }

    fn item(&self, wrapper: &str, body: Node) -> Node {
        self.map(vec![self.entry(wrapper, body)])
    }

    /// The body with an identifier and a name.
    fn named(&self, name: &Node, body: &Node) -> Node {
        let given = ["identifier", "name"];
        let mut entries = given.map(|key| self.entry(key, name.clone())).to_vec();
        entries.extend(body.entries().iter().filter(|entry| !given.contains(&entry.key.value.as_str())).cloned());
        Node { span: body.span, value: Value::Map(entries) }
    }

    /// A CI stage with one step or step group.
    fn stage(&self, item: Node) -> Node {
        let execution = self.map(vec![self.entry("steps", self.list(item))]);
        let spec = self.map(vec![self.entry("execution", execution)]);
        let stage = self.map(vec![self.entry("type", self.text("CI")), self.entry("spec", spec)]);
        self.item("stage", self.named(&self.text(STAGE), &stage))
    }
}

#[cfg(test)]
mod tests {
    use cirun_diagnostics::Sources;
    use insta::assert_snapshot;

    use super::*;
    use crate::{parse_documents, testing::flow};

    fn sample(text: &str) -> String {
        let mut sources = Sources::default();
        let id = sources.add("t.yaml", text);
        let documents = parse_documents(&sources, id).tree;
        pipeline_of_template(&documents[0].root).map_or_else(|| "none".to_owned(), |(_, pipeline)| flow(&pipeline))
    }

    #[test]
    fn each_kind_is_placed_where_it_is_used() {
        assert_snapshot!(sample("{identifier: t, type: Pipeline, spec: {name: own, timeout: 1h}}"), @"{identifier: t, name: t, timeout: 1h}");
        assert_snapshot!(sample("{identifier: t, type: Stage, spec: {type: CI}}"), @"{identifier: template, name: template, stages: [{stage: {identifier: t, name: t, type: CI}}]}");
        assert_snapshot!(sample("{identifier: t, type: StepGroup, spec: {steps: []}}"), @"{identifier: template, name: template, stages: [{stage: {identifier: template, name: template, type: CI, spec: {execution: {steps: [{stepGroup: {identifier: t, name: t, steps: []}}]}}}}]}");
        assert_snapshot!(sample("{identifier: t, type: Step, spec: {type: Run}}"), @"{identifier: template, name: template, stages: [{stage: {identifier: template, name: template, type: CI, spec: {execution: {steps: [{step: {identifier: t, name: t, type: Run}}]}}}}]}");
    }

    #[test]
    fn what_ci_stages_do_not_use_has_none() {
        assert_eq!(sample("{identifier: t, type: Step, spec: {type: ShellScript}}"), "none");
        assert_eq!(sample("{identifier: t, type: StepGroup, spec: {stageType: Deployment, steps: []}}"), "none");
        assert_eq!(sample("{identifier: t, type: Notification, spec: {type: x}}"), "none");
        assert_eq!(sample("{identifier: t, type: Stage}"), "none");
    }
}
