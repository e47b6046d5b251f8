//! Addresses of registries and endpoints: a host, with or without a scheme and a path.

/// The hosts that Harness never puts before the name of an image (images.never-prefixed).
const NEVER_PREFIXED: [&str; 2] = ["index.docker.io", "registry.hub.docker.com"];

/// Splits an address into its host, with its port, and the path after the slash. The scheme may be missing.
pub fn split_address(address: &str) -> (&str, &str) {
    let bare = address.split_once("://").map_or(address, |(_, bare)| bare);
    bare.split_once('/').unwrap_or((bare, ""))
}

/// The URL of a registry, as connectors have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryUrl {
    /// The host with its port.
    pub host: String,
    /// The path with a leading slash and without a trailing one, or empty.
    path: String,
}

impl RegistryUrl {
    /// Parses a URL; `None` without a scheme or host.
    pub fn parse(url: &str) -> Option<Self> {
        let url = url.trim();
        let (scheme, _) = url.split_once("://")?;
        let (host, path) = split_address(url);
        let path = path.trim_end_matches('/');
        let path = if path.is_empty() { String::new() } else { format!("/{path}") };
        (matches!(scheme, "http" | "https") && !host.is_empty()).then(|| Self { host: host.to_owned(), path })
    }

    /// Whether Harness treats the registry as Docker Hub: it is never put before an image's name, and its login address
    /// is [`DOCKER_HUB_INDEX`](crate::DOCKER_HUB_INDEX).
    pub fn is_never_prefixed(&self) -> bool {
        NEVER_PREFIXED.contains(&self.host.as_str())
    }

    /// The image's name with the registry before it, unless it already has it.
    pub fn prefix(&self, image: &str) -> Option<String> {
        (!self.is_never_prefixed() && !image.contains(&self.host))
            .then(|| format!("{}{}/{image}", self.host, self.path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefixed(url: &str, image: &str) -> Option<String> {
        RegistryUrl::parse(url).expect("a URL").prefix(image)
    }

    #[test]
    fn addresses() {
        for (address, expected) in [
            ("https://reg.example:5000/v2/", ("reg.example:5000", "v2/")),
            ("reg.example/team/shop", ("reg.example", "team/shop")),
            ("minio:9000", ("minio:9000", "")),
            ("", ("", "")),
        ] {
            assert_eq!(split_address(address), expected, "{address}");
        }
    }

    #[test]
    fn images_get_host_and_path() {
        assert_eq!(prefixed("https://reg.example/v2/", "team/app:1").as_deref(), Some("reg.example/v2/team/app:1"));
        assert_eq!(prefixed("http://localhost:5000", "app").as_deref(), Some("localhost:5000/app"));
    }

    #[test]
    fn images_that_name_the_host_stay() {
        assert_eq!(prefixed("https://reg.example", "reg.example/app:1"), None);
    }

    #[test]
    fn docker_hub_is_never_a_prefix() {
        assert_eq!(prefixed("https://index.docker.io/v2/", "redis:7"), None);
        assert_eq!(prefixed("https://registry.hub.docker.com/v2/", "redis:7"), None);
        assert_eq!(
            prefixed("https://registry-1.docker.io/v2/", "redis:7").as_deref(),
            Some("registry-1.docker.io/v2/redis:7")
        );
    }

    #[test]
    fn a_url_needs_a_scheme() {
        assert_eq!(RegistryUrl::parse("reg.example"), None);
        assert_eq!(RegistryUrl::parse("https:///x"), None);
    }
}
