//! buildah: an image that is built without an engine, pushed and pulled by its production name.

use anyhow::{Result, ensure};

use super::{
    served::{REGISTRY, Served},
    tools,
};

#[test]
fn pushes_and_pulls() -> Result<()> {
    tools::debian("buildah", "buildah")?;
    let served = Served::start(&["--create-repository"])?.with_programs(tools::python("aws", &["awscli", "boto3"])?);
    let home = served.environment().home();
    // Logins would otherwise be the machine's.
    let logins = home.join("auth.json").display().to_string();
    let env = [&served.by_names()[..], &[("REGISTRY_AUTH_FILE", logins.as_str())]].concat();
    std::fs::write(served.environment().workspace().join("Dockerfile"), "FROM scratch\nCOPY hello /\n")?;
    std::fs::write(served.environment().workspace().join("hello"), "hello\n")?;
    let (root, run) = (home.join("storage").display().to_string(), home.join("run").display().to_string());
    let storage = ["--storage-driver", "vfs", "--root", &root, "--runroot", &run];
    let buildah = |words: &[&str]| served.run("buildah", &[&storage, words].concat(), &env);
    let image = format!("{REGISTRY}/team/shop:1");
    buildah(&["build", "--isolation", "chroot", "--tag", &image, "."])?;
    let password = served.run("aws", &["ecr", "get-login-password"], &env)?;
    buildah(&["login", "--username", "AWS", "--password", password.trim(), REGISTRY])?;
    buildah(&["push", "--digestfile", "digest", &image])?;
    let digest = served.environment().read("digest");
    buildah(&["rmi", "--all"])?;
    buildah(&["pull", "--quiet", &format!("{REGISTRY}/team/shop@{digest}")])?;
    // Without a login at the owner's plain address, under the same name.
    buildah(&["pull", "--quiet", "--tls-verify=false", &format!("{}/{image}", served.http())])?;
    let listed = buildah(&["images", "--format", "{{.Digest}}"])?;
    ensure!(listed.lines().any(|line| line == digest), "{digest} is not in {listed}");
    Ok(())
}
