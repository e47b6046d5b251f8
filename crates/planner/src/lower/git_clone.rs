//! GitClone steps (the reference's page clone).

use cirun_diagnostics::codes::plan as codes;
use cirun_parser::{
    Flag, Text, TextList,
    model::{BuildSpec, ConnectorSpec, GitCloneSpec},
};
use cirun_plan::{Action, Cause, Origin, Profile, Text as PlanText, Traced};

use super::{ContainerFields, Lowered, StepCtx, image, image::Image, plugin_image};
use crate::{
    connectors::{
        Connection, Need,
        git::{GitAccess, Secrets},
    },
    env::{Env, step::OwnLayers},
    infrastructure::platform::WORKSPACE,
    scope::given,
};

/// Lowers a GitClone step to the clone plugin with its variables.
pub(crate) fn lower(at: &StepCtx<'_>, spec: &GitCloneSpec) -> Lowered {
    let ctx = &at.ctx;
    let mut own = OwnLayers { derived: variables(at, spec), ..OwnLayers::default() };
    repository(at, spec, &mut own);
    let env = at.env(own);
    let (reference, rule) = match at.profile() {
        Profile::Kubernetes => ("harness/drone-git:1.7.10-rootless", "clone.plugin"),
        Profile::Vm | Profile::Cloud | Profile::Docker => ("harness/drone-git:1.7.10", "clone.plugin"),
    };
    let reference = Traced::new(PlanText::from(reference), Origin::new(Cause::Default { rule }));
    let pull = image::pull_policy(ctx, None, &reference.value);
    let mut image = Image { reference, pull, auth: None, connector: None };
    plugin_image::replace(ctx, &mut image);
    let fields = ContainerFields {
        resources: spec.resources.as_ref(),
        privileged: spec.privileged.as_ref(),
        run_as_user: spec.run_as_user.as_ref(),
    };
    Lowered::foreground(Action::Container(Box::new(at.container(image, env, &fields))))
}

fn variables(at: &StepCtx<'_>, spec: &GitCloneSpec) -> Env {
    let ctx = &at.ctx;
    let mut env = Env::default();
    match &spec.build {
        Some(build) => checked_out(at, build, &mut env),
        None => ctx.notes.report(
            codes::MISSING_REQUIRED_INPUT
                .says(format!("`GitClone` step `{}` needs `build`", at.place.id))
                .at(at.step.identifier.span, "required (clone.build)")
                .help("set `build`, such as `{type: branch, spec: {branch: main}}`"),
        ),
    }
    for (field, variable, rule) in [
        (&spec.depth, "PLUGIN_DEPTH", "clone.depth-input"),
        (&spec.submodule_strategy, "DRONE_NETRC_SUBMODULE_STRATEGY", "clone.submodules"),
        (&spec.pre_fetch_command, "DRONE_NETRC_PRE_FETCH", "clone.pre-fetch"),
    ] {
        text(at, &mut env, field.as_ref(), variable, rule);
    }
    for (field, variable, rule) in [
        (&spec.lfs, "DRONE_NETRC_LFS_ENABLED", "clone.lfs"),
        (&spec.debug, "DRONE_NETRC_DEBUG", "clone.debug"),
        (&spec.fetch_tags, "DRONE_NETRC_FETCH_TAGS", "clone.fetch-tags"),
    ] {
        if flag(at, field.as_ref()) == Some(true) {
            env.known(variable, "true", Cause::Mapping { rule });
        }
    }
    if flag(at, spec.ssl_verify.as_ref()) == Some(false) {
        env.known("GIT_SSL_NO_VERIFY", "true", Cause::Mapping { rule: "clone.ssl-verify" });
    }
    let rule = "clone.sparse-checkout";
    list(at, &mut env, spec.sparse_checkout.as_ref(), "DRONE_NETRC_SPARSE_CHECKOUT", rule);
    let rule = "clone.output-files";
    list(at, &mut env, spec.output_file_paths_content.as_ref(), "PLUGIN_OUTPUT_FILE_PATHS_CONTENT", rule);
    directory(at, spec, &mut env);
    env
}

