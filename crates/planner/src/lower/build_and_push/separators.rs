//! Build arguments and labels that contain their own separator: the plugins have no way to escape it (measured with
//! each of the three).

use cirun_diagnostics::codes::plan as codes;
use cirun_parser::TextMap;

use super::BuildCtx;

/// Reports values that the plugin would split.
pub(super) fn check(build: &BuildCtx<'_, '_>) {
    let (arguments, labels) = (build.spec.build_args.as_ref(), build.spec.labels.as_ref());
    report(
        build,
        arguments,
        ';',
        "the plugin ends the build argument there",
        "read the value from a file in the Dockerfile",
    );
    report(build, labels, ',', "the plugin begins the next label there", "set the label in the Dockerfile: `LABEL`");
}

fn report(build: &BuildCtx<'_, '_>, map: Option<&TextMap>, separator: char, label: &str, help: &str) {
    let ctx = &build.at.ctx;
    for (name, span, value) in map.map(|map| ctx.map(map)).unwrap_or_default() {
        let splits = value.value.exposed().is_some_and(|text| text.contains(separator));
        if splits || name.contains(separator) {
            ctx.notes.report(
                codes::SPLIT_VALUE
                    .says(format!("`{name}` has a `{separator}`, and is cut there"))
                    .at(span, label)
                    .help(format!("remove the `{separator}`, or {help}")),
            );
        }
    }
}
