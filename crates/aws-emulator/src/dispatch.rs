//! The part of AWS that a request is for: by host name, and on an endpoint without one by its headers.

use cirun_image_ref::{aws_host, is_account};
use http::{Method, request::Parts};

use crate::{
    EcrRegistry, RegistryHost,
    aws_host::{self, AwsHost, ECR_TARGET},
    clouds::{self, Cloud},
    http::{form_pairs, header_text},
    oidc,
    registry::login,
    sigv4,
};

/// The target of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Destination {
    /// The token service.
    Sts,
    /// ECR's control plane; the region comes from the host name or the signature.
    Ecr { region: Option<String> },
    /// The registry of this host name.
    Registry(RegistryHost),
    /// The registry on an endpoint without a name: the path's first component is the registry's host name, otherwise
    /// the default registry is meant.
    AnyRegistry,
    /// A registry's token endpoint.
    RegistryToken,
    /// The identity service of another cloud.
    Cloud(Cloud),
    /// A document or token of the OIDC issuer.
    Oidc,
    /// A bucket, named by the host or by the path.
    S3 { bucket: Option<String> },
    /// An AWS service that the emulator does not have.
    NotEmulated { service: String },
    /// Something that the emulator does not answer for.
    Unknown,
}

/// Finds the target of a request to `host` (without port).
pub(crate) fn destination(host: &str, parts: &Parts) -> Destination {
    let path = parts.uri.path();
    if let Some(cloud) = clouds::of_host(host) {
        return Destination::Cloud(cloud);
    }
    // By the name alone, whatever the path and headers: objects may have the names of the issuer's documents.
    if let Some(aws) = aws_host::of_host(host) {
        return match aws {
            AwsHost::Sts => Destination::Sts,
            AwsHost::Ecr { region } => Destination::Ecr { region: Some(region) },
            AwsHost::Registry(registry) => Destination::Registry(registry),
            AwsHost::S3 { bucket } => Destination::S3 { bucket },
            AwsHost::Other { service } => Destination::NotEmulated { service },
        };
    }
    if path.contains("/.well-known/") || oidc::token_account(path).is_some() {
        return Destination::Oidc;
    }
    if !is_endpoint(host) && login::is_token_address(host, path) {
        return Destination::RegistryToken;
    }
    if path == "/v2" || path.starts_with("/v2/") {
        return match host.parse::<RegistryHost>() {
            Ok(registry) if !is_endpoint(host) => Destination::Registry(registry),
            _ => Destination::AnyRegistry,
        };
    }
    by_headers(parts)
}

/// Whether the host is an address or a name of this machine: an endpoint for everything.
fn is_endpoint(host: &str) -> bool {
    !host.contains('.') || host.bytes().all(|b| b.is_ascii_digit() || b == b'.') || host.ends_with(".localhost")
}

fn by_headers(parts: &Parts) -> Destination {
    if header_text(parts, "x-amz-target").is_some_and(|target| target.starts_with(ECR_TARGET)) {
        return Destination::Ecr { region: None };
    }
    let signed_for = sigv4::parse(parts).map(|signature| signature.scope.service);
    match signed_for.as_deref() {
        Some("sts") => return Destination::Sts,
        Some("ecr") => return Destination::Ecr { region: None },
        _ => {}
    }
    let form = header_text(parts, "content-type").is_some_and(|t| t.starts_with("application/x-www-form-urlencoded"));
    let query = parts.uri.query().unwrap_or_default();
    if parts.method == Method::POST && form || form_pairs(query).iter().any(|(name, _)| name == "Action") {
        return Destination::Sts;
    }
    Destination::Unknown
}

