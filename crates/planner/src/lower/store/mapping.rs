//! Step inputs → plugin variables: the rules of the reference's page stores, a row per line.

use cirun_diagnostics::{Span, codes::plan as codes};
use cirun_parser::{
    Flag, Text, TextList,
    model::{
        StoreSpec,
        StoreStep::{
            self, ArtifactoryUpload, GcsUpload, RestoreCacheAzure, RestoreCacheGcs, RestoreCacheS3, S3Upload,
            SaveCacheAzure, SaveCacheGcs, SaveCacheS3,
        },
    },
};
use cirun_plan::{Cause, Origin, Text as PlanText, Traced};

use super::StoreCtx;
use crate::{env::Env, flow, scope::given};

type S = StoreSpec;

/// How an input becomes a variable's value.
enum How {
    /// Unchanged.
    Text(fn(&S) -> &Option<Text>),
    /// Its items joined with commas.
    List(fn(&S) -> &Option<TextList>),
    /// `true` or `false`; if unset, this default.
    Flag(fn(&S) -> &Option<Flag>, Option<bool>),
    /// In lower case; if unset, this default.
    Word(fn(&S) -> &Option<Text>, &'static str),
    /// Two texts, joined with a slash.
    Path(fn(&S) -> &Option<Text>, fn(&S) -> &Option<Text>),
    /// The same for every step.
    Always(&'static str),
    /// The step's timeout in seconds.
    Timeout,
}

/// A row: the input, the variable, the steps that have it, and the rule in the reference.
struct Mapping {
    variable: &'static str,
    steps: &'static [StoreStep],
    how: How,
    rule: &'static str,
}

const fn map(variable: &'static str, steps: &'static [StoreStep], how: How, rule: &'static str) -> Mapping {
    Mapping { variable, steps, how, rule }
}

const CACHES: &[StoreStep] =
    &[SaveCacheS3, SaveCacheGcs, SaveCacheAzure, RestoreCacheS3, RestoreCacheGcs, RestoreCacheAzure];
const SAVES: &[StoreStep] = &[SaveCacheS3, SaveCacheGcs, SaveCacheAzure];
const RESTORES: &[StoreStep] = &[RestoreCacheS3, RestoreCacheGcs, RestoreCacheAzure];
const AZURE: &[StoreStep] = &[SaveCacheAzure, RestoreCacheAzure];
const S3_CACHES: &[StoreStep] = &[SaveCacheS3, RestoreCacheS3];
const ON_S3: &[StoreStep] = &[SaveCacheS3, RestoreCacheS3, S3Upload];
const UPLOADS: &[StoreStep] = &[S3Upload, GcsUpload, ArtifactoryUpload];

// The defaults are from the service's own tests (stores.defaults).
#[rustfmt::skip]
const MAPPINGS: &[Mapping] = &[
    map("PLUGIN_CACHE_KEY",      CACHES,                          How::Text(|s| &s.key),                              "stores.key"),
    map("PLUGIN_MOUNT",          SAVES,                           How::List(|s| &s.source_paths),                     "stores.source-paths"),
    map("PLUGIN_MOUNT",          &[RestoreCacheAzure],            How::List(|s| &s.source_paths),                     "stores.azure-restore"),
    map("PLUGIN_BUCKET",         &[SaveCacheS3, SaveCacheGcs, RestoreCacheS3, RestoreCacheGcs], How::Text(|s| &s.bucket), "stores.bucket"),
    map("PLUGIN_ACCOUNT_NAME",   AZURE,                           How::Text(|s| &s.storage_account),                  "stores.azure"),
    map("PLUGIN_CONTAINER",      AZURE,                           How::Text(|s| &s.container_name),                   "stores.azure"),
    map("PLUGIN_REGION",         S3_CACHES,                       How::Text(|s| &s.region),                           "stores.region"),
    map("PLUGIN_ENDPOINT",       S3_CACHES,                       How::Text(|s| &s.endpoint),                         "stores.endpoint"),
    map("PLUGIN_PATH_STYLE",     S3_CACHES,                       How::Flag(|s| &s.path_style, Some(false)),          "stores.path-style"),
    map("PLUGIN_OVERRIDE",       SAVES,                           How::Flag(|s| &s.replace, Some(false)),             "stores.override"),
    map("PLUGIN_ARCHIVE_FORMAT", CACHES,                          How::Word(|s| &s.archive_format, "tar"),            "stores.archive-format"),
    map("PLUGIN_PRESERVE_METADATA", RESTORES,                     How::Flag(|s| &s.preserve_metadata, None),          "stores.preserve-metadata"),
    map("PLUGIN_FAIL_RESTORE_IF_KEY_NOT_PRESENT", RESTORES,       How::Flag(|s| &s.fail_if_key_not_found, Some(false)), "stores.fail-without-key"),
    map("PLUGIN_REBUILD",        SAVES,                           How::Always("true"),                                "stores.constants"),
    map("PLUGIN_RESTORE",        RESTORES,                        How::Always("true"),                                "stores.constants"),
    map("PLUGIN_EXIT_CODE",      CACHES,                          How::Always("true"),                                "stores.constants"),
    map("PLUGIN_BACKEND",        S3_CACHES,                       How::Always("s3"),                                  "stores.constants"),
    map("PLUGIN_BACKEND",        &[SaveCacheGcs, RestoreCacheGcs], How::Always("gcs"),                                "stores.constants"),
    map("PLUGIN_BACKEND",        AZURE,                           How::Always("azure"),                               "stores.constants"),
    map("PLUGIN_BACKEND_OPERATION_TIMEOUT", CACHES,               How::Timeout,                                       "stores.default-timeout"),
    map("PLUGIN_CACHE_INTEL_METRICS_FILE", &[RestoreCacheS3, RestoreCacheGcs], How::Always("cache-intel-metrics.json"), "stores.constants"),
    map("PLUGIN_BUCKET",         &[S3Upload],                     How::Text(|s| &s.bucket),                           "stores.bucket"),
    map("PLUGIN_SOURCE",         UPLOADS,                         How::Text(|s| &s.source_path),                      "stores.source-path"),
    map("PLUGIN_TARGET",         &[S3Upload, ArtifactoryUpload],  How::Text(|s| &s.target),                           "stores.target"),
    map("PLUGIN_TARGET",         &[GcsUpload],                    How::Path(|s| &s.bucket, |s| &s.target),            "stores.gcs-target"),
    map("PLUGIN_ENDPOINT",       &[S3Upload],                     How::Text(|s| &s.endpoint),                         "stores.upload-endpoint"),
    map("PLUGIN_REGION",         &[S3Upload],                     How::Text(|s| &s.region),                           "stores.upload-region"),
    map("PLUGIN_STRIP_PREFIX",   &[S3Upload],                     How::Text(|s| &s.strip_prefix),                     "stores.strip-prefix"),
    map("PLUGIN_FLAT",           &[ArtifactoryUpload],            How::Flag(|s| &s.upload_as_flat, Some(true)),       "stores.flat"),
];

/// The service's default for a step without a timeout, where it computes the value itself.
const DEFAULT_TIMEOUT_SECONDS: u64 = 2 * 60 * 60;
const DEFAULT_TIMEOUT: &str = "stores.default-timeout";

/// The variables of the step's inputs.
pub(super) fn variables(store: &StoreCtx<'_, '_>) -> Env {
    let mut env = Env::default();
    for mapping in MAPPINGS.iter().filter(|mapping| mapping.steps.contains(&store.spec.step)) {
        if let Some(value) = value(store, mapping) {
            let origin = value.origin.then(Cause::Mapping { rule: mapping.rule });
            env.set(mapping.variable, Traced::new(value.value, origin));
        }
    }
    if ON_S3.contains(&store.spec.step) && given(store.spec.region.as_ref()).is_none() {
        report_no_region(store);
    }
    env
}

/// An input's value, if it is set or has a default.
fn value(store: &StoreCtx<'_, '_>, mapping: &Mapping) -> Option<Traced<PlanText>> {
    let (ctx, spec) = (&store.at.ctx, store.spec);
    let default =
        |text: &str| Traced::new(PlanText::from(text), Origin::new(Cause::Default { rule: "stores.defaults" }));
    match &mapping.how {
        How::Text(field) => ctx.given_text(field(spec).as_ref()),
        How::List(field) => {
            let field = field(spec).as_ref()?;
            let text = PlanText::join(ctx.list(field).into_iter().map(|item| item.value), ",");
            (text.as_known() != Some("")).then(|| Traced::new(text, ctx.written(field.span)))
        }
        How::Flag(field, unset) => match field(spec) {
            Some(flag) => ctx.flag(flag, "a flag").map(|flag| Traced::new(word(flag.value).into(), flag.origin)),
            None => unset.map(|unset| default(word(unset))),
        },
        How::Word(field, unset) => Some(match ctx.given_text(field(spec).as_ref()) {
            Some(Traced { value: PlanText::Known(text), origin }) => {
                Traced::new(PlanText::Known(text.to_lowercase()), origin)
            }
            Some(waiting) => waiting,
            None => default(unset),
        }),
        How::Path(first, second) => {
            let first = ctx.given_text(first(spec).as_ref())?;
            let Some(second) = ctx.given_text(second(spec).as_ref()) else { return Some(first) };
            Some(Traced::new(first.value.followed_by("/").followed_by_text(second.value), first.origin))
        }
        How::Always(text) => {
            Some(Traced::new(PlanText::from(*text), Origin::new(Cause::Service { rule: "stores.constants" })))
        }
        How::Timeout => {
            let written = store.at.step.timeout.as_ref().and_then(|field| flow::traced_duration(ctx, field));
            let (seconds, origin) = match written {
                Some(timeout) => (timeout.value.as_secs(), timeout.origin),
                None => (DEFAULT_TIMEOUT_SECONDS, Origin::new(Cause::Default { rule: DEFAULT_TIMEOUT })),
            };
            Some(Traced::new(PlanText::Known(format!("{seconds}s")), origin))
        }
    }
}

fn word(flag: bool) -> &'static str {
    if flag { "true" } else { "false" }
}

/// The schema makes `region` optional for caches, but the variables require it (stores.region).
fn report_no_region(store: &StoreCtx<'_, '_>) {
    if store.spec.step == S3Upload {
        return;
    }
    let span: Span = store.at.step.identifier.span;
    store.at.ctx.notes.report(
        codes::MISSING_REGION
            .says(format!("`{}` has no `region`", store.at.place.id))
            .at(span, "optional in the schema, and resolved as required (stores.region)")
            .help("set `region`"),
    );
}
