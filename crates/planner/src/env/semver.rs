//! The variables for a version tag (environment.versions).

/// Splits a tag that is a semantic version into `DRONE_SEMVER*` variables; `DRONE_SEMVER_ERROR` for any other tag.
pub(crate) fn variables(tag: &str) -> Vec<(&'static str, String)> {
    let bare = tag.strip_prefix("refs/tags/").unwrap_or(tag);
    let version = bare.strip_prefix('v').unwrap_or(bare);
    let (numbers, build) = version.split_once('+').map_or((version, ""), |(numbers, build)| (numbers, build));
    let (numbers, prerelease) = numbers.split_once('-').map_or((numbers, ""), |(numbers, pre)| (numbers, pre));
    let parts: Vec<&str> = numbers.split('.').collect();
    let number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let [major, minor, patch] = parts[..] else { return vec![invalid()] };
    if ![major, minor, patch].into_iter().all(number) {
        return vec![invalid()];
    }
    let mut variables = vec![
        ("DRONE_SEMVER", version.to_owned()),
        ("DRONE_SEMVER_MAJOR", major.to_owned()),
        ("DRONE_SEMVER_MINOR", minor.to_owned()),
        ("DRONE_SEMVER_PATCH", patch.to_owned()),
        ("DRONE_SEMVER_SHORT", format!("{major}.{minor}.{patch}")),
    ];
    for (name, text) in [("DRONE_SEMVER_PRERELEASE", prerelease), ("DRONE_SEMVER_BUILD", build)] {
        if !text.is_empty() {
            variables.push((name, text.to_owned()));
        }
    }
    variables
}

fn invalid() -> (&'static str, String) {
    ("DRONE_SEMVER_ERROR", "Invalid semver format".to_owned())
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
        assert_snapshot!(shown("v1.2.3-rc.1+5"), @r"
        DRONE_SEMVER=1.2.3-rc.1+5
        DRONE_SEMVER_MAJOR=1
        DRONE_SEMVER_MINOR=2
        DRONE_SEMVER_PATCH=3
        DRONE_SEMVER_SHORT=1.2.3
        DRONE_SEMVER_PRERELEASE=rc.1
        DRONE_SEMVER_BUILD=5
        ");
    }

    #[test]
    fn any_other_tag() {
        assert_snapshot!(shown("nightly"), @"DRONE_SEMVER_ERROR=Invalid semver format");
        assert_snapshot!(shown("1.x.3"), @"DRONE_SEMVER_ERROR=Invalid semver format");
    }
}
