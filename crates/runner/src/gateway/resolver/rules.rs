//! Decides how to answer for a name.

use std::{collections::BTreeSet, path::PathBuf};

use cirun_aws_emulator::is_emulated;
use cirun_image_ref::is_aws_name;
use serde::{Deserialize, Serialize};

/// The name server's part of the gateway's configuration.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ResolverFile {
    /// All names of AWS have the gateway's address.
    pub aws: bool,
    /// Calls for buckets are forwarded, so that S3 counts as emulated.
    pub forwards: bool,
    /// The other names with the gateway's address, in lower case.
    pub names: BTreeSet<String>,
    /// What to do with names that neither the gateway nor the stage has.
    pub outside: Outside,
    /// The directory for the log of refused names.
    pub directory: PathBuf,
}

/// What to do with names outside of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Outside {
    /// Look them up.
    Asked,
    /// Answer that they do not exist.
    Refused,
}

/// How to answer for a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// With the gateway's address.
    Here,
    /// With the gateway's address, and note the name: the gateway does not emulate this AWS service, and answers calls with
    /// an error.
    NotEmulated,
    /// With the answer of the engine, which knows the stage's names and those outside.
    Elsewhere,
    /// That it does not exist: a name of AWS below another domain, which a search list made. It is not sent outside.
    Misplaced,
    /// That it does not exist, as the stage is closed.
    Refused,
}

impl ResolverFile {
    /// Decides about a name in lower case, without a trailing dot.
    pub(super) fn decide(&self, name: &str) -> Verdict {
        if self.aws && is_aws_name(name) {
            return if is_emulated(name, self.forwards) { Verdict::Here } else { Verdict::NotEmulated };
        }
        if self.names.contains(name) {
            return Verdict::Here;
        }
        if self.aws && (name.contains(".amazonaws.com.") || name.starts_with("amazonaws.com.")) {
            return Verdict::Misplaced;
        }
        // Names without a dot may be ids of services. The engine of a closed stage does not look them up outside.
        match self.outside {
            Outside::Refused if name.contains('.') => Verdict::Refused,
            Outside::Refused | Outside::Asked => Verdict::Elsewhere,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(aws: bool, outside: Outside) -> ResolverFile {
        let names = ["quay.io".to_owned(), "123456789012.dkr.ecr.us-east-1.amazonaws.com".to_owned()];
        ResolverFile { aws, forwards: false, names: names.into(), outside, directory: PathBuf::new() }
    }

    #[test]
    fn with_emulated_aws_all_names_of_aws_have_the_gateways_address() {
        let file = file(true, Outside::Asked);
        for (name, expected) in [
            ("sts.amazonaws.com", Verdict::Here),
            ("api.ecr.eu-central-1.amazonaws.com", Verdict::Here),
            ("999999999999.dkr.ecr.ap-south-2.amazonaws.com", Verdict::Here),
            ("sts.mars-1.amazonaws.com", Verdict::NotEmulated),
            ("21098765432.dkr.ecr.us-east-1.amazonaws.com", Verdict::NotEmulated),
            ("0123-4567-8901.dkr.ecr.null.amazonaws.com", Verdict::NotEmulated),
            ("dynamodb.us-east-1.amazonaws.com", Verdict::NotEmulated),
            ("s3.amazonaws.com", Verdict::NotEmulated),
            ("x.lambda-url.us-east-1.on.aws", Verdict::NotEmulated),
            ("ec2.us-east-1.api.aws", Verdict::NotEmulated),
            ("quay.io", Verdict::Here),
            ("cdn.quay.io", Verdict::Elsewhere),
            ("redis", Verdict::Elsewhere),
            ("pypi.org", Verdict::Elsewhere),
            ("sts.amazonaws.com.corp.example", Verdict::Misplaced),
            ("notamazonaws.com.example", Verdict::Elsewhere),
            ("dev.api.aws.example", Verdict::Elsewhere),
        ] {
            assert_eq!(file.decide(name), expected, "{name}");
        }
    }

    #[test]
    fn a_closed_stage_resolves_its_own_names_only() {
        let file = file(true, Outside::Refused);
        for (name, expected) in [
            ("sts.amazonaws.com", Verdict::Here),
            ("quay.io", Verdict::Here),
            ("redis", Verdict::Elsewhere),
            ("pypi.org", Verdict::Refused),
            ("cdn.quay.io", Verdict::Refused),
        ] {
            assert_eq!(file.decide(name), expected, "{name}");
        }
    }

    #[test]
    fn with_real_aws_only_registries_have_the_gateways_address() {
        let file = file(false, Outside::Asked);
        for (name, expected) in [
            ("sts.amazonaws.com", Verdict::Elsewhere),
            ("123456789012.dkr.ecr.us-east-1.amazonaws.com", Verdict::Here),
            ("sts.amazonaws.com.corp.example", Verdict::Elsewhere),
        ] {
            assert_eq!(file.decide(name), expected, "{name}");
        }
    }
}
