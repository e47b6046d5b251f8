//! Makes a plan from a pipeline, its inputs and a profile: every value is known, with its origin, or left to a running
//! step; diagnostics report what CI would reject, ignore or do differently.
//!
//! Pure. The planner knows plugins and clouds, but not Docker.

mod aws_login;
mod build;
mod codebase;
mod codebase_clone;
mod connectors;
mod containerised;
mod earlier_stages;
mod env;
mod flow;
mod gates;
mod git;
mod idle;
mod image;
mod infrastructure;
mod inputs;
mod left_out;
mod looping;
mod lower;
mod names;
mod notes;
mod pitfalls;
mod place;
mod planning;
mod platform;
mod plugin_image;
mod quantity;
mod resolve;
mod resources;
mod secrets;
mod selection;
mod service_addresses;
mod services;
mod settings;
mod shared_paths;
mod shell;
mod stage;
mod store;
mod tables;
mod targets;
mod tree;
mod variables;
mod volumes;

pub use gates::Gate;
pub use inputs::{
    AwsInputs, AwsMode, CodebaseFacts, DelegateIdentity, Inputs, MachineDaemon, NoSecrets, PullRequestFacts, PushMode,
    RunFacts, SecretStore, Selection, Setting, WebIdentity,
};
pub use left_out::LeftOut;
pub use planning::{Planned, plan};
pub use targets::{Access, Decided, RegistryTarget, S3Bucket, StorePlayer, StoreTarget, StoreWork};
