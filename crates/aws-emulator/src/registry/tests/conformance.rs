//! Further requirements of the OCI distribution specification: edge cases in its own conformance tests.

use http::Method;

use super::{Client, MANIFEST};
use crate::{Digest, PlainHttp, emulator::Listener, testing::Bench};

impl Client {
    async fn status(&self, method: Method, path: &str) -> u16 {
        self.send(method, path, &[], b"").await.status.as_u16()
    }

    async fn code(&self, path: &str) -> String {
        self.get(path).await.json()["errors"][0]["code"].as_str().unwrap_or_default().to_owned()
    }
}

#[tokio::test]
async fn what_is_not_there_has_its_own_word() {
    let client = Client::new().await;
    let absent = Digest::of(b"absent");
    assert_eq!(client.code(&format!("/v2/team/shop/blobs/{absent}")).await, "BLOB_UNKNOWN");
    assert_eq!(client.code("/v2/team/shop/manifests/absent").await, "MANIFEST_UNKNOWN");
    assert_eq!(client.code("/v2/team/absent/manifests/1").await, "NAME_UNKNOWN");
    assert_eq!(client.status(Method::HEAD, &format!("/v2/team/shop/blobs/{absent}")).await, 404);
    assert_eq!(client.status(Method::HEAD, "/v2/team/shop/manifests/absent").await, 404);
    assert_eq!(client.status(Method::DELETE, &format!("/v2/team/shop/manifests/{absent}")).await, 404);
    assert_eq!(client.status(Method::DELETE, &format!("/v2/team/shop/blobs/{absent}")).await, 404);
}

#[tokio::test]
async fn a_head_says_what_a_get_would() {
    let client = Client::new().await;
    let digest = client.image(b"layer", "1", "").await.header("docker-content-digest");
    for reference in ["1", &digest] {
        let path = format!("/v2/team/shop/manifests/{reference}");
        let (head, get) = (client.send(Method::HEAD, &path, &[], b"").await, client.get(&path).await);
        for name in ["content-type", "content-length", "docker-content-digest"] {
            assert_eq!(head.header(name), get.header(name), "{name} of {reference}");
        }
        assert_eq!(head.header("docker-content-digest"), digest);
    }
}

#[tokio::test]
async fn an_upload_without_ranges_is_a_stream() {
    let client = Client::new().await;
    let upload = client.send(Method::POST, "/v2/team/shop/blobs/uploads/", &[], b"").await.header("location");
    for piece in [b"ab", b"cd"] {
        assert_eq!(client.send(Method::PATCH, &upload, &[], piece).await.status, 202);
    }
    let digest = Digest::of(b"abcd");
    assert_eq!(client.send(Method::PUT, &format!("{upload}?digest={digest}"), &[], b"").await.status, 201);
    assert_eq!(client.get(&format!("/v2/team/shop/blobs/{digest}")).await.text(), "abcd");
    assert_eq!(client.send(Method::PUT, &format!("{upload}?digest={digest}"), &[], b"").await.status, 404);
}

#[tokio::test]
async fn a_mount_without_a_source_is_an_upload() {
    let client = Client::new().await;
    let digest = client.blob("team/shop", b"layer").await;
    let path = format!("/v2/team/shop/blobs/uploads/?mount={digest}");
    for path in [&path, "/v2/team/shop/blobs/uploads/?mount=rubbish&from=team/shop"] {
        let answer = client.send(Method::POST, path, &[], b"").await;
        assert_eq!(answer.status, 202, "{path}");
        assert!(answer.header("location").contains("/blobs/uploads/"));
    }
}

#[tokio::test]
async fn a_piece_is_as_long_as_its_range() {
    let client = Client::new().await;
    let upload = client.send(Method::POST, "/v2/team/shop/blobs/uploads/", &[], b"").await.header("location");
    let send = async |method: Method, path: &str, range: &str, piece: &[u8]| {
        let length = piece.len().to_string();
        let headers = [("content-range", range), ("content-length", length.as_str())];
        let answer = client.send(method, path, &headers, piece).await;
        (answer.status.as_u16(), answer.json()["errors"][0]["code"].as_str().unwrap().to_owned())
    };
    for range in ["0-9", "0-0", "5-0"] {
        assert_eq!(send(Method::PATCH, &upload, range, b"ab").await, (400, "SIZE_INVALID".to_owned()), "{range}");
    }
    for range in ["0", "a-b", "0-", ""] {
        assert_eq!(send(Method::PATCH, &upload, range, b"ab").await, (416, "RANGE_INVALID".to_owned()), "{range}");
    }
    assert_eq!(client.get(&upload).await.header("range"), "0-0", "nothing of them is kept");
    let end = format!("{upload}?digest={}", Digest::of(b"ab"));
    assert_eq!(send(Method::PUT, &end, "0-7", b"ab").await, (400, "SIZE_INVALID".to_owned()));
    assert_eq!(client.send(Method::PUT, &end, &[("content-range", "bytes 0-1/2")], b"ab").await.status, 201);
}

