//! Makes a plan from a pipeline, its inputs and a profile: every value is known, with its origin, or left to a running
//! step; diagnostics report what CI would reject, ignore or do differently.
//!
//! Pure. The planner knows plugins and clouds, but not Docker. Its modules in order; each uses only those before it:
//!
//! - `inputs` come in; `targets` and `notes` go out beside the plan: registries, stores, diagnostics, secrets;
//! - `scope`: what names, expressions and secrets mean at a place;
//! - `infrastructure` and `place`: where a stage or a step group runs;
//! - `applicability`: what an input does there; `lints`: what is only reported;
//! - `flow`: conditions, failure strategies, loops and gates; `env`: the layers of a step's environment;
//! - `connectors`: how steps sign in;
//! - `lower`: steps; `stage`: the stages around them; `planning`: the pipeline.

mod inputs;
mod targets;

mod notes;

mod scope;

mod infrastructure;

mod place;

mod applicability;
mod lints;

mod env;
mod flow;

mod connectors;

mod lower;

mod stage;

mod planning;

pub use flow::gates::Gate;
pub use inputs::{
    AwsInputs, AwsMode, CodebaseFacts, DelegateIdentity, Inputs, MachineDaemon, NoSecrets, PullRequestFacts, PushMode,
    RunFacts, SecretStore, Selection, Setting, WebIdentity,
};
pub use notes::LeftOut;
pub use planning::{Planned, plan};
pub use targets::{Access, Decided, RegistryTarget, S3Bucket, StoreLocation, StoreTarget, StoreWork};
