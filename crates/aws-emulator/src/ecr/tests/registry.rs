//! The settings of a registry and its repositories.

use serde_json::{Value, json};

use super::shop::Shop;
use crate::testing::Bench;

async fn done(bench: &Bench, action: &str, input: Value) -> Value {
    let answer = bench.ecr(action, &input.to_string()).await;
    assert_eq!(answer.status, 200, "{action}: {}", answer.text());
    answer.json()
}

async fn refused(bench: &Bench, action: &str, input: Value) -> (String, String) {
    let answer = bench.ecr(action, &input.to_string()).await;
    assert_eq!(answer.status, 400, "{action}: {}", answer.text());
    let text = |name: &str| answer.json()[name].as_str().unwrap_or_default().to_owned();
    (text("__type"), text("message"))
}

#[tokio::test]
async fn enums_are_refused_by_their_values() {
    let bench = Bench::new();
    let refusals = [
        (
            json!({ "imageTagMutability": "invalid" }),
            "Invalid parameter at 'imageTagMutability' failed to satisfy constraint: 'Member must satisfy enum value set: \
             [IMMUTABLE, MUTABLE, MUTABLE_WITH_EXCLUSION, IMMUTABLE_WITH_EXCLUSION]'",
        ),
        (
            json!({ "encryptionConfiguration": { "encryptionType": "ROT13" } }),
            "Invalid parameter at 'encryptionConfiguration.encryptionType' failed to satisfy constraint: 'Member must \
             satisfy enum value set: [AES256, KMS, KMS_DSSE]'",
        ),
        (
            json!({ "imageTagMutability": "MUTABLE_WITH_EXCLUSION", "imageTagMutabilityExclusionFilters": [{ "filter": "a", "filterType": "REGEX" }] }),
            "Invalid parameter at 'imageTagMutabilityExclusionFilters.filterType' failed to satisfy constraint: 'Member \
             must satisfy enum value set: [WILDCARD]'",
        ),
        (
            json!({ "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION" }),
            "Invalid parameter at 'imageTagMutabilityExclusionFilters' failed to satisfy constraint: \
             'ImageTagMutabilityExclusionFilters can't be null when imageTagMutability is set as \
             IMMUTABLE_WITH_EXCLUSION'",
        ),
        (
            json!({ "imageTagMutabilityExclusionFilters": [{ "filter": "a", "filterType": "WILDCARD" }] }),
            "Invalid parameter at 'imageTagMutabilityExclusionFilters' failed to satisfy constraint: \
             'ImageTagMutabilityExclusionFilters must be null when imageTagMutability is set as MUTABLE'",
        ),
    ];
    for (mut input, message) in refusals {
        input["repositoryName"] = json!("shop");
        assert_eq!(
            refused(&bench, "CreateRepository", input).await,
            ("InvalidParameterException".to_owned(), message.to_owned())
        );
    }
    assert_eq!(done(&bench, "DescribeRepositories", json!({})).await["repositories"], json!([]));
}

#[tokio::test]
async fn tags_that_are_excepted() {
    let shop = Shop::new().await;
    let set = async |mutability: &str| {
        let filters = json!([{ "filter": "dev-*", "filterType": "WILDCARD" }]);
        let input = json!({ "imageTagMutability": mutability, "imageTagMutabilityExclusionFilters": filters });
        let answer = shop.done("PutImageTagMutability", input).await;
        assert_eq!(
            (&answer["imageTagMutability"], &answer["imageTagMutabilityExclusionFilters"]),
            (&json!(mutability), &filters)
        );
    };
    for tag in ["dev-1", "1"] {
        shop.image("first", &[tag]).await;
    }
    let second = shop.manifest("second").await;
    let moves = async |tag: &str| {
        let answer = shop.call("PutImage", json!({ "imageManifest": second, "imageTag": tag })).await;
        assert!(answer.status == 200 || answer.text().contains("ImageTagAlreadyExistsException"), "{}", answer.text());
        answer.status == 200
    };
    set("MUTABLE_WITH_EXCLUSION").await;
    assert!(!moves("dev-1").await, "the exceptions are immutable");
    set("IMMUTABLE_WITH_EXCLUSION").await;
    assert!(!moves("1").await);
    assert!(moves("dev-1").await, "the exceptions are mutable");
    let described = shop.bench.ecr("DescribeRepositories", "{}").await.json();
    assert_eq!(described["repositories"][0]["imageTagMutability"], "IMMUTABLE_WITH_EXCLUSION");
}

