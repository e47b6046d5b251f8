//! `cirun doctor`: what works on this machine, what does not, and how to mend it.

use std::path::Path;

use cirun_aws::{Authority, IdentityOptions, resolve_identity};
use cirun_engine::with_causes;
use cirun_report::human_bytes;

use crate::{
    console, engine, environment::Environment, error::CliError, exit::ExitCode, own_image::OwnImage, paths::Paths,
};

/// One look at one thing.
struct Finding {
    works: bool,
    what: &'static str,
    text: String,
    remedy: Option<String>,
}

impl Finding {
    fn good(what: &'static str, text: impl Into<String>) -> Self {
        Self { works: true, what, text: text.into(), remedy: None }
    }

    fn bad(what: &'static str, text: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { works: false, what, text: text.into(), remedy: Some(remedy.into()) }
    }
}

/// Looks at everything that a run relies on. AWS is optional; the engine decides the exit code.
pub(crate) async fn run(environment: &Environment) -> Result<ExitCode, CliError> {
    let paths = Paths::find()?;
    let engine = engine(environment, &paths).await;
    let has_engine = engine.iter().all(|finding| finding.works);
    let mut findings = engine;
    findings.extend(disk(&paths));
    findings.push(own_image());
    findings.push(authority(&paths));
    findings.push(aws().await);
    let mut text = String::new();
    for Finding { works, what, text: words, remedy } in &findings {
        let mark = if *works { "ok  " } else { "FAIL" };
        text.push_str(&format!("{mark}  {what:<12} {words}\n"));
        if let Some(remedy) = remedy {
            text.push_str(&format!("      {:<12} {remedy}\n", ""));
        }
    }
    console::data(&text)?;
    Ok(if has_engine { ExitCode::Success } else { ExitCode::Engine })
}

async fn engine(environment: &Environment, paths: &Paths) -> Vec<Finding> {
    let engine = match engine::find(environment, paths).await {
        Ok(engine) => engine,
        Err(error) => {
            let remedy =
                "start Docker, Podman, Colima, OrbStack or Rancher Desktop, or set DOCKER_HOST; host steps need none";
            return vec![Finding::bad("engine", error.to_string(), remedy)];
        }
    };
    let info = match engine.info().await {
        Ok(info) => info,
        Err(error) => return vec![Finding::bad("engine", error.to_string(), "restart the engine")],
    };
    let gib = info.memory_bytes as f64 / f64::from(1 << 30);
    let mut findings = vec![
        Finding::good("engine", format!("{} {}, API {}", info.operating_system, info.version, info.api_version)),
        Finding::good("address", format!("{} ({})", info.address, info.source)),
        Finding::good("resources", format!("{} CPUs, {gib:.1} GiB, {}/{}", info.cpus, info.os, info.arch)),
    ];
    if info.os != "linux" {
        findings.push(Finding::bad(
            "containers",
            format!("{} containers", info.os),
            "switch the engine to Linux containers",
        ));
    }
    findings
}

/// Less room than this fills up in the middle of a build, in bytes.
const LITTLE_ROOM: u64 = 2_000_000_000;

/// The room where cirun keeps records and caches; none where the system does not tell.
fn disk(paths: &Paths) -> Option<Finding> {
    // Before the first run the directory is not there yet.
    let place = paths.state.ancestors().find(|directory| directory.is_dir())?;
    let free = free_bytes(place)?;
    let text = format!("{} free at {}", human_bytes(free), place.display());
    Some(match free < LITTLE_ROOM {
        true => Finding::bad("disk", text, "`cirun clean`, `cirun aws gc` and `docker system prune` make room"),
        false => Finding::good("disk", text),
    })
}

#[cfg(unix)]
fn free_bytes(place: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(place).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

#[cfg(not(unix))]
fn free_bytes(_place: &Path) -> Option<u64> {
    None
}

fn own_image() -> Finding {
    match OwnImage::locate() {
        Ok(image) => Finding::good("helper image", image.name),
        Err(error) => Finding::bad("helper image", error.to_string(), "use `--aws off` and a vm or cloud profile"),
    }
}

fn authority(paths: &Paths) -> Finding {
    match Authority::load_or_create(&paths.data) {
        Ok(_) => Finding::good("certificates", paths.data.join("ca.pem").display().to_string()),
        Err(error) => Finding::bad("certificates", error.to_string(), "make the directory writable"),
    }
}

async fn aws() -> Finding {
    let identity = match resolve_identity(&IdentityOptions::default()).await {
        Ok(identity) => identity,
        Err(error) => return Finding::good("AWS", format!("{} (only `--aws real` needs them)", with_causes(&error))),
    };
    match identity.caller().await {
        Ok(caller) => Finding::good("AWS", caller.arn),
        Err(error) => Finding::bad("AWS", with_causes(&error), "renew the credentials (`aws sso login`, …)"),
    }
}
