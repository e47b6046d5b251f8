//! PutImage, BatchGetImage and BatchDeleteImage.

use serde_json::{Value, json};

use super::shop::{INDEX, MANIFEST, Shop};
use crate::Digest;

fn failure(answer: &Value) -> (&str, &str) {
    let failure = &answer["failures"][0];
    (failure["failureCode"].as_str().unwrap_or_default(), failure["failureReason"].as_str().unwrap_or_default())
}

#[tokio::test]
async fn a_digest_with_another_images_tag_is_nothing() {
    let shop = Shop::new().await;
    let (one, two) = (shop.image("one", &["1", "first"]).await, shop.image("two", &["2"]).await);
    for action in ["BatchGetImage", "BatchDeleteImage"] {
        let id = json!({ "imageDigest": one, "imageTag": "2" });
        let answer = shop.done(action, json!({ "imageIds": [id] })).await;
        assert_eq!(failure(&answer).0, "ImageTagDoesNotMatchDigest", "{answer}");
        assert_eq!(answer["failures"][0]["imageId"], id);
        let id = json!({ "imageDigest": one, "imageTag": "3" });
        assert_eq!(failure(&shop.done(action, json!({ "imageIds": [id] })).await).0, "ImageNotFound");
    }
    assert_eq!(shop.images().await.len(), 2);
    let (code, message) =
        shop.refused("DescribeImages", json!({ "imageIds": [{ "imageDigest": two, "imageTag": "1" }] })).await;
    assert_eq!(code, "ImageNotFoundException");
    assert!(
        message.starts_with(&format!("The image with imageId {{imageDigest:'{two}', imageTag:'1'}} does")),
        "{message}"
    );
}

#[tokio::test]
async fn the_last_tag_takes_the_image_along() {
    let shop = Shop::new().await;
    let digest = shop.image("one", &["1", "2"]).await;
    let delete = async |tag: &str| shop.done("BatchDeleteImage", json!({ "imageIds": [{ "imageTag": tag }] })).await;
    assert_eq!(delete("1").await["imageIds"], json!([{ "imageDigest": digest, "imageTag": "1" }]));
    assert_eq!(shop.images().await, [(digest.clone(), vec!["2".to_owned()])]);
    assert_eq!(delete("2").await["imageIds"], json!([{ "imageDigest": digest, "imageTag": "2" }]));
    assert_eq!(shop.images().await, []);
}

#[tokio::test]
async fn an_image_that_goes_by_digest_is_named_by_each_tag() {
    let shop = Shop::new().await;
    let tagged = shop.image("one", &["1", "2"]).await;
    let untagged = shop.image("two", &[]).await;
    let ids = json!([{ "imageDigest": tagged, "imageTag": "1" }, { "imageDigest": untagged }]);
    let answer = shop.done("BatchDeleteImage", json!({ "imageIds": ids })).await;
    let expected = json!([
        { "imageDigest": tagged, "imageTag": "1" },
        { "imageDigest": tagged, "imageTag": "2" },
        { "imageDigest": untagged },
    ]);
    assert_eq!((&answer["imageIds"], &answer["failures"]), (&expected, &json!([])));
    assert_eq!(shop.images().await, []);
}

