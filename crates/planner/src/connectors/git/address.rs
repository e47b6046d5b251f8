//! The address of a Git server in a URL.

/// The parts of a URL that clones need.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) ssh: bool,
    pub(super) host: String,
    pub(super) port: Option<String>,
}

impl Address {
    /// Parses a URL, or `git@HOST:PATH`.
    pub(super) fn parse(url: &str) -> Option<Self> {
        let (ssh, rest) = match url.split_once("://") {
            Some(("http" | "https", rest)) => (false, rest),
            Some(("ssh", rest)) => (true, rest),
            Some(_) => return None,
            // `git@host:path`, where the part after the colon is not a port.
            None => {
                let (host, _) = url.split_once(':')?;
                let host = host.rsplit('@').next()?;
                return is_host(host).then(|| Self { ssh: true, host: host.to_owned(), port: None });
            }
        };
        let authority = rest.split('/').next()?.rsplit('@').next()?;
        let (host, port) = match authority.split_once(':') {
            Some((host, port)) => (host, Some(port.to_owned())),
            None => (authority, None),
        };
        is_host(host).then(|| Self { ssh, host: host.to_owned(), port })
    }
}

fn is_host(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-._".contains(c))
}

/// The region in a CodeCommit host.
pub(super) fn codecommit_region(host: &str) -> Option<String> {
    let rest = host.strip_prefix("git-codecommit.")?;
    rest.split_once(".amazonaws.com").map(|(region, _)| region.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(url: &str) -> Option<(bool, String, Option<String>)> {
        Address::parse(url).map(|address| (address.ssh, address.host, address.port))
    }

    #[test]
    fn addresses() {
        assert_eq!(host("https://github.com/acme"), Some((false, "github.com".into(), None)));
        assert_eq!(host("http://u:p@git.example:3000/a"), Some((false, "git.example".into(), Some("3000".into()))));
        assert_eq!(host("git@github.com:acme/shop.git"), Some((true, "github.com".into(), None)));
        assert_eq!(host("ssh://git@git.example:22/a"), Some((true, "git.example".into(), Some("22".into()))));
        for wrong in ["", "github.com/acme", "ftp://git.example/a", "https:///a", "<url>:x"] {
            assert_eq!(host(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn regions_of_codecommit() {
        let region = codecommit_region("git-codecommit.eu-west-1.amazonaws.com");
        assert_eq!(region.as_deref(), Some("eu-west-1"));
        assert_eq!(codecommit_region("github.com"), None);
    }
}
