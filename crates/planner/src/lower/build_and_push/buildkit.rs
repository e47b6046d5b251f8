//! BuildKit in a container of the plugin's own engine: buildx starts it for any `cacheTo`. That container has neither
//! the stage's name server nor its certificates, so it cannot reach emulated registries until it gets both (measured
//! with buildx-ecr 1.4.2).

use cirun_diagnostics::codes::plan as codes;
use cirun_plan::{Cause, EnvVar, Origin, Text, Traced};

use super::{BuildCtx, plugins::Builder};
use crate::env::Env;

const OPTIONS: [&str; 2] = ["PLUGIN_BUILDER_DRIVER_OPTS", "PLUGIN_BUILDER_DRIVER_OPTS_NEW"];
const CONFIG: &str = "PLUGIN_BUILDER_CONFIG";
const WHY: &str = "BuildKit runs in a container of its own, without the stage's names and certificates";

/// Whether the plugin starts such a container, according to its variables.
pub(super) fn is_apart<'e>(builder: Builder, variable: impl Fn(&str) -> Option<&'e EnvVar>) -> bool {
    let is_set = |name: &str| variable(name).filter(|var| !crate::env::is_empty(var));
    let driver = is_set("PLUGIN_BUILDER_DRIVER").and_then(|var| var.value.value.as_known());
    builder == Builder::Buildx
        && match driver {
            Some(driver) => driver == "docker-container",
            None => is_set("PLUGIN_CACHE_TO").is_some(),
        }
}

/// Connects that container to the emulated registries: through the network of the plugin's own container, and a file
/// with their certificates. Variables that the step sets itself stay.
pub(super) fn variables(build: &BuildCtx<'_, '_>, derived: &Env, user: &Env) -> Env {
    let mut env = Env::default();
    let set = |name: &str| user.get(name).or_else(|| derived.get(name));
    let Some(config) = build.at.ctx.inputs.buildkit_config.as_ref().filter(|_| is_apart(build.builder, set)) else {
        return env;
    };
    for name in OPTIONS {
        let before = set(name);
        let names_a_network = |text: &str| text.split([';', ',']).any(|option| option.trim().starts_with("network="));
        if before.and_then(|var| var.value.value.as_known()).is_some_and(names_a_network) {
            continue;
        }
        let value = match before {
            Some(var) => var.value.value.clone().followed_by(";network=host"),
            None => Text::from("network=host"),
        };
        let origin = before
            .map_or_else(|| Origin::new(Cause::Local(WHY)), |var| var.value.origin.clone().then(Cause::Local(WHY)));
        env.set(name, Traced::new(value, origin));
    }
    if set(CONFIG).is_none() {
        env.known(CONFIG, config, Cause::Local(WHY));
    }
    build.at.ctx.notes.report(
        codes::BUILDKIT_APART
            .says(format!(
                "`{}` starts BuildKit in a container of its own: cirun connects it to the emulated registries",
                build.at.place.id
            ))
            .at(
                build.at.step.identifier.span,
                "cirun adds `network=host` and a file with certificates; CI needs neither",
            ),
    );
    env
}