#[tokio::test]
async fn one_bad_id_fails_alone() {
    let shop = Shop::new().await;
    let digest = shop.image("one", &["1"]).await;
    let bad = [
        (json!({}), "MissingDigestAndTag", "Invalid request parameters: both tag and digest cannot be null"),
        (
            json!({ "imageDigest": "sha256:invalid-digest" }),
            "InvalidImageDigest",
            "Invalid request parameters: image digest should satisfy the regex '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+'",
        ),
        (
            json!({ "imageTag": "-" }),
            "InvalidImageTag",
            "Invalid request parameters: image tag should satisfy the regex '[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}'",
        ),
        (json!({ "imageDigest": "sha256:ab" }), "ImageNotFound", "Requested image not found"),
        (json!({ "imageDigest": Digest::of(b"absent").to_string() }), "ImageNotFound", "Requested image not found"),
        (json!({ "imageTag": "absent" }), "ImageNotFound", "Requested image not found"),
    ];
    for (id, code, reason) in bad {
        for action in ["BatchGetImage", "BatchDeleteImage"] {
            let answer = shop.done(action, json!({ "imageIds": [id] })).await;
            assert_eq!(failure(&answer), (code, reason));
            assert_eq!(answer["failures"][0]["imageId"], id);
        }
    }
    let answer = shop.done("BatchGetImage", json!({ "imageIds": [{}, { "imageTag": "1" }] })).await;
    assert_eq!(answer["images"][0]["imageId"], json!({ "imageDigest": digest, "imageTag": "1" }));
    let (code, _) = shop.refused("BatchGetImage", json!({ "imageIds": [] })).await;
    assert_eq!(code, "InvalidParameterException");
}

#[tokio::test]
async fn no_tag_is_invented() {
    let shop = Shop::new().await;
    let digest = shop.image("one", &["1"]).await;
    let answer = shop.done("BatchGetImage", json!({ "imageIds": [{ "imageDigest": digest }] })).await;
    assert_eq!(answer["images"][0]["imageId"], json!({ "imageDigest": digest }));
    assert_eq!(answer["images"][0]["imageManifestMediaType"], MANIFEST);
}

#[tokio::test]
async fn an_image_stays_while_a_list_names_it() {
    let shop = Shop::new().await;
    let image = shop.image("one", &["1"]).await;
    let list = shop.list(&[&image], &["all"]).await;
    for id in [json!({ "imageDigest": image }), json!({ "imageTag": "1" })] {
        let answer = shop.done("BatchDeleteImage", json!({ "imageIds": [id] })).await;
        let reason = format!("Requested image referenced by manifest list: [{list}]");
        assert_eq!(failure(&answer), ("ImageReferencedByManifestList", reason.as_str()));
    }
    assert_eq!(shop.images().await.len(), 2);
    let both = json!({ "imageIds": [{ "imageTag": "all" }, { "imageTag": "1" }] });
    assert_eq!(shop.done("BatchDeleteImage", both).await["failures"], json!([]));
    assert_eq!(shop.images().await, []);
}

#[tokio::test]
async fn a_list_of_what_is_not_there() {
    let shop = Shop::new().await;
    let absent = Digest::of(b"absent").to_string();
    let list = json!({ "schemaVersion": 2, "mediaType": INDEX, "manifests": [{ "digest": absent, "size": 1 }] });
    let (code, message) =
        shop.refused("PutImage", json!({ "imageManifest": list.to_string(), "imageTag": "all" })).await;
    assert_eq!(code, "ReferencedImagesNotFoundException");
    assert!(message.starts_with(&format!("Images with digests '[{absent}]' required for pushing image")), "{message}");
}

#[tokio::test]
async fn the_size_of_a_list_is_that_of_its_largest_image() {
    let shop = Shop::new().await;
    let (small, large) = (shop.image("one", &[]).await, shop.image("much more", &[]).await);
    let list = shop.list(&[&small, &large], &["all"]).await;
    let described = shop.done("DescribeImages", json!({ "imageIds": [{ "imageDigest": list }] })).await;
    assert_eq!(described["imageDetails"][0]["imageSizeInBytes"], 2 + "much more".len());
}

