//! AWS host names.

use crate::{host_and_port, partition_of};

/// The suffixes of AWS names: those of its APIs in all partitions, as in its SDKs (IPv4 endpoints, then dual-stack
/// ones), and of its services for clients (`on.aws`).
///
/// `public.ecr.aws` is not one of them: it is a public gallery, from which images are pulled without an account.
pub const AWS_SUFFIXES: [&str; 17] = [
    "amazonaws.com",
    "amazonaws.com.cn",
    "amazonaws.eu",
    "api.aws",
    "on.aws",
    "api.amazonwebservices.com.cn",
    "on.amazonwebservices.com.cn",
    "api.amazonwebservices.eu",
    "on.amazonwebservices.eu",
    "c2s.ic.gov",
    "api.aws.ic.gov",
    "sc2s.sgov.gov",
    "api.aws.scloud",
    "cloud.adc-e.uk",
    "api.cloud-aws.adc-e.uk",
    "csp.hci.ic.gov",
    "api.aws.hci.ic.gov",
];

/// The host of a service in a region: `sts.eu-west-1.amazonaws.com`.
pub fn aws_host(service: &str, region: &str) -> String {
    let suffix = partition_of(region).map_or("amazonaws.com", |partition| partition.suffix);
    format!("{service}.{region}.{suffix}")
}

/// Whether a host is an AWS name: one of [`AWS_SUFFIXES`] or any name below it, at any depth, in any case, with or
/// without a port and a trailing dot.
pub fn is_aws_name(host: &str) -> bool {
    let (name, _) = host_and_port(host);
    let name = name.strip_suffix('.').unwrap_or(name);
    AWS_SUFFIXES.iter().any(|suffix| {
        let Some(at) = name.len().checked_sub(suffix.len()) else { return false };
        let below = at == 0 || name.as_bytes()[at - 1] == b'.';
        below && name.as_bytes()[at..].eq_ignore_ascii_case(suffix.as_bytes())
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn table() {
        for host in [
            "sts.amazonaws.com",
            "STS.AmazonAWS.com.",
            "api.ecr.eu-central-1.amazonaws.com:443",
            "21098765432.dkr.ecr.us-east-1.amazonaws.com",
            "0123-4567-8901.dkr.ecr.null.amazonaws.com",
            "my.bucket.s3.us-east-1.amazonaws.com",
            "sts.cn-north-1.amazonaws.com.cn",
            "123456789012.dkr-ecr.us-east-1.on.aws",
            "ecr-fips.us-gov-west-1.api.aws",
            "sts.eusc-de-east-1.amazonaws.eu",
            "amazonaws.com",
        ] {
            assert!(is_aws_name(host), "{host}");
        }
        for host in
            ["amazonaws.com.evil.example", "notamazonaws.com", "aws", "public.ecr.aws", "amazonaws", "", ".", "é.com"]
        {
            assert!(!is_aws_name(host), "{host}");
        }
    }

    proptest! {
        #[test]
        fn any_name_below_a_suffix(prefix in "[a-zA-Z0-9.-]{0,40}", index in 0..AWS_SUFFIXES.len(), upper: bool) {
            let name = format!("{prefix}.{}", AWS_SUFFIXES[index]);
            let name = if upper { name.to_ascii_uppercase() } else { name };
            prop_assert!(is_aws_name(&name), "{}", name);
        }

        #[test]
        fn no_text_is_too_odd(text in "\\PC{0,20}") {
            is_aws_name(&text);
        }
    }
}
