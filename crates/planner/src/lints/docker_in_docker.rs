//! Services that run a Docker daemon.

use cirun_diagnostics::codes::plan as codes;
use cirun_parser::{ParameterField, Text, model::BackgroundSpec};

use crate::scope::Ctx;

/// Reports a Docker-in-Docker service that lacks the privilege it needs (corpus/STATS.md, item 5).
pub(crate) fn unprivileged_dind(ctx: &Ctx<'_>, spec: &BackgroundSpec, image: &Text) {
    let ParameterField::Literal(reference) = &image.value else { return };
    let privileged = spec.privileged.as_ref().is_some_and(|flag| flag.value != ParameterField::Literal(false));
    if !privileged && runs_dockerd(spec, reference) {
        ctx.notes.report(
            codes::UNPRIVILEGED_DIND
                .says(format!("`{reference}` cannot start its daemon unprivileged"))
                .at(image.span, "Docker in Docker needs `privileged: true` (groups.dind-privileged)")
                .help("add `privileged: true`"),
        );
    }
}

/// Whether a service is a Docker daemon: by the name of its image, or by its command.
fn runs_dockerd(spec: &BackgroundSpec, reference: &str) -> bool {
    let name = reference.rsplit('/').next().unwrap_or(reference);
    let starts =
        |text: &str| text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').any(|word| word == "dockerd");
    let entrypoint = match spec.entrypoint.as_ref().map(|list| &list.value) {
        Some(ParameterField::Literal(words)) => words.first().is_some_and(|word| match &word.value {
            ParameterField::Literal(word) => word.rsplit('/').next().is_some_and(|name| name.starts_with("dockerd")),
            ParameterField::Expression(_) => false,
        }),
        Some(ParameterField::Expression(_)) | None => false,
    };
    let command = match spec.command.as_ref().map(|text| &text.value) {
        Some(ParameterField::Literal(script)) => spec.entrypoint.is_none() && starts(script),
        Some(ParameterField::Expression(_)) | None => false,
    };
    !reference.contains("rootless") && (name.contains("dind") || entrypoint || command)
}
