//! The values of the codebase: `<+codebase.…>` and the `DRONE_*` and `CI_*` variables of a manual build
//! (environment.codebase).

use cirun_expressions::Value;
use cirun_parser::{ParameterField, Text, model::Pipeline};
use cirun_plan::Cause;
use indexmap::IndexMap;

use super::{Env, calver, semver};
use crate::{
    inputs::{CodebaseFacts, RunFacts},
    scope::{Entry, given},
};

/// Longer commit messages are truncated.
const MESSAGE_LIMIT: usize = 8191;

/// The kind of build.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Build {
    Branch,
    Tag,
    PullRequest,
}

impl CodebaseFacts {
    fn build(&self) -> Build {
        match (&self.pull_request, &self.tag) {
            (Some(_), _) => Build::PullRequest,
            (None, Some(_)) => Build::Tag,
            (None, None) => Build::Branch,
        }
    }

    /// A manual build of a tag has no branch.
    fn branch(&self) -> Option<&str> {
        match self.build() {
            Build::Branch | Build::PullRequest => self.branch.as_deref(),
            Build::Tag => None,
        }
    }

    fn source_branch(&self) -> Option<&str> {
        self.pull_request.as_ref().and_then(|pr| pr.source_branch.as_deref()).or(self.branch())
    }

    fn target_branch(&self) -> Option<&str> {
        self.pull_request.as_ref().and_then(|pr| pr.target_branch.as_deref()).or(self.branch())
    }

    fn commit_ref(&self) -> Option<String> {
        match (&self.pull_request, &self.tag, &self.branch) {
            (Some(pr), _, _) => Some(format!("refs/pull/{}/head", pr.number)),
            (None, Some(tag), _) => Some(format!("refs/tags/{tag}")),
            (None, None, Some(branch)) => Some(format!("refs/heads/{branch}")),
            (None, None, None) => None,
        }
    }

    fn repo_name(&self) -> Option<&str> {
        let url = self.repo_url.as_deref()?;
        let name = url.trim_end_matches('/').rsplit(['/', ':']).next()?;
        Some(name.strip_suffix(".git").unwrap_or(name))
    }

    /// The host of credentials in `~/.netrc`.
    pub(super) fn netrc_machine(&self) -> Option<&str> {
        let (protocol, rest) = self.repo_url.as_deref()?.split_once("://")?;
        let host = rest.split('/').next()?.rsplit('@').next()?.split(':').next()?;
        matches!(protocol, "http" | "https").then_some(host).filter(|host| !host.is_empty())
    }

    fn ssh_url(&self) -> Option<String> {
        let url = self.repo_url.as_deref()?;
        match url.split_once("://") {
            Some(("http" | "https", rest)) => {
                let (host, path) = rest.split_once('/')?;
                let host = host.rsplit('@').next()?;
                Some(format!("git@{host}:{path}"))
            }
            Some(_) | None => Some(url.to_owned()),
        }
    }
}

/// The names under `codebase`; those that a build of this kind does not have are null, as in the service.
pub(crate) fn names(facts: &CodebaseFacts) -> Entry {
    let text = |value: Option<String>| match value {
        Some(value) => Entry::text(value, Cause::Codebase("codebase")),
        None => Entry::value(Value::Null),
    };
    let short = facts.commit_sha.as_ref().map(|sha| sha.chars().take(7).collect());
    let pr = facts.pull_request.as_ref();
    let build = match facts.build() {
        Build::Branch => "branch",
        Build::Tag => "tag",
        Build::PullRequest => "PR",
    };
    Entry::tree([
        ("branch", text(facts.branch().map(str::to_owned))),
        ("tag", text(facts.tag.clone())),
        ("targetBranch", text(facts.target_branch().map(str::to_owned))),
        ("sourceBranch", text(facts.source_branch().map(str::to_owned))),
        ("prNumber", text(pr.map(|pr| pr.number.clone()))),
        ("prTitle", text(pr.and_then(|pr| pr.title.clone()))),
        ("pullRequestLink", text(None)),
        ("pullRequestBody", text(None)),
        ("state", text(None)),
        ("mergeSha", text(None)),
        ("commitSha", text(facts.commit_sha.clone())),
        ("shortCommitSha", text(short)),
        ("baseCommitSha", text(facts.commit_before.clone())),
        ("commitRef", text(facts.commit_ref())),
        ("commitMessage", text(facts.commit_message.clone())),
        ("repoUrl", text(facts.repo_url.clone())),
        ("gitUser", text(facts.author_name.clone())),
        ("gitUserId", text(facts.author_name.clone())),
        ("gitUserEmail", text(facts.author_email.clone())),
        ("gitUserAvatar", text(None)),
        ("build", Entry::tree([("type", text(Some(build.to_owned())))])),
    ])
}

