//! Steps, step groups and their flow.

use indexmap::IndexMap;

use super::{Outline, Shown, line, map, merged};
use crate::{
    Text,
    lower::flow::StageWhen,
    model::{
        BuildTarget, CacheInputs, ExecutionNode, FailureActionSpec, FailureStrategySpec, OtherSpec, ReportsSpec,
        Resources, Step, StepGroup, StepGroupInfra, StepSpec, Store, StoreSpec, StrategySpec, WhenSpec,
    },
};

impl Outline for ExecutionNode {
    fn outline(&self) -> Shown {
        match self {
            Self::Step(step) => map([("step", step.outline())]),
            Self::Group(group) => map([("stepGroup", group.outline())]),
            Self::Parallel(nodes) => map([("parallel", nodes.value.outline())]),
        }
    }
}

impl Outline for Step {
    fn outline(&self) -> Shown {
        let common = map([
            ("identifier", self.identifier.outline()),
            ("name", self.name.outline()),
            ("template", self.template.outline()),
            ("timeout", self.timeout.outline()),
            ("when", self.when.outline()),
            ("failureStrategies", self.failure_strategies.outline()),
            ("strategy", self.strategy.outline()),
            ("policySets", self.policy_sets.outline()),
        ]);
        let kind = if self.kind.value.is_empty() { "no type" } else { &self.kind.value };
        let spec = match self.spec.outline() {
            spec if spec.is_empty() => line("{}"),
            spec => spec,
        };
        merged([common, if matches!(self.spec, StepSpec::Template) { Shown::Nothing } else { map([(kind, spec)]) }])
    }
}

impl Outline for OtherSpec {
    fn outline(&self) -> Shown {
        let fields = self.fields.iter().map(|(key, value)| (key.value.clone(), value.outline())).collect();
        merged([map([("not run", line(self.why))]), Shown::Map(fields)])
    }
}

impl Outline for StoreSpec {
    fn outline(&self) -> Shown {
        let (inputs, options) = match &self.cache {
            Some(CacheInputs::Save(inputs, options)) => (inputs.outline(), options.outline()),
            Some(CacheInputs::Restore(inputs, paths, options)) => {
                let paths = paths.as_ref().map(Outline::outline).unwrap_or_default();
                (merged([inputs.outline(), paths]), options.outline())
            }
            None => (Shown::Nothing, Shown::Nothing),
        };
        let store = match &self.store {
            Store::S3Cache(inputs) => inputs.outline(),
            Store::GcsCache(inputs) => inputs.outline(),
            Store::AzureCache(inputs) => inputs.outline(),
            Store::S3Upload(inputs) => inputs.outline(),
            Store::GcsUpload(inputs) => inputs.outline(),
            Store::ArtifactoryUpload(inputs) => inputs.outline(),
        };
        merged([self.connected.outline(), store, inputs, options, self.shared.outline()])
    }
}

impl Outline for BuildTarget {
    fn outline(&self) -> Shown {
        match self {
            Self::Ecr(target) => target.outline(),
            Self::Docker(target) => target.outline(),
            Self::Gar(target) | Self::Gcr(target) => target.outline(),
            Self::Acr(target) => target.outline(),
        }
    }
}

impl Outline for StepGroup {
    fn outline(&self) -> Shown {
        map([
            ("identifier", self.identifier.outline()),
            ("name", self.name.outline()),
            ("template", self.template.outline()),
            ("when", self.when.outline()),
            ("failureStrategies", self.failure_strategies.outline()),
            ("strategy", self.strategy.outline()),
            ("sharedPaths", self.shared_paths.outline()),
            ("variables", self.variables.outline()),
            ("stepGroupInfra", self.infra.outline()),
            ("steps", self.steps.outline()),
        ])
    }
}

impl Outline for StepGroupInfra {
    fn outline(&self) -> Shown {
        merged([map([("type", self.kind.outline())]), self.spec.outline()])
    }
}

impl Outline for Resources {
    fn outline(&self) -> Shown {
        map([
            ("limits.cpu", self.limit_cpu.outline()),
            ("limits.memory", self.limit_memory.outline()),
            ("requests.cpu", self.request_cpu.outline()),
            ("requests.memory", self.request_memory.outline()),
        ])
    }
}

impl Outline for ReportsSpec {
    fn outline(&self) -> Shown {
        map([("type", self.kind.outline()), ("paths", self.paths.outline())])
    }
}

impl Outline for StageWhen {
    fn outline(&self) -> Shown {
        self.0.outline()
    }
}

impl Outline for WhenSpec {
    fn outline(&self) -> Shown {
        map([("status", self.status.outline()), ("condition", self.condition.outline())])
    }
}

impl Outline for FailureStrategySpec {
    fn outline(&self) -> Shown {
        map([("errors", self.errors.outline()), ("action", self.action.outline())])
    }
}

impl Outline for FailureActionSpec {
    fn outline(&self) -> Shown {
        map([
            ("type", self.kind.outline()),
            ("retryCount", self.retry_count.outline()),
            ("retryIntervals", self.retry_intervals.outline()),
            ("condition", self.condition.outline()),
            ("timeout", self.timeout.outline()),
            ("then", self.then.outline()),
        ])
    }
}

impl Outline for StrategySpec {
    fn outline(&self) -> Shown {
        let row = |row: &IndexMap<String, Text>| {
            Shown::Map(row.iter().map(|(axis, value)| (axis.clone(), value.outline())).collect())
        };
        map([
            ("matrix", self.matrix.as_ref().map(Outline::outline).unwrap_or_default()),
            ("exclude", Shown::List(self.exclude.iter().map(row).collect())),
            ("nodeName", self.node_name.outline()),
            ("maxConcurrency", self.max_concurrency.outline()),
            ("parallelism", self.parallelism.outline()),
            ("repeat", self.repeat.outline()),
            ("when", self.when.outline()),
            ("onFailure", self.on_failure.outline()),
        ])
    }
}
