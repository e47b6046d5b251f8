//! What is wrong with an image reference: registries and engines take `HOST[:PORT]/PATH[:TAG][@DIGEST]`.

use crate::{EcrRegistry, LoginKind, NameRule, is_path_component, split_registry};

/// The first problem of a reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReferenceFlaw<'r> {
    /// It begins with a scheme; the rest.
    Scheme(&'r str),
    /// It contains spaces.
    Space,
    /// It contains `*` or `?`.
    Wildcard,
    /// It is the host of a cloud's registry alone; the host.
    NoPath(&'r str),
    /// What follows the `@` is not a digest.
    Digest,
    /// What follows the last `:` is not a tag.
    Tag,
    /// A part between slashes is empty.
    EmptyPart,
    /// Its path has capital letters.
    UpperCase,
    /// Its path is invalid in another way.
    Path,
}

impl<'r> ReferenceFlaw<'r> {
    /// The first problem of a reference; `None` if every engine accepts it.
    pub fn of(reference: &'r str) -> Option<Self> {
        if let Some((_, bare)) = reference.split_once("://") {
            return Some(Self::Scheme(bare));
        }
        if reference.contains(char::is_whitespace) {
            return Some(Self::Space);
        }
        if reference.contains(['*', '?']) {
            return Some(Self::Wildcard);
        }
        if let Some(host) = cloud_registry_alone(reference) {
            return Some(Self::NoPath(host));
        }
        let (name, digest) = reference.split_once('@').map_or((reference, None), |(name, digest)| (name, Some(digest)));
        if digest.is_some_and(|digest| !is_digest(digest)) {
            return Some(Self::Digest);
        }
        let last = name.rfind('/').map_or(0, |slash| slash + 1);
        let (name, tag) =
            name[last..].split_once(':').map_or((name, None), |(part, tag)| (&name[..last + part.len()], Some(tag)));
        if tag.is_some_and(|tag| !NameRule::Tag.holds(tag)) {
            return Some(Self::Tag);
        }
        let (_, path) = split_registry(name);
        let any = |test: fn(&str) -> bool| path.split('/').any(test);
        if any(str::is_empty) {
            return Some(Self::EmptyPart);
        }
        if any(|part| part.contains(|c: char| c.is_ascii_uppercase())) {
            return Some(Self::UpperCase);
        }
        any(|part| !is_path_component(part)).then_some(Self::Path)
    }
}

/// The ECR or Google host of a reference without a path.
fn cloud_registry_alone(reference: &str) -> Option<&str> {
    let reference = reference.trim_end_matches('/');
    let host = reference.split([':', '@']).next()?;
    let is_gallery = host == "public.ecr.aws";
    let is_google = LoginKind::of(host) == LoginKind::Google;
    (!reference.contains('/') && (is_google || EcrRegistry::is_meant(host) || is_gallery)).then_some(host)
}

fn is_digest(text: &str) -> bool {
    text.split_once(':').is_some_and(|(algorithm, hex)| {
        let expected = match algorithm {
            "sha256" => 64,
            "sha384" => 96,
            "sha512" => 128,
            _ => return false,
        };
        hex.len() == expected && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    })
}

#[cfg(test)]
mod tests {
    use super::ReferenceFlaw as Flaw;

    /// The forms of Docker, GCR and ECR (images.path); then other common ones.
    #[test]
    fn references_that_engines_take() {
        let digest = format!("redis@sha256:{}", "0a".repeat(32));
        for reference in [
            "library/tomcat",
            "us.gcr.io/playground-123/quickstart-image:latest",
            "40000005317.dkr.ecr.us-east-1.amazonaws.com/todolist:0.2",
            "redis",
            "redis:7.2-alpine",
            "localhost:5000/team/app:1_a",
            "localhost/app",
            "a/b__c/d--e.f:Tag",
            "GITHUB/app",
            digest.as_str(),
        ] {
            assert_eq!(Flaw::of(reference), None, "{reference}");
        }
    }

    #[test]
    fn mistakes_are_distinguished() {
        for (reference, flaw) in [
            ("library/tomcat*", Flaw::Wildcard),
            ("redis:*", Flaw::Wildcard),
            ("https://quay.io/a/b", Flaw::Scheme("quay.io/a/b")),
            ("my image", Flaw::Space),
            ("Redis:7", Flaw::UpperCase),
            ("quay.io/Team/app", Flaw::UpperCase),
            ("redis:", Flaw::Tag),
            ("redis:a:b", Flaw::Tag),
            ("redis:-x", Flaw::Tag),
            ("redis@sha256:12", Flaw::Digest),
            (
                "123456789012.dkr.ecr.us-east-1.amazonaws.com",
                Flaw::NoPath("123456789012.dkr.ecr.us-east-1.amazonaws.com"),
            ),
            (
                "40000005317.dkr.ecr.us-east-1.amazonaws.com:0.2",
                Flaw::NoPath("40000005317.dkr.ecr.us-east-1.amazonaws.com"),
            ),
            ("us.gcr.io/", Flaw::NoPath("us.gcr.io")),
            ("gcr.io:latest", Flaw::NoPath("gcr.io")),
            ("public.ecr.aws", Flaw::NoPath("public.ecr.aws")),
            ("quay.io//app", Flaw::EmptyPart),
            ("/app", Flaw::EmptyPart),
            ("a..b", Flaw::Path),
            ("-a", Flaw::Path),
        ] {
            assert_eq!(Flaw::of(reference), Some(flaw), "{reference}");
        }
    }
}
