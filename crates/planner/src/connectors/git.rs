//! Connectors to Git repositories: the address to clone from, and the login (clone.address, clone.login).

mod address;

use address::{Address, codecommit_region};
use cirun_diagnostics::{Span, codes::plan as codes};
use cirun_parser::{
    ParameterField, Text,
    model::{ConnectorSpec, GitConnector, GitLogin, GitProvider, GitUser, Pipeline},
};
use cirun_plan::{Cause, Secret, Text as PlanText, Traced};

use super::{Named, chained};
use crate::{
    env::Env,
    inputs::Inputs,
    scope::{Ctx, given, secrets},
};

const ADDRESS: &str = "clone.address";
const LOGIN: &str = "clone.login";
const SSH: &str = "clone.ssh";
const AWS: &str = "clone.codecommit";
/// The user name for an OAuth token.
const OAUTH_USER: &str = "oauth2";

/// The effect of a missing secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Secrets {
    /// The step cannot log in without it.
    Needed,
    /// Nothing is cloned here: the variables are not set, which is reported.
    IfGiven,
}

/// A connector to Git repositories, as named by a step or the codebase.
pub(crate) struct GitAccess<'c, 'a> {
    pub(crate) ctx: &'c Ctx<'a>,
    pub(crate) named: &'c Named<'a>,
    pub(crate) git: &'c GitConnector,
    pub(crate) secrets: Secrets,
}

impl GitAccess<'_, '_> {
    /// The address of the repository and values derived from it; `repo` is the name if the connector is for an account.
    pub(crate) fn address(&self, repo: Option<&Text>) -> Env {
        let ctx = self.ctx;
        let mut env = Env::default();
        if self.git.login.is_none() {
            ctx.lacks(self.named, "authentication", "a Git connector needs it (connectors.git)", self.git.span);
        }
        let Some(field) = given(self.git.url.as_ref()) else {
            ctx.lacks(self.named, "url", "a Git connector needs it (connectors.git)", self.git.span);
            return env;
        };
        let Some(url) = ctx.known(field, "`url` of a connector") else { return env };
        let Some(address) = Address::parse(&url.value) else {
            ctx.notes.report(
                codes::MALFORMED_GIT_URL
                    .says(format!("`{}` is not the address of a Git server", url.value))
                    .at(field.span, "neither `https://HOST/PATH` nor `git@HOST:PATH`")
                    .at(self.named.span, "used here")
                    .help("write it as the provider shows it for cloning"),
            );
            return env;
        };
        let origin = ctx.of_connector(self.named, "url", field.span).then(Cause::Mapping { rule: ADDRESS });
        let mut set = |name: &str, value: PlanText| env.set(name, Traced::new(value, origin.clone()));
        if let Some(whole) = self.whole(&url.value, &address, repo) {
            set("DRONE_REMOTE_URL", whole.clone());
            set(if address.ssh { "DRONE_GIT_SSH_URL" } else { "DRONE_GIT_HTTP_URL" }, whole);
        }
        set("DRONE_NETRC_MACHINE", address.host.clone().into());
        if let Some(port) = address.port {
            set("DRONE_NETRC_PORT", port.into());
        }
        if let Some(region) = codecommit_region(&address.host) {
            set("DRONE_AWS_REGION", region.into());
        }
        env
    }

    /// The address of the repository: the connector's URL, with the repository's name if the connector is for an
    /// account.
    fn whole(&self, url: &str, address: &Address, repo: Option<&Text>) -> Option<PlanText> {
        let url = url.trim_end_matches('/');
        if !for_many(self.ctx, self.git) {
            return Some(url.to_owned().into());
        }
        match self.ctx.given_text(repo) {
            Some(name) => Some(name.value.preceded_by(&before_name(self.git.provider, url, address))),
            None => {
                self.ctx.notes.report(
                    codes::MISSING_REQUIRED_INPUT
                        .says(format!("`repoName` is missing beside the connector `{}`", self.named.id.value))
                        .at(self.named.span, "required where the URL is an account's (clone.repo-name)")
                        .help("add `repoName`, or give the connector `type: Repo` and the repository's URL"),
                );
                None
            }
        }
    }

