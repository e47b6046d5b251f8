//! What a run's gateway and registry are set up for before the first stage. Later stages cannot change it.

use std::collections::BTreeSet;

use cirun_image_ref::is_aws_name;
use cirun_planner::Planned;
use cirun_project::settings::{AwsMode, Settings};

use super::{RegistriesFile, kept_here, names, registries::emulated_images};

/// The hosts of a plan that the gateway or the machine's registry answers for.
#[derive(Debug)]
pub(crate) struct Reach {
    /// The names that the gateway answers for.
    names: BTreeSet<String>,
    /// Whether the gateway answers for every name of AWS.
    aws: bool,
    /// The registries whose images are pulled from the machine's registry first.
    kept: BTreeSet<String>,
    /// The names of AWS that steps' images must not be pulled from.
    emulated: BTreeSet<String>,
    registries: RegistriesFile,
    /// Whether a BuildKit container needs the file that makes it trust the registries.
    has_builder: bool,
}

impl Reach {
    /// The reach that this plan needs.
    pub(crate) fn of(planned: &Planned, settings: &Settings) -> Self {
        Self {
            names: names(planned, settings).into_iter().collect(),
            aws: settings.aws.value == AwsMode::Emulated,
            kept: kept_here(planned, settings).into_iter().collect(),
            emulated: emulated_images(planned, settings),
            registries: RegistriesFile::of(planned, settings),
            has_builder: planned.targets.iter().any(|target| target.buildkit_apart),
        }
    }

    /// The first thing that a later plan needs and this one lacks, in words: a host, in most cases.
    pub(crate) fn lacks(&self, later: &Self) -> Option<String> {
        let is_taken = |name: &&String| self.names.contains(*name) || (self.aws && is_aws_name(name));
        let name = later.names.iter().find(|name| !is_taken(name));
        let host = name.or_else(|| later.emulated.difference(&self.kept).next());
        let other = || {
            let lacks = !self.registries.covers(&later.registries) || (later.has_builder && !self.has_builder);
            lacks.then(|| "another way to a registry".to_owned())
        };
        host.cloned().or_else(other)
    }
}