/// `pipeline.properties`: the codebase of the pipeline, and the build of this run.
pub(crate) fn properties(facts: &CodebaseFacts, pipeline: &Pipeline) -> Entry {
    let Some(codebase) = &pipeline.codebase else { return Entry::Tree(IndexMap::new()) };
    let known = |value: Option<&str>| match value {
        Some(value) => Entry::text(value, Cause::Codebase("codebase")),
        None => Entry::value(Value::Null),
    };
    let written = |field: &Option<Text>| {
        let source = given(field.as_ref()).map(source).filter(|source| !source.starts_with("<+input>"));
        source.map(|source| Entry::value(Value::String(source)))
    };
    let of_address = facts.repo_url.as_deref().and_then(|url| url.trim_end_matches(".git").rsplit(['/', ':']).next());
    let kind = match facts.build() {
        Build::Branch => "branch",
        Build::Tag => "tag",
        Build::PullRequest => "PR",
    };
    let spec = Entry::tree([
        ("branch", known(facts.branch())),
        ("tag", known(facts.tag.as_deref())),
        ("number", known(facts.pull_request.as_ref().map(|pr| pr.number.as_str()))),
        ("commitSha", known(facts.commit_sha.as_deref())),
    ]);
    let codebase = Entry::tree([
        ("connectorRef", written(&codebase.connector_ref).unwrap_or_else(|| Entry::value(Value::Null))),
        ("repoName", written(&codebase.repo_name).unwrap_or_else(|| known(of_address))),
        ("build", Entry::tree([("type", known(Some(kind))), ("spec", spec)])),
    ]);
    Entry::tree([("ci", Entry::tree([("codebase", codebase)]))])
}

/// A field's text; the evaluator follows expressions in it.
fn source(field: &Text) -> String {
    match &field.value {
        ParameterField::Literal(text) => text.clone(),
        ParameterField::Expression(template) => template.source().to_owned(),
    }
}

/// The variables of a manual build.
pub(crate) fn variables(facts: &CodebaseFacts, run: &RunFacts, build_link: &str) -> Env {
    let mut vars: IndexMap<&'static str, String> = IndexMap::new();
    times_and_numbers(&mut vars, run, build_link);
    commit(&mut vars, facts);
    repository(&mut vars, facts);
    let mut env = Env::default();
    for (name, value) in vars.into_iter().filter(|(_, value)| !value.is_empty()) {
        env.known(name, value, Cause::Codebase("environment.codebase"));
    }
    env
}

fn times_and_numbers(vars: &mut IndexMap<&'static str, String>, run: &RunFacts, build_link: &str) {
    let seconds = (run.now_ms / 1000).to_string();
    for name in [
        "DRONE_BUILD_CREATED",
        "DRONE_BUILD_STARTED",
        "DRONE_BUILD_FINISHED",
        "DRONE_STAGE_STARTED",
        "DRONE_STAGE_FINISHED",
        "CI_BUILD_CREATED",
        "CI_BUILD_STARTED",
        "CI_BUILD_FINISHED",
    ] {
        vars.insert(name, seconds.clone());
    }
    for name in ["DRONE_BUILD_NUMBER", "CI_BUILD_NUMBER"] {
        vars.insert(name, run.sequence.to_string());
    }
    for name in ["DRONE_BUILD_LINK", "CI_BUILD_LINK"] {
        vars.insert(name, build_link.to_owned());
    }
    if let Some((protocol, rest)) = build_link.split_once("://") {
        let host = rest.split('/').next().unwrap_or(rest);
        vars.insert("DRONE_SYSTEM_PROTO", protocol.to_owned());
        vars.insert("DRONE_SYSTEM_HOST", host.to_owned());
        vars.insert("DRONE_SYSTEM_HOSTNAME", host.split(':').next().unwrap_or(host).to_owned());
    }
}

