//! Forwarding to the emulators that are packages: moto (STS and ECR there) and LocalStack (STS there, ECR here).

use std::{
    fs::File,
    net::{TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use insta::assert_snapshot;

use super::{
    image::{tar_layer, write_layout},
    tools,
    world::{REGISTRY, STATIC_KEYS, World},
};

/// Another emulator, stopped when the test ends.
struct Other {
    child: Child,
    url: String,
}

impl Drop for Other {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

impl Other {
    fn start(command: impl FnOnce(u16) -> Command) -> Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let log = std::env::temp_dir().join(format!("cirun-emulator-other-{port}.log"));
        let output = File::create(&log)?;
        let mut command = command(port);
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output);
        let mut other = Self { child: command.spawn()?, url: format!("http://127.0.0.1:{port}") };
        let deadline = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if let Some(status) = other.child.try_wait()? {
                bail!("it ended with {status}: {}", std::fs::read_to_string(&log)?);
            }
            ensure!(Instant::now() < deadline, "not ready in a minute: {}", std::fs::read_to_string(&log)?);
            std::thread::sleep(Duration::from_millis(20));
        }
        std::fs::remove_file(log)?;
        Ok(other)
    }
}

async fn world(other: &Other) -> Result<World> {
    let upstream = other.url.parse().context("our own address")?;
    let world = World::start_with(|config| config.upstream = Some(upstream)).await?;
    Ok(world.with_programs(tools::python("aws", &["awscli", "boto3"])?))
}

/// Assumes a role, creates a repository with its keys if asked, and pushes to it.
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

/// Returns the API calls and whether they were forwarded, without the other's port.
fn calls(world: &mut World) -> String {
    let mut calls = String::new();
    for line in world.requests().lines().filter(|line| !line.starts_with(REGISTRY)) {
        let forwarded = if line.contains(" forwarded=") { " forwarded" } else { "" };
        calls.push_str(&format!("{}{forwarded}\n", line.split(' ').take(4).collect::<Vec<_>>().join(" ")));
    }
    calls
}

fn moto() -> Result<Other> {
    let programs = tools::python("moto", &["moto[server,ecr,sts]==5.2.5"])?;
    Other::start(|port| {
        let mut command = Command::new(programs.join("moto_server"));
        command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
        command
    })
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
    // moto knows the repository, and the image is here.
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
    // Its source has syntax of Python 3.12.
    let programs = tools::python_since(
        "localstack",
        12,
        &[
            "localstack-core[runtime]==2026.3.0",
            "pyopenssl>=25,<26",
            "cryptography>=45.0.1,<47",
            "service_identity",
            "cbor2<5.8",
        ],
    )?;
    let state = tempfile::tempdir()?;
    let localstack = Other::start(|port| {
        let mut command = Command::new(programs.join("python"));
        command
            .args(["-m", "localstack.runtime.main"])
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", state.path())
            .env("TMPDIR", state.path())
            .env("FILESYSTEM_ROOT", state.path())
            .env("GATEWAY_LISTEN", format!("127.0.0.1:{port}"))
            .envs([
                ("DISABLE_EVENTS", "1"),
                ("SKIP_SSL_CERT_DOWNLOAD", "1"),
                ("DNS_ADDRESS", "0"),
                ("SERVICES", "sts,iam,s3"),
                ("STRICT_SERVICE_LOADING", "1"),
            ]);
        command
    })?;
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
async fn an_upstream_that_is_not_there_is_named() -> Result<()> {
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let upstream = format!("http://127.0.0.1:{port}").parse()?;
    let world = World::start_with(|config| config.upstream = Some(upstream)).await?;
    let world = world.with_programs(tools::python("aws", &["awscli", "boto3"])?);
    let env = [&STATIC_KEYS[..], &[("AWS_MAX_ATTEMPTS", "1")]].concat();
    let output = world.output("aws", &["sts", "get-caller-identity"], &env)?;
    ensure!(output.status != 0, "{}", output.stdout);
    ensure!(output.stderr.contains(&format!("cannot reach http://127.0.0.1:{port}")), "{}", output.stderr);
    Ok(())
}
