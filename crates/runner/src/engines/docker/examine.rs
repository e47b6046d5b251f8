//! Checks Docker's engine and the images of the pipeline.

use std::{collections::BTreeSet, path::Path};

use cirun_docker_executor::{Engine, EngineInfo};
use cirun_plan::Action;
use cirun_project::{Compiled, Context};

use crate::{
    OwnImage,
    doctor::{Finding, machine},
};

/// Checks the engine. Returns a single finding if it does not answer.
pub(super) async fn examine(
    engine: &Engine,
    context: Context<'_>,
    pipeline: impl FnOnce() -> Option<Compiled>,
) -> Vec<Finding> {
    let info = match engine.info().await {
        Ok(info) => info,
        Err(error) => return vec![Finding::bad("engine", error.to_string(), "restart the engine")],
    };
    let mut findings = itself(&info);
    findings.push(own_image(engine, &context.environment.program).await);
    findings.extend(images_of_the_pipeline(engine, pipeline().as_ref()).await);
    if let Some(root) =
        info.root.as_deref().map(Path::new).filter(|root| engine.socket_here().is_some() && root.exists())
    {
        findings.push(machine::disk("images", root));
    }
    findings
}

fn itself(info: &EngineInfo) -> Vec<Finding> {
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

async fn own_image(engine: &Engine, program: &Path) -> Finding {
    let own = match OwnImage::of(program) {
        Ok(own) => own,
        Err(error) => {
            return Finding::bad("helper image", error.to_string(), "use `--aws off` and a vm or cloud profile");
        }
    };
    match engine.has_image(&own.name, None).await {
        Ok(true) => Finding::good("helper image", own.name),
        Ok(false) => Finding::good("helper image", format!("{}, made when it is first needed", own.name)),
        Err(error) => Finding::bad("helper image", error.to_string(), "restart the engine"),
    }
}

/// Checks that the engine has the images of the pipeline that `cirun local` would run.
async fn images_of_the_pipeline(engine: &Engine, pipeline: Option<&Compiled>) -> Vec<Finding> {
    let Some(compiled) = pipeline else { return Vec::new() };
    let steps = compiled.plan().stages.iter().flat_map(|stage| stage.steps());
    let images: BTreeSet<&str> = steps
        .filter_map(|step| match &step.action {
            Action::Container(container) => container.image.value.as_known(),
            Action::Host(_) | Action::Wait(_) | Action::Skip(_) => None,
        })
        .collect();
    let mut missing = Vec::new();
    for image in &images {
        match engine.has_image(image, None).await {
            Ok(true) => {}
            Ok(false) => missing.push(*image),
            Err(error) => return vec![Finding::bad("images", error.to_string(), "restart the engine")],
        }
    }
    let of = compiled.file.display();
    if images.is_empty() {
        return Vec::new();
    }
    if missing.is_empty() {
        return vec![Finding::good("images", format!("all {} of {of} are here", images.len()))];
    }
    let text = format!("{} of {} of {of} are not here:\n  {}", missing.len(), images.len(), missing.join("\n  "));
    vec![Finding::remark("images", text, "the next run pulls them; `--offline` does not")]
}
