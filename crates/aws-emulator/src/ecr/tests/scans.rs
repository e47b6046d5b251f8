//! The times of scans, which have no findings.

use serde_json::{Value, json};

use super::shop::Shop;
use crate::testing::START;

#[tokio::test]
async fn an_image_is_scanned_once_a_day() {
    let shop = Shop::new().await;
    let digest = shop.image("one", &["1"]).await;
    let id = json!({ "imageId": { "imageTag": "1" } });
    let (code, message) = shop.refused("DescribeImageScanFindings", id.clone()).await;
    assert_eq!(code, "ScanNotFoundException");
    assert!(
        message.starts_with("Image scan does not exist for the image with '{imageDigest:'null', imageTag:'1'}' in"),
        "{message}"
    );
    shop.bench.pass(5);
    let started = shop.done("StartImageScan", id.clone()).await;
    assert_eq!(started["imageScanStatus"], json!({ "status": "IN_PROGRESS" }));
    assert_eq!(started["imageId"], json!({ "imageDigest": digest, "imageTag": "1" }));
    assert_eq!(shop.refused("StartImageScan", id.clone()).await.0, "LimitExceededException");
    let found = shop.done("DescribeImageScanFindings", id.clone()).await;
    assert_eq!(found["imageScanStatus"]["status"], "COMPLETE");
    assert_eq!(
        found["imageScanFindings"],
        json!({
            "imageScanCompletedAt": (START + 5) as f64,
            "vulnerabilitySourceUpdatedAt": (START + 5) as f64,
            "findingSeverityCounts": {},
            "findings": [],
        })
    );
    let described = shop.done("DescribeImages", json!({})).await;
    assert_eq!(described["imageDetails"][0]["imageScanStatus"]["status"], "COMPLETE");
    shop.bench.pass(86_400);
    shop.done("StartImageScan", id.clone()).await;
    shop.done("BatchDeleteImage", json!({ "imageIds": [{ "imageTag": "1" }] })).await;
    shop.image("one", &["1"]).await;
    assert_eq!(
        shop.refused("DescribeImageScanFindings", id).await.0,
        "ScanNotFoundException",
        "a scan goes with its image"
    );
}

#[tokio::test]
async fn what_cannot_be_scanned() {
    let shop = Shop::new().await;
    let image = shop.image("one", &[]).await;
    shop.list(&[&image], &["all"]).await;
    let scan = async |id: Value| shop.refused("StartImageScan", json!({ "imageId": id })).await.0;
    assert_eq!(scan(json!({ "imageTag": "all" })).await, "UnsupportedImageTypeException");
    assert_eq!(scan(json!({ "imageTag": "absent" })).await, "ImageNotFoundException");
    assert_eq!(scan(json!({ "imageTag": "all", "imageDigest": image })).await, "ImageNotFoundException");
    assert_eq!(scan(json!({})).await, "InvalidParameterException");
}

#[tokio::test]
async fn rules_of_the_registry_scan_on_push() {
    let shop = Shop::new().await;
    shop.image("one", &["1"]).await;
    let frequency = async || {
        let input = json!({ "repositoryNames": ["shop", "absent"] }).to_string();
        let answer = shop.bench.ecr("BatchGetRepositoryScanningConfiguration", &input).await.json();
        assert_eq!(answer["failures"][0]["failureCode"], "REPOSITORY_NOT_FOUND");
        let found = &answer["scanningConfigurations"][0];
        (found["scanFrequency"].as_str().unwrap().to_owned(), found["appliedScanFilters"].clone())
    };
    assert_eq!(frequency().await, ("MANUAL".to_owned(), json!([])));
    let filter = json!({ "filter": "sh*", "filterType": "WILDCARD" });
    let put = async |scan_type: &str, frequency: &str| {
        let rules = json!([{ "scanFrequency": frequency, "repositoryFilters": [filter] }]);
        let input = json!({ "scanType": scan_type, "rules": rules }).to_string();
        shop.bench.ecr("PutRegistryScanningConfiguration", &input).await
    };
    assert_eq!(put("BASIC", "CONTINUOUS_SCAN").await.status, 400);
    assert_eq!(put("BASIC", "OFTEN").await.status, 400);
    assert_eq!(put("BASIC", "SCAN_ON_PUSH").await.status, 200);
    assert_eq!(frequency().await, ("SCAN_ON_PUSH".to_owned(), json!([filter])));
    let kept = shop.bench.ecr("GetRegistryScanningConfiguration", "{}").await.json();
    assert_eq!(kept["scanningConfiguration"]["rules"][0]["scanFrequency"], "SCAN_ON_PUSH");
    let found = shop.done("DescribeImageScanFindings", json!({ "imageId": { "imageTag": "1" } })).await;
    assert_eq!(found["imageScanFindings"]["imageScanCompletedAt"], START as f64);
}
