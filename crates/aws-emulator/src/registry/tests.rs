use http::Method;
use insta::assert_snapshot;

use crate::{
    Digest, PlainHttp, Strictness,
    emulator::Listener,
    testing::{Answer, Bench, REGISTRY},
};

mod conformance;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// A client that has logged in.
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

    /// Sends a blob at once.
    async fn blob(&self, repository: &str, bytes: &[u8]) -> Digest {
        let digest = Digest::of(bytes);
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

/// Shows status, the protocol's headers and the body; an upload's id differs each time.
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

#[tokio::test]
async fn nobody_enters_without_a_token() {
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
async fn a_blob_in_pieces() {
    let client = Client::new().await;
    let start = client.send(Method::POST, "/v2/team/shop/blobs/uploads/", &[], b"").await;
    assert_snapshot!(show(&start), @r"
    202
    location: /v2/team/shop/blobs/uploads/<id>
    range: 0-0
    content-length: 0
    ");
    let upload = start.header("location");
    let first = client.send(Method::PATCH, &upload, &[("content-range", "0-3")], b"abcd").await;
    assert_snapshot!(show(&first), @r"
    202
    location: /v2/team/shop/blobs/uploads/<id>
    range: 0-3
    ");
    let gap = client.send(Method::PATCH, &upload, &[("content-range", "9-10")], b"xy").await;
    assert_snapshot!(show(&gap), @r#"
    416
    range: 0-3
    content-length: 103
    {"errors":[{"code":"BLOB_UPLOAD_INVALID","message":"the upload holds 4 bytes, the piece begins at 9"}]}
    "#);
    assert_snapshot!(show(&client.get(&upload).await), @r"
    204
    location: /v2/team/shop/blobs/uploads/<id>
    range: 0-3
    ");
    // The last piece may come with the end.
    let digest = Digest::of(b"abcdef");
    let end = client.send(Method::PUT, &format!("{upload}?digest={digest}"), &[("content-range", "4-5")], b"ef").await;
    assert_snapshot!(show(&end), @r"
    201
    location: /v2/team/shop/blobs/sha256:bef57ec7f53a6d40beb640a780a639c83bc29ac8a9816f1fc6c5c6dcd93c4721
    content-length: 0
    docker-content-digest: sha256:bef57ec7f53a6d40beb640a780a639c83bc29ac8a9816f1fc6c5c6dcd93c4721
    ");
    let blob = format!("/v2/team/shop/blobs/{digest}");
    assert_snapshot!(show(&client.send(Method::HEAD, &blob, &[], b"").await), @r"
    200
    content-length: 6
    docker-content-digest: sha256:bef57ec7f53a6d40beb640a780a639c83bc29ac8a9816f1fc6c5c6dcd93c4721
    ");
    assert_snapshot!(show(&client.get(&blob).await), @r"
    200
    content-length: 6
    docker-content-digest: sha256:bef57ec7f53a6d40beb640a780a639c83bc29ac8a9816f1fc6c5c6dcd93c4721
    abcdef
    ");
    assert_snapshot!(show(&client.send(Method::GET, &blob, &[("range", "bytes=2-3")], b"").await), @r"
    206
    content-range: bytes 2-3/6
    content-length: 2
    docker-content-digest: sha256:bef57ec7f53a6d40beb640a780a639c83bc29ac8a9816f1fc6c5c6dcd93c4721
    cd
    ");
    assert_eq!(client.send(Method::GET, &blob, &[("range", "bytes=9-")], b"").await.status, 416);
    assert_eq!(client.get(&upload).await.status, 404, "the upload has ended");
}

#[tokio::test]
async fn a_wrong_digest_is_refused() {
    let client = Client::new().await;
    let path = format!("/v2/team/shop/blobs/uploads/?digest={}", Digest::of(b"other"));
    assert_snapshot!(show(&client.send(Method::POST, &path, &[], b"content").await), @r#"
    400
    content-length: 214
    {"errors":[{"code":"DIGEST_INVALID","message":"the content is sha256:ed7002b439e9ac845f22357d822bac1444730fbdb6016d3ec9432297b9ec9f73, not sha256:d9298a10d1b0735837dc4bd85dac641b0f3cef27a47e5d53a54f2f3f5b2fcffa"}]}
    "#);
    assert_eq!(client.send(Method::POST, "/v2/team/shop/blobs/uploads/?digest=md5:0", &[], b"").await.status, 400);
}

#[tokio::test]
async fn an_upload_can_be_given_up() {
    let client = Client::new().await;
    let upload = client.send(Method::POST, "/v2/team/shop/blobs/uploads/", &[], b"").await.header("location");
    assert_eq!(client.send(Method::DELETE, &upload, &[], b"").await.status, 204);
    assert_snapshot!(show(&client.send(Method::PATCH, &upload, &[], b"x").await), @r#"
    404
    content-length: 115
    {"errors":[{"code":"BLOB_UPLOAD_UNKNOWN","message":"no such upload: never begun, finished, cancelled or too old"}]}
    "#);
}

#[tokio::test]
async fn a_blob_is_mounted_from_another_repository() {
    let client = Client::new().await;
    client.bench.ecr("CreateRepository", r#"{"repositoryName":"base"}"#).await;
    let digest = client.blob("base", b"layer").await;
    let mount = |from: &str| format!("/v2/team/shop/blobs/uploads/?mount={digest}&from={from}");
    assert_eq!(client.send(Method::POST, &mount("nowhere"), &[], b"").await.status, 202, "the client must send it");
    assert_snapshot!(show(&client.send(Method::POST, &mount("base"), &[], b"").await), @r"
    201
    location: /v2/team/shop/blobs/sha256:dac1d7cfa95021764849fd102524e141488c5e3a90f861dbb5a12d9ac8584f85
    content-length: 0
    docker-content-digest: sha256:dac1d7cfa95021764849fd102524e141488c5e3a90f861dbb5a12d9ac8584f85
    ");
    assert_eq!(client.get(&format!("/v2/team/shop/blobs/{digest}")).await.text(), "layer");
}

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
    let nobody = token(&[]).await;
    assert_eq!(bench.send(Method::POST, &url, &[("authorization", &nobody)], b"layer").await.status, 401);
    let robot = token(&[("authorization", "Basic cm9ib3Q6cHc=")]).await;
    assert_eq!(bench.send(Method::POST, &url, &[("authorization", &robot)], b"layer").await.status, 201);
    let read = format!("registry-1.docker.io/v2/library/redis/blobs/{digest}");
    assert_eq!(bench.send(Method::GET, &read, &[("authorization", &nobody)], b"").await.status, 200);
    bench.pass(301);
    assert_eq!(bench.send(Method::GET, &read, &[("authorization", &nobody)], b"").await.status, 401);
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
    assert_eq!(client.get("/v2/_catalog").await.status, 404);
    assert_eq!(client.send(Method::PUT, "/v2/team/shop/tags/list", &[], b"").await.status, 405);
    assert_eq!(client.get("/v2/Team/tags/list").await.json()["errors"][0]["code"], "NAME_INVALID");
    assert_eq!(client.get("/v2/team/shop/blobs/sha256:0").await.json()["errors"][0]["code"], "DIGEST_INVALID");
}
