//! Image references as registries and engines accept them: `HOST[:PORT]/PATH[:TAG][@DIGEST]`.

use cirun_image_ref::{EcrRegistry, NameRule, is_path_component};

/// A problem of an image reference, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Flaw {
    pub(super) what: &'static str,
    pub(super) help: String,
}

/// The first problem of a reference; `None` if every engine accepts it.
pub(super) fn flaw(reference: &str) -> Option<Flaw> {
    let flaw = |what, help: &str| Some(Flaw { what, help: help.to_owned() });
    if let Some((_, bare)) = reference.split_once("://") {
        return flaw("an image has no scheme", &format!("write `{bare}`"));
    }
    if reference.contains(char::is_whitespace) {
        return flaw("an image's name has no spaces", "remove them");
    }
    if reference.contains(['*', '?']) {
        return flaw("the name of an image has no wildcard (images.name)", "name one image, with its tag");
    }
    if let Some(registry) = cloud_registry_alone(reference) {
        return flaw("images of ECR and GCR name a path (images.path)", &format!("write `{registry}/PATH:TAG`"));
    }
    let (name, digest) = reference.split_once('@').map_or((reference, None), |(name, digest)| (name, Some(digest)));
    if digest.is_some_and(|digest| !is_digest(digest)) {
        return flaw("this is not a digest", "write `NAME@sha256:` and the 64 digits, or a tag");
    }
    let (before, last) = name.rsplit_once('/').map_or(("", name), |(before, last)| (before, last));
    let (last, tag) = last.split_once(':').map_or((last, None), |(last, tag)| (last, Some(tag)));
    if tag.is_some_and(|tag| !NameRule::Tag.holds(tag)) {
        return flaw(
            "this is not a tag",
            "a tag has letters, digits, `_`, `.` and `-`, at most 128, and begins with neither `.` nor `-`",
        );
    }
    // A first part with a dot, a port or a capital letter is a host.
    let is_host = |part: &str| part.contains(['.', ':']) || part.contains(|c: char| c.is_ascii_uppercase());
    let parts: Vec<&str> = if name.contains('/') { before.split('/').chain([last]).collect() } else { vec![last] };
    let path = match parts.split_first() {
        Some((first, rest)) if !rest.is_empty() && is_host(first) => rest,
        _ => &parts[..],
    };
    if path.iter().any(|part| part.is_empty()) {
        return flaw("a part of the name is missing", "write `HOST/NAME:TAG`, or `NAME:TAG`");
    }
    if path.iter().any(|part| part.contains(|c: char| c.is_ascii_uppercase())) {
        return flaw("the name of an image is in lower case", &format!("write `{}`", reference.to_ascii_lowercase()));
    }
    path.iter().any(|part| !is_path_component(part)).then(|| Flaw {
        what: "this is not the name of an image",
        help: "a name has lower-case letters and digits, with `.`, `_` and `-` between them".to_owned(),
    })
}

/// The ECR or GCR host of a reference without a path.
fn cloud_registry_alone(reference: &str) -> Option<&str> {
    let host = reference.trim_end_matches('/').split([':', '@']).next()?;
    let is_gallery = host == "public.ecr.aws";
    let is_google = host == "gcr.io" || host.ends_with(".gcr.io") || host.ends_with("-docker.pkg.dev");
    let is_ecr = EcrRegistry::parse(host).is_some() || EcrRegistry::mistaken_account(host).is_some();
    let names_a_path = reference.trim_end_matches('/').contains('/');
    (!names_a_path && (is_google || is_ecr || is_gallery)).then_some(host)
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
    use super::*;

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
            assert_eq!(flaw(reference), None, "{reference}");
        }
    }

    #[test]
    fn mistakes_are_distinguished() {
        for (reference, what) in [
            ("library/tomcat*", "no wildcard"),
            ("redis:*", "no wildcard"),
            ("https://quay.io/a/b", "no scheme"),
            ("my image", "no spaces"),
            ("Redis:7", "lower case"),
            ("quay.io/Team/app", "lower case"),
            ("redis:", "not a tag"),
            ("redis:a:b", "not a tag"),
            ("redis:-x", "not a tag"),
            ("redis@sha256:12", "not a digest"),
            ("123456789012.dkr.ecr.us-east-1.amazonaws.com", "name a path"),
            ("40000005317.dkr.ecr.us-east-1.amazonaws.com:0.2", "name a path"),
            ("us.gcr.io/", "name a path"),
            ("gcr.io:latest", "name a path"),
            ("public.ecr.aws", "name a path"),
            ("quay.io//app", "missing"),
            ("/app", "missing"),
            ("a..b", "not the name"),
            ("-a", "not the name"),
        ] {
            let found = flaw(reference).map(|flaw| flaw.what);
            assert!(found.is_some_and(|found| found.contains(what)), "{reference}: {found:?}");
        }
    }
}
