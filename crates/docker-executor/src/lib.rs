//! Runs a stage's steps in containers, over the Docker Engine API (Docker, Podman's compatible socket, Colima, …).
//!
//! No type of the API client leaves this crate, and it knows nothing about plugins, AWS or the text of pipelines: it
//! gets planned and ready steps, and helper containers ([`Sidecar`], [`MachineService`]) that the caller describes.

mod archive;
mod backend;
mod config;
mod connect;
mod destroy;
mod engine;
mod error;
mod exec;
mod exit;
mod gate;
mod images;
mod labels;
mod listeners;
mod machine_service;
mod names;
mod owned;
mod passwords;
mod pod_ports;
mod readiness;
mod reports;
mod rest;
mod run;
mod service;
mod shared;
mod shell;
mod sidecar;
mod socket_proxy;
mod spec;
mod stage;
mod start;
mod surroundings;
#[cfg(unix)]
mod unix_socket;

pub use backend::DockerBackend;
pub use config::{
    Bind, Egress, EngineSocket, HelperImage, Keep, LocalPluginImage, Mirror, PodImage, PullOverride, ReadyLine, RootFs,
    RunConfig, Sidecar, VolumeMount, WatcherImage,
};
pub use connect::{Candidate, ConnectOptions, HostOs, candidates, connect, is_socket_here};
pub use engine::{Engine, EngineInfo};
pub use exec::ExecOutput;
pub use gate::GateProgram;
pub use images::DockerConfig;
pub use machine_service::{MachineService, RunningService};
pub use passwords::{NoPassword, Passwords};
pub use socket_proxy::{GatewayPort, ImageRules, KeptImage, NoRegistry, PullRule, PushRule, SocketProxy, SocketReach};
#[cfg(unix)]
pub use unix_socket::listen as listen_unix;
