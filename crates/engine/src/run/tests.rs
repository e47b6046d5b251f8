//! Scenarios: whole runs on the strict fake backend, shown by their events.

mod cancelling;
mod conditions;
mod failing;
mod masking;
mod order;
mod outputs;
mod properties;
mod retrying;
mod service_failures;
mod services;
mod visiting;