#[tokio::test]
async fn the_key_of_an_encrypted_repository() {
    let bench = Bench::new();
    let create = async |name: &str, encryption: Value| {
        let input = json!({ "repositoryName": name, "encryptionConfiguration": encryption });
        done(&bench, "CreateRepository", input).await["repository"]["encryptionConfiguration"].clone()
    };
    let managed = create("a1", json!({ "encryptionType": "KMS" })).await;
    assert!(managed["kmsKey"].as_str().unwrap().starts_with("arn:aws:kms:us-east-1:123456789012:key/"), "{managed}");
    assert_eq!(create("a2", json!({ "encryptionType": "KMS" })).await, managed, "an account has one such key");
    let own = json!({ "encryptionType": "KMS_DSSE", "kmsKey": "arn:aws:kms:us-east-1:123456789012:key/mine" });
    assert_eq!(create("a3", own.clone()).await, own);
}

#[tokio::test]
async fn a_registrys_policy() {
    let bench = Bench::new();
    let absent = (
        "RegistryPolicyNotFoundException".to_owned(),
        "Registry policy does not exist in the registry with id '123456789012'".to_owned(),
    );
    assert_eq!(refused(&bench, "GetRegistryPolicy", json!({})).await, absent);
    let policy = |action: &str| {
        let statement = json!({ "Effect": "Allow", "Principal": "*", "Action": action, "Resource": "*" });
        json!({ "policyText": json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string() })
    };
    let put = policy("ecr:CreateRepository");
    assert_eq!(done(&bench, "PutRegistryPolicy", put.clone()).await["policyText"], put["policyText"]);
    assert_eq!(done(&bench, "GetRegistryPolicy", json!({})).await["policyText"], put["policyText"]);
    let (_, message) = refused(&bench, "PutRegistryPolicy", policy("ecr:DescribeImages")).await;
    assert_eq!(
        message,
        "Invalid parameter at 'PolicyText' failed to satisfy constraint: 'Invalid registry policy provided'"
    );
    let scope = |value: &str| json!({ "name": "REGISTRY_POLICY_SCOPE", "value": value });
    assert_eq!(done(&bench, "GetAccountSetting", scope("")).await["value"], "V1");
    done(&bench, "PutAccountSetting", scope("V2")).await;
    assert_eq!(done(&bench, "GetAccountSetting", scope("")).await["value"], "V2");
    done(&bench, "PutRegistryPolicy", policy("ecr:DescribeImages")).await;
    done(&bench, "DeleteRegistryPolicy", json!({})).await;
    assert_eq!(refused(&bench, "DeleteRegistryPolicy", json!({})).await, absent);
    for bad in [scope("V3"), json!({ "name": "SPEED", "value": "V1" }), json!({ "name": "BLOB_MOUNTING" })] {
        assert_eq!(refused(&bench, "PutAccountSetting", bad).await.0, "InvalidParameterException");
    }
    // Lists of repositories do not contain the registry's own files.
    assert_eq!(done(&bench, "DescribeRepositories", json!({})).await["repositories"], json!([]));
}

