//! skopeo, with amazon-ecr-credential-helper for the login, by the AWS names.

use std::fs;

use anyhow::{Result, ensure};

use super::{
    image::{tar_layer, write_layout},
    served::{REGISTRY, Served},
    tools,
};

#[test]
fn the_helper_logs_in() -> Result<()> {
    tools::debian("skopeo", "skopeo")?;
    tools::debian("docker-credential-ecr-login", "amazon-ecr-credential-helper")?;
    let served = Served::start(&["--create-repository", "--strict", "--inject", "registry:503*1"])?;
    let home = served.environment().home();
    fs::create_dir(home.join(".docker"))?;
    fs::write(home.join(".docker/config.json"), format!(r#"{{"credHelpers":{{"{REGISTRY}":"ecr-login"}}}}"#))?;
    let digest = write_layout(&home.join("image"), &[tar_layer("a", &vec![7; 3_000_000])])?;
    let source = format!("oci:{}", home.join("image").display());
    let target = format!("docker://{REGISTRY}/team/shop:1.0");
    let env = served.by_names();
    let copy = ["copy", "--preserve-digests", &source, &target];
    let broken = served.fails("skopeo", &copy, &env)?;
    ensure!(broken.contains("503"), "{broken}");
    served.run("skopeo", &copy, &env)?;
    let found = served.run("skopeo", &["inspect", "--format", "{{.Digest}}", &target], &env)?;
    assert_eq!(found.trim(), digest.to_string());
    let anonymous: Vec<_> = env.iter().copied().filter(|(name, _)| *name != "AWS_SECRET_ACCESS_KEY").collect();
    let refused = served.fails("skopeo", &["inspect", &target], &anonymous)?;
    ensure!(refused.contains("credentials") || refused.contains("unauthorized"), "{refused}");

    // The policy must allow what was done.
    let policy = served.environment().cirun(&["aws", "policy", "--request-log", "log.jsonl"]).exits(0).json();
    let statements = policy["Statement"].as_array().expect("a policy has statements");
    let about = |resource: &str| statements.iter().find(|statement| statement["Resource"] == resource);
    ensure!(about("*").is_some_and(|all| all["Action"][0] == "ecr:GetAuthorizationToken"), "{policy}");
    let shop = about("arn:aws:ecr:us-east-1:123456789012:repository/team/shop");
    ensure!(shop.is_some_and(|shop| shop["Action"].to_string().contains("ecr:PutImage")), "{policy}");
    Ok(())
}
