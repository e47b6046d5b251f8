//! AWS's partitions and regions.

/// A partition of AWS, with accounts and names of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Partition {
    /// As in ARNs.
    pub name: &'static str,
    /// The prefixes of its regions.
    areas: &'static [&'static str],
    /// The suffix of its services' names.
    pub suffix: &'static str,
    /// The suffix of its dual-stack registries' names.
    pub(crate) dual_stack: &'static str,
}

/// AWS's partitions (the table that its SDKs share, with their areas; new regions in these areas are known already).
pub const PARTITIONS: [Partition; 8] = [
    Partition {
        name: "aws",
        areas: &["us", "eu", "ap", "sa", "ca", "me", "af", "il", "mx"],
        suffix: "amazonaws.com",
        dual_stack: "on.aws",
    },
    Partition { name: "aws-cn", areas: &["cn"], suffix: "amazonaws.com.cn", dual_stack: "on.amazonwebservices.com.cn" },
    Partition { name: "aws-us-gov", areas: &["us-gov"], suffix: "amazonaws.com", dual_stack: "on.aws" },
    Partition { name: "aws-eusc", areas: &["eusc-de"], suffix: "amazonaws.eu", dual_stack: "on.amazonwebservices.eu" },
    Partition { name: "aws-iso", areas: &["us-iso"], suffix: "c2s.ic.gov", dual_stack: "api.aws.ic.gov" },
    Partition { name: "aws-iso-b", areas: &["us-isob"], suffix: "sc2s.sgov.gov", dual_stack: "api.aws.scloud" },
    Partition {
        name: "aws-iso-e",
        areas: &["eu-isoe"],
        suffix: "cloud.adc-e.uk",
        dual_stack: "api.cloud-aws.adc-e.uk",
    },
    Partition { name: "aws-iso-f", areas: &["us-isof"], suffix: "csp.hci.ic.gov", dual_stack: "api.aws.hci.ic.gov" },
];

/// The directions in names of regions.
const DIRECTIONS: [&str; 9] =
    ["north", "south", "east", "west", "central", "northeast", "southeast", "northwest", "southwest"];

/// The partition of a region; `None` if the text is not one: `AREA-DIRECTION-NUMBER`, in an area of AWS.
pub fn partition_of(region: &str) -> Option<&'static Partition> {
    let (rest, number) = region.rsplit_once('-')?;
    let (area, direction) = rest.rsplit_once('-')?;
    let is_number = matches!(number.as_bytes(), [b'1'..=b'9'] | [b'1'..=b'9', b'0'..=b'9']);
    if !is_number || !DIRECTIONS.contains(&direction) {
        return None;
    }
    PARTITIONS.iter().find(|partition| partition.areas.contains(&area))
}

/// The name of a region's partition in ARNs; `aws` for a text that is not a region.
pub fn partition_name(region: &str) -> &'static str {
    partition_of(region).map_or("aws", |partition| partition.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions() {
        for (region, partition) in [
            ("us-east-1", "aws"),
            ("eu-central-2", "aws"),
            ("ap-southeast-7", "aws"),
            ("il-central-1", "aws"),
            ("us-gov-west-1", "aws-us-gov"),
            ("cn-northwest-1", "aws-cn"),
            ("us-isob-east-1", "aws-iso-b"),
            ("eusc-de-east-1", "aws-eusc"),
        ] {
            assert_eq!(partition_of(region).map(|found| found.name), Some(partition), "{region}");
        }
        for region in [
            "mars-1",
            "",
            "us",
            "us-east",
            "us-east-",
            "us-east-0",
            "us-east-1a",
            "us-east-01",
            "US-EAST-1",
            "us-banana-1",
            "mars-east-1",
            "-east-1",
            "us-east-1 ",
            "null",
            "eu-west-1/../x",
            "us--east-1",
            "de-east-1",
        ] {
            assert_eq!(partition_of(region), None, "{region}");
        }
    }
}
