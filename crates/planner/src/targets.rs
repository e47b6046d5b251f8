//! The registries that the plan pushes to, and the host names that an emulator must answer for.

use indexmap::IndexSet;

/// A registry and repository that a step pushes to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RegistryTarget {
    /// The step's path.
    pub step: String,
    /// The registry's host.
    pub host: String,
    /// The repository in it.
    pub repository: String,
    /// Where it is a private ECR registry: whose.
    pub ecr: Option<EcrRegistry>,
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
    pub(crate) fn parse(host: &str) -> Option<Self> {
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

/// The AWS names that the plugins of these targets call (plugins-measured.md), without doubles.
pub(crate) fn aws_hosts<'t>(targets: impl IntoIterator<Item = &'t RegistryTarget>) -> Vec<String> {
    let mut hosts = IndexSet::new();
    for ecr in targets.into_iter().filter_map(|target| target.ecr.as_ref()) {
        hosts.insert("sts.amazonaws.com".to_owned());
        hosts.insert(format!("sts.{}.amazonaws.com", ecr.region));
        hosts.insert(format!("api.ecr.{}.amazonaws.com", ecr.region));
        hosts.insert(ecr.host());
    }
    hosts.into_iter().collect()
}
