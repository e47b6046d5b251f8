//! Which requests of the engine's API move images. Pure.

use hyper::{Method, Uri};
use percent_encoding::percent_decode_str;

/// What a request is about, as far as the guard cares.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// `POST /images/NAME/push`.
    Push {
        /// What stands before `/images`: the API's version.
        prefix: String,
        /// The image, without its tag.
        name: String,
        /// All of them where none is named.
        tag: Option<String>,
    },
    /// A push of something else, or in another dialect.
    PushElse {
        /// What is pushed.
        name: String,
    },
    /// `POST /images/create?fromImage=NAME`.
    Pull {
        /// As above.
        prefix: String,
        /// The image, without its tag.
        name: String,
        /// Its tag or digest.
        tag: String,
    },
    /// `POST /auth`.
    Login,
    /// `POST /containers/create`.
    CreateContainer,
    /// `GET /images/NAME/json`.
    Inspect,
    /// All else.
    Other,
}

impl Route {
    pub(super) fn of(method: &Method, uri: &Uri) -> Self {
        let path = percent_decode_str(uri.path()).decode_utf8_lossy();
        let (prefix, rest) = version(&path);
        if method != Method::POST {
            let image = rest.strip_prefix("/images/").and_then(|rest| rest.strip_suffix("/json"));
            return if method == Method::GET && image.is_some() { Self::Inspect } else { Self::Other };
        }
        let query = |wanted: &str| {
            let pairs = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
            pairs
                .into_iter()
                .find(|(name, value)| name == wanted && !value.is_empty())
                .map(|(_, value)| value.into_owned())
        };
        let pushed = |kind: &str| rest.strip_prefix(kind)?.strip_suffix("/push").filter(|name| !name.is_empty());
        if let Some(name) = pushed("/images/") {
            return Self::Push { prefix: prefix.to_owned(), name: name.to_owned(), tag: query("tag") };
        }
        let others = ["/plugins/", "/libpod/images/", "/libpod/manifests/"];
        if let Some(name) = others.iter().find_map(|kind| pushed(kind)) {
            return Self::PushElse { name: query("destination").unwrap_or_else(|| name.to_owned()) };
        }
        if let Some((_, name)) = rest.strip_prefix("/libpod/manifests/").and_then(|rest| rest.split_once("/registry/"))
        {
            return Self::PushElse { name: name.to_owned() };
        }
        match (rest, query("fromImage")) {
            ("/images/create", Some(image)) => {
                let (name, tag) = match (query("tag"), split_tag(&image)) {
                    (Some(tag), _) => (image.as_str(), tag),
                    (None, (name, tag)) => (name, tag.unwrap_or("latest").to_owned()),
                };
                Self::Pull { prefix: prefix.to_owned(), name: name.to_owned(), tag }
            }
            ("/auth", _) => Self::Login,
            ("/containers/create", _) => Self::CreateContainer,
            _ => Self::Other,
        }
    }
}

/// Splits `/v1.41` from the rest; either may be empty.
fn version(path: &str) -> (&str, &str) {
    let end = path.get(1..).and_then(|rest| rest.find('/')).map_or(path.len(), |at| at + 1);
    let is_version = path.get(1..end).is_some_and(|first| {
        first.strip_prefix('v').is_some_and(|number| number.bytes().all(|b| b.is_ascii_digit() || b == b'.'))
    });
    if is_version { path.split_at(end) } else { ("", path) }
}

/// Splits a tag or digest off an image's name.
fn split_tag(image: &str) -> (&str, Option<&str>) {
    if let Some((name, digest)) = image.split_once('@') {
        return (name, Some(digest));
    }
    match image.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
        _ => (image, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(address: &str) -> Route {
        Route::of(&Method::POST, &address.parse().unwrap())
    }

    fn push(prefix: &str, name: &str, tag: Option<&str>) -> Route {
        Route::Push { prefix: prefix.to_owned(), name: name.to_owned(), tag: tag.map(str::to_owned) }
    }

    fn pull(prefix: &str, name: &str, tag: &str) -> Route {
        Route::Pull { prefix: prefix.to_owned(), name: name.to_owned(), tag: tag.to_owned() }
    }

    #[test]
    fn requests_that_move_images() {
        for (address, expected) in [
            ("/v1.41/images/r.io/a/b/push?tag=1", push("/v1.41", "r.io/a/b", Some("1"))),
            ("/images/localhost%3A5000%2Fa/push", push("", "localhost:5000/a", None)),
            ("/v1.41/images/push/push?tag=", push("/v1.41", "push", None)),
            ("/v1.47/images/create?fromImage=r.io%2Fa&tag=sha256%3A0f", pull("/v1.47", "r.io/a", "sha256:0f")),
            ("/images/create?fromImage=r.io:80/a", pull("", "r.io:80/a", "latest")),
            ("/images/create?fromImage=a:3", pull("", "a", "3")),
            ("/v1.41/auth", Route::Login),
            ("/v1.41/containers/create?name=x", Route::CreateContainer),
            ("/v1.41/plugins/r.io/p/push", Route::PushElse { name: "r.io/p".into() }),
            ("/v5.0.0/libpod/images/a/push?destination=r.io/a", Route::PushElse { name: "r.io/a".into() }),
            ("/v5.0.0/libpod/manifests/a/registry/r.io/a:1", Route::PushElse { name: "r.io/a:1".into() }),
            ("/images/create?fromSrc=-", Route::Other),
            ("/v1.41/build?t=r.io/a", Route::Other),
            ("/session", Route::Other),
            ("/vx/auth", Route::Other),
            ("/", Route::Other),
        ] {
            assert_eq!(route(address), expected, "{address}");
        }
        for (address, expected) in [
            ("/images/a/push", Route::Other),
            ("/images/json", Route::Other),
            ("/v1.41/images/r.io/a:1/json", Route::Inspect),
        ] {
            assert_eq!(Route::of(&Method::GET, &address.parse().unwrap()), expected, "{address}");
        }
    }
}
