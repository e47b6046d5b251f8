//! Stages (documents.stages).

use cirun_diagnostics::{Span, Spanned};
use indexmap::IndexMap;

use crate::{
    FieldKind, Flag, Node, Text, TextList,
    lower::spec::{REQUIRED, fields, record, spec},
    model::{
        BackgroundSpec, ExecutionNode, FailureStrategySpec, RegistrySpec, StrategySpec, TemplateRef, Variable, WhenSpec,
    },
    words,
};

/// `stage:`.
#[derive(Debug, Clone, PartialEq)]
pub struct Stage {
    /// `identifier`.
    pub identifier: Spanned<String>,
    /// `name`.
    pub name: Option<Text>,
    /// `type` and `spec`.
    pub spec: StageSpec,
    /// `variables`, and `pipelineVariables` of older documents.
    pub variables: Vec<Variable>,
    /// `when`, with `pipelineStatus`.
    pub when: Option<WhenSpec>,
    /// `failureStrategies`.
    pub failure_strategies: Vec<FailureStrategySpec>,
    /// `strategy`.
    pub strategy: Option<StrategySpec>,
    /// `timeout`.
    pub timeout: Option<Text>,
    /// `template`.
    pub template: Option<TemplateRef>,
    /// `delegateSelectors`.
    pub delegate_selectors: Option<TextList>,
    /// The whole stage.
    pub span: Span,
}

/// A stage by its type.
#[derive(Debug, Clone, PartialEq)]
pub enum StageSpec {
    /// `CI`.
    Ci(Box<CiStage>),
    /// Any other type; its execution is kept for containerised step groups (groups.own).
    Other {
        /// The type (`Deployment`, `Custom`, …).
        kind: Spanned<String>,
        /// `spec.execution.steps`.
        execution: Vec<ExecutionNode>,
    },
    /// A reference without a type.
    Template,
}

record! {
    /// `spec` of a CI stage.
    #[derive(Debug, Clone, PartialEq, Default)]
    pub struct CiStage {
        /// Whether to clone the codebase before the first step.
        "cloneCodebase" => clone_codebase: Option<Flag>,
        /// The operating system and architecture.
        "platform" => platform: Option<PlatformSpec>,
        /// Harness Cloud, or the local runner.
        "runtime" => runtime: Option<RuntimeSpec>,
        /// A Kubernetes cluster, a pool of machines, or the infrastructure of another stage.
        "infrastructure" => infrastructure: Option<InfrastructureSpec>,
        /// Paths that all steps share.
        "sharedPaths" => shared_paths: Option<TextList>,
        /// Cache Intelligence.
        "caching" => caching: Option<Caching>,
        /// The connectors that pull images; not on Kubernetes.
        "registries" => registries: Vec<RegistrySpec>,
        /// Background services of older documents.
        "serviceDependencies" => service_dependencies: Vec<ServiceDependency>,
    }
    given {
        /// `execution.steps`.
        execution: Vec<ExecutionNode>,
    }
    known {
        "execution": FieldKind::Object(EXECUTION), "The steps.";
        "buildIntelligence": FieldKind::Object(BUILD_INTELLIGENCE), "Build Intelligence.";
        "slsa_provenance": FieldKind::Object(PROVENANCE), "An attestation of how the artifact was built.";
        "variables": FieldKind::Any, "Not read here: variables belong to the stage.";
        "delegateSelectors": FieldKind::Unread, "Of the stage and its infrastructure.";
        "service": FieldKind::Unread, "Of Deployment stages.";
        "skipGitClone": FieldKind::Flag, "Of older documents.";
    }
}

fields! {
    /// `execution`.
    EXECUTION {
        "steps": FieldKind::Some(&FieldKind::Named("executionNode")), REQUIRED;
        "rollbackSteps": FieldKind::Any;
        "metadata": FieldKind::Any;
        "variables": FieldKind::Unread;
    }
    /// `buildIntelligence`.
    BUILD_INTELLIGENCE {
        "enabled": FieldKind::Flag;
    }
    /// `slsa_provenance`.
    PROVENANCE {
        "enabled": FieldKind::Flag;
        "attestation": FieldKind::Any;
    }
}

spec! {
    /// `platform`.
    #[derive(Debug, Clone, PartialEq)]
    pub struct PlatformSpec {
        /// `Linux`, `MacOS` or `Windows`.
        "os" => os: Option<Text> as words::SYSTEMS,
        /// `Amd64` or `Arm64`.
        "arch" => arch: Option<Text> as words::ARCHITECTURES,
    }
    with span;
}

/// `runtime`.
#[derive(Debug, Clone, PartialEq)]
pub struct RuntimeSpec {
    /// `type`: `Cloud` or `Docker`.
    pub kind: Text,
    /// `spec`, as written.
    pub spec: Option<Node>,
}

/// `infrastructure`.
#[derive(Debug, Clone, PartialEq)]
pub struct InfrastructureSpec {
    /// `type`, as written (`KubernetesDirect`, `VM`, `KubernetesHosted`, `Cloud`, `Docker`, `UseFromStage`).
    pub kind: Option<Text>,
    /// `useFromStage`: a stage's identifier.
    pub use_from_stage: Option<Text>,
    /// `spec`: text-like fields by name (`connectorRef`, `namespace`, `runAsUser`, `os`, …).
    pub spec: IndexMap<String, Node>,
    /// Its place.
    pub span: Span,
}

spec! {
    /// `caching` (Cache Intelligence).
    #[derive(Debug, Clone, PartialEq)]
    pub struct Caching {
        /// Whether to save and restore.
        "enabled" => enabled: Option<Flag>,
        /// The key of the cache.
        "key" => key: Option<Text>,
        /// The paths to cache.
        "paths" => paths: Option<TextList>,
        /// Whether to overwrite a cache with the same key.
        "override" => override_: Option<Flag>,
        /// `pull`, `push` or `pull-push`.
        "policy" => policy: Option<Text> as words::CACHE_POLICIES,
    }
}

/// An item of `serviceDependencies`.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceDependency {
    /// `identifier`.
    pub identifier: Spanned<String>,
    /// `name`.
    pub name: Option<Text>,
    /// `spec`, read as a Background step's.
    pub spec: BackgroundSpec,
    /// Its place.
    pub span: Span,
}
