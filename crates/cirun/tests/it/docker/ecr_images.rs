//! Steps in private ECR images: pulled with their connector, or from the local registry if AWS is emulated.

use std::{fs, process::Command};

use anyhow::{Context as _, Result, ensure};
use cirun_aws_emulator::LogEntry;
use insta::assert_snapshot;

use crate::it::support::{NestedEngine, Running, Stage, TestEnvironment, assert_nothing_left, docker, until};

const REGISTRY: &str = "123456789012.dkr.ecr.us-east-1.amazonaws.com";
/// Further settings of that AWS.
const SEEDS: &str = "[[role]]\narn = \"arn:aws:iam::123456789012:role/ci-push\"\nexternal_id = \"shop\"\n";

/// A step with an image that is pulled each time.
fn pipeline(connector: &str, image: &str) -> String {
    let step = format!(
        "- step:\n    type: Run\n    identifier: use\n    name: use\n    spec:\n      connectorRef: {connector}\n      \
         image: {REGISTRY}/{image}\n      imagePullPolicy: Always\n      shell: Sh\n      command: cat /etc/os-release | head -1\n"
    );
    Stage::kubernetes().step(&step).pipeline()
}

/// `cirun aws serve` in place of real AWS, and an engine of its own whose name server resolves ECR's name to it.
struct Cloud {
    served: TestEnvironment,
    running: Running,
    endpoint: String,
    engine: NestedEngine,
    /// After the engine, which is in it.
    _network: Network,
}

impl Cloud {
    fn start() -> Result<Self> {
        let network = Network::create(format!("cirun-it-ecr-{}", std::process::id()));
        let gateway = docker(&["network", "inspect", "--format", "{{(index .IPAM.Config 0).Gateway}}", &network.0]);
        let gateway = gateway.trim();
        let served = TestEnvironment::new().file("seeds.toml", SEEDS);
        let tls = format!("{gateway}:443");
        let running = served.start(&[
            "aws",
            "serve",
            "--port",
            "0",
            "--tls",
            &tls,
            "--account",
            "123456789012",
            "--seed",
            "seeds.toml",
            "--create-repository",
            "--request-log",
            "log.jsonl",
        ]);
        until("it serves", || running.said("  data"));
        let exports = running.stdout();
        let export = |name: &str| {
            let line = exports.lines().find_map(|line| line.strip_prefix(&format!("export {name}=")));
            line.map(str::to_owned).with_context(|| exports.clone())
        };
        let (endpoint, ca) = (export("AWS_ENDPOINT_URL")?, export("AWS_CA_BUNDLE")?);
        let host = format!("{REGISTRY}:{gateway}");
        let certificate = format!("{ca}:/etc/docker/certs.d/{REGISTRY}/ca.crt:ro");
        let engine =
            NestedEngine::start("ecr", &["--network", &network.0, "--add-host", &host, "--volume", &certificate], &[]);
        Ok(Self { served, running, endpoint, engine, _network: network })
    }

    /// Pushes an image of this machine's engine to the registry.
    fn keep(&self, image: &str, name: &str) {
        let address = format!("{}/{REGISTRY}/{name}", self.endpoint.trim_start_matches("http://"));
        docker(&["tag", image, &address]);
        docker(&["push", "--quiet", &address]);
        docker(&["image", "rm", &address]);
    }

    /// A user of this AWS.
    fn user(&self, pipeline: &str) -> TestEnvironment {
        TestEnvironment::pipeline(pipeline)
            .with("DOCKER_HOST", self.engine.address())
            .with("AWS_ENDPOINT_URL", &self.endpoint)
            .with("AWS_ACCESS_KEY_ID", "AKIADEVELOPER0000000")
            .with("AWS_SECRET_ACCESS_KEY", "developer")
            .with("AWS_REGION", "us-east-1")
    }

    /// The requests since the last call, each once: actions, keys, and the owner of the password for the registry.
    fn asked(&self) -> String {
        let path = self.served.workspace().join("log.jsonl");
        let log = fs::read_to_string(&path).unwrap();
        fs::OpenOptions::new().write(true).truncate(true).open(&path).unwrap();
        let key = |entry: &LogEntry| match entry.access_key_id.as_deref() {
            None => "anonymous".to_owned(),
            Some(key) if key.starts_with("ASIA") => "a session".to_owned(),
            Some(key) => key.to_owned(),
        };
        let mut lines: Vec<String> = log
            .lines()
            .map(|line| serde_json::from_str::<LogEntry>(line).unwrap())
            .filter(|entry| !matches!(entry.action.as_str(), "Ping" | "GetBlob" | "GetCallerIdentity"))
            .map(|entry| format!("{} {} by {}", entry.action, entry.status, key(&entry)))
            .collect();
        lines.dedup();
        lines.join("\n")
    }
}

impl Drop for Cloud {
    fn drop(&mut self) {
        self.running.signal(rustix::process::Signal::INT);
    }
}

/// A network of this machine's engine; removed when it is dropped.
struct Network(String);

impl Network {
    fn create(name: String) -> Self {
        docker(&["network", "create", &name]);
        Self(name)
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        drop(Command::new("docker").args(["network", "rm", &self.0]).output());
    }
}

const REAL: [&str; 5] = ["local", "ci.yaml", "--aws", "real", "--no-input"];

