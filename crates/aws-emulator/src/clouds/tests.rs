//! The calls in the source of the plugins (drone-kaniko's kaniko-acr, drone-docker's gar and acr commands).

use http::Method;

use crate::testing::{Bench, FORM};

const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test]
async fn a_federated_token_becomes_an_access_token() {
    let bench = Bench::new();
    let body = br#"{"audience":"//iam.googleapis.com/projects/12","subjectToken":"jwt","grantType":"x"}"#;
    let answer = bench.send(Method::POST, "sts.googleapis.com/v1/token", &[JSON], body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let federated = answer.json()["access_token"].as_str().unwrap().to_owned();
    let url =
        "iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/ci@p.iam.gserviceaccount.com:generateAccessToken";
    assert_eq!(bench.send(Method::POST, url, &[JSON], b"{}").await.status, 400);
    let authorization = format!("Bearer {federated}");
    let answer = bench.send(Method::POST, url, &[JSON, ("authorization", &authorization)], b"{}").await;
    assert!(answer.json()["accessToken"].is_string(), "{}", answer.text());
}

#[tokio::test]
async fn a_service_accounts_assertion_becomes_an_access_token() {
    let mut bench = Bench::new();
    let body = b"grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=a.b.c";
    let answer = bench.send(Method::POST, "oauth2.googleapis.com/token", &[FORM], body).await;
    assert_eq!(answer.json()["token_type"], "Bearer");
    let entries = bench.entries();
    let entry = entries.last().unwrap();
    assert_eq!((entry.action.as_str(), entry.host.as_str()), ("OAuthToken", "oauth2.googleapis.com"));
    assert!(!serde_json::to_string(entry).unwrap().contains("a.b.c"));
}

#[tokio::test]
async fn a_service_principal_gets_a_registry_token() {
    let bench = Bench::new();
    let url = "login.microsoftonline.com/tenant/v2.0/.well-known/openid-configuration";
    let configuration = bench.send(Method::GET, url, &[], b"").await.json();
    let endpoint = configuration["token_endpoint"].as_str().unwrap().strip_prefix("https://").unwrap();
    let body = b"client_id=app&grant_type=client_credentials&client_secret=s&scope=https%3A%2F%2Fmanagement.azure.com%2F.default";
    let answer = bench.send(Method::POST, endpoint, &[FORM], body).await;
    let identity = answer.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(bench.send(Method::POST, endpoint, &[FORM], b"client_id=app").await.status, 401);

    let url =
        "management.azure.com/subscriptions/s/resources?$filter=resourceType%20eq%20'x'%20and%20name%20eq%20'team'";
    let id = bench.send(Method::GET, url, &[], b"").await.json()["value"][0]["id"].as_str().unwrap().to_owned();
    assert!(id.ends_with("/registries/team"), "{id}");

    let body = format!("grant_type=access_token&service=team.azurecr.io&tenant=t&access_token={identity}");
    let exchange = bench.send(Method::POST, "team.azurecr.io/oauth2/exchange", &[FORM], body.as_bytes()).await;
    assert!(exchange.json()["refresh_token"].is_string(), "{}", exchange.text());
}