#[tokio::test]
async fn replication_is_kept() {
    let bench = Bench::new();
    let rules =
        |region: &str| json!({ "rules": [{ "destinations": [{ "region": region, "registryId": "123456789012" }] }] });
    let put = |region: &str| json!({ "replicationConfiguration": rules(region) });
    assert_eq!(done(&bench, "PutReplicationConfiguration", put("eu-west-1")).await, put("eu-west-1"));
    let described = done(&bench, "DescribeRegistry", json!({})).await;
    assert_eq!(described, json!({ "registryId": "123456789012", "replicationConfiguration": rules("eu-west-1") }));
    let (_, message) = refused(&bench, "PutReplicationConfiguration", put("us-east-1")).await;
    assert!(message.contains("Replication destination cannot be the same as the source registry"), "{message}");
    assert_eq!(refused(&bench, "PutReplicationConfiguration", put("mars")).await.0, "InvalidParameterException");
    let many = |rules: usize, destinations: usize| {
        let destination = json!({ "region": "eu-west-1", "registryId": "111122223333" });
        let rule = json!({ "destinations": vec![destination; destinations] });
        json!({ "replicationConfiguration": { "rules": vec![rule; rules] } })
    };
    done(&bench, "PutReplicationConfiguration", many(25, 100)).await;
    for (rules, destinations, expected) in
        [(26, 1, "rules must have at most 25"), (1, 101, "destinations must have at most 100")]
    {
        let (_, message) = refused(&bench, "PutReplicationConfiguration", many(rules, destinations)).await;
        assert!(message.contains(expected), "{message}");
    }
}

#[tokio::test]
async fn pull_through_cache_rules() {
    let bench = Bench::new();
    let hub = json!({ "ecrRepositoryPrefix": "hub", "upstreamRegistryUrl": "registry-1.docker.io" });
    let created = done(&bench, "CreatePullThroughCacheRule", hub.clone()).await;
    assert_eq!((&created["upstreamRegistry"], &created["registryId"]), (&json!("docker-hub"), &json!("123456789012")));
    assert_eq!(
        refused(&bench, "CreatePullThroughCacheRule", hub.clone()).await.0,
        "PullThroughCacheRuleAlreadyExistsException"
    );
    bench.pass(60);
    let update = json!({ "ecrRepositoryPrefix": "hub", "credentialArn": "arn:aws:secretsmanager:us-east-1:123456789012:secret:ecr-pullthroughcache/hub" });
    let updated = done(&bench, "UpdatePullThroughCacheRule", update.clone()).await;
    assert_eq!(updated["updatedAt"].as_f64().unwrap() - updated["createdAt"].as_f64().unwrap(), 60.0);
    let described = done(&bench, "DescribePullThroughCacheRules", json!({})).await;
    assert_eq!(described["pullThroughCacheRules"][0]["credentialArn"], update["credentialArn"]);
    let named = |prefix: &str| json!({ "ecrRepositoryPrefix": prefix, "ecrRepositoryPrefixes": [prefix] });
    for action in ["DeletePullThroughCacheRule", "UpdatePullThroughCacheRule", "DescribePullThroughCacheRules"] {
        assert_eq!(
            refused(&bench, action, named("absent")).await.0,
            "PullThroughCacheRuleNotFoundException",
            "{action}"
        );
    }
    assert_eq!(done(&bench, "DeletePullThroughCacheRule", named("hub")).await["ecrRepositoryPrefix"], "hub");
    assert_eq!(done(&bench, "DescribePullThroughCacheRules", json!({})).await["pullThroughCacheRules"], json!([]));
    let unknown = json!({ "ecrRepositoryPrefix": "other", "upstreamRegistryUrl": "registry.example.com" });
    assert_eq!(refused(&bench, "CreatePullThroughCacheRule", unknown).await.0, "UnsupportedUpstreamRegistryException");
    let bad = json!({ "ecrRepositoryPrefix": "A", "upstreamRegistryUrl": "quay.io" });
    assert_eq!(refused(&bench, "CreatePullThroughCacheRule", bad).await.0, "InvalidParameterException");
}
