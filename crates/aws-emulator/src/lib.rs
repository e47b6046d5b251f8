//! The AWS of a stage: STS, ECR and an OCI registry, under the AWS host names.
//!
//! One process serves it in a container of the stage's network (port 443, with the names as network aliases), on the
//! host as `cirun aws serve`, and as the machine's loopback registry for `docker pull`. All of them may share one data
//! directory.
//!
//! This crate takes plain settings and returns futures: it does not print, read the environment or end the process.

mod aws_host;
mod clock;
mod clouds;
mod config;
mod dispatch;
mod ecr;
mod emulator;
mod fault;
mod forward;
mod http;
mod http_client;
mod identity;
mod jws;
mod log;
mod oidc;
mod pattern;
mod refuse;
mod registry;
mod router;
mod s3;
mod server;
mod sigv4;
mod storage;
mod sts;
#[cfg(test)]
mod testing;
mod token;

pub use cirun_image_ref::EcrRegistry;

pub use self::{
    aws_host::is_emulated,
    clock::Clock,
    clouds::identity_hosts,
    config::{
        Certificates, Config, Identity, InvalidSeeds, Listen, OidcTrust, Origins, PlainHttp, Role, Seeds, Strictness,
        Tls,
    },
    dispatch::host_names,
    fault::{Failure, Fault, FaultKind, InvalidFault},
    forward::Upstream,
    log::{AuthKind, LogEntry, RequestLog, Service, least_policy},
    oidc::{Audience, OidcError, OidcIssuer, OidcKey, Workload},
    refuse::NOT_EMULATED,
    server::{Limits, ServeError, Server, serve},
    storage::{
        Digest, GcOptions, GcReport, InvalidDigest, InvalidName, RegistryHost, RepositoryName, StoreError, Tag, gc,
    },
};
