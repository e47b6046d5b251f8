//! Names of registries, repositories, tags and AWS: how to parse them, which are valid, and which hosts are local.
//!
//! Pure. All decisions by name about what may leave the machine are made here, so that they are consistent.

mod account;
mod address;
mod aws;
mod ecr;
mod endpoint;
mod flaw;
mod host;
mod hub;
mod locality;
mod login;
mod reference;
mod region;
mod repository;
mod rule;

pub use account::is_account;
pub use address::{RegistryUrl, split_address};
pub use aws::{AWS_SUFFIXES, aws_host, is_aws_name};
pub use ecr::EcrRegistry;
pub use endpoint::{Endpoint, InvalidEndpoint};
pub use flaw::ReferenceFlaw;
pub use host::{host_and_port, is_dns_name, is_host_name, is_loopback};
pub use hub::{
    DOCKER_HUB, DOCKER_HUB_HOSTS, DOCKER_HUB_INDEX, DOCKER_HUB_REGISTRY, DOCKER_HUB_TOKENS, canonical_registry,
    is_docker_hub,
};
pub use locality::Locality;
pub use login::{LoginKind, login_address};
pub use reference::{
    DEFAULT_TAG, bare_name, is_digest, is_path_component, join_tag, registry_of, split_registry, split_tag, with_tag,
};
pub use region::{PARTITIONS, Partition, partition_name, partition_of};
pub use repository::Repository;
pub use rule::{BrokenRule, NameRule};
