//! Access rights, and the addresses of the registry.

use http::Method;
use insta::assert_snapshot;

use super::{Client, show};
use crate::{
    Digest, PlainHttp, Strictness,
    emulator::Listener,
    testing::{Bench, REGISTRY},
};

#[tokio::test]
async fn no_access_without_a_token() {
    let client = Client::new().await;
    let ping = format!("{REGISTRY}/v2/");
    assert_snapshot!(show(&client.bench.send(Method::GET, &ping, &[], b"").await), @r#"
    401
    www-authenticate: Basic realm="https://123456789012.dkr.ecr.us-east-1.amazonaws.com/",service="ecr.amazonaws.com"
    content-length: 63
    {"errors":[{"code":"UNAUTHORIZED","message":"Not Authorized"}]}
    "#);
    let forged = [("authorization", "Basic QVdTOmZvcmdlZA==")];
    assert_eq!(client.bench.send(Method::GET, &ping, &forged, b"").await.status, 401);
    assert_eq!(client.get("/v2/").await.status, 200);
    client.bench.pass(12 * 3600);
    assert_snapshot!(show(&client.get("/v2/").await), @r#"
    403
    content-length: 110
    {"errors":[{"code":"DENIED","message":"Your authorization token has expired. Reauthenticate and try again."}]}
    "#);
}

#[tokio::test]
async fn a_strict_registry_is_for_its_own_account() {
    let bench = Bench::with(|config| {
        config.seeds.repositories.push((crate::EcrRegistry::new("210987654321", "us-east-1"), "shop".parse().unwrap()));
    });
    let login = bench.login().await;
    let tags = "210987654321.dkr.ecr.us-east-1.amazonaws.com/v2/shop/tags/list";
    assert_eq!(bench.send(Method::GET, tags, &[("authorization", &login)], b"").await.status, 200);
    let data = bench.dir.path().to_owned();
    let strict = Bench::with(|config| {
        config.strictness = Strictness::Strict;
        config.data_dir = data;
    });
    assert_snapshot!(show(&strict.send(Method::GET, tags, &[("authorization", &login)], b"").await), @r#"
    403
    content-length: 134
    {"errors":[{"code":"DENIED","message":"User: arn:aws:iam::123456789012:user/local may not use the registry of account 210987654321"}]}
    "#);
}

#[tokio::test]
async fn a_push_to_no_repository_is_refused_in_ecr_s_words() {
    let client = Client::new().await;
    let answer = client.send(Method::POST, "/v2/other/blobs/uploads/", &[], b"").await;
    assert_snapshot!(show(&answer), @r#"
    404
    content-length: 135
    {"errors":[{"code":"NAME_UNKNOWN","message":"The repository with name 'other' does not exist in the registry with id '123456789012'"}]}
    "#);
    assert_eq!(client.get("/v2/other/tags/list").await.status, 404);
}

#[tokio::test]
async fn a_push_makes_the_repository_where_that_is_wanted() {
    let bench = Bench::with(|config| config.create_on_push = true);
    let login = bench.login().await;
    let url = format!("{REGISTRY}/v2/new/blobs/uploads/");
    assert_eq!(bench.send(Method::POST, &url, &[("authorization", &login)], b"").await.status, 202);
    let described = bench.ecr("DescribeRepositories", "{}").await.json();
    assert_eq!(described["repositories"][0]["repositoryName"], "new");
}

#[tokio::test]
async fn the_owner_s_door_needs_no_token() {
    let client = Client::new().await;
    client.image(b"layer", "1", "").await;
    let data = client.bench.dir.path().to_owned();
    let door = async |plain_http: PlainHttp, method: Method, url: &str| {
        let bench = Bench::with(|config| {
            config.plain_http = plain_http;
            config.data_dir.clone_from(&data);
        });
        bench.send_by(Listener::Plain, method, url, &[], b"").await.status.as_u16()
    };
    let (reading, writing) = (PlainHttp::default(), PlainHttp { write: true, create_on_push: true });
    let by_host = format!("127.0.0.1:5000/v2/{REGISTRY}/team/shop/manifests/1");
    assert_eq!(door(reading, Method::GET, &by_host).await, 200);
    assert_eq!(door(reading, Method::GET, "localhost:5000/v2/team/shop/manifests/1").await, 200);
    let upload = format!("127.0.0.1:5000/v2/{REGISTRY}/new/blobs/uploads/");
    assert_eq!(door(reading, Method::POST, &upload).await, 403);
    assert_eq!(door(writing, Method::POST, &upload).await, 202);
    assert_eq!(
        door(writing, Method::GET, &format!("{REGISTRY}/v2/")).await,
        401,
        "the AWS names ask for it everywhere"
    );
    assert_eq!(door(writing, Method::POST, "127.0.0.1:5000/v2/docker.io/library/redis/blobs/uploads/").await, 202);
}

#[tokio::test]
async fn other_registries_are_here_too() {
    let bench = Bench::new();
    let digest = Digest::of(b"layer");
    let url = format!("index.docker.io/v2/library/redis/blobs/uploads/?digest={digest}");
    let refused = bench.send(Method::POST, &url, &[], b"layer").await;
    assert_eq!(refused.status, 401);
    assert_eq!(
        refused.header("www-authenticate"),
        "Bearer realm=\"https://auth.docker.io/token\",service=\"registry.docker.io\",scope=\"repository:library/redis:pull,push\""
    );
    let scope = "auth.docker.io/token?service=registry.docker.io&scope=repository:library/redis:pull,push";
    let token = async |login: &[(&str, &str)]| {
        let answer = bench.send(Method::GET, scope, login, b"").await;
        format!("Bearer {}", answer.json()["token"].as_str().unwrap_or_default())
    };
    let anonymous = token(&[]).await;
    assert_eq!(bench.send(Method::POST, &url, &[("authorization", &anonymous)], b"layer").await.status, 401);
    let robot = token(&[("authorization", "Basic cm9ib3Q6cHc=")]).await;
    assert_eq!(bench.send(Method::POST, &url, &[("authorization", &robot)], b"layer").await.status, 201);
    let read = format!("registry-1.docker.io/v2/library/redis/blobs/{digest}");
    assert_eq!(bench.send(Method::GET, &read, &[("authorization", &anonymous)], b"").await.status, 200);
    bench.pass(301);
    assert_eq!(bench.send(Method::GET, &read, &[("authorization", &anonymous)], b"").await.status, 401);
    let elsewhere = format!("{REGISTRY}/v2/library/redis/blobs/{digest}");
    let login = bench.login().await;
    assert_eq!(bench.send(Method::GET, &elsewhere, &[("authorization", &login)], b"").await.status, 404);
}

#[tokio::test]
async fn a_token_of_the_real_ecr_is_taken_where_that_is_wanted() {
    let bench = Bench::with(|config| {
        config.any_token = true;
        config.create_on_push = true;
    });
    let url = format!("{REGISTRY}/v2/shop/blobs/uploads/");
    for (login, status) in [("Basic QVdTOnJlYWw=", 202), ("Basic cm9ib3Q6cHc=", 401)] {
        let answer = bench.send(Method::POST, &url, &[("authorization", login)], b"").await;
        assert_eq!(answer.status, status, "{login}");
    }
}

#[tokio::test]
async fn an_open_registry_asks_for_no_login() {
    let bench = Bench::with(|config| config.open_registries = vec!["reg.example".parse().unwrap()]);
    let url = format!("reg.example:5000/v2/shop/blobs/uploads/?digest={}", Digest::of(b"layer"));
    assert_eq!(bench.send_by(Listener::Plain, Method::POST, &url, &[], b"layer").await.status, 201);
    let closed = bench.send_by(Listener::Plain, Method::GET, "quay.io:5000/v2/", &[], b"").await;
    assert_eq!(closed.header("www-authenticate"), "Bearer realm=\"http://quay.io:5000/token\",service=\"quay.io\"");
}

#[tokio::test]
async fn addresses_and_methods_that_are_not_there() {
    let client = Client::new().await;
    assert_eq!(client.send(Method::PUT, "/v2/team/shop/tags/list", &[], b"").await.status, 405);
    assert_eq!(client.get("/v2/Team/tags/list").await.json()["errors"][0]["code"], "NAME_INVALID");
    assert_eq!(client.get("/v2/team/shop/blobs/sha256:0").await.json()["errors"][0]["code"], "DIGEST_INVALID");
}
