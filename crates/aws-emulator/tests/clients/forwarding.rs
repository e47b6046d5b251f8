//! Forwarding to the emulators that are packages: moto and ministack (STS and ECR there), LocalStack (STS there, ECR here).

use anyhow::{Context as _, Result, ensure};
use cirun_aws_emulator::Upstream;
use insta::assert_snapshot;

use super::{
    free_port,
    image::{tar_layer, write_layout},
    other::{Other, localstack, ministack, moto},
    tools,
    world::{REGISTRY, STATIC_KEYS, World},
};

async fn world(other: &Other) -> Result<World> {
    let upstream = Upstream::new(other.url.parse().context("our own address")?);
    let world = World::start_with(|config| config.upstream = Some(upstream)).await?;
    Ok(world.with_programs(tools::python("aws", &["awscli", "boto3"])?))
}

/// Assumes a role, creates a repository with its keys if requested, and pushes to it.
fn push_through_a_role(world: &World, create: bool) -> Result<()> {
    tools::debian("skopeo", "skopeo")?;
    let text = world.run(
        "aws",
        &["sts", "assume-role", "--role-arn", "arn:aws:iam::123456789012:role/deploy", "--role-session-name", "build"],
        &STATIC_KEYS,
    )?;
    let assumed: serde_json::Value = serde_json::from_str(&text)?;
    let part = |name: &str| assumed["Credentials"][name].as_str().unwrap_or_default().to_owned();
    let (key, secret, token) = (part("AccessKeyId"), part("SecretAccessKey"), part("SessionToken"));
    let session = [
        ("AWS_ACCESS_KEY_ID", key.as_str()),
        ("AWS_SECRET_ACCESS_KEY", &secret),
        ("AWS_SESSION_TOKEN", &token),
        ("AWS_DEFAULT_REGION", "us-east-1"),
    ];
    if create {
        world.run("aws", &["ecr", "create-repository", "--repository-name", "shop"], &session)?;
    }
    let password = world.run("aws", &["ecr", "get-login-password"], &session)?;
    write_layout(&world.dir().join("image"), &[tar_layer("a", b"one")])?;
    std::fs::write(world.dir().join("policy.json"), r#"{"default":[{"type":"insecureAcceptAnything"}]}"#)?;
    let policy = world.dir().join("policy.json").to_string_lossy().into_owned();
    let source = format!("oci:{}", world.dir().join("image").display());
    let target = format!("docker://{REGISTRY}/shop:1");
    let login = format!("AWS:{}", password.trim());
    world.run("skopeo", &["--policy", &policy, "copy", "--dest-creds", &login, &source, &target], &[])?;
    Ok(())
}

/// Returns the API calls and whether they were forwarded, without the upstream's port.
fn calls(world: &mut World) -> String {
    let mut calls = String::new();
    for line in world.requests().lines().filter(|line| !line.starts_with(REGISTRY)) {
        let forwarded = if line.contains(" forwarded=") { " forwarded" } else { "" };
        calls.push_str(&format!("{}{forwarded}\n", line.split(' ').take(4).collect::<Vec<_>>().join(" ")));
    }
    calls
}

#[tokio::test(flavor = "multi_thread")]
async fn moto_has_the_roles_and_the_repositories() -> Result<()> {
    let moto = moto()?;
    let mut world = world(&moto).await?;
    push_through_a_role(&world, true)?;
    assert_snapshot!(calls(&mut world), @r"
    sts.us-east-1.amazonaws.com AssumeRole signed 200 forwarded
    api.ecr.us-east-1.amazonaws.com CreateRepository signed 200 forwarded
    api.ecr.us-east-1.amazonaws.com GetAuthorizationToken signed 200 forwarded
    ");
    // moto has the repository, and the image is here.
    let direct = [&STATIC_KEYS[..], &[("AWS_ENDPOINT_URL", moto.url.as_str())]].concat();
    let there =
        world.run("aws", &["ecr", "describe-repositories", "--query", "repositories[].repositoryName"], &direct)?;
    ensure!(there.contains("shop"), "{there}");
    let here = world.run(
        "aws",
        &["ecr", "list-images", "--repository-name", "shop", "--query", "imageIds[].imageTag"],
        &STATIC_KEYS,
    )?;
    ensure!(here.contains('1'), "{here}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_made_in_moto_directly_takes_a_push() -> Result<()> {
    let moto = moto()?;
    let world = world(&moto).await?;
    let direct = [&STATIC_KEYS[..], &[("AWS_ENDPOINT_URL", moto.url.as_str())]].concat();
    world.run("aws", &["ecr", "create-repository", "--repository-name", "shop"], &direct)?;
    push_through_a_role(&world, false)
}

#[tokio::test(flavor = "multi_thread")]
async fn localstack_has_the_roles_and_the_repositories_are_here() -> Result<()> {
    let state = tempfile::tempdir()?;
    let localstack = localstack(state.path())?;
    let mut world = world(&localstack).await?;
    push_through_a_role(&world, true)?;
    assert_snapshot!(calls(&mut world), @r"
    sts.us-east-1.amazonaws.com AssumeRole signed 200 forwarded
    api.ecr.us-east-1.amazonaws.com CreateRepository signed 200
    api.ecr.us-east-1.amazonaws.com GetAuthorizationToken signed 200
    ");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn ministack_has_the_roles_and_the_repositories() -> Result<()> {
    let state = tempfile::tempdir()?;
    let ministack = ministack(state.path())?;
    let mut world = world(&ministack).await?;
    push_through_a_role(&world, true)?;
    assert_snapshot!(calls(&mut world), @r"
    sts.us-east-1.amazonaws.com AssumeRole signed 200 forwarded
    api.ecr.us-east-1.amazonaws.com CreateRepository signed 200 forwarded
    api.ecr.us-east-1.amazonaws.com GetAuthorizationToken signed 200 forwarded
    ");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upstream_that_is_not_there_is_named() -> Result<()> {
    let port = free_port();
    let upstream = Upstream::new(format!("http://127.0.0.1:{port}").parse()?);
    let world = World::start_with(|config| config.upstream = Some(upstream)).await?;
    let world = world.with_programs(tools::python("aws", &["awscli", "boto3"])?);
    let env = [&STATIC_KEYS[..], &[("AWS_MAX_ATTEMPTS", "1")]].concat();
    let output = world.output("aws", &["sts", "get-caller-identity"], &env)?;
    ensure!(output.status != 0, "{}", output.stdout);
    ensure!(output.stderr.contains(&format!("cannot reach http://127.0.0.1:{port}")), "{}", output.stderr);
    Ok(())
}
