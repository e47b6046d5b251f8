//! The registries that the plan pushes to, and the host names that the gateway of a run must answer for.

use cirun_image_ref::{DOCKER_HUB_HOSTS, EcrRegistry, Locality, aws_host, host_and_port, is_dns_name, is_docker_hub};
use cirun_plan::{AwsLogin, StepPath};
use indexmap::IndexSet;

/// A registry and repository that a step pushes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryTarget {
    /// The step.
    pub step: StepPath,
    /// The registry's host, with its port if it has one; as far as it is known.
    pub host: String,
    /// When the host is known.
    pub decided: Decided,
    /// The location of the host, for the containers of the stage.
    pub locality: Locality,
    /// The repository in it.
    pub repository: String,
    /// The account and region, if it is a private ECR registry.
    pub ecr: Option<EcrRegistry>,
    /// The host outside the stage that the plugin logs in to, if it is a different one.
    pub login_host: Option<String>,
    /// How the plugin signs in to AWS, if it is a private ECR registry; `None` if a running step decides a part of it.
    pub login: Option<AwsLogin>,
    /// Further hosts outside the stage to which the plugin writes a build cache.
    pub caches: Vec<String>,
    /// How the step logs in.
    pub access: Access,
    /// Whether the plugin builds in a container of its own engine, which gets the certificates of registries in a file.
    pub buildkit_apart: bool,
}

/// How a step logs in to its registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Access {
    /// With its connector.
    #[default]
    Login,
    /// Its connector is anonymous: the registry accepts pushes from anyone, if it is not Docker Hub.
    Anonymous,
    /// Its connector is in no file: the emulated registry must accept the push without a login.
    Assumed,
}

/// When the host of a registry is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Decided {
    /// When planning.
    BeforeRun,
    /// During the run. A rule of the step that pushes checks it then (`cirun_plan::VariableRule`).
    WhileRunning,
}

/// A store outside the stage that a step saves to, restores from or uploads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreTarget {
    /// The step's path.
    pub step: String,
    /// The place of the files in CI: `s3://BUCKET`, `gs://BUCKET`, `azure://ACCOUNT/CONTAINER`, `artifactory://TARGET`.
    pub address: String,
    /// The operation.
    pub work: StoreWork,
    /// Where the files are in this run.
    pub location: StoreLocation,
    /// The bucket, if its calls are forwarded.
    pub s3: Option<S3Bucket>,
}

/// The operation of a step on a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreWork {
    /// Saves a cache.
    Save,
    /// Restores a cache.
    Restore,
    /// Uploads.
    Upload,
}

/// Where a step's files are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreLocation {
    /// In a directory of this machine, managed by cirun.
    Here,
    /// At the step's own endpoint, which is in the stage or on this machine.
    Endpoint(String),
    /// At the endpoint to which the emulated AWS forwards calls.
    Forwarded,
    /// In the store that the step names.
    Real,
}

/// An S3 bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Bucket {
    /// Its name.
    pub name: String,
    /// Its region, if the step has one.
    pub region: Option<String>,
}

impl RegistryTarget {
    /// The hosts outside the stage and the machine that the plugin may call, as far as known.
    pub fn hosts(&self) -> impl Iterator<Item = &str> {
        self.written().chain(self.login_host.as_deref())
    }

    /// Those that it writes to.
    pub fn written(&self) -> impl Iterator<Item = &str> {
        let host = Some(self.host.as_str())
            .filter(|host| !host.is_empty() && self.decided == Decided::BeforeRun && !self.locality.is_local());
        host.into_iter().chain(self.caches.iter().map(String::as_str))
    }

    /// Whether the emulated registry accepts the push without a login.
    pub fn is_open(&self) -> bool {
        match self.access {
            Access::Login => false,
            // Docker Hub requires a login for every push.
            Access::Anonymous => !self.is_docker_hub(),
            Access::Assumed => true,
        }
    }

    /// Whether the registry is Docker Hub.
    pub fn is_docker_hub(&self) -> bool {
        is_docker_hub(&self.host)
    }
}

/// The kinds of names that a gateway answers for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Emulated {
    /// STS and ECR's control plane, with their registries.
    pub(crate) aws: bool,
    /// The registries that images are pushed to.
    pub(crate) registries: bool,
}

/// The names that the plugins of these targets call (ecr.endpoints), as far as they are emulated, without
/// duplicates. Names of the stage itself are not included.
pub(crate) fn gateway_hosts<'t>(
    targets: impl IntoIterator<Item = &'t RegistryTarget>,
    emulated: Emulated,
) -> Vec<String> {
    let mut hosts = IndexSet::new();
    for target in targets {
        for host in target.hosts() {
            let (name, _) = host_and_port(host);
            match EcrRegistry::parse(host) {
                Some(ecr) => {
                    if emulated.aws {
                        hosts.insert("sts.amazonaws.com".to_owned());
                        hosts.insert(aws_host("sts", &ecr.region));
                        hosts.insert(aws_host("api.ecr", &ecr.region));
                    }
                    if emulated.aws || emulated.registries {
                        hosts.insert(ecr.host());
                        hosts.insert(name.to_ascii_lowercase());
                    }
                }
                None if !emulated.registries || !is_dns_name(host) => {}
                None if is_docker_hub(name) => hosts.extend(DOCKER_HUB_HOSTS.map(str::to_owned)),
                None => {
                    hosts.insert(name.to_ascii_lowercase());
                }
            }
        }
    }
    hosts.into_iter().collect()
}

/// The names that plugins call for buckets with forwarded calls: both styles, and STS for the role.
pub(crate) fn store_hosts(stores: &[StoreTarget]) -> impl Iterator<Item = String> {
    let mut hosts = IndexSet::new();
    for bucket in stores.iter().filter_map(|store| store.s3.as_ref()) {
        let region = bucket.region.as_deref().unwrap_or("us-east-1");
        hosts.insert("sts.amazonaws.com".to_owned());
        hosts.insert(aws_host("sts", region));
        for host in ["s3.amazonaws.com".to_owned(), aws_host("s3", region)] {
            hosts.insert(format!("{}.{host}", bucket.name));
            hosts.insert(host);
        }
    }
    hosts.into_iter()
}
