//! The AWS CLI, with the exported endpoint: keys, roles, tokens, errors on purpose.

use anyhow::{Result, ensure};
use insta::assert_snapshot;
use serde_json::Value;

use super::{served::Served, tools};
use crate::it::support::TestEnvironment;

fn programs(served: Served) -> Result<Served> {
    Ok(served.with_programs(tools::python("aws", &["awscli", "boto3"])?))
}

const SEEDS: &str = r#"
[[repository]]
name = "team/shop"

[[identity]]
access_key_id = "AKIASHOP00000000TEST"
secret_access_key = "the-shops-own"
user = "ci"

[[role]]
arn = "arn:aws:iam::123456789012:role/deploy"
[role.oidc]
issuer = "https://app.harness.io/ng/api/oidc/account/acme"
audiences = ["sts.amazonaws.com"]
subjects = ["account/acme:org/default:project/shop"]
"#;

#[test]
fn what_is_printed_is_enough() -> Result<()> {
    let served = programs(Served::start(&[])?)?;
    let env = served.by_endpoint();
    let caller: Value = serde_json::from_str(&served.run("aws", &["sts", "get-caller-identity"], &env)?)?;
    assert_eq!(caller["Arn"], "arn:aws:iam::123456789012:user/local");
    served.run("aws", &["ecr", "create-repository", "--repository-name", "shop"], &env)?;
    let names = ["ecr", "describe-repositories", "--query", "repositories[].repositoryName", "--output", "text"];
    assert_eq!(served.run("aws", &names, &env)?.trim(), "shop");
    assert_snapshot!(served.asked(), @"
    ecr CreateRepository 200
    ecr DescribeRepositories 200
    sts GetCallerIdentity 200
    ");
    let ended = served.stop().exits(0);
    let data = ended
        .stderr
        .lines()
        .find_map(|line| line.trim().strip_prefix("data"))
        .and_then(|line| line.split_whitespace().next());
    ensure!(data.is_some_and(|data| !std::path::Path::new(data).exists()), "{ended}");
    Ok(())
}

#[test]
fn strictly() -> Result<()> {
    let environment = TestEnvironment::new().file("seeds.toml", SEEDS);
    let served = programs(Served::start_in(environment, &["--strict", "--seed", "seeds.toml"])?)?;
    let env = served.by_endpoint();
    let caller: Value = serde_json::from_str(&served.run("aws", &["sts", "get-caller-identity"], &env)?)?;
    assert_eq!(caller["Arn"], "arn:aws:iam::123456789012:user/ci");
    let with = |name, value| [&env[..], &[(name, value)]].concat();
    let wrong_secret = served.fails("aws", &["ecr", "describe-repositories"], &with("AWS_SECRET_ACCESS_KEY", "x"))?;
    ensure!(wrong_secret.contains("InvalidSignatureException"), "{wrong_secret}");
    let anonymous = with("AWS_ACCESS_KEY_ID", "AKIANOBODY0000000000");
    let unknown = served.fails("aws", &["sts", "get-caller-identity"], &anonymous)?;
    ensure!(unknown.contains("InvalidClientTokenId"), "{unknown}");

    let token = |project: &str| {
        let words = ["aws", "token", "--account", "acme", "--project", project, "--pipeline", "build"];
        served.environment().cirun(&words).exits(0).stdout.trim().to_owned()
    };
    let assume = |token: &str| {
        let role = "arn:aws:iam::123456789012:role/deploy";
        let base = ["sts", "assume-role-with-web-identity", "--role-session-name", "build", "--role-arn", role];
        [&base[..], &["--web-identity-token", token]].concat().into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let call = |token: &str| {
        let words = assume(token);
        served.fails("aws", &words.iter().map(String::as_str).collect::<Vec<_>>(), &env)
    };
    let own = token("shop");
    let words = assume(&own);
    let assumed = served.run("aws", &words.iter().map(String::as_str).collect::<Vec<_>>(), &env)?;
    let assumed: Value = serde_json::from_str(&assumed)?;
    assert_eq!(assumed["AssumedRoleUser"]["Arn"], "arn:aws:sts::123456789012:assumed-role/deploy/build");
    let other_project = call(&token("till"))?;
    ensure!(other_project.contains("AccessDenied"), "{other_project}");
    let (head, _) = own.rsplit_once('.').expect("a token has three parts");
    let forged = call(&format!("{head}.{}", "A".repeat(86)))?;
    ensure!(forged.contains("InvalidIdentityToken"), "{forged}");
    Ok(())
}

#[test]
fn errors_on_purpose() -> Result<()> {
    let served = programs(Served::start(&["--inject", "sts:expired", "--inject", "ecr:throttle*1"])?)?;
    let env = served.by_endpoint();
    let expired = served.fails("aws", &["sts", "get-caller-identity"], &env)?;
    ensure!(expired.contains("ExpiredToken"), "{expired}");
    let throttled = served.fails("aws", &["ecr", "describe-repositories"], &env)?;
    ensure!(throttled.contains("ThrottlingException"), "{throttled}");
    served.run("aws", &["ecr", "describe-repositories"], &env)?;
    Ok(())
}
