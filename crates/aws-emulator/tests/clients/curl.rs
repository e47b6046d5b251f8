//! curl: HTTP/2 by ALPN, and HTTP/1.1 for clients without it.

use anyhow::Result;
use insta::assert_snapshot;

use super::{
    tools,
    world::{REGISTRY, World},
};

#[tokio::test(flavor = "multi_thread")]
async fn both_versions_of_http() -> Result<()> {
    tools::debian("curl", "curl")?;
    let mut world = World::start().await?;
    let ca = world.dir().join("ca.pem").to_string_lossy().into_owned();
    let url = format!("https://{REGISTRY}/v2/");
    for version in ["--http2", "--http1.1"] {
        let shown = "%{http_version} %{http_code} ";
        let answer =
            world.run("curl", &["-sS", "--cacert", &ca, version, "-w", shown, "-o", "/dev/null", &url], &[])?;
        assert_eq!(answer, if version == "--http2" { "2 401 " } else { "1.1 401 " });
    }
    assert_snapshot!(world.requests(), @"
    123456789012.dkr.ecr.us-east-1.amazonaws.com GET none 401 UNAUTHORIZED
    123456789012.dkr.ecr.us-east-1.amazonaws.com GET none 401 UNAUTHORIZED
    ");
    Ok(())
}