/// The repository's address and login, from the connector; without one, the address is guessed.
fn repository(at: &StepCtx<'_>, spec: &GitCloneSpec, own: &mut OwnLayers) {
    let ctx = &at.ctx;
    let repo = spec.repo_name.as_ref();
    if given(spec.connector_ref.as_ref()).is_none() {
        if given(repo).is_none() {
            ctx.notes.report(
                codes::MISSING_REQUIRED_INPUT
                    .says(format!("`GitClone` step `{}` has no connector and no repository", at.place.id))
                    .at(at.step.identifier.span, "one of them is required (clone.connector)")
                    .help("add `connectorRef`, or `repoName` for a repository of Harness Code"),
            );
        }
        return sibling(at, spec, "only Harness knows the addresses of Harness Code", &mut own.derived);
    }
    let named = match ctx.connector(spec.connector_ref.as_ref(), Need::Clone) {
        Connection::Found(named) => named,
        Connection::Assumed(_) | Connection::HarnessImages(_) | Connection::Absent => {
            return sibling(at, spec, "its connector is not known", &mut own.derived);
        }
    };
    match &named.connector.spec {
        ConnectorSpec::Git(git) => {
            let access = GitAccess { ctx, named: &named, git, secrets: Secrets::Needed };
            own.derived.over(&access.address(repo));
            own.secrets = access.login();
        }
        ConnectorSpec::Aws(_)
        | ConnectorSpec::Docker(_)
        | ConnectorSpec::Gcp(_)
        | ConnectorSpec::Azure(_)
        | ConnectorSpec::Artifactory(_)
        | ConnectorSpec::Other(_) => ctx.notes.report(
            codes::WRONG_CONNECTOR_TYPE
                .says(format!("`{}` is not a connector to Git repositories", named.connector.identifier.value))
                .at(named.span, "a Git connector is needed here (clone.connector)")
                .help("name a connector of type Github, Gitlab, Bitbucket, Git, AzureRepo or Codecommit"),
        ),
    }
}

/// The address if no connector has it: a sibling of the codebase's repository.
fn sibling(at: &StepCtx<'_>, spec: &GitCloneSpec, why: &'static str, env: &mut Env) {
    let ctx = &at.ctx;
    let Some(url) = &ctx.inputs.codebase.repo_url else { return };
    let Some(name) = ctx.given_text(spec.repo_name.as_ref()) else { return };
    let base = url.trim_end_matches('/');
    let Some(cut) = base.rfind(['/', ':']) else { return };
    let suffix = if base.ends_with(".git") { ".git" } else { "" };
    let shown = name.value.shown();
    if base[cut + 1..].trim_end_matches(".git") == shown {
        return;
    }
    ctx.notes.report(
        codes::SIBLING_REPOSITORY
            .says(format!("`{}` clones `{shown}` from the server of the codebase", at.place.id))
            .at(at.step.identifier.span, why)
            .help("write the connector under `.harness/`, or in a directory named by `--include`"),
    );
    let address = name.value.preceded_by(&base[..=cut]).followed_by(suffix);
    for variable in ["DRONE_REMOTE_URL", "DRONE_GIT_HTTP_URL"] {
        let origin = name.origin.clone().then(Cause::Local("a sibling of the codebase's repository"));
        env.set(variable, Traced::new(address.clone(), origin));
    }
}

fn checked_out(at: &StepCtx<'_>, build: &BuildSpec, env: &mut Env) {
    let rule = "clone.build";
    let (variable, field, event) = match build {
        BuildSpec::Branch(field) => ("DRONE_COMMIT_BRANCH", field, None),
        BuildSpec::Tag(field) => ("DRONE_TAG", field, Some("tag")),
        BuildSpec::PullRequest(field) => ("DRONE_PULL_REQUEST", field, Some("pull_request")),
        BuildSpec::Commit(field) => ("DRONE_COMMIT_SHA", field, None),
        BuildSpec::Expression(_) => return,
    };
    text(at, env, Some(field), variable, rule);
    if let Some(event) = event {
        env.known("DRONE_BUILD_EVENT", event, Cause::Mapping { rule });
    }
}

/// `DRONE_WORKSPACE`: in the workspace, but never the workspace itself (clone.directory).
fn directory(at: &StepCtx<'_>, spec: &GitCloneSpec, env: &mut Env) {
    let ctx = &at.ctx;
    let Some(directory) = ctx.given_text(spec.clone_directory.as_ref()) else { return };
    let shown = directory.value.shown();
    if shown.trim_end_matches('/') == WORKSPACE
        && let Some(field) = &spec.clone_directory
    {
        ctx.notes.report(
            codes::REJECTED_INPUT
                .says("`cloneDirectory` may not be the workspace itself")
                .at(field.span, "`/harness` is refused (clone.directory)")
                .help("name a directory in it"),
        );
    }
    let value =
        if shown.starts_with('/') { directory.value } else { directory.value.preceded_by(&format!("{WORKSPACE}/")) };
    let rule = "clone.directory";
    env.set("DRONE_WORKSPACE", Traced::new(value, directory.origin.then(Cause::Mapping { rule })));
}

fn flag(at: &StepCtx<'_>, field: Option<&Flag>) -> Option<bool> {
    at.ctx.flag(field?, "a flag of `GitClone`").map(|flag| flag.value)
}

fn text(at: &StepCtx<'_>, env: &mut Env, field: Option<&Text>, variable: &str, rule: &'static str) {
    if let Some(value) = at.ctx.given_text(field) {
        env.set(variable, Traced::new(value.value, value.origin.then(Cause::Mapping { rule })));
    }
}

fn list(at: &StepCtx<'_>, env: &mut Env, field: Option<&TextList>, variable: &str, rule: &'static str) {
    let Some(field) = field else { return };
    let items = at.ctx.list(field).into_iter().map(|item| item.value);
    let origin = at.ctx.written(field.span).then(Cause::Mapping { rule });
    env.set(variable, Traced::new(PlanText::join(items, ","), origin));
}
