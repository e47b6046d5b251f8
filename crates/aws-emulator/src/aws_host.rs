//! AWS's host names: the service of a name, and whether the emulator has it.

use cirun_image_ref::{AWS_SUFFIXES, is_aws_name, partition_of};

use crate::RegistryHost;

/// The `X-Amz-Target` prefix of ECR's API.
pub(crate) const ECR_TARGET: &str = "AmazonEC2ContainerRegistry_V20150921.";

/// The service of an AWS name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AwsHost {
    /// The token service.
    Sts,
    /// ECR's control plane.
    Ecr {
        /// The region in the name.
        region: String,
    },
    /// A private registry.
    Registry(RegistryHost),
    /// A bucket, or the service without one.
    S3 {
        /// The bucket in the name; it may contain dots.
        bucket: Option<String>,
    },
    /// A service that the emulator does not have.
    Other {
        /// The service, as far as the name contains it.
        service: String,
    },
}

/// Parses a host name in lower case, without a port and a trailing dot; `None` if it is not an AWS name.
pub(crate) fn of_host(host: &str) -> Option<AwsHost> {
    if !is_aws_name(host) {
        return None;
    }
    if let Ok(registry) = host.parse::<RegistryHost>()
        && registry.ecr().is_some()
    {
        return Some(AwsHost::Registry(registry));
    }
    let suffixes = AWS_SUFFIXES.iter().filter_map(|suffix| host.strip_suffix(*suffix));
    let below = suffixes.min_by_key(|below| below.len()).unwrap_or_default();
    let labels: Vec<&str> = below.split('.').filter(|label| !label.is_empty()).collect();
    let (labels, region) = match labels.split_last() {
        Some((last, rest)) if partition_of(last).is_some() => (rest, Some(*last)),
        _ => (labels.as_slice(), None),
    };
    Some(match (labels, region) {
        (["sts"], _) | (["sts-fips"], Some(_)) => AwsHost::Sts,
        (["api", "ecr" | "ecr-fips"] | ["ecr" | "ecr-fips"], Some(region)) => {
            AwsHost::Ecr { region: region.to_owned() }
        }
        ([bucket @ .., "s3" | "s3-fips"], _) | ([bucket @ .., "s3" | "s3-fips", "dualstack"], Some(_)) => {
            AwsHost::S3 { bucket: (!bucket.is_empty()).then(|| bucket.join(".")) }
        }
        (labels, _) => AwsHost::Other { service: service(labels) },
    })
}

/// The service of a name that the emulator does not have: `ecr` for an invalid registry, else the label next to the
/// region.
/// region.
fn service(labels: &[&str]) -> String {
    let is_ecr = |label: &&str| label.starts_with("ecr") || label.starts_with("dkr-ecr");
    match labels {
        [] => "aws".to_owned(),
        [_, .., _] if labels.contains(&"dkr") && labels.iter().any(is_ecr) => "ecr".to_owned(),
        [.., last] => (*last).to_owned(),
    }
}

/// Whether the emulator answers calls to an AWS host. It has buckets only if calls are forwarded.
pub fn is_emulated(host: &str, forwarded: bool) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    match of_host(&host) {
        Some(AwsHost::Sts | AwsHost::Ecr { .. } | AwsHost::Registry(_)) => true,
        Some(AwsHost::S3 { .. }) => forwarded,
        Some(AwsHost::Other { .. }) | None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(host: &str) -> String {
        match of_host(host) {
            None => "not AWS's".to_owned(),
            Some(AwsHost::Sts) => "sts".to_owned(),
            Some(AwsHost::Ecr { region }) => format!("ecr {region}"),
            Some(AwsHost::Registry(host)) => format!("registry {host}"),
            Some(AwsHost::S3 { bucket }) => format!("s3 {}", bucket.unwrap_or_default()).trim_end().to_owned(),
            Some(AwsHost::Other { service }) => format!("no {service}"),
        }
    }

    #[test]
    fn names() {
        for (host, expected) in [
            ("sts.amazonaws.com", "sts"),
            ("sts.eu-west-1.amazonaws.com", "sts"),
            ("sts-fips.us-east-1.amazonaws.com", "sts"),
            ("sts.cn-north-1.amazonaws.com.cn", "sts"),
            ("sts.us-east-1.api.aws", "sts"),
            ("api.ecr.eu-west-1.amazonaws.com", "ecr eu-west-1"),
            ("ecr-fips.us-gov-west-1.amazonaws.com", "ecr us-gov-west-1"),
            ("ecr.us-east-1.api.aws", "ecr us-east-1"),
            ("123456789012.dkr.ecr.us-east-1.amazonaws.com", "registry 123456789012.dkr.ecr.us-east-1.amazonaws.com"),
            ("123456789012.dkr-ecr.us-east-1.on.aws", "registry 123456789012.dkr.ecr.us-east-1.amazonaws.com"),
            ("s3.amazonaws.com", "s3"),
            ("my.bucket.s3.eu-west-1.amazonaws.com", "s3 my.bucket"),
            ("b.s3.dualstack.eu-west-1.amazonaws.com", "s3 b"),
            ("dynamodb.us-east-1.amazonaws.com", "no dynamodb"),
            ("abc.execute-api.us-east-1.amazonaws.com", "no execute-api"),
            ("api.ecr-public.us-east-1.amazonaws.com", "no ecr-public"),
            ("21098765432.dkr.ecr.us-east-1.amazonaws.com", "no ecr"),
            ("0123-4567-8901.dkr.ecr.null.amazonaws.com", "no ecr"),
            ("sts.mars-1.amazonaws.com", "no mars-1"),
            ("xyz.lambda-url.us-east-1.on.aws", "no lambda-url"),
            ("amazonaws.com", "no aws"),
            ("sts.amazonaws.com.evil.example", "not AWS's"),
            ("quay.io", "not AWS's"),
        ] {
            assert_eq!(shown(host), expected, "{host}");
        }
    }

    #[test]
    fn what_is_emulated() {
        assert!(is_emulated("STS.amazonaws.com.", false) && is_emulated("s3.amazonaws.com", true));
        for host in ["s3.amazonaws.com", "dynamodb.us-east-1.amazonaws.com", "quay.io"] {
            assert!(!is_emulated(host, false), "{host}");
        }
    }
}
