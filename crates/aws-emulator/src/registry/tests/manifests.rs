//! Images, indices, tags and referrers.

use http::Method;
use insta::assert_snapshot;

use super::{Client, MANIFEST, show};
use crate::Digest;

#[tokio::test]
async fn an_image_by_tag_and_digest() {
    let client = Client::new().await;
    let put = client.image(b"layer", "1.0", "").await;
    assert_snapshot!(show(&put), @r"
    201
    location: /v2/team/shop/manifests/sha256:81f7802c5f3ef107d95e12af06360990e1d71a401ce1120a9ef6f6b1e32a7e0b
    content-length: 0
    docker-content-digest: sha256:81f7802c5f3ef107d95e12af06360990e1d71a401ce1120a9ef6f6b1e32a7e0b
    ");
    let digest = put.header("docker-content-digest");
    let by_tag = client.get("/v2/team/shop/manifests/1.0").await;
    let by_digest = client.get(&format!("/v2/team/shop/manifests/{digest}")).await;
    assert_eq!((by_tag.body.clone(), by_tag.header("content-type")), (by_digest.body, MANIFEST.to_owned()));
    assert_eq!(Digest::of(&by_tag.body).to_string(), digest);
    assert_eq!(client.send(Method::DELETE, "/v2/team/shop/manifests/1.0", &[], b"").await.status, 202);
    assert_snapshot!(show(&client.get("/v2/team/shop/manifests/1.0").await), @r#"
    404
    content-length: 78
    {"errors":[{"code":"MANIFEST_UNKNOWN","message":"Requested image not found"}]}
    "#);
    assert_eq!(client.send(Method::DELETE, &format!("/v2/team/shop/manifests/{digest}"), &[], b"").await.status, 202);
    assert_eq!(client.get(&format!("/v2/team/shop/manifests/{digest}")).await.status, 404);
}

#[tokio::test]
async fn manifests_that_cannot_be_kept() {
    let client = Client::new().await;
    let put = async |reference: &str, body: &str| {
        let path = format!("/v2/team/shop/manifests/{reference}");
        show(&client.send(Method::PUT, &path, &[("content-type", MANIFEST)], body.as_bytes()).await)
    };
    assert_snapshot!(put("1", "nonsense").await, @r#"
    400
    content-length: 96
    {"errors":[{"code":"MANIFEST_INVALID","message":"manifest: expected ident at line 1 column 2"}]}
    "#);
    assert_snapshot!(put("1", r#"{"schemaVersion":1}"#).await, @r#"
    400
    content-length: 98
    {"errors":[{"code":"MANIFEST_INVALID","message":"manifest: schemaVersion 1 is not kept, only 2"}]}
    "#);
    let absent = Digest::of(b"absent");
    let manifest = format!(r#"{{"schemaVersion":2,"config":{{"digest":"{absent}","size":1}},"layers":[]}}"#);
    assert_snapshot!(put("1", &manifest).await, @r#"
    400
    content-length: 188
    {"errors":[{"code":"MANIFEST_BLOB_UNKNOWN","message":"Layers with digests '[sha256:5ad38304b535c2987dbd24657c1a11b884984ff600d9f389deb0d4e634fee792]' required by the image do not exist"}]}
    "#);
    assert_snapshot!(put("-", &manifest).await, @r#"
    400
    content-length: 71
    {"errors":[{"code":"NAME_INVALID","message":"`-` is not a valid tag"}]}
    "#);
    let config = client.blob("team/shop", b"{}").await;
    let manifest = format!(r#"{{"schemaVersion":2,"config":{{"digest":"{config}","size":2}},"layers":[]}}"#);
    assert_snapshot!(put(&absent.to_string(), &manifest).await, @r#"
    400
    content-length: 214
    {"errors":[{"code":"DIGEST_INVALID","message":"the content is sha256:1fa4aa4a246a351a197bbd8fb03d254d1331e8b17a1ae3d292546e185f042997, not sha256:5ad38304b535c2987dbd24657c1a11b884984ff600d9f389deb0d4e634fee792"}]}
    "#);
}

#[tokio::test]
async fn an_index_of_images() {
    let client = Client::new().await;
    let image = client.image(b"amd64", &"x".repeat(7), "").await.header("docker-content-digest");
    let index = |digest: &str| {
        format!(
            r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{{"mediaType":"{MANIFEST}","digest":"{digest}","size":1}}]}}"#
        )
    };
    let headers = [("content-type", "application/vnd.oci.image.index.v1+json")];
    let path = "/v2/team/shop/manifests/all";
    assert_eq!(client.send(Method::PUT, path, &headers, index(&image).as_bytes()).await.status, 201);
    assert_eq!(client.get(path).await.header("content-type"), headers[0].1);
    let absent = index(&Digest::of(b"absent").to_string());
    assert_eq!(
        client.send(Method::PUT, path, &headers, absent.as_bytes()).await.json()["errors"][0]["code"],
        "MANIFEST_BLOB_UNKNOWN"
    );
}

#[tokio::test]
async fn tags_in_pages() {
    let client = Client::new().await;
    for tag in ["b", "a", "c"] {
        client.image(b"layer", tag, "").await;
    }
    assert_snapshot!(show(&client.get("/v2/team/shop/tags/list?n=2").await), @r#"
    200
    content-length: 37
    link: </v2/team/shop/tags/list?n=2&last=b>; rel="next"
    {"name":"team/shop","tags":["a","b"]}
    "#);
    assert_snapshot!(show(&client.get("/v2/team/shop/tags/list?n=2&last=b").await), @r#"
    200
    content-length: 33
    {"name":"team/shop","tags":["c"]}
    "#);
    assert_eq!(client.get("/v2/team/shop/tags/list").await.json()["tags"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn an_immutable_tag_is_not_moved() {
    let client = Client::new().await;
    client
        .bench
        .ecr("PutImageTagMutability", r#"{"repositoryName":"team/shop","imageTagMutability":"IMMUTABLE"}"#)
        .await;
    assert_eq!(client.image(b"one", "1", "").await.status, 201);
    assert_snapshot!(show(&client.image(b"two", "1", "").await), @r#"
    400
    content-length: 173
    {"errors":[{"code":"TAG_INVALID","message":"The image tag '1' already exists in the 'team/shop' repository and cannot be overwritten because the repository is immutable."}]}
    "#);
}

#[tokio::test]
async fn who_refers_to_an_image() {
    let client = Client::new().await;
    let image = client.image(b"layer", "1", "").await.header("docker-content-digest");
    let extra = format!(
        r#","artifactType":"application/x.sbom","annotations":{{"by":"me"}},"subject":{{"mediaType":"{MANIFEST}","digest":"{image}","size":1}}"#
    );
    let referrer = client.image(b"sbom", "sbom", &extra).await;
    assert_eq!(referrer.header("oci-subject"), image);
    let list = client.get(&format!("/v2/team/shop/referrers/{image}")).await.json();
    assert_eq!(list["manifests"][0]["digest"], referrer.header("docker-content-digest").as_str());
    assert_eq!(list["manifests"][0]["artifactType"], "application/x.sbom");
    assert_eq!(list["manifests"][0]["annotations"]["by"], "me");
    let other = client.get(&format!("/v2/team/shop/referrers/{image}?artifactType=x")).await;
    assert_eq!(
        (other.json()["manifests"].as_array().unwrap().len(), other.header("oci-filters-applied")),
        (0, "artifactType".to_owned())
    );
}
