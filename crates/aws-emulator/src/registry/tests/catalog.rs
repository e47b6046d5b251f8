//! The list of repositories.

use http::Method;
use insta::assert_snapshot;

use super::{Client, show};
use crate::{
    PlainHttp,
    emulator::Listener,
    testing::{Bench, REGISTRY},
};

#[tokio::test]
async fn a_registry_lists_its_repositories_in_pages() {
    let client = Client::new().await;
    for name in ["b", "a/x", "a"] {
        client.bench.ecr("CreateRepository", &format!(r#"{{"repositoryName":"{name}"}}"#)).await;
    }
    assert_snapshot!(show(&client.get("/v2/_catalog").await), @r#"
    200
    content-length: 44
    {"repositories":["a","a/x","b","team/shop"]}
    "#);
    assert_snapshot!(show(&client.get("/v2/_catalog?n=2").await), @r#"
    200
    content-length: 28
    link: </v2/_catalog?n=2&last=a%2Fx>; rel="next"
    {"repositories":["a","a/x"]}
    "#);
    assert_snapshot!(show(&client.get("/v2/_catalog?n=2&last=a/x").await), @r#"
    200
    content-length: 34
    {"repositories":["b","team/shop"]}
    "#);
    assert_snapshot!(show(&client.get("/v2/_catalog?n=many").await), @r#"
    416
    content-length: 79
    {"errors":[{"code":"RANGE_INVALID","message":"cannot serve the range `many`"}]}
    "#);
    let post = client.send(Method::POST, "/v2/_catalog", &[], b"").await;
    assert_eq!(post.status, 405, "{}", post.text());
    let open = client.bench.send(Method::GET, &format!("{REGISTRY}/v2/_catalog"), &[], b"").await;
    assert_eq!(open.status, 401, "{}", open.text());
}

#[tokio::test]
async fn an_endpoint_lists_all_registries() {
    let bench = Bench::with(|config| config.plain_http = PlainHttp { write: true, create_on_push: true });
    bench.ecr("CreateRepository", r#"{"repositoryName":"shop"}"#).await;
    let push = async |name: &str| {
        let path = format!("127.0.0.1:5000/v2/{name}/blobs/uploads/");
        assert_eq!(bench.send_by(Listener::Plain, Method::POST, &path, &[], b"").await.status, 202, "{name}");
    };
    push("docker.io/team/shop").await;
    push("210987654321.dkr.ecr.eu-west-1.amazonaws.com/other").await;
    let list = bench.send_by(Listener::Plain, Method::GET, "127.0.0.1:5000/v2/_catalog", &[], b"").await;
    assert_snapshot!(list.text(), @r#"{"repositories":["210987654321.dkr.ecr.eu-west-1.amazonaws.com/other","docker.io/team/shop","shop"]}"#);
}