    /// The variables for the login; secrets are masked.
    pub(crate) fn login(&self) -> Env {
        let mut env = Env::default();
        match &self.git.login {
            None | Some(GitLogin::Anonymous) => {}
            Some(GitLogin::Password { user, password_ref, field, span }) => {
                if let Some(user) = self.name(user, ["username", "usernameRef"], *span) {
                    self.set(&mut env, "DRONE_NETRC_USERNAME", user, LOGIN);
                }
                let field = (password_ref.as_ref(), *field, *span);
                self.set_secret(&mut env, "DRONE_NETRC_PASSWORD", field, LOGIN);
            }
            Some(GitLogin::OAuth { token_ref, span }) => {
                env.known("DRONE_NETRC_USERNAME", OAUTH_USER, Cause::Mapping { rule: LOGIN });
                let field = (token_ref.as_ref(), "tokenRef", *span);
                self.set_secret(&mut env, "DRONE_NETRC_PASSWORD", field, LOGIN);
            }
            Some(GitLogin::Ssh { key_ref, span }) => {
                self.set_secret(&mut env, "DRONE_SSH_KEY", (key_ref.as_ref(), "sshKeyRef", *span), SSH);
            }
            Some(GitLogin::Aws { access_key, access_key_ref, secret_key_ref, span }) => {
                let name = GitUser { name: access_key.clone(), name_ref: access_key_ref.clone() };
                if let Some(key) = self.name(&name, ["accessKey", "accessKeyRef"], *span) {
                    self.set(&mut env, "DRONE_AWS_ACCESS_KEY", key, AWS);
                }
                let field = (secret_key_ref.as_ref(), "secretKeyRef", *span);
                self.set_secret(&mut env, "DRONE_AWS_SECRET_KEY", field, AWS);
            }
            Some(GitLogin::Kerberos { span }) => self.ctx.notes.report(
                codes::REJECTED_INPUT
                    .says("CI does not clone with Kerberos")
                    .at(*span, "refused (clone.kerberos)")
                    .at(self.named.span, "used here")
                    .help("use `UsernameToken`, `UsernamePassword` or `OAuth`"),
            ),
            Some(GitLogin::App { span }) => self.ctx.notes.report(
                codes::GIT_APP_TOKEN
                    .says(format!("cirun makes no token with the app key of `{}`", self.named.id.value))
                    .at(*span, "in CI the service gets a token from GitHub")
                    .at(self.named.span, "used here")
                    .help("set one with `--env DRONE_NETRC_USERNAME=x-access-token --env DRONE_NETRC_PASSWORD=TOKEN`"),
            ),
        }
        env
    }

