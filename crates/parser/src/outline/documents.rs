//! Documents, stages and their settings.

use super::{Outline, Shown, line, map, merged};
use crate::model::{
    BuildSpec, InfrastructureSpec, Lowered, RuntimeSpec, ServiceDependency, Stage, StageNode, StageSpec, TemplateBody,
    Variable, VariableType,
};

impl Outline for Lowered {
    fn outline(&self) -> Shown {
        let (kind, body) = match self {
            Self::Pipeline(pipeline) => ("pipeline", pipeline.outline()),
            Self::Template(template) => ("template", template.outline()),
            Self::InputSet(set) => ("inputSet", set.outline()),
            Self::Overlay(overlay) => ("overlayInputSet", overlay.outline()),
            Self::Connector(connector) => ("connector", connector.outline()),
            Self::Secret(secret) => ("secret", secret.outline()),
            Self::Trigger(trigger) => ("trigger", trigger.outline()),
        };
        map([(kind, body)])
    }
}

impl Outline for TemplateBody {
    fn outline(&self) -> Shown {
        match self {
            Self::Step(step) => map([("step", step.outline())]),
            Self::StepGroup(group) => map([("stepGroup", group.outline())]),
            Self::Stage(stage) => map([("stage", stage.outline())]),
            Self::Pipeline(pipeline) => map([("pipeline", pipeline.outline())]),
            Self::Other => line("not read"),
        }
    }
}

impl Outline for StageNode {
    fn outline(&self) -> Shown {
        match self {
            Self::Stage(stage) => map([("stage", stage.outline())]),
            Self::Parallel(stages) => map([("parallel", stages.outline())]),
        }
    }
}

impl Outline for Stage {
    fn outline(&self) -> Shown {
        let spec = match &self.spec {
            StageSpec::Ci(ci) => map([("CI", ci.outline())]),
            StageSpec::Other { kind, execution } => map([("type", kind.outline()), ("steps", execution.outline())]),
            StageSpec::Template => Shown::Nothing,
        };
        let common = map([
            ("identifier", self.identifier.outline()),
            ("name", self.name.outline()),
            ("template", self.template.outline()),
            ("variables", self.variables.outline()),
            ("when", self.when.outline()),
            ("failureStrategies", self.failure_strategies.outline()),
            ("strategy", self.strategy.outline()),
            ("timeout", self.timeout.outline()),
            ("delegateSelectors", self.delegate_selectors.outline()),
        ]);
        merged([common, spec])
    }
}

impl Outline for RuntimeSpec {
    fn outline(&self) -> Shown {
        map([("type", self.kind.outline()), ("spec", self.spec.outline())])
    }
}

impl Outline for InfrastructureSpec {
    fn outline(&self) -> Shown {
        let named = map([("type", self.kind.outline()), ("useFromStage", self.use_from_stage.outline())]);
        merged([named, self.spec.outline()])
    }
}

impl Outline for ServiceDependency {
    fn outline(&self) -> Shown {
        let named = map([("identifier", self.identifier.outline()), ("name", self.name.outline())]);
        merged([named, self.spec.outline()])
    }
}

impl Outline for Variable {
    fn outline(&self) -> Shown {
        let kind = match self.kind {
            VariableType::String => "String",
            VariableType::Number => "Number",
            VariableType::Secret => "Secret",
        };
        map([
            ("name", self.name.outline()),
            ("type", line(kind)),
            ("value", self.value.outline()),
            ("default", self.default.outline()),
            ("required", self.required.outline()),
        ])
    }
}

impl Outline for BuildSpec {
    fn outline(&self) -> Shown {
        match self {
            Self::Branch(text) => map([("branch", text.outline())]),
            Self::Tag(text) => map([("tag", text.outline())]),
            Self::PullRequest(text) => map([("PR", text.outline())]),
            Self::Commit(text) => map([("commitSha", text.outline())]),
            Self::Expression(text) => text.outline(),
        }
    }
}
