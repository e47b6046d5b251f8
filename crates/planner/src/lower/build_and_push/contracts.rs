//! How each ECR plugin handles variables that a user sets for it (ecr.readers, ecr.unread-everywhere).

use cirun_diagnostics::{Span, codes::plan as codes};
use cirun_parser::{ParameterField, model::BuildTarget};
use cirun_plan::Environment;

use super::{
    BuildCtx, plugins,
    plugins::{
        Builder,
        Builder::{Buildx, Docker, Kaniko},
    },
};
use crate::{
    applicability::{
        Row,
        build_and_push::{COMMON, ECR},
    },
    env::Env,
};

/// Variables that the documentation names but no plugin reads, with alternatives.
const UNREAD: [(&str, &str); 3] = [
    (
        "PLUGIN_USER_ROLE_ARN",
        "name the role in the connector: `crossAccountAccess.crossAccountRoleArn` or `iamRoleArn`",
    ),
    ("PLUGIN_SKIP_TLS_VERIFY", "use `PLUGIN_SKIP_TLS_VERIFY_PULL`, or give the plugin the registry's certificate"),
    ("PLUGIN_CACHE_DIR", "use `remoteCacheImage`, or `caching: true`"),
];

/// Variables that no input sets and that some of the ECR plugins read, without `PLUGIN_`, and those plugins.
#[rustfmt::skip]
const READERS: &[(&[&str], &[Builder])] = &[
    (&["CACHE_TTL", "CACHE_COPY_LAYERS", "CACHE_RUN_LAYERS"],     &[Kaniko]),
    (&["INSECURE_PULL", "INSECURE_REGISTRY", "REGISTRY_CERTIFICATE", "REGISTRY_CLIENT_CERT", "REGISTRY_MIRRORS",
       "SKIP_TLS_VERIFY_PULL", "SKIP_TLS_VERIFY_REGISTRY", "SKIP_PUSH_PERMISSION_CHECK"],                        &[Kaniko]),
    (&["EXPAND_TAG", "FORCE", "CLEANUP", "COMPRESSED_CACHING", "CONTEXT_SUB_PATH", "IMAGE_NAME_WITH_DIGEST_FILE",
       "LOG_FORMAT", "OCI_LAYOUT_PATH", "PUSH_RETRY", "REPRODUCIBLE", "SINGLE_SNAPSHOT", "SKIP_UNUSED_STAGES",
       "USE_NEW_RUN", "IGNORE_VAR_RUN", "IGNORE_PATH", "IMAGE_FS_EXTRACT_RETRY", "IMAGE_DOWNLOAD_RETRY", "VERBOSITY"], &[Kaniko]),
    (&["TAG", "BUILD_ARGS_FROM_ENV", "AUTO_LABEL", "LABEL_SCHEMA", "QUIET", "SQUASH", "COMPRESS",
       "PULL_IMAGE", "NO_CACHE", "ADD_HOST", "SCAN_ON_PUSH"],                                                    &[Buildx, Docker]),
    (&["DAEMON_OFF", "MIRROR", "STORAGE_DRIVER", "STORAGE_PATH", "BIP", "MTU", "CUSTOM_DNS", "CUSTOM_DNS_SEARCH",
       "IPV6"],                                                                                                  &[Buildx, Docker]),
    (&["SECRET", "SSH_AGENT_KEY", "DRY_RUN"],                           &[Buildx, Docker]),
    (&["BUILDER_NAME", "BUILDER_DRIVER", "BUILDER_CONFIG",
       "BUILDER_REMOTE_CONN", "BUILDX_LOAD", "USE_LOADED_BUILDKIT", "BUILDKIT_ASSETS_DIR",
       "BUILDKIT_VERSION", "BUILDX_OPTIONS", "BUILDX_OPTIONS_SEMICOLON", "BAKE_FILE", "BAKE_OPTIONS"],           &[Buildx]),
    (&["NO_PUSH", "PUSH_ONLY", "SOURCE_TAR_PATH", "TAR_PATH"],                                                   &[Kaniko, Buildx]),
    (&["SKIP_PUSH_IF_TAG_EXISTS", "EXPERIMENTAL"],                                                               &[Docker]),
];

