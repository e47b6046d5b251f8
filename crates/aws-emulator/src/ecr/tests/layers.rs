//! Layers in the control plane.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::Method;
use serde_json::{Value, json};

use super::shop::Shop;
use crate::{Digest, emulator::Listener};

fn part(id: &Value, first: usize, content: &[u8]) -> Value {
    json!({
        "uploadId": id,
        "partFirstByte": first,
        "partLastByte": first + content.len() - 1,
        "layerPartBlob": STANDARD.encode(content),
    })
}

#[tokio::test]
async fn a_layer_in_parts() {
    let shop = Shop::new().await;
    let started = shop.done("InitiateLayerUpload", json!({})).await;
    assert!(started["partSize"].as_u64().unwrap() > 0);
    let id = &started["uploadId"];
    assert_eq!(shop.done("UploadLayerPart", part(id, 0, b"abc")).await["lastByteReceived"], 2);
    let (code, message) = shop.refused("UploadLayerPart", part(id, 9, b"x")).await;
    assert_eq!(code, "InvalidLayerPartException");
    assert!(message.contains("does not follow the 3 bytes"), "{message}");
    assert_eq!(shop.done("UploadLayerPart", part(id, 3, b"def")).await["lastByteReceived"], 5);
    let digest = Digest::of(b"abcdef").to_string();
    let complete = json!({ "uploadId": id, "layerDigests": [digest] });
    assert_eq!(shop.done("CompleteLayerUpload", complete.clone()).await["layerDigest"], digest);
    assert_eq!(shop.refused("CompleteLayerUpload", complete).await.0, "UploadNotFoundException");
    let layers = shop.done("BatchCheckLayerAvailability", json!({ "layerDigests": [digest] })).await;
    assert_eq!(layers["layers"][0]["layerAvailability"], "AVAILABLE");
}

#[tokio::test]
async fn layers_that_are_refused() {
    let shop = Shop::new().await;
    let start = async || shop.done("InitiateLayerUpload", json!({})).await["uploadId"].clone();
    let id = start().await;
    let complete =
        |id: &Value, content: &[u8]| json!({ "uploadId": id, "layerDigests": [Digest::of(content).to_string()] });
    assert_eq!(shop.refused("CompleteLayerUpload", complete(&id, b"abc")).await.0, "EmptyUploadException");
    shop.done("UploadLayerPart", part(&id, 0, b"abc")).await;
    assert_eq!(shop.refused("CompleteLayerUpload", complete(&id, b"other")).await.0, "InvalidLayerException");
    shop.layer(b"abc").await;
    let id = start().await;
    shop.done("UploadLayerPart", part(&id, 0, b"abc")).await;
    assert_eq!(shop.refused("CompleteLayerUpload", complete(&id, b"abc")).await.0, "LayerAlreadyExistsException");
    assert_eq!(shop.refused("UploadLayerPart", part(&json!("none"), 0, b"abc")).await.0, "UploadNotFoundException");
    assert_eq!(shop.refused("UploadLayerPart", json!({ "uploadId": id })).await.0, "InvalidParameterException");
}

#[tokio::test]
async fn the_address_of_a_layer_needs_no_login_for_an_hour() {
    let shop = Shop::new().await;
    let digest = shop.layer(b"content").await.to_string();
    let answer = shop.done("GetDownloadUrlForLayer", json!({ "layerDigest": digest })).await;
    let url = answer["downloadUrl"].as_str().unwrap().strip_prefix("https://").unwrap().to_owned();
    assert!(url.starts_with("123456789012.dkr.ecr.us-east-1.amazonaws.com/v2/shop/blobs/sha256:"), "{url}");
    let get = async |method: Method, url: &str| shop.bench.send(method, url, &[], b"").await;
    let layer = get(Method::GET, &url).await;
    assert_eq!((layer.status.as_u16(), layer.text()), (200, "content".to_owned()));
    let other = Digest::of(b"other").to_string();
    let forged = url.replace(&digest, &other);
    for (method, url) in [(Method::GET, forged.as_str()), (Method::DELETE, &url), (Method::GET, &url[..url.len() - 1])]
    {
        assert_eq!(get(method, url).await.status, 401, "{url}");
    }
    shop.bench.pass(3600);
    assert_eq!(get(Method::GET, &url).await.status, 401);
    let (code, _) = shop.refused("GetDownloadUrlForLayer", json!({ "layerDigest": other })).await;
    assert_eq!(code, "LayersNotFoundException");
}

#[tokio::test]
async fn at_an_endpoint_the_address_is_the_endpoints() {
    let shop = Shop::new().await;
    let digest = shop.layer(b"content").await.to_string();
    let scope = crate::testing::unchecked_signature("AKIAIOSFODNN7EXAMPLE", "ecr");
    let target = "AmazonEC2ContainerRegistry_V20150921.GetDownloadUrlForLayer";
    let body = json!({ "repositoryName": "shop", "layerDigest": digest }).to_string();
    let headers = [("x-amz-target", target), ("authorization", scope.as_str())];
    let send = async |method: Method, url: &str, headers: &[(&str, &str)], body: &[u8]| {
        shop.bench.send_by(Listener::Plain, method, url, headers, body).await
    };
    let answer = send(Method::POST, "127.0.0.1:4577/", &headers, body.as_bytes()).await.json();
    let url = answer["downloadUrl"].as_str().unwrap().strip_prefix("http://").unwrap().to_owned();
    assert!(url.starts_with("127.0.0.1:4577/v2/123456789012.dkr.ecr.us-east-1.amazonaws.com/shop/blobs/"), "{url}");
    assert_eq!(send(Method::GET, &url, &[], b"").await.text(), "content");
}