fn commit(vars: &mut IndexMap<&'static str, String>, facts: &CodebaseFacts) {
    let mut set = |names: &[&'static str], value: Option<&str>| {
        for name in names {
            vars.insert(name, value.unwrap_or_default().to_owned());
        }
    };
    let event = match facts.build() {
        Build::Branch => "push",
        Build::Tag => "tag",
        Build::PullRequest => "pull_request",
    };
    set(&["DRONE_BUILD_EVENT", "CI_BUILD_EVENT"], Some(event));
    set(
        &["DRONE_BRANCH", "DRONE_TARGET_BRANCH", "DRONE_COMMIT_BRANCH", "CI_COMMIT_BRANCH", "DRONE_REPO_BRANCH"],
        facts.target_branch(),
    );
    set(&["DRONE_SOURCE_BRANCH"], facts.source_branch());
    set(&["DRONE_COMMIT", "DRONE_COMMIT_SHA", "CI_COMMIT_SHA", "DRONE_COMMIT_AFTER"], facts.commit_sha.as_deref());
    set(&["DRONE_COMMIT_BEFORE"], facts.commit_before.as_deref());
    set(&["DRONE_COMMIT_REF", "CI_COMMIT_REF"], facts.commit_ref().as_deref());
    let message: Option<String> = facts.commit_message.as_ref().map(|m| m.chars().take(MESSAGE_LIMIT).collect());
    set(&["DRONE_COMMIT_MESSAGE", "CI_COMMIT_MESSAGE"], message.as_deref());
    set(
        &[
            "DRONE_COMMIT_AUTHOR",
            "CI_COMMIT_AUTHOR",
            "DRONE_COMMIT_AUTHOR_NAME",
            "CI_COMMIT_AUTHOR_NAME",
            "DRONE_BUILD_TRIGGER",
        ],
        facts.author_name.as_deref(),
    );
    set(&["DRONE_COMMIT_AUTHOR_EMAIL", "CI_COMMIT_AUTHOR_EMAIL"], facts.author_email.as_deref());
    if let Some(pr) = &facts.pull_request {
        set(&["DRONE_PULL_REQUEST"], Some(&pr.number));
        set(&["DRONE_PULL_REQUEST_TITLE"], pr.title.as_deref());
    }
    if let Some(tag) = &facts.tag {
        set(&["DRONE_TAG"], Some(tag));
        for (name, value) in semver::variables(tag).into_iter().chain(calver::variables(tag)) {
            set(&[name], Some(&value));
        }
    }
}

fn repository(vars: &mut IndexMap<&'static str, String>, facts: &CodebaseFacts) {
    let (Some(url), Some(name)) = (facts.repo_url.as_deref(), facts.repo_name()) else { return };
    for variable in ["CI_REPO_REMOTE", "CI_REMOTE_URL", "DRONE_REPO_LINK", "DRONE_REMOTE_URL", "DRONE_GIT_HTTP_URL"] {
        vars.insert(variable, url.to_owned());
    }
    vars.insert("DRONE_GIT_SSH_URL", facts.ssh_url().unwrap_or_default());
    for variable in ["CI_REPO", "CI_REPO_NAME", "DRONE_REPO_NAME"] {
        vars.insert(variable, name.to_owned());
    }
    vars.insert("DRONE_REPO_SCM", "Git".to_owned());
    vars.insert("DRONE_REPO_PRIVATE", "true".to_owned());
    vars.insert("DRONE_REPO_VISIBILITY", "private".to_owned());
    // The service uses the committing user as the owner.
    if let Some(user) = &facts.author_name {
        for variable in ["DRONE_REPO_NAMESPACE", "DRONE_REPO_OWNER"] {
            vars.insert(variable, user.clone());
        }
        vars.insert("DRONE_REPO", format!("{user}/{name}"));
    }
}
