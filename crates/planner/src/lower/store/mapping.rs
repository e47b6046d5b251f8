//! The variables of the plugins for caches and uploads (the reference's page stores).

use cirun_diagnostics::codes::plan as codes;
use cirun_parser::model::StoreStep::{
    self, RestoreCacheAzure, RestoreCacheGcs, RestoreCacheS3, SaveCacheAzure, SaveCacheGcs, SaveCacheS3,
};
use cirun_plan::{Cause, Origin, Text, Traced};

use super::StoreCtx;
use crate::{
    applicability::{Row, Visit, store::visit},
    env::Env,
    flow,
    lower::variables::{set, value},
    scope::{Ctx, given},
};

/// Variables that do not depend on an input, with the steps that have them (stores.constants).
#[rustfmt::skip]
const CONSTANTS: &[(&str, &[StoreStep], &str)] = &[
    ("PLUGIN_REBUILD",   &[SaveCacheS3, SaveCacheGcs, SaveCacheAzure],          "true"),
    ("PLUGIN_RESTORE",   &[RestoreCacheS3, RestoreCacheGcs, RestoreCacheAzure], "true"),
    ("PLUGIN_EXIT_CODE", CACHES,                                                "true"),
    ("PLUGIN_BACKEND",   &[SaveCacheS3, RestoreCacheS3],                        "s3"),
    ("PLUGIN_BACKEND",   &[SaveCacheGcs, RestoreCacheGcs],                      "gcs"),
    ("PLUGIN_BACKEND",   &[SaveCacheAzure, RestoreCacheAzure],                  "azure"),
];

const CACHES: &[StoreStep] =
    &[SaveCacheS3, SaveCacheGcs, SaveCacheAzure, RestoreCacheS3, RestoreCacheGcs, RestoreCacheAzure];

/// The service's default for a step without a timeout, where it computes the value itself.
const DEFAULT_TIMEOUT_SECONDS: u64 = 2 * 60 * 60;
const DEFAULT_TIMEOUT: &str = "stores.default-timeout";

/// The variables of the step's inputs, and those that it always has.
pub(super) fn variables(store: &StoreCtx<'_, '_>) -> Env {
    let step = store.spec.step;
    let mut variables = Variables { ctx: &store.at.ctx, env: Env::default() };
    visit(store.spec, &mut variables);
    let mut env = variables.env;
    let constant = |env: &mut Env, name: &str, value: &str| {
        let rule = "stores.constants";
        set_constant(env, name, Text::from(value), Origin::new(Cause::Service { rule }), rule);
    };
    for (name, _, value) in CONSTANTS.iter().filter(|(_, steps, _)| steps.contains(&step)) {
        constant(&mut env, name, value);
    }
    if CACHES.contains(&step) {
        let (timeout, origin) = timeout(store);
        set_constant(&mut env, "PLUGIN_BACKEND_OPERATION_TIMEOUT", timeout, origin, DEFAULT_TIMEOUT);
    }
    if [RestoreCacheS3, RestoreCacheGcs].contains(&step) {
        constant(&mut env, "PLUGIN_CACHE_INTEL_METRICS_FILE", "cache-intel-metrics.json");
    }
    if [SaveCacheS3, RestoreCacheS3].contains(&step) && given(store.spec.store.region()).is_none() {
        report_no_region(store);
    }
    env
}

struct Variables<'a, 'b> {
    ctx: &'b Ctx<'a>,
    env: Env,
}

impl Visit for Variables<'_, '_> {
    fn table<S: 'static>(&mut self, rows: &'static [Row<S>], inputs: &S) {
        for variable in rows.iter().flat_map(|row| row.variables) {
            if let Some((value, _)) = value(self.ctx, inputs, variable) {
                set(&mut self.env, variable, value);
            }
        }
    }
}

fn set_constant(env: &mut Env, name: &str, value: Text, origin: Origin, rule: &'static str) {
    env.set(name, Traced::new(value, origin.then(Cause::Mapping { rule })));
}

/// The step's timeout in seconds.
fn timeout(store: &StoreCtx<'_, '_>) -> (Text, Origin) {
    let written = store.at.step.timeout.as_ref().and_then(|field| flow::traced_duration(&store.at.ctx, field));
    let (seconds, origin) = match written {
        Some(timeout) => (timeout.value.as_secs(), timeout.origin),
        None => (DEFAULT_TIMEOUT_SECONDS, Origin::new(Cause::Default { rule: DEFAULT_TIMEOUT })),
    };
    (Text::Known(format!("{seconds}s")), origin)
}

/// The schema makes `region` optional for caches, but the variables require it (stores.region).
fn report_no_region(store: &StoreCtx<'_, '_>) {
    store.at.ctx.notes.report(
        codes::MISSING_REGION
            .says(format!("`{}` has no `region`", store.at.place.id))
            .at(store.at.step.identifier.span, "optional in the schema, and resolved as required (stores.region)")
            .help("set `region`"),
    );
}
