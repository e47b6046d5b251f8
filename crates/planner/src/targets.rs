//! The registries that the plan pushes to, and the host names that the front of a run must answer for.

use indexmap::IndexSet;

/// A registry and repository that a step pushes to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RegistryTarget {
    /// The step's path.
    pub step: String,
    /// The registry's host, with its port if it has one.
    pub host: String,
    /// The repository in it.
    pub repository: String,
    /// Where it is a private ECR registry: whose.
    pub ecr: Option<EcrRegistry>,
    /// The host that the plugin logs in to, where it is another one.
    pub login: Option<String>,
    /// The connector has no login: the registry takes pushes from anyone.
    pub anonymous: bool,
}

/// The owner and place of an ECR registry.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EcrRegistry {
    /// The account's id.
    pub account: String,
    /// The region.
    pub region: String,
}

impl EcrRegistry {
    /// Reads the owner and place from a registry's host.
    pub fn parse(host: &str) -> Option<Self> {
        let (account, rest) = host.split_once(".dkr.ecr.")?;
        let region = rest.strip_suffix(".amazonaws.com")?;
        let is_account = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
        (is_account && !region.is_empty() && !region.contains('.'))
            .then(|| Self { account: account.to_owned(), region: region.to_owned() })
    }

    /// The registry's host (seed 002, account → `PLUGIN_REGISTRY`; the pattern is fixed, harness-runtime.md 6.2).
    pub fn host(&self) -> String {
        format!("{}.dkr.ecr.{}.amazonaws.com", self.account, self.region)
    }
}

/// A store outside the stage that a step saves to, restores from or uploads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreTarget {
    /// The step's path.
    pub step: String,
    /// Where the files are in CI: `s3://BUCKET`, `gs://BUCKET`, `azure://ACCOUNT/CONTAINER`, `artifactory://TARGET`.
    pub address: String,
    /// What the step does there.
    pub work: StoreWork,
    /// Who keeps the files in this run.
    pub player: StorePlayer,
    /// The bucket, where its calls are forwarded.
    pub s3: Option<S3Bucket>,
}

/// What a step does with a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoreWork {
    /// Saves a cache.
    Save,
    /// Restores a cache.
    Restore,
    /// Uploads.
    Upload,
}

/// Who keeps a step's files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StorePlayer {
    /// cirun, in a directory of this machine.
    Cirun,
    /// The step's own endpoint, which is in the stage or on this machine.
    Endpoint(String),
    /// The endpoint that the emulated AWS forwards calls to.
    Forwarded,
    /// The store that the step names.
    Real,
}

/// A bucket of S3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3Bucket {
    /// Its name.
    pub name: String,
    /// Its region, if the step names one.
    pub region: Option<String>,
}

/// The names that lead to Docker Hub, and the one that gives its tokens.
const DOCKER_HUB: [&str; 5] =
    ["docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com", "auth.docker.io"];

/// Splits a registry's host into name and port.
pub fn host_and_port(host: &str) -> (&str, Option<u16>) {
    match host.rsplit_once(':') {
        Some((name, port)) => port.parse().map_or((host, None), |port| (name, Some(port))),
        None => (host, None),
    }
}

/// Whether a registry is in the stage or on the machine already: a service by its id, or `localhost`. Such a name leads
/// nowhere else.
pub fn is_local(host: &str) -> bool {
    let (name, _) = host_and_port(host);
    !name.contains('.') || name.ends_with(".localhost") || name.starts_with("127.")
}

impl RegistryTarget {
    /// The registry hosts that the plugin may write to.
    pub fn hosts(&self) -> impl Iterator<Item = &str> {
        [Some(self.host.as_str()), self.login.as_deref()].into_iter().flatten().filter(|host| !host.is_empty())
    }

    /// Whether the registry is Docker Hub.
    pub fn is_docker_hub(&self) -> bool {
        DOCKER_HUB.contains(&self.host.as_str())
    }
}

/// Which names a front takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Played {
    /// STS and ECR's control plane, with their registries.
    pub(crate) aws: bool,
    /// The registries that images are pushed to.
    pub(crate) registries: bool,
}

/// The names that the plugins of these targets call (plugins-measured.md), as far as they are played, without doubles.
/// Names of the stage itself are not among them.
pub(crate) fn front_hosts<'t>(targets: impl IntoIterator<Item = &'t RegistryTarget>, played: Played) -> Vec<String> {
    let mut hosts = IndexSet::new();
    for target in targets {
        if let Some(ecr) = &target.ecr {
            if played.aws {
                hosts.insert("sts.amazonaws.com".to_owned());
                hosts.insert(format!("sts.{}.amazonaws.com", ecr.region));
                hosts.insert(format!("api.ecr.{}.amazonaws.com", ecr.region));
            }
            if played.aws || played.registries {
                hosts.insert(ecr.host());
            }
            continue;
        }
        if !played.registries {
            continue;
        }
        for host in target.hosts().filter(|host| is_name(host)) {
            let (name, _) = host_and_port(host);
            if DOCKER_HUB.contains(&name) {
                hosts.extend(DOCKER_HUB.map(str::to_owned));
            } else {
                hosts.insert(name.to_ascii_lowercase());
            }
        }
    }
    hosts.into_iter().collect()
}

/// The names that plugins call for buckets whose calls are forwarded: both styles, and STS for the role.
pub(crate) fn store_hosts(stores: &[StoreTarget]) -> impl Iterator<Item = String> {
    let mut hosts = IndexSet::new();
    for bucket in stores.iter().filter_map(|store| store.s3.as_ref()) {
        let region = bucket.region.as_deref().unwrap_or("us-east-1");
        hosts.insert("sts.amazonaws.com".to_owned());
        hosts.insert(format!("sts.{region}.amazonaws.com"));
        for host in ["s3.amazonaws.com".to_owned(), format!("s3.{region}.amazonaws.com")] {
            hosts.insert(format!("{}.{host}", bucket.name));
            hosts.insert(host);
        }
    }
    hosts.into_iter()
}

/// Whether a registry's host is a name that can be given to another machine: not an address, not one of the stage's own,
/// and decided.
pub fn is_name(host: &str) -> bool {
    let (name, _) = host_and_port(host);
    let label = |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let is_address = name.rsplit('.').next().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()));
    !is_local(host) && !is_address && name.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_stage_are_not_played() {
        for host in ["registry:5000", "localhost:5000", "localhost", "127.0.0.1:5000", "reg.localhost"] {
            assert!(is_local(host), "{host}");
        }
        for host in ["quay.io", "reg.example.com:5000", "10.0.0.7:5000"] {
            assert!(!is_local(host), "{host}");
        }
    }

    #[test]
    fn addresses_and_open_names_cannot_be_played() {
        for host in ["10.0.0.7:5000", "<+steps.a.output.outputVariables.host>", "registry:5000", "a..b"] {
            assert!(!is_name(host), "{host}");
        }
        for host in ["quay.io", "reg.example.com:5000", "team.azurecr.io"] {
            assert!(is_name(host), "{host}");
        }
    }

    #[test]
    fn ports() {
        assert_eq!(host_and_port("reg.example:5000"), ("reg.example", Some(5000)));
        assert_eq!(host_and_port("quay.io"), ("quay.io", None));
    }
}