/// Reports variables without an effect, or with another effect than their name suggests.
pub(super) fn check(build: &BuildCtx<'_, '_>, env: &Environment) {
    for (name, instead) in UNREAD.into_iter().filter(|(name, _)| env.contains_key(name)) {
        build.at.ctx.notes.report(
            codes::UNREAD_VARIABLE
                .says(format!("no plugin reads `{name}`"))
                .at(place(build, name), "changes nothing (ecr.unread-everywhere)")
                .help(instead),
        );
    }
    if let BuildTarget::Ecr(_) = build.spec.target {
        other_plugins(build, env);
        login(build, env);
    }
}

/// Reports variables of the step that the connector's variables replace (environment.secrets-last).
pub(super) fn report_replaced(build: &BuildCtx<'_, '_>, user: &Env, connector: &Env) {
    for name in user.names().filter(|name| connector.get(name).is_some()) {
        build.at.ctx.notes.report(
            codes::IGNORED_INPUT
                .says(format!("the connector's value replaces `{name}`"))
                .at(place(build, name), "the connector's secrets are set last (environment.secrets-last)")
                .help("remove it, or name another connector"),
        );
    }
}

/// Variables of another plugin than the one that runs.
fn other_plugins(build: &BuildCtx<'_, '_>, env: &Environment) {
    let set_by_user =
        READERS.iter().flat_map(|(names, readers)| names.iter().map(move |name| (format!("PLUGIN_{name}"), *readers)));
    let foreign = set_by_user.chain(of_inputs(COMMON)).chain(of_inputs(ECR));
    for (name, readers) in foreign.filter(|(_, readers)| !readers.contains(&build.builder)) {
        if !env.contains_key(&name) {
            continue;
        }
        let image = |builder| plugins::plugin(&build.spec.target, builder).image;
        let others: Vec<String> = readers.iter().map(|reader| format!("`{}`", image(*reader))).collect();
        build.at.ctx.notes.report(
            codes::UNREAD_VARIABLE
                .says(format!("`{}` does not read `{name}`", image(build.builder)))
                .at(place(build, &name), "changes nothing here (ecr.readers)")
                .help(format!("it is for {}: remove it, or build with that plugin", others.join(" and "))),
        );
    }
}

/// The variables of inputs, and the plugins that read them.
fn of_inputs<S>(inputs: &'static [Row<S>]) -> impl Iterator<Item = (String, &'static [Builder])> {
    let variables = inputs.iter().flat_map(|input| input.variables);
    variables.map(|variable| (variable.name.to_owned(), variable.to))
}

/// With buildx-ecr and ecr, a user name replaces the ECR token; kaniko-ecr uses it for the registry of the base image.
fn login(build: &BuildCtx<'_, '_>, env: &Environment) {
    if build.builder == Kaniko {
        return;
    }
    for name in ["PLUGIN_USERNAME", "DOCKER_USERNAME"].into_iter().filter(|name| env.contains_key(name)) {
        build.at.ctx.notes.report(
            codes::LOGIN_OVERRIDDEN
                .says(format!("`{name}` replaces the ECR token"))
                .at(place(build, name), "the plugin logs in to ECR with it (ecr.login-variables)")
                .help("for the registry of a base image, use `baseImageConnectorRefs` or `PLUGIN_DOCKER_USERNAME`"),
        );
    }
}

/// The place where the step sets a variable; its identifier, if it is set elsewhere.
fn place(build: &BuildCtx<'_, '_>, name: &str) -> Span {
    let written = build.spec.env_variables.as_ref().and_then(|map| match &map.value {
        ParameterField::Literal(entries) => {
            entries.iter().find(|(key, _)| key.0.value == name).map(|(key, _)| key.0.span)
        }
        ParameterField::Expression(_) => None,
    });
    written.unwrap_or(build.at.step.identifier.span)
}
