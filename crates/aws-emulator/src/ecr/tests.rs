use insta::assert_snapshot;
use serde_json::json;

use crate::testing::{Answer, Bench};

mod images;
mod layers;
mod lifecycle;
mod registry;
mod scans;
mod shop;

fn show(answer: &Answer) -> String {
    format!("{} {}", answer.status.as_u16(), answer.text())
}

const REPOSITORY: &str = r#"{"repositoryName":"team/shop"}"#;

#[tokio::test]
async fn repositories_live_and_die() {
    let bench = Bench::new();
    assert_snapshot!(show(&bench.ecr("DescribeRepositories", r#"{"repositoryNames":["team/shop"]}"#).await), @r#"400 {"__type":"RepositoryNotFoundException","message":"The repository with name 'team/shop' does not exist in the registry with id '123456789012'"}"#);
    let create = r#"{"repositoryName":"team/shop","imageScanningConfiguration":{"scanOnPush":true},"tags":[{"Key":"team","Value":"a"}]}"#;
    assert_snapshot!(show(&bench.ecr("CreateRepository", create).await), @r#"200 {"repository":{"repositoryArn":"arn:aws:ecr:us-east-1:123456789012:repository/team/shop","registryId":"123456789012","repositoryName":"team/shop","repositoryUri":"123456789012.dkr.ecr.us-east-1.amazonaws.com/team/shop","createdAt":1767225600.0,"imageTagMutability":"MUTABLE","imageScanningConfiguration":{"scanOnPush":true},"encryptionConfiguration":{"encryptionType":"AES256"}}}"#);
    assert_snapshot!(show(&bench.ecr("CreateRepository", create).await), @r#"400 {"__type":"RepositoryAlreadyExistsException","message":"The repository with name 'team/shop' already exists in the registry with id '123456789012'"}"#);
    assert_eq!(bench.ecr("DescribeRepositories", "{}").await.json()["repositories"][0]["repositoryName"], "team/shop");
    let arn = json!({ "resourceArn": "arn:aws:ecr:us-east-1:123456789012:repository/team/shop" }).to_string();
    assert_snapshot!(show(&bench.ecr("ListTagsForResource", &arn).await), @r#"200 {"tags":[{"Key":"team","Value":"a"}]}"#);
    assert_snapshot!(show(&bench.ecr("DeleteRepository", REPOSITORY).await), @r#"200 {"repository":{"repositoryArn":"arn:aws:ecr:us-east-1:123456789012:repository/team/shop","registryId":"123456789012","repositoryName":"team/shop","repositoryUri":"123456789012.dkr.ecr.us-east-1.amazonaws.com/team/shop","createdAt":1767225600.0,"imageTagMutability":"MUTABLE","imageScanningConfiguration":{"scanOnPush":true},"encryptionConfiguration":{"encryptionType":"AES256"}}}"#);
    assert_snapshot!(show(&bench.ecr("DescribeRepositories", "{}").await), @r#"200 {"repositories":[]}"#);
}

#[tokio::test]
async fn an_image_is_put_described_and_removed() {
    let bench = Bench::new();
    bench.ecr("CreateRepository", REPOSITORY).await;
    let index = r#"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#;
    let put = json!({ "repositoryName": "team/shop", "imageManifest": index, "imageTag": "1" }).to_string();
    assert_snapshot!(show(&bench.ecr("PutImage", &put).await), @r#"200 {"image":{"registryId":"123456789012","repositoryName":"team/shop","imageId":{"imageDigest":"sha256:dff9de10919148711140d349bf03f1a99eb06f94b03e51715ccebfa7cdc518e2","imageTag":"1"},"imageManifest":"{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.index.v1+json\",\"manifests\":[]}","imageManifestMediaType":"application/vnd.oci.image.index.v1+json"}}"#);
    assert_snapshot!(show(&bench.ecr("DescribeImages", REPOSITORY).await), @r#"200 {"imageDetails":[{"registryId":"123456789012","repositoryName":"team/shop","imageDigest":"sha256:dff9de10919148711140d349bf03f1a99eb06f94b03e51715ccebfa7cdc518e2","imageSizeInBytes":0,"imagePushedAt":1767225600.0,"imageManifestMediaType":"application/vnd.oci.image.index.v1+json","imageTags":["1"]}]}"#);
    assert_snapshot!(show(&bench.ecr("ListImages", REPOSITORY).await), @r#"200 {"imageIds":[{"imageDigest":"sha256:dff9de10919148711140d349bf03f1a99eb06f94b03e51715ccebfa7cdc518e2","imageTag":"1"}]}"#);
    let missing = r#"{"repositoryName":"team/shop","imageIds":[{"imageTag":"2"}]}"#;
    assert_snapshot!(show(&bench.ecr("DescribeImages", missing).await), @r#"400 {"__type":"ImageNotFoundException","message":"The image with imageId {imageDigest:'null', imageTag:'2'} does not exist within the repository with name 'team/shop' in the registry with id '123456789012'"}"#);
    assert_snapshot!(show(&bench.ecr("BatchGetImage", missing).await), @r#"200 {"images":[],"failures":[{"imageId":{"imageTag":"2"},"failureCode":"ImageNotFound","failureReason":"Requested image not found"}]}"#);
    assert_snapshot!(show(&bench.ecr("DeleteRepository", REPOSITORY).await), @r#"400 {"__type":"RepositoryNotEmptyException","message":"The repository with name 'team/shop' in registry with id '123456789012' cannot be deleted because it still contains images"}"#);
}

#[tokio::test]
async fn policies_are_kept() {
    let bench = Bench::new();
    bench.ecr("CreateRepository", REPOSITORY).await;
    assert_snapshot!(show(&bench.ecr("GetLifecyclePolicy", REPOSITORY).await), @r#"400 {"__type":"LifecyclePolicyNotFoundException","message":"Lifecycle policy does not exist for the repository with name 'team/shop' in the registry with id '123456789012'"}"#);
    let bad = json!({ "repositoryName": "team/shop", "policyText": "nonsense" }).to_string();
    assert_snapshot!(show(&bench.ecr("SetRepositoryPolicy", &bad).await), @r#"400 {"__type":"InvalidParameterException","message":"Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid repository policy provided'"}"#);
    let scan =
        json!({ "repositoryName": "team/shop", "imageScanningConfiguration": { "scanOnPush": true } }).to_string();
    assert_snapshot!(show(&bench.ecr("PutImageScanningConfiguration", &scan).await), @r#"200 {"registryId":"123456789012","repositoryName":"team/shop","imageScanningConfiguration":{"scanOnPush":true}}"#);
}

#[tokio::test]
async fn the_token_is_for_the_registry_of_the_caller_or_the_named_ones() {
    let bench = Bench::new();
    let own = bench.ecr("GetAuthorizationToken", "{}").await.json();
    let data = &own["authorizationData"][0];
    assert_eq!(data["proxyEndpoint"], "https://123456789012.dkr.ecr.us-east-1.amazonaws.com");
    assert_eq!(data["expiresAt"], (crate::testing::START + 12 * 3600) as f64);
    let named = bench.ecr("GetAuthorizationToken", r#"{"registryIds":["210987654321"]}"#).await.json();
    assert_eq!(named["authorizationData"][0]["proxyEndpoint"], "https://210987654321.dkr.ecr.us-east-1.amazonaws.com");
}

#[tokio::test]
async fn refusals() {
    let bench = Bench::new();
    assert_snapshot!(show(&bench.ecr("PaintRepository", "{}").await), @r#"400 {"__type":"UnknownOperationException"}"#);
    assert_snapshot!(show(&bench.ecr("CreateRepository", "{").await), @r#"400 {"__type":"SerializationException","message":"EOF while parsing an object at line 1 column 1"}"#);
    assert_snapshot!(show(&bench.ecr("CreateRepository", "{}").await), @r#"400 {"__type":"InvalidParameterException","message":"missing field `repositoryName`"}"#);
    assert_snapshot!(show(&bench.ecr("CreateRepository", r#"{"repositoryName":"../shop"}"#).await), @r#"400 {"__type":"InvalidParameterException","message":"Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must satisfy regular expression '(?:[a-z0-9]+(?:[._-][a-z0-9]+)*/)*[a-z0-9]+(?:[._-][a-z0-9]+)*'' (found '../shop')"}"#);
    assert_snapshot!(show(&bench.ecr("DescribeRepositories", r#"{"maxResults":0}"#).await), @r#"400 {"__type":"InvalidParameterException","message":"Invalid parameter at 'maxResults' failed to satisfy constraint: 'must be between 1 and 1000'"}"#);
    assert_snapshot!(show(&bench.ecr("DescribeRepositories", r#"{"nextToken":"*"}"#).await), @r#"400 {"__type":"InvalidParameterException","message":"Invalid parameter at 'nextToken' failed to satisfy constraint: 'Invalid token'"}"#);
}

#[tokio::test]
async fn the_log_has_the_caller_and_the_action() {
    let mut bench = Bench::new();
    bench.ecr("DescribeRepositories", r#"{"repositoryNames":["a","b"]}"#).await;
    let mut entry = bench.entries().remove(0);
    entry.ms = 0;
    assert_snapshot!(serde_json::to_string_pretty(&entry).unwrap(), @r#"
    {
      "time": "2026-01-01T00:00:00Z",
      "host": "api.ecr.us-east-1.amazonaws.com",
      "service": "ecr",
      "action": "DescribeRepositories",
      "principal": "arn:aws:iam::123456789012:user/local",
      "access_key_id": "AKIAIOSFODNN7EXAMPLE",
      "auth": "signed",
      "params": {
        "region": "us-east-1",
        "repository": "a,b"
      },
      "status": 400,
      "error": "RepositoryNotFoundException",
      "bytes_in": 29,
      "bytes_out": 135,
      "ms": 0
    }
    "#);
}
