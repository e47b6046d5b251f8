//! The emulator as a program of its own, on plain HTTP: `cargo run -p cirun-aws-emulator --example serve DIR [ADDRESS]`.
//!
//! It prints its address and serves until it is killed, which the durability test does.

use std::{env, io::Write};

use anyhow::{Context as _, Result};
use cirun_aws_emulator::{Config, Listen, PlainHttp, serve};

#[tokio::main]
async fn main() -> Result<()> {
    let mut args = env::args().skip(1);
    let dir = args.next().context("name the data folder")?;
    let address = args.next().unwrap_or_else(|| "127.0.0.1:0".to_owned()).parse()?;
    let server = serve(Config {
        listen: Listen { http: Some(address), ..Listen::default() },
        plain_http: PlainHttp { write: true, create_on_push: true },
        ..Config::new(dir)
    })
    .await?;
    writeln!(std::io::stdout(), "{}", server.http.context("the plain address is configured")?)?;
    std::future::pending().await
}
