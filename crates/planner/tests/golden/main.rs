//! Plans of small pipelines: one test for each row of the seeds' tables, named after the row.

mod auth;
mod background;
mod background_in_groups;
mod bad_input;
mod containerised;
mod diagnostics;
mod ecr;
mod environment;
mod examples;
mod expressions;
mod flow;
mod git_clone;
mod git_connectors;
mod harness;
mod looping;
mod pitfalls;
mod plugin;
mod registries;
mod run;
mod seeds;
mod selection;
mod services;
mod smoke;
mod stages;
mod stores;