/// Lists the host names that a stage's clients use, for aliases and a certificate.
///
/// Regions are those of the registries; accounts come from the registries only, because other names have none.
pub fn host_names(registries: &[EcrRegistry]) -> Vec<String> {
    let mut names = vec!["sts.amazonaws.com".to_owned()];
    for registry in registries.iter().filter(|registry| is_account(&registry.account)) {
        let region = &registry.region;
        names.extend(["sts", "api.ecr", "ecr"].map(|service| aws_host(service, region)));
        names.push(registry.host());
    }
    names.sort();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn to(host: &str, path: &str, headers: &[(&str, &str)]) -> Destination {
        let mut request = Request::post(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        destination(host, &request.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn by_name() {
        let registry = |text: &str| Destination::Registry(text.parse().unwrap());
        let shop = "123456789012.dkr.ecr.us-east-1.amazonaws.com";
        assert_eq!(to("sts.amazonaws.com", "/", &[]), Destination::Sts);
        assert_eq!(to("sts.eu-west-1.amazonaws.com", "/", &[]), Destination::Sts);
        assert_eq!(
            to("api.ecr.eu-west-1.amazonaws.com", "/", &[]),
            Destination::Ecr { region: Some("eu-west-1".into()) }
        );
        assert_eq!(to(shop, "/v2/", &[]), registry(shop));
        assert_eq!(to("index.docker.io", "/v2/", &[]), registry("docker.io"));
        assert_eq!(to("auth.docker.io", "/token", &[]), Destination::RegistryToken);
        assert_eq!(to("sts.googleapis.com", "/v1/token", &[]), Destination::Cloud(Cloud::Google));
        assert_eq!(to("index.docker.io", "/v1/", &[]), Destination::Unknown);
        let s3 = |bucket: Option<&str>| Destination::S3 { bucket: bucket.map(str::to_owned) };
        assert_eq!(to("s3.us-east-1.amazonaws.com", "/", &[]), s3(None));
        assert_eq!(to("s3.amazonaws.com", "/b/key", &[]), s3(None));
        assert_eq!(to("my.bucket.s3.eu-west-1.amazonaws.com", "/v2/key", &[]), s3(Some("my.bucket")));
        assert_eq!(to("b.s3.amazonaws.com", "/.well-known/assetlinks.json", &[]), s3(Some("b")));
        assert_eq!(to("app.harness.io", "/ng/api/oidc/account/a/.well-known/jwks", &[]), Destination::Oidc);
        assert_eq!(to("s3.example.com", "/", &[]), Destination::Unknown);
    }

    #[test]
    fn by_headers_on_an_endpoint() {
        let target = ("x-amz-target", "AmazonEC2ContainerRegistry_V20150921.DescribeRepositories");
        assert_eq!(to("127.0.0.1", "/", &[target]), Destination::Ecr { region: None });
        let form = ("content-type", "application/x-www-form-urlencoded; charset=utf-8");
        assert_eq!(to("localhost", "/", &[form]), Destination::Sts);
        assert_eq!(to("localhost", "/?Action=GetCallerIdentity", &[]), Destination::Sts);
        let signed =
            "AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/sts/aws4_request, SignedHeaders=host, Signature=00";
        assert_eq!(to("emulator", "/", &[("authorization", signed)]), Destination::Sts);
        assert_eq!(to("127.0.0.1", "/v2/x/tags/list", &[]), Destination::AnyRegistry);
        assert_eq!(to("localhost", "/", &[]), Destination::Unknown);
        assert_eq!(to("localhost", "/oidc/.well-known/jwks", &[]), Destination::Oidc);
    }

    #[test]
    fn names_of_a_stage() {
        let names = host_names(&[EcrRegistry::new("123456789012", "us-east-1"), EcrRegistry::new("1", "eu-west-1")]);
        assert_eq!(
            names,
            [
                "123456789012.dkr.ecr.us-east-1.amazonaws.com",
                "api.ecr.us-east-1.amazonaws.com",
                "ecr.us-east-1.amazonaws.com",
                "sts.amazonaws.com",
                "sts.us-east-1.amazonaws.com",
            ]
        );
    }
}
