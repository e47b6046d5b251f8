//! The registry as its clients see it.

use http::Method;

use crate::{
    Digest,
    testing::{Answer, Bench, REGISTRY},
};

mod access;
mod blobs;
mod catalog;
mod conformance;
mod manifests;
mod sha512;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// A client with a login.
struct Client {
    bench: Bench,
    login: String,
}

impl Client {
    async fn new() -> Self {
        let bench = Bench::new();
        bench.ecr("CreateRepository", r#"{"repositoryName":"team/shop"}"#).await;
        let login = bench.login().await;
        Self { bench, login }
    }

    async fn send(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let headers = [&[("authorization", self.login.as_str())], headers].concat();
        self.bench.send(method, &format!("{REGISTRY}{path}"), &headers, body).await
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], b"").await
    }

    /// Sends a blob in one request.
    async fn blob(&self, repository: &str, bytes: &[u8]) -> Digest {
        self.blob_as(repository, bytes, Digest::of(bytes)).await
    }

    /// Sends a blob in one request, with a digest of any algorithm.
    async fn blob_as(&self, repository: &str, bytes: &[u8], digest: Digest) -> Digest {
        let path = format!("/v2/{repository}/blobs/uploads/?digest={digest}");
        let answer = self.send(Method::POST, &path, &[], bytes).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        digest
    }

    /// Sends a manifest with one layer and returns its digest.
    async fn image(&self, layer: &[u8], reference: &str, extra: &str) -> Answer {
        let (config, layer) = (self.blob("team/shop", b"{}").await, self.blob("team/shop", layer).await);
        let manifest = format!(
            r#"{{"schemaVersion":2,"mediaType":"{MANIFEST}","config":{{"mediaType":"application/x.test","digest":"{config}","size":2}},"layers":[{{"digest":"{layer}","size":1}}]{extra}}}"#
        );
        let path = format!("/v2/team/shop/manifests/{reference}");
        self.send(Method::PUT, &path, &[("content-type", MANIFEST)], manifest.as_bytes()).await
    }
}

/// Formats status, the protocol's headers and the body; an upload's id differs each time.
fn show(answer: &Answer) -> String {
    let mut text = format!("{}\n", answer.status.as_u16());
    for name in
        ["www-authenticate", "location", "range", "content-range", "content-length", "docker-content-digest", "link"]
    {
        if answer.headers.contains_key(name) {
            let value = answer.header(name);
            let value =
                value.rsplit_once("/uploads/").map_or(value.clone(), |(path, _)| format!("{path}/uploads/<id>"));
            text.push_str(&format!("{name}: {value}\n"));
        }
    }
    text + &answer.text()
}