#[tokio::test]
async fn no_tags_at_all() {
    let client = Client::new().await;
    let tags = async |query: &str| client.get(&format!("/v2/team/shop/tags/list{query}")).await;
    assert_eq!(tags("").await.json()["tags"], serde_json::json!([]));
    client.image(b"layer", "1", "").await;
    let none = tags("?n=0").await;
    assert_eq!((none.status.as_u16(), none.json()["tags"].clone()), (200, serde_json::json!([])));
    assert_eq!(tags("?n=9&last=1").await.json()["tags"], serde_json::json!([]));
}

#[tokio::test]
async fn a_referrer_may_come_before_its_subject() {
    let client = Client::new().await;
    let absent = Digest::of(b"not pushed yet");
    let path = format!("/v2/team/shop/referrers/{absent}");
    let list = client.get(&path).await;
    assert_eq!((list.status.as_u16(), list.json()["manifests"].clone()), (200, serde_json::json!([])));
    let extra = format!(r#","subject":{{"mediaType":"{MANIFEST}","digest":"{absent}","size":1}}"#);
    let put = client.image(b"signature", "signature", &extra).await;
    assert_eq!((put.status.as_u16(), put.header("oci-subject")), (201, absent.to_string()));
    let list = client.get(&path).await.json();
    assert_eq!(list["manifests"][0]["digest"], put.header("docker-content-digest").as_str());
    // Without an artifact type of its own, it has its config's.
    assert_eq!(list["manifests"][0]["artifactType"], "application/x.test");
    let digest = put.header("docker-content-digest");
    assert_eq!(client.status(Method::DELETE, &format!("/v2/team/shop/manifests/{digest}")).await, 202);
    assert_eq!(client.get(&path).await.json()["manifests"], serde_json::json!([]));
}

#[tokio::test]
async fn a_repository_that_a_push_will_make_has_no_referrers_yet() {
    let path = format!("127.0.0.1:5000/v2/new/referrers/{}", Digest::of(b"subject"));
    let ask = async |plain_http: PlainHttp| {
        let bench = Bench::with(|config| config.plain_http = plain_http);
        bench.send_by(Listener::Plain, Method::GET, &path, &[], b"").await
    };
    let list = ask(PlainHttp { write: true, create_on_push: true }).await;
    assert_eq!((list.status.as_u16(), list.json()["manifests"].clone()), (200, serde_json::json!([])));
    assert_eq!(ask(PlainHttp { write: true, create_on_push: false }).await.status, 404, "as in ECR");
}

#[tokio::test]
async fn a_manifest_of_four_megabytes() {
    let client = Client::new().await;
    let extra = format!(r#","annotations":{{"padding":"{}"}}"#, "x".repeat(4_000_000));
    let put = client.image(b"layer", "large", &extra).await;
    assert_eq!(put.status, 201, "{}", put.text());
    assert!(client.get("/v2/team/shop/manifests/large").await.body.len() > 4_000_000);
}

#[tokio::test]
async fn the_same_blob_from_many_clients_at_once() {
    let client = Client::new().await;
    let content = vec![7; 300_000];
    let digest = Digest::of(&content);
    let push = async || {
        let upload = client.send(Method::POST, "/v2/team/shop/blobs/uploads/", &[], b"").await.header("location");
        for piece in content.chunks(100_000) {
            assert_eq!(client.send(Method::PATCH, &upload, &[], piece).await.status, 202);
        }
        client.send(Method::PUT, &format!("{upload}?digest={digest}"), &[], b"").await.status.as_u16()
    };
    let ended = futures_util::future::join_all((0..8).map(|_| push())).await;
    assert_eq!(ended, [201; 8]);
    assert_eq!(client.get(&format!("/v2/team/shop/blobs/{digest}")).await.body, content);
}
