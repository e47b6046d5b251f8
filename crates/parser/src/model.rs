//! The document as written: every option may be missing, every leaf may be an expression.

mod background;
mod build_and_push;
mod connector;
mod document;
mod flow;
mod git_connector;
mod pipeline;
mod plugin;
mod registry;
pub(crate) mod resources;
mod run;
mod stage;
mod step;
mod step_specs;
mod store;
mod variable;

pub use background::BackgroundSpec;
pub use build_and_push::{
    AcrTarget, BuildAndPushSpec, BuildTarget, BuildTargetKind, DockerTarget, EcrTarget, GoogleTarget,
};
pub use connector::{
    ArtifactoryAuth, ArtifactoryConnector, AwsConnector, AwsCredential, AzureAuth, AzureConnector, AzureCredential,
    Connector, ConnectorSpec, CrossAccountAccess, DockerAuth, DockerConnector, GcpConnector, GcpCredential,
    SecretDocument,
};
pub use document::{InputSetDocument, Lowered, OverlayDocument, TemplateBody, TemplateDocument, TriggerDocument};
pub use flow::{FailureActionSpec, FailureStrategySpec, RepeatSpec, StrategySpec, TemplateRef, WhenSpec};
pub use git_connector::{GitConnector, GitLogin, GitProvider, GitUser};
pub use pipeline::{BuildSpec, Codebase, Pipeline, StageNode};
pub(crate) use pipeline::{CI_PROPERTIES, PROPERTIES};
pub use plugin::PluginSpec;
pub use registry::RegistrySpec;
pub use resources::Resources;
pub use run::{OutputAliasSpec, OutputVariableSpec, RunSpec};
pub(crate) use stage::EXECUTION;
pub use stage::{Caching, CiStage, InfrastructureSpec, PlatformSpec, RuntimeSpec, ServiceDependency, Stage, StageSpec};
pub use step::{ExecutionNode, Step, StepGroup, StepGroupInfra};
pub use step_specs::*;
pub use store::{
    ArtifactoryUpload, AzureCache, CacheInputs, ConnectedInputs, GcsCache, GcsUpload, RestoreInputs, RestoreOptions,
    RestoredPaths, S3Cache, S3Upload, SaveInputs, SaveOptions, SharedInputs, Store, StoreSpec, StoreStep,
};
pub use variable::{Variable, VariableType};

pub use crate::step_types::StepSpec;
