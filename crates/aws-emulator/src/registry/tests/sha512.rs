//! SHA-512 digests, which are accepted everywhere instead of SHA-256.

use http::Method;

use super::{Client, MANIFEST};
use crate::{
    Digest, GcOptions, gc,
    storage::Algorithm::{Sha256, Sha512},
};

/// A manifest whose parts have SHA-512 digests.
async fn manifest(client: &Client, layer: &[u8], extra: &str) -> String {
    let config = client.blob_as("team/shop", b"{}", Sha512.digest(b"{}")).await;
    let layer = client.blob_as("team/shop", layer, Sha512.digest(layer)).await;
    format!(
        r#"{{"schemaVersion":2,"mediaType":"{MANIFEST}","config":{{"mediaType":"application/x.test","digest":"{config}","size":2}},"layers":[{{"digest":"{layer}","size":1}}]{extra}}}"#
    )
}

#[tokio::test]
async fn a_blob_in_pieces_is_read_again_for_its_digest() {
    let client = Client::new().await;
    let upload = client.send(Method::POST, "/v2/team/shop/blobs/uploads/", &[], b"").await.header("location");
    for piece in [b"ab", b"cd"] {
        assert_eq!(client.send(Method::PATCH, &upload, &[], piece).await.status, 202);
    }
    let digest = Sha512.digest(b"abcdef");
    let end = client.send(Method::PUT, &format!("{upload}?digest={digest}"), &[], b"ef").await;
    assert_eq!((end.status.as_u16(), end.header("docker-content-digest")), (201, digest.to_string()), "{}", end.text());
    let path = format!("/v2/team/shop/blobs/{digest}");
    assert_eq!(client.get(&path).await.text(), "abcdef");
    assert_eq!(client.send(Method::HEAD, &path, &[], b"").await.header("content-length"), "6");
    let other = Digest::of(b"abcdef");
    assert_eq!(client.get(&format!("/v2/team/shop/blobs/{other}")).await.status, 404, "it was sent under one name");
    assert_eq!(client.send(Method::DELETE, &path, &[], b"").await.status, 202);
    assert_eq!(client.get(&path).await.status, 404);
}

#[tokio::test]
async fn a_wrong_digest_is_refused() {
    let client = Client::new().await;
    let path = format!("/v2/team/shop/blobs/uploads/?digest={}", Sha512.digest(b"other"));
    let answer = client.send(Method::POST, &path, &[], b"content").await;
    assert_eq!((answer.status.as_u16(), answer.json()["errors"][0]["code"].as_str()), (400, Some("DIGEST_INVALID")));
    let path = format!("/v2/team/shop/manifests/{}", Sha512.digest(b"other"));
    let text = manifest(&client, b"layer", "").await;
    let answer = client.send(Method::PUT, &path, &[("content-type", MANIFEST)], text.as_bytes()).await;
    assert_eq!((answer.status.as_u16(), answer.json()["errors"][0]["code"].as_str()), (400, Some("DIGEST_INVALID")));
}

#[tokio::test]
async fn a_blob_is_mounted() {
    let client = Client::new().await;
    client.bench.ecr("CreateRepository", r#"{"repositoryName":"base"}"#).await;
    let digest = client.blob_as("base", b"layer", Sha512.digest(b"layer")).await;
    let mount = format!("/v2/team/shop/blobs/uploads/?mount={digest}&from=base");
    assert_eq!(client.send(Method::POST, &mount, &[], b"").await.status, 201);
    assert_eq!(client.get(&format!("/v2/team/shop/blobs/{digest}")).await.text(), "layer");
}

#[tokio::test]
async fn a_manifest_has_the_digest_that_it_is_pushed_by() {
    let client = Client::new().await;
    let text = manifest(&client, b"layer", "").await;
    let put = async |reference: &str| {
        let path = format!("/v2/team/shop/manifests/{reference}");
        client.send(Method::PUT, &path, &[("content-type", MANIFEST)], text.as_bytes()).await
    };
    let (short, long) = (Sha256.digest(text.as_bytes()).to_string(), Sha512.digest(text.as_bytes()).to_string());
    assert_eq!(put("1").await.header("docker-content-digest"), short, "a tag alone means the usual algorithm");
    assert_eq!(put(&long).await.header("docker-content-digest"), long);
    for digest in [&short, &long] {
        let answer = client.get(&format!("/v2/team/shop/manifests/{digest}")).await;
        assert_eq!((answer.text(), answer.header("docker-content-digest")), (text.clone(), digest.clone()));
    }
    assert_eq!(client.send(Method::DELETE, &format!("/v2/team/shop/manifests/{long}"), &[], b"").await.status, 202);
    assert_eq!(client.get(&format!("/v2/team/shop/manifests/{long}")).await.status, 404);
    assert_eq!(client.get("/v2/team/shop/manifests/1").await.text(), text);
}

#[tokio::test]
async fn a_referrer_names_its_subject() {
    let client = Client::new().await;
    let subject = Sha512.digest(b"not pushed yet");
    let text = manifest(
        &client,
        b"sbom",
        &format!(r#","subject":{{"mediaType":"{MANIFEST}","digest":"{subject}","size":1}}"#),
    )
    .await;
    let digest = Sha512.digest(text.as_bytes());
    let path = format!("/v2/team/shop/manifests/{digest}");
    let put = client.send(Method::PUT, &path, &[("content-type", MANIFEST)], text.as_bytes()).await;
    assert_eq!((put.status.as_u16(), put.header("oci-subject")), (201, subject.to_string()));
    let list = client.get(&format!("/v2/team/shop/referrers/{subject}")).await.json();
    assert_eq!(list["manifests"][0]["digest"], digest.to_string());
}

#[tokio::test]
async fn the_garbage_collector_knows_them() {
    let client = Client::new().await;
    let text = manifest(&client, b"kept", "").await;
    let path = "/v2/team/shop/manifests/1";
    assert_eq!(client.send(Method::PUT, path, &[("content-type", MANIFEST)], text.as_bytes()).await.status, 201);
    let loose = client.blob_as("team/shop", b"loose", Sha512.digest(b"loose")).await;
    let options = GcOptions { grace: std::time::Duration::ZERO, ..GcOptions::default() };
    assert_eq!(gc(client.bench.dir.path(), options).unwrap().blobs, 1);
    assert_eq!(client.get(&format!("/v2/team/shop/blobs/{loose}")).await.status, 404);
    let kept = Sha512.digest(b"kept");
    assert_eq!(client.get(&format!("/v2/team/shop/blobs/{kept}")).await.text(), "kept");
}
