//! The AWS CLI: STS and ECR by name over TLS, configured with only the certificate authority.

use anyhow::Result;
use insta::assert_snapshot;
use serde_json::Value;

use super::{
    tools,
    world::{STATIC_KEYS, World},
};

async fn world() -> Result<World> {
    Ok(World::start().await?.with_programs(tools::python("aws", &["awscli", "boto3"])?))
}

fn aws(world: &World, args: &[&str], env: &[(&str, &str)]) -> Result<Value> {
    let text = world.run("aws", args, env)?;
    Ok(if text.trim().is_empty() { Value::Null } else { serde_json::from_str(&text)? })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_leads_from_static_keys_to_a_registry_token() -> Result<()> {
    let mut world = world().await?;
    let role = "arn:aws:iam::123456789012:role/ci/deploy";
    let assumed = aws(
        &world,
        &[
            "sts",
            "assume-role",
            "--role-arn",
            role,
            "--role-session-name",
            "build",
            "--external-id",
            "shop-7",
            "--duration-seconds",
            "900",
        ],
        &STATIC_KEYS,
    )?;
    assert_eq!(assumed["AssumedRoleUser"]["Arn"], "arn:aws:sts::123456789012:assumed-role/deploy/build");
    let text = |name: &str| assumed["Credentials"][name].as_str().unwrap_or_default().to_owned();
    let (key, secret, token) = (text("AccessKeyId"), text("SecretAccessKey"), text("SessionToken"));
    let session = [
        ("AWS_ACCESS_KEY_ID", key.as_str()),
        ("AWS_SECRET_ACCESS_KEY", &secret),
        ("AWS_SESSION_TOKEN", &token),
        ("AWS_DEFAULT_REGION", "us-east-1"),
    ];
    let caller = aws(&world, &["sts", "get-caller-identity"], &session)?;
    assert_eq!(caller["Arn"], assumed["AssumedRoleUser"]["Arn"]);
    let login = aws(&world, &["ecr", "get-authorization-token"], &session)?;
    let data = &login["authorizationData"][0];
    assert_eq!(data["proxyEndpoint"], "https://123456789012.dkr.ecr.us-east-1.amazonaws.com");
    assert_snapshot!(world.requests(), @r"
    sts.us-east-1.amazonaws.com AssumeRole signed 200 DurationSeconds=900 ExternalId=shop-7 RoleArn=arn:aws:iam::123456789012:role/ci/deploy RoleSessionName=build
    sts.us-east-1.amazonaws.com GetCallerIdentity signed 200
    api.ecr.us-east-1.amazonaws.com GetAuthorizationToken signed 200 region=us-east-1
    ");
    Ok(())
}
