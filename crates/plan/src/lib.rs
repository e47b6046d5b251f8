//! The plan: a resolved stage, with the origin of every value. Plain data, independent of any backend.
//!
//! The planner creates it, the engine runs it, `cirun plan` and `cirun explain` print it.

mod deferred;
mod duration;
mod environment;
mod files;
mod indented;
mod mermaid;
mod origin;
mod profile;
mod quantity;
mod registry_auth;
mod rules;
mod secret;
mod stage;
mod step;
mod text;
mod tree;
mod wire;

pub use deferred::{DeferredText, StaticScope};
pub use duration::{ParseDurationError, parse_duration};
pub use environment::{EnvVar, EnvVars, Environment};
pub use files::{ENGINE_DIR, StepFiles};
pub use mermaid::render_mermaid;
pub use origin::{Cause, Origin, Place, Traced};
pub use profile::{NetworkModel, Profile};
pub use registry_auth::{AwsKeys, AwsLogin, RegistryAuth, RegistryPassword};
pub use rules::{AwsNames, BrokenName, Must, Outside, ValueForm, VariableRule, cache_repositories, tag_list};
pub use secret::Secret;
pub use stage::{CodebaseClone, ContainerisedGroup, Group, GroupKind, Node, Plan, PlannedStage, StageId, steps_here};
pub use step::{
    Action, Attempts, Condition, ContainerAction, FailureAction, FailureStrategy, HostAction, LocalPlugin, Mount,
    OutputVariable, PlannedStep, PortBinding, PullPolicy, Role, SkipReason, StageStatus, StepPath, Storage,
    StrategyLevel, When,
};
pub use text::Text;
pub use tree::{StageRow, render_tree};
pub use wire::{to_json, write_json, write_json_v2};
