//! The variables for a calendar version (environment.versions).

/// Splits a tag that is a calendar version (`2026.1.3-rc.1`) into `DRONE_CALVER*` variables; any other tag gives none.
pub(crate) fn variables(tag: &str) -> Vec<(&'static str, String)> {
    let bare = tag.strip_prefix("refs/tags/").unwrap_or(tag);
    let version = bare.strip_prefix('v').unwrap_or(bare);
    let mut parts = version.splitn(3, '.');
    let (Some(major), Some(minor)) = (parts.next(), parts.next()) else { return Vec::new() };
    let rest = parts.next().unwrap_or_default();
    let (micro, modifier) = rest.split_once('-').unwrap_or((rest, ""));
    if !is_year(major) || minor.parse::<i32>().is_err() {
        return Vec::new();
    }
    let short = if micro.is_empty() { format!("{major}.{minor}") } else { format!("{major}.{minor}.{micro}") };
    let whole = if modifier.is_empty() { short.clone() } else { format!("{short}-{modifier}") };
    let all = [
        ("DRONE_CALVER", whole),
        ("DRONE_CALVER_MAJOR_MINOR", format!("{major}.{minor}")),
        ("DRONE_CALVER_MAJOR", major.to_owned()),
        ("DRONE_CALVER_MINOR", minor.to_owned()),
        ("DRONE_CALVER_MICRO", micro.to_owned()),
        ("DRONE_CALVER_MODIFIER", modifier.to_owned()),
        ("DRONE_CALVER_SHORT", short),
    ];
    all.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

/// Whether the service accepts the number as a year: `19` to `99`, or `2019` to `9998`.
fn is_year(text: &str) -> bool {
    text.parse::<i32>().is_ok_and(|year| (19..=99).contains(&year) || (2019..=9998).contains(&year))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::variables;

    fn shown(tag: &str) -> String {
        variables(tag).iter().map(|(name, value)| format!("{name}={value}\n")).collect()
    }

    #[test]
    fn a_whole_version() {
        assert_snapshot!(shown("v26.1.0-beta.20260318"), @"
        DRONE_CALVER=26.1.0-beta.20260318
        DRONE_CALVER_MAJOR_MINOR=26.1
        DRONE_CALVER_MAJOR=26
        DRONE_CALVER_MINOR=1
        DRONE_CALVER_MICRO=0
        DRONE_CALVER_MODIFIER=beta.20260318
        DRONE_CALVER_SHORT=26.1.0
        ");
        assert_snapshot!(shown("2026.01.0002"), @"
        DRONE_CALVER=2026.01.0002
        DRONE_CALVER_MAJOR_MINOR=2026.01
        DRONE_CALVER_MAJOR=2026
        DRONE_CALVER_MINOR=01
        DRONE_CALVER_MICRO=0002
        DRONE_CALVER_SHORT=2026.01.0002
        ");
        assert_snapshot!(shown("2026.11"), @"
        DRONE_CALVER=2026.11
        DRONE_CALVER_MAJOR_MINOR=2026.11
        DRONE_CALVER_MAJOR=2026
        DRONE_CALVER_MINOR=11
        DRONE_CALVER_SHORT=2026.11
        ");
    }

    #[test]
    fn any_other_tag() {
        for tag in ["1.2.3", "1.2", "2026", "0.12.1", "2018.1", "9999.1", "2026.x.1", "nightly", ""] {
            assert_eq!(shown(tag), "", "{tag}");
        }
    }
}
