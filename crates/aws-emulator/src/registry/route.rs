//! The addresses of the distribution protocol.

/// The target of an address below `/v2`; names and digests are not checked yet.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Route<'a> {
    Ping,
    /// The list of repositories.
    Catalog,
    Repository {
        name: &'a str,
        object: Object<'a>,
    },
}

/// An object in a repository.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Object<'a> {
    Blob(&'a str),
    StartUpload,
    Upload(&'a str),
    Manifest(&'a str),
    Tags,
    Referrers(&'a str),
}

impl<'a> Route<'a> {
    /// Parses a path from its end, because a name may have any number of components.
    pub(super) fn parse(path: &'a str) -> Option<Self> {
        let rest = path.strip_prefix("/v2")?;
        if rest.is_empty() || rest == "/" {
            return Some(Self::Ping);
        }
        let rest = rest.strip_prefix('/')?;
        if rest == "_catalog" {
            return Some(Self::Catalog);
        }
        if let Some(name) = rest.strip_suffix("/").unwrap_or(rest).strip_suffix("/blobs/uploads") {
            return Some(Self::Repository { name, object: Object::StartUpload });
        }
        let (head, last) = rest.rsplit_once('/')?;
        let (name, kind) = head.rsplit_once('/')?;
        let (name, object) = match kind {
            "blobs" => (name, Object::Blob(last)),
            "uploads" => (name.strip_suffix("/blobs")?, Object::Upload(last)),
            "manifests" => (name, Object::Manifest(last)),
            "tags" if last == "list" => (name, Object::Tags),
            "referrers" => (name, Object::Referrers(last)),
            _ => return None,
        };
        Some(Self::Repository { name, object })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let repository = |name, object| Some(Route::Repository { name, object });
        assert_eq!(Route::parse("/v2"), Some(Route::Ping));
        assert_eq!(Route::parse("/v2/"), Some(Route::Ping));
        assert_eq!(Route::parse("/v2/_catalog"), Some(Route::Catalog));
        assert_eq!(Route::parse("/v2/a/b/blobs/uploads/"), repository("a/b", Object::StartUpload));
        assert_eq!(Route::parse("/v2/a/blobs/uploads"), repository("a", Object::StartUpload));
        assert_eq!(Route::parse("/v2/a/blobs/uploads/7"), repository("a", Object::Upload("7")));
        assert_eq!(Route::parse("/v2/blobs/blobs/sha256:0"), repository("blobs", Object::Blob("sha256:0")));
        assert_eq!(Route::parse("/v2/a/manifests/1.0"), repository("a", Object::Manifest("1.0")));
        assert_eq!(Route::parse("/v2/a/tags/list"), repository("a", Object::Tags));
        assert_eq!(Route::parse("/v2/a/referrers/sha256:0"), repository("a", Object::Referrers("sha256:0")));
        for other in ["/", "/v1/", "/v2x", "/v2/a/tags/x", "/v2/a"] {
            assert_eq!(Route::parse(other), None, "{other}");
        }
    }
}