#[test]
fn of_real_aws() -> Result<()> {
    let cloud = Cloud::start()?;
    cloud.keep("cirun.local/busybox:1", "tools:1");
    drop(cloud.asked());
    let secret = ["--secret", "aws_secret_key=x"];
    for connector in ["aws", "aws_role", "aws_delegate"] {
        let user = cloud.user(&pipeline(connector, "tools:1"));
        let output = user.cirun(&[&REAL[..], &secret, &["--events", "e.jsonl"]].concat()).exits(0);
        ensure!(user.events().output("use").len() == 1, "{output}");
        let asked = cloud.asked();
        match connector {
            "aws" => assert_snapshot!(asked, @"
            GetAuthorizationToken 200 by AKIAIOSFODNN7EXAMPLE
            GET 401 by anonymous
            HeadManifest 200 by AKIAIOSFODNN7EXAMPLE
            GetManifest 200 by AKIAIOSFODNN7EXAMPLE
            "),
            "aws_role" => assert_snapshot!(asked, @"
            AssumeRole 200 by AKIADEVELOPER0000000
            GetAuthorizationToken 200 by a session
            GET 401 by anonymous
            HeadManifest 200 by a session
            "),
            _ => assert_snapshot!(asked, @"
            GetAuthorizationToken 200 by AKIADEVELOPER0000000
            GET 401 by anonymous
            HeadManifest 200 by AKIADEVELOPER0000000
            "),
        }
    }

    // The CI service's token, from a command, by the issuer that this AWS trusts.
    let issuer = cloud.served.workspace().parent().context("a home")?.join("data");
    let user = cloud.user(&pipeline("aws_oidc", "tools:1"));
    let without = user.cirun(&[&REAL[..], &secret].concat()).exits(3);
    drop(without.says("there is no OIDC token in place of the CI service's"));
    let user = user.with(
        "CIRUN_OIDC_TOKEN_COMMAND",
        &format!("XDG_DATA_HOME={} {} aws token", issuer.display(), env!("CARGO_BIN_EXE_cirun")),
    );
    drop(user.cirun(&[&REAL[..], &secret].concat()).exits(0));
    assert_snapshot!(cloud.asked(), @"
    AssumeRoleWithWebIdentity 200 by anonymous
    GetAuthorizationToken 200 by a session
    GET 401 by anonymous
    HeadManifest 200 by a session
    ");
    let user = user.with("CIRUN_OIDC_TOKEN_COMMAND", "echo no token").with("CIRUN_SECRET_aws_secret_key", "x");
    let broken = user.cirun(&REAL).exits(6);
    assert_snapshot!(broken.words(), @"
    error: `oidc-token-command` (environment) gives no OIDC token: its output is not a token
     help: it must print the token and nothing else: `echo no token`
    ");

    // An error is reported with the image and the connector.
    let wrong = fs::read_to_string(user.workspace().join(".harness/connectors.yaml"))?
        .replace("externalId: shop", "externalId: another");
    let user = cloud.user(&pipeline("aws_role", "tools:1")).file(".harness/connectors.yaml", wrong);
    let refused = user.cirun(&[&REAL[..], &secret].concat()).exits(5);
    let message = refused.words();
    assert_snapshot!(message.lines().filter(|line| line.starts_with("error")).collect::<Vec<_>>().join("\n"), @"error: image `123456789012.dkr.ecr.us-east-1.amazonaws.com/tools:1` is not available: the connector `aws_role`: the role `arn:aws:iam::123456789012:role/ci-push` cannot be assumed: AccessDenied: User: arn:aws:iam::123456789012:user/local is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/ci-push (let the trust policy of `arn:aws:iam::123456789012:role/ci-push` name the signer, and check `externalId` or the token's claims)");
    Ok(())
}

#[test]
fn of_emulated_aws() {
    let name = format!("it-kept-{}", std::process::id());
    let kept = TestEnvironment::pipeline(pipeline("aws", &format!("{name}:1"))).with_engine();
    let run = |environment: &TestEnvironment, code: i32| {
        let args = ["local", "ci.yaml", "--secret", "aws_secret_key=x", "--events", "e.jsonl"];
        let output = environment.cirun(&args).exits(code);
        assert_nothing_left(environment.events().run());
        output
    };
    let absent = run(&kept, 5).words().replace(&name, "[NAME]");
    assert_snapshot!(absent.lines().filter(|line| line.starts_with("error")).collect::<Vec<_>>().join("\n"), @"error: \
        image `123456789012.dkr.ecr.us-east-1.amazonaws.com/[NAME]:1` is not available: AWS is emulated, so cirun does \
        not ask its real registries, and the local registry does not have the image (push it there in this run or \
        before; an image that the engine has is used with `--pull missing`; or use `--aws real`)");
    let registry = kept.variable("CIRUN_REGISTRY").expect("tests have a registry of their own");
    let port = docker(&["port", registry, "5000/tcp"]);
    let address = format!("{}/{REGISTRY}/{name}:1", port.lines().next().unwrap());
    docker(&["tag", "cirun.local/busybox:1", &address]);
    docker(&["push", "--quiet", &address]);
    docker(&["image", "rm", &address]);
    drop(run(&kept, 0));
    assert_eq!(kept.events().output("use").len(), 1);
    docker(&["image", "rm", &format!("{REGISTRY}/{name}:1")]);
}