    /// A literal name, or one from a secret; `fields` are the connector's names for the two.
    fn name(&self, name: &GitUser, fields: [&'static str; 2], span: Span) -> Option<Traced<PlanText>> {
        match (given(name.name.as_ref()), given(name.name_ref.as_ref())) {
            (Some(field), _) => {
                let text = self.ctx.text(field).value;
                Some(Traced::new(text, self.ctx.of_connector(self.named, fields[0], field.span)))
            }
            (None, Some(field)) => {
                let secret = self.secret(field)?;
                let origin = chained(self.ctx.of_connector(self.named, fields[1], field.span), &secret.origin);
                Some(Traced::new(PlanText::Secret(secret.value), origin))
            }
            (None, None) => {
                let rule = "this login needs one of the two (clone.login)";
                self.ctx.lacks(self.named, &format!("{}` or `{}", fields[0], fields[1]), rule, span);
                None
            }
        }
    }

    fn set_secret(
        &self,
        env: &mut Env,
        variable: &str,
        (reference, name, span): (Option<&Text>, &'static str, Span),
        rule: &'static str,
    ) {
        let Some(field) = given(reference) else {
            self.ctx.lacks(self.named, name, &format!("this login needs it ({rule})"), span);
            return;
        };
        if let Some(secret) = self.secret(field) {
            let origin = chained(self.ctx.of_connector(self.named, name, field.span), &secret.origin);
            self.set(env, variable, Traced::new(PlanText::Secret(secret.value), origin), rule);
        }
    }

    fn set(&self, env: &mut Env, variable: &str, value: Traced<PlanText>, rule: &'static str) {
        env.set(variable, Traced::new(value.value, value.origin.then(Cause::Mapping { rule })));
    }

    fn secret(&self, field: &Text) -> Option<Traced<Secret>> {
        if self.secrets == Secrets::Needed {
            return self.ctx.secret_ref(field);
        }
        let id = self.ctx.known(field, "a reference to a secret")?;
        if secrets::find(self.ctx.names.secrets(), &id.value).is_some() {
            return self.ctx.secret_ref(field);
        }
        self.ctx.notes.report(
            codes::GIT_LOGIN_NOT_GIVEN
                .says(format!("steps have no login for the codebase: the secret `{}` is not known", id.value))
                .at(field.span, "in CI every step has its variables (clone.login-in-steps)")
                .help(secrets::remedy(&id.value)),
        );
        None
    }
}

/// Whether the connector's URL is not the URL of one repository.
fn for_many(ctx: &Ctx<'_>, git: &GitConnector) -> bool {
    let kind = given(git.url_type.as_ref()).and_then(|field| ctx.known(field, "`type` of a connector"));
    kind.is_some_and(|kind| kind.value != "Repo")
}

/// The URL up to the repository's name.
fn before_name(provider: GitProvider, url: &str, address: &Address) -> String {
    // Azure projects have their repositories under `_git`, over HTTP.
    if provider == GitProvider::AzureRepo && !address.ssh && !url.ends_with("/_git") {
        format!("{url}/_git/")
    } else {
        format!("{url}/")
    }
}

/// The connector of the codebase, if its document was found and it is for a Git server.
fn codebase_connector<'a>(ctx: &Ctx<'a>, pipeline: &Pipeline) -> Option<(Named<'a>, &'a GitConnector)> {
    let reference = pipeline.codebase.as_ref()?.connector_ref.as_ref();
    let named = ctx.found_connector(reference)?;
    match &named.connector.spec {
        ConnectorSpec::Git(git) => Some((named, git)),
        ConnectorSpec::Aws(_)
        | ConnectorSpec::Docker(_)
        | ConnectorSpec::Gcp(_)
        | ConnectorSpec::Azure(_)
        | ConnectorSpec::Artifactory(_)
        | ConnectorSpec::Other(_) => None,
    }
}

/// The login of the codebase's connector, which every step on a machine gets (clone.login-in-steps).
pub(crate) fn codebase_login(ctx: &Ctx<'_>, pipeline: &Pipeline) -> Env {
    let Some((named, git)) = codebase_connector(ctx, pipeline) else { return Env::default() };
    let login = GitAccess { ctx, named: &named, git, secrets: Secrets::IfGiven }.login();
    // An incomplete login is worse than none: clients would prompt for the rest.
    let secrets = ["DRONE_NETRC_PASSWORD", "DRONE_SSH_KEY", "DRONE_AWS_SECRET_KEY"];
    if secrets.iter().any(|name| login.get(name).is_some()) { login } else { Env::default() }
}

/// The address of the codebase's repository in its connector: CI clones from it, whatever the origin of this checkout.
pub(crate) fn codebase_url(inputs: &Inputs<'_>, pipeline: &Pipeline) -> Option<String> {
    let codebase = pipeline.codebase.as_ref()?;
    let reference = literal(codebase.connector_ref.as_ref())?;
    let connectors = &inputs.connectors;
    let bare = secrets::without_scope(reference).unwrap_or(reference);
    let connector = connectors.get(reference).or_else(|| connectors.get(bare))?;
    let ConnectorSpec::Git(git) = &connector.spec else { return None };
    let url = literal(git.url.as_ref())?;
    let address = Address::parse(url)?;
    let url = url.trim_end_matches('/');
    match literal(git.url_type.as_ref()) {
        None | Some("Repo") => Some(url.to_owned()),
        Some(_) => {
            let name = literal(codebase.repo_name.as_ref())?;
            Some(format!("{}{name}", before_name(git.provider, url, &address)))
        }
    }
}

fn literal(field: Option<&Text>) -> Option<&str> {
    match &given(field)?.value {
        ParameterField::Literal(text) => Some(text),
        ParameterField::Expression(_) => None,
    }
}