#[tokio::test]
async fn nothing_new_is_refused() {
    let shop = Shop::new().await;
    let manifest = shop.manifest("one").await;
    let put = json!({ "imageManifest": manifest, "imageTag": "1" });
    let answer = shop.done("PutImage", put.clone()).await;
    assert_eq!(answer["image"]["imageManifestMediaType"], MANIFEST);
    let digest = answer["image"]["imageId"]["imageDigest"].as_str().unwrap().to_owned();
    let (code, message) = shop.refused("PutImage", put).await;
    assert_eq!(code, "ImageAlreadyExistsException");
    assert_eq!(
        message,
        format!(
            "Image with digest '{digest}' and tag '1' already exists in the repository with name 'shop' in registry with \
             id '123456789012'"
        )
    );
    let (code, message) = shop.refused("PutImage", json!({ "imageManifest": manifest })).await;
    assert_eq!(code, "ImageAlreadyExistsException");
    assert!(message.contains("and tag 'null' already"), "{message}");
    shop.done("PutImage", json!({ "imageManifest": manifest, "imageTag": "2" })).await;
    assert_eq!(shop.images().await[0].1, ["1", "2"]);
}

#[tokio::test]
async fn an_image_whose_tag_is_refused_is_not_kept() {
    let shop = Shop::new().await;
    shop.done("PutImageTagMutability", json!({ "imageTagMutability": "IMMUTABLE" })).await;
    shop.image("one", &["1"]).await;
    let other = shop.manifest("two").await;
    let (code, _) = shop.refused("PutImage", json!({ "imageManifest": other, "imageTag": "1" })).await;
    assert_eq!(code, "ImageTagAlreadyExistsException");
    assert_eq!(shop.images().await.len(), 1);
    shop.done("PutImage", json!({ "imageManifest": other, "imageTag": "2" })).await;
}

#[tokio::test]
async fn a_manifest_says_what_it_is() {
    let shop = Shop::new().await;
    let mut manifest: Value = serde_json::from_str(&shop.manifest("one").await).unwrap();
    manifest.as_object_mut().unwrap().remove("mediaType");
    let put = json!({ "imageManifest": manifest.to_string(), "imageTag": "1" });
    let (code, message) = shop.refused("PutImage", put.clone()).await;
    assert_eq!(code, "InvalidParameterException");
    assert_eq!(message, "image manifest mediatype not provided in manifest or parameter");
    let mut given = put;
    given["imageManifestMediaType"] = json!(MANIFEST);
    assert_eq!(shop.done("PutImage", given).await["image"]["imageManifestMediaType"], MANIFEST);
}

#[tokio::test]
async fn images_are_described_in_the_order_of_their_push() {
    let shop = Shop::new().await;
    let mut pushed = Vec::new();
    for name in ["c", "a", "b", "d"] {
        pushed.push(shop.image(name, &[name]).await);
        shop.bench.pass(1);
    }
    let digests: Vec<String> = shop.images().await.into_iter().map(|(digest, _)| digest).collect();
    assert_eq!(digests, pushed);
    let (mut paged, mut token) = (Vec::new(), Value::Null);
    loop {
        let page = shop.done("DescribeImages", json!({ "maxResults": 3, "nextToken": token })).await;
        paged.extend(page["imageDetails"].as_array().unwrap().iter().map(|image| image["imageDigest"].clone()));
        token = page["nextToken"].clone();
        if token.is_null() {
            break;
        }
    }
    assert_eq!(paged, pushed);
}

#[tokio::test]
async fn who_refers_to_an_image() {
    let shop = Shop::new().await;
    let image = shop.image("one", &["1"]).await;
    let mut signature: Value = serde_json::from_str(&shop.manifest("signature").await).unwrap();
    signature["artifactType"] = json!("application/x.signature");
    signature["subject"] = json!({ "mediaType": MANIFEST, "digest": image, "size": 1 });
    shop.done("PutImage", json!({ "imageManifest": signature.to_string() })).await;
    let ask = async |filter: Value| {
        let input = json!({ "subjectId": { "imageDigest": image }, "filter": filter });
        shop.done("ListImageReferrers", input).await["referrers"].clone()
    };
    let found = ask(json!({})).await;
    assert_eq!(found[0]["digest"], Digest::of(signature.to_string().as_bytes()).to_string());
    assert_eq!(found[0]["artifactType"], "application/x.signature");
    assert_eq!(ask(json!({ "artifactTypes": ["application/x.sbom"] })).await, json!([]));
}
