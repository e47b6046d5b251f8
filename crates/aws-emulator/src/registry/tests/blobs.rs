//! Blobs: whole, in pieces, cancelled, mounted.

use http::Method;
use insta::assert_snapshot;

use super::{Client, show};
use crate::Digest;

#[tokio::test]
async fn a_blob_in_pieces() {
    let mut client = Client::new().await;
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
    // The last piece may be in the final request.
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
    let read = client.bench.entries().into_iter().filter(|entry| entry.action == "GetBlob" && entry.status < 300);
    assert_eq!(read.map(|entry| entry.bytes_out).collect::<Vec<_>>(), [6, 2], "what the log says was sent");
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
async fn what_is_no_id_of_an_upload_is_not_found() {
    let client = Client::new().await;
    for id in ["a".repeat(300), "a".repeat(4096), "0".to_owned(), "-".repeat(36)] {
        for method in [Method::GET, Method::PATCH, Method::DELETE] {
            let answer = client.send(method, &format!("/v2/team/shop/blobs/uploads/{id}"), &[], b"x").await;
            assert_eq!(answer.status, 404, "{}", answer.text());
            assert!(answer.text().starts_with("{\"errors\":[{\"code\":\"BLOB_UPLOAD_UNKNOWN\""), "{}", answer.text());
        }
    }
}

#[tokio::test]
async fn answers_do_not_say_where_files_are() {
    let client = Client::new().await;
    let dir = client.bench.dir.path().to_owned();
    for path in [
        format!("/v2/{}/tags/list", "a".repeat(255)),
        format!("/v2/{}/manifests/1", ["a"; 100].join("/")),
        format!("/v2/team/shop/manifests/{}", "a".repeat(128)),
    ] {
        let answer = client.get(&path).await;
        assert!(answer.status.is_client_error(), "{path}: {}", answer.text());
    }
    // A file in place of a directory: the storage fails.
    let uploads = dir.join("uploads");
    std::fs::remove_dir_all(&uploads).ok();
    std::fs::write(&uploads, "").unwrap();
    let answer = client.send(Method::POST, "/v2/team/shop/blobs/uploads/", &[], b"").await;
    assert_eq!(answer.status, 500, "{}", answer.text());
    assert!(!answer.text().contains(&*dir.to_string_lossy()), "{}", answer.text());
}
