//! Lifecycle policies: previews, and application by the clock.

use serde_json::{Value, json};

use super::shop::Shop;

const DAY: i64 = 86_400;

/// Expires untagged images older than this number of days.
fn policy(days: u64) -> String {
    let selection =
        json!({ "tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": days });
    json!({ "rules": [{ "rulePriority": 1, "selection": selection, "action": { "type": "expire" } }] }).to_string()
}

#[tokio::test]
async fn a_preview_removes_nothing() {
    let shop = Shop::new().await;
    let old = shop.image("old", &[]).await;
    shop.image("kept", &["1"]).await;
    shop.bench.pass(3 * DAY);
    shop.image("new", &[]).await;
    assert_eq!(shop.refused("StartLifecyclePolicyPreview", json!({})).await.0, "LifecyclePolicyNotFoundException");
    assert_eq!(shop.refused("GetLifecyclePolicyPreview", json!({})).await.0, "LifecyclePolicyPreviewNotFoundException");
    let started = shop.done("StartLifecyclePolicyPreview", json!({ "lifecyclePolicyText": policy(2) })).await;
    assert_eq!(started["status"], "IN_PROGRESS");
    let preview = shop.done("GetLifecyclePolicyPreview", json!({})).await;
    assert_eq!((&preview["status"], &preview["lifecyclePolicyText"]), (&json!("COMPLETE"), &json!(policy(2))));
    assert_eq!(
        preview["previewResults"],
        json!([{
            "imageTags": [],
            "imageDigest": old,
            "imagePushedAt": crate::testing::START as f64,
            "action": { "type": "EXPIRE" },
            "appliedRulePriority": 1,
        }])
    );
    assert_eq!(preview["summary"], json!({ "expiringImageTotalCount": 1 }));
    let tagged = shop.done("GetLifecyclePolicyPreview", json!({ "filter": { "tagStatus": "TAGGED" } })).await;
    assert_eq!(tagged["previewResults"], json!([]));
    let asked = json!({ "imageIds": [{ "imageDigest": old }] });
    assert_eq!(shop.done("GetLifecyclePolicyPreview", asked).await["previewResults"].as_array().unwrap().len(), 1);
    assert_eq!(shop.images().await.len(), 3);
}

#[tokio::test]
async fn a_policy_is_applied_when_it_is_put_and_a_day_later() {
    let shop = Shop::new().await;
    let tags = async || -> Vec<String> { shop.images().await.into_iter().flat_map(|(_, tags)| tags).collect() };
    shop.image("old", &[]).await;
    shop.image("kept", &["kept"]).await;
    shop.bench.pass(3 * DAY);
    shop.image("new", &[]).await;
    shop.done("PutLifecyclePolicy", json!({ "lifecyclePolicyText": policy(2) })).await;
    assert_eq!(shop.images().await.len(), 2, "the old image has expired");
    let start = (crate::testing::START + 3 * DAY) as f64;
    assert_eq!(shop.done("GetLifecyclePolicy", json!({})).await["lastEvaluatedAt"], start);
    shop.bench.pass(DAY - 1);
    assert_eq!(shop.done("GetLifecyclePolicy", json!({})).await["lastEvaluatedAt"], start, "not yet due");
    shop.bench.pass(1 + 2 * DAY);
    assert_eq!(shop.images().await.len(), 1, "by now the new image is old");
    assert_eq!(tags().await, ["kept"]);
    let again = start + (3 * DAY) as f64;
    assert_eq!(shop.done("DeleteLifecyclePolicy", json!({})).await["lastEvaluatedAt"], again);
    assert_eq!(shop.refused("GetLifecyclePolicy", json!({})).await.0, "LifecyclePolicyNotFoundException");
}

#[tokio::test]
async fn an_expired_image_of_a_list_stays_with_it() {
    let shop = Shop::new().await;
    let image = shop.image("one", &[]).await;
    shop.list(&[&image], &["all"]).await;
    shop.bench.pass(9 * DAY);
    shop.done("PutLifecyclePolicy", json!({ "lifecyclePolicyText": policy(2) })).await;
    assert_eq!(shop.images().await.len(), 2);
}

#[tokio::test]
async fn a_policy_is_checked() {
    let shop = Shop::new().await;
    let put = async |text: Value| shop.refused("PutLifecyclePolicy", json!({ "lifecyclePolicyText": text })).await;
    let (code, message) = put(json!("{\"rules\":[]}")).await;
    assert_eq!(code, "InvalidParameterException");
    assert_eq!(
        message,
        "Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: 'Lifecycle policy validation failure: \
         rules must have at least 1 member'"
    );
    assert_eq!(put(Value::Null).await.0, "InvalidParameterException");
}
