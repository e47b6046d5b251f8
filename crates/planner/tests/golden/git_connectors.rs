//! Connectors to Git repositories: the variables for a GitClone step, and for the steps of a stage that clones the
//! codebase (clone.login, environment.clone).

use cirun_plan::Profile;
use insta::assert_snapshot;

use crate::harness::{document, explain, plan_document, render};

const CLONE: &str = "- step:\n    type: GitClone\n    name: clone\n    identifier: clone\n    spec:\n      connectorRef: mine\n      repoName: shop\n      cloneDirectory: shop\n      build: {type: branch, spec: {branch: main}}\n";

fn connector(kind: &str, spec: &str) -> String {
    let spec: String = spec.lines().map(|line| format!("    {line}\n")).collect();
    format!("---\nconnector:\n  identifier: mine\n  name: mine\n  type: {kind}\n  spec:\n{spec}")
}

/// A GitClone step with a connector of this type.
fn clone(kind: &str, spec: &str) -> String {
    clone_with(CLONE, kind, spec)
}

fn clone_with(step: &str, kind: &str, spec: &str) -> String {
    let text = document(Profile::Cloud, step) + &connector(kind, spec);
    let shown = render(&plan_document(&text, |_| {}));
    let common = ["image:", "env: DRONE_COMMIT_BRANCH", "env: DRONE_WORKSPACE", "clone GitClone"];
    let own = shown.lines().filter(|line| !common.iter().any(|part| line.contains(part)));
    own.map(|line| format!("{}\n", line.trim())).collect()
}

#[test]
fn github_account_with_token() {
    let spec = "url: https://github.com/acme/\ntype: Account\nauthentication: {type: Http, spec: {type: UsernameToken, spec: {username: robot, tokenRef: account.token}}}";
    assert_snapshot!(clone("Github", spec), @"
    env: DRONE_REMOTE_URL=https://github.com/acme/shop
    env: DRONE_GIT_HTTP_URL=https://github.com/acme/shop
    env: DRONE_NETRC_MACHINE=github.com
    env: DRONE_NETRC_USERNAME=robot
    env: DRONE_NETRC_PASSWORD=***
    ");
}

#[test]
fn gitlab_repository_with_secret_user_and_port() {
    let spec = "url: https://git.example:8443/acme/shop.git\ntype: Repo\nauthentication: {type: Http, spec: {type: UsernamePassword, spec: {usernameRef: user, passwordRef: password}}}";
    assert_snapshot!(clone("Gitlab", spec), @"
    env: DRONE_REMOTE_URL=https://git.example:8443/acme/shop.git
    env: DRONE_GIT_HTTP_URL=https://git.example:8443/acme/shop.git
    env: DRONE_NETRC_MACHINE=git.example
    env: DRONE_NETRC_PORT=8443
    env: DRONE_NETRC_USERNAME=***
    env: DRONE_NETRC_PASSWORD=***
    ");
}

#[test]
fn bitbucket_by_ssh() {
    let spec = "url: git@bitbucket.org:acme\ntype: Account\nauthentication: {type: Ssh, spec: {sshKeyRef: key}}";
    assert_snapshot!(clone("Bitbucket", spec), @"
    env: DRONE_REMOTE_URL=git@bitbucket.org:acme/shop
    env: DRONE_GIT_SSH_URL=git@bitbucket.org:acme/shop
    env: DRONE_NETRC_MACHINE=bitbucket.org
    env: DRONE_SSH_KEY=***
    ");
}

#[test]
fn azure_project() {
    let spec = "url: https://dev.azure.com/acme/web\ntype: Project\nauthentication: {type: Http, spec: {type: UsernameToken, spec: {username: robot, tokenRef: token}}}";
    assert_snapshot!(clone("AzureRepo", spec), @"
    env: DRONE_REMOTE_URL=https://dev.azure.com/acme/web/_git/shop
    env: DRONE_GIT_HTTP_URL=https://dev.azure.com/acme/web/_git/shop
    env: DRONE_NETRC_MACHINE=dev.azure.com
    env: DRONE_NETRC_USERNAME=robot
    env: DRONE_NETRC_PASSWORD=***
    ");
}

#[test]
fn codecommit_region() {
    let spec = "url: https://git-codecommit.eu-west-1.amazonaws.com/v1/repos\ntype: Region\nauthentication: {type: HTTPS, spec: {type: AWSCredentials, spec: {accessKey: AKIA, secretKeyRef: secret}}}";
    assert_snapshot!(clone("Codecommit", spec), @"
    env: DRONE_REMOTE_URL=https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/shop
    env: DRONE_GIT_HTTP_URL=https://git-codecommit.eu-west-1.amazonaws.com/v1/repos/shop
    env: DRONE_NETRC_MACHINE=git-codecommit.eu-west-1.amazonaws.com
    env: DRONE_AWS_REGION=eu-west-1
    env: DRONE_AWS_ACCESS_KEY=AKIA
    env: DRONE_AWS_SECRET_KEY=***
    ");
}

#[test]
fn generic_git() {
    let http = "url: http://git.example/acme\ntype: Http\nconnectionType: Account\nspec: {username: robot, passwordRef: password}";
    assert_snapshot!(clone("Git", http), @"
    env: DRONE_REMOTE_URL=http://git.example/acme/shop
    env: DRONE_GIT_HTTP_URL=http://git.example/acme/shop
    env: DRONE_NETRC_MACHINE=git.example
    env: DRONE_NETRC_USERNAME=robot
    env: DRONE_NETRC_PASSWORD=***
    ");
    let ssh = "url: ssh://git@git.example:2222/acme/shop\ntype: Ssh\nconnectionType: Repo\nspec: {sshKeyRef: key}";
    assert_snapshot!(clone("Git", ssh), @"
    env: DRONE_REMOTE_URL=ssh://git@git.example:2222/acme/shop
    env: DRONE_GIT_SSH_URL=ssh://git@git.example:2222/acme/shop
    env: DRONE_NETRC_MACHINE=git.example
    env: DRONE_NETRC_PORT=2222
    env: DRONE_SSH_KEY=***
    ");
}

#[test]
fn oauth_and_anonymous() {
    let oauth = "url: https://github.com/acme\ntype: Account\nauthentication: {type: Http, spec: {type: OAuth, spec: {tokenRef: token}}}";
    assert_snapshot!(clone("Github", oauth), @"
    env: DRONE_REMOTE_URL=https://github.com/acme/shop
    env: DRONE_GIT_HTTP_URL=https://github.com/acme/shop
    env: DRONE_NETRC_MACHINE=github.com
    env: DRONE_NETRC_USERNAME=oauth2
    env: DRONE_NETRC_PASSWORD=***
    ");
    let open = "url: https://github.com/acme\ntype: Account\nauthentication: {type: Http, spec: {type: Anonymous}}";
    assert_snapshot!(clone("Github", open), @"
    env: DRONE_REMOTE_URL=https://github.com/acme/shop
    env: DRONE_GIT_HTTP_URL=https://github.com/acme/shop
    env: DRONE_NETRC_MACHINE=github.com
    ");
}

#[test]
fn github_app() {
    let spec = "url: https://github.com/acme\ntype: Account\nauthentication: {type: Http, spec: {type: GithubApp, spec: {applicationId: 1, installationId: 2, privateKeyRef: key}}}";
    assert_snapshot!(clone("Github", spec), @"
    env: DRONE_REMOTE_URL=https://github.com/acme/shop
    env: DRONE_GIT_HTTP_URL=https://github.com/acme/shop
    env: DRONE_NETRC_MACHINE=github.com
    parity[git-app-token] cirun makes no token with the app key of `mine`
    at `{applicationId: 1, installationId: 2, privateKeyRef: key}`: in CI the service gets a token from GitHub
    help: set one with `--env DRONE_NETRC_USERNAME=x-access-token --env DRONE_NETRC_PASSWORD=TOKEN`
    ");
}

#[test]
fn kerberos_is_not_for_clones() {
    let spec = "url: https://gitlab.example/acme\ntype: Account\nauthentication: {type: Http, spec: {type: Kerberos, spec: {kerberosKeyRef: key}}}";
    assert_snapshot!(clone("Gitlab", spec), @"
    env: DRONE_REMOTE_URL=https://gitlab.example/acme/shop
    env: DRONE_GIT_HTTP_URL=https://gitlab.example/acme/shop
    env: DRONE_NETRC_MACHINE=gitlab.example
    error[rejected-input] CI does not clone with Kerberos
    at `{kerberosKeyRef: key}`: refused (clone.kerberos)
    help: use `UsernameToken`, `UsernamePassword` or `OAuth`
    ");
}

#[test]
fn a_token_that_is_not_given() {
    let spec = "url: https://github.com/acme\ntype: Account\nauthentication: {type: Http, spec: {type: UsernameToken, spec: {username: robot, tokenRef: no_token}}}";
    assert_snapshot!(clone("Github", spec), @"
    env: DRONE_REMOTE_URL=https://github.com/acme/shop
    env: DRONE_GIT_HTTP_URL=https://github.com/acme/shop
    env: DRONE_NETRC_MACHINE=github.com
    env: DRONE_NETRC_USERNAME=robot
    error[missing-secret] the secret `no_token` has no value
    at `no_token`: needed here
    help: set it with `--secret no_token`, which prompts for it, in a dotenv file with `--secret-file FILE`, or in the environment variable `CIRUN_SECRET_no_token`
    ");
}

#[test]
fn what_a_connector_lacks() {
    let bare = "type: Account";
    assert_snapshot!(clone("Github", bare), @"
    error[incomplete-connector] the connector `mine` has no `authentication`
    at `type: Account`: a Git connector needs it (connectors.git)
    help: add `authentication` to the connector
    error[incomplete-connector] the connector `mine` has no `url`
    at `type: Account`: a Git connector needs it (connectors.git)
    help: add `url` to the connector
    ");
    let no_token = "url: https://github.com/acme\ntype: Account\nauthentication: {type: Http, spec: {type: UsernameToken, spec: {}}}";
    assert_snapshot!(clone("Github", no_token), @"
    env: DRONE_REMOTE_URL=https://github.com/acme/shop
    env: DRONE_GIT_HTTP_URL=https://github.com/acme/shop
    env: DRONE_NETRC_MACHINE=github.com
    error[incomplete-connector] the connector `mine` has no `username` or `usernameRef`
    at `{}`: this login needs one of the two (clone.login)
    help: add `username` or `usernameRef` to the connector
    error[incomplete-connector] the connector `mine` has no `tokenRef`
    at `{}`: this login needs it (clone.login)
    help: add `tokenRef` to the connector
    ");
    let no_key = "url: git@github.com:acme\ntype: Account\nauthentication: {type: Ssh, spec: {}}";
    assert_snapshot!(clone("Github", no_key), @"
    env: DRONE_REMOTE_URL=git@github.com:acme/shop
    env: DRONE_GIT_SSH_URL=git@github.com:acme/shop
    env: DRONE_NETRC_MACHINE=github.com
    error[incomplete-connector] the connector `mine` has no `sshKeyRef`
    at `{}`: this login needs it (clone.ssh)
    help: add `sshKeyRef` to the connector
    ");
}

#[test]
fn an_account_needs_the_name_of_the_repository() {
    let spec = "url: https://github.com/acme\ntype: Account\nauthentication: {type: Http, spec: {type: Anonymous}}";
    assert_snapshot!(clone_with(&CLONE.replace("      repoName: shop\n", ""), "Github", spec), @"
    env: DRONE_NETRC_MACHINE=github.com
    error[missing-required-input] `repoName` is missing beside the connector `mine`
    at `mine`: required where the URL is an account's (clone.repo-name)
    help: add `repoName`, or give the connector `type: Repo` and the repository's URL
    ");
}

#[test]
fn not_an_address_and_not_a_git_connector() {
    let spec = "url: github.com/acme\ntype: Account\nauthentication: {type: Http, spec: {type: Anonymous}}";
    assert_snapshot!(clone("Github", spec), @"
    error[malformed-git-url] `github.com/acme` is not the address of a Git server
    at `github.com/acme`: neither `https://HOST/PATH` nor `git@HOST:PATH`
    help: write it as the provider shows it for cloning
    ");
    assert_snapshot!(clone("DockerRegistry", "dockerRegistryUrl: https://r.example\nproviderType: Other\nauth: {type: Anonymous}"), @"
    error[wrong-connector-type] `mine` is not a connector to Git repositories
    at `mine`: a Git connector is needed here (clone.connector)
    help: name a connector of type Github, Gitlab, Bitbucket, Git, AzureRepo or Codecommit
    ");
}

#[test]
fn neither_connector_nor_repository() {
    let step = CLONE.replace("      connectorRef: mine\n      repoName: shop\n", "");
    assert_snapshot!(clone_with(&step, "Github", "type: Repo"), @"
    error[missing-required-input] `GitClone` step `clone` has no connector and no repository
    at `clone`: one of them is required (clone.connector)
    help: add `connectorRef`, or `repoName` for a repository of Harness Code
    ");
}

const CODEBASE: &str = "url: https://git.example/acme\ntype: Account\nauthentication: {type: Http, spec: {type: UsernameToken, spec: {username: robot, tokenRef: TOKEN}}}";
const RUN: &str =
    "- step: {type: Run, name: go, identifier: go, spec: {image: \"alpine:3\", connectorRef: hub, command: env}}\n";

/// The variables of the codebase's login in a step, and the diagnostics.
fn codebase(profile: Profile, token: &str, clone: bool) -> String {
    let properties = "  properties: {ci: {codebase: {connectorRef: mine, repoName: shop, build: {type: branch, spec: {branch: main}}}}}\n";
    let text = document(profile, RUN).replace("cloneCodebase: true", &format!("cloneCodebase: {clone}")).replacen(
        "  stages:\n",
        &format!("{properties}  stages:\n"),
        1,
    ) + &connector("Github", &CODEBASE.replace("TOKEN", token));
    let outcome = plan_document(&text, |_| {});
    let variables = ["DRONE_NETRC_USERNAME", "DRONE_NETRC_PASSWORD", "DRONE_NETRC_MACHINE", "DRONE_REMOTE_URL"];
    let shown: String = variables.iter().map(|name| format!("{name} {}", explain(&outcome, name))).collect();
    shown + &crate::harness::diagnostics(&outcome)
}

#[test]
fn codebase_login_of_a_machine() {
    assert_snapshot!(codebase(Profile::Cloud, "token", true), @"
    DRONE_NETRC_USERNAME go: robot ← rule (clone.login) ← connector mine, username (pipeline.yaml:154:79) ← pipeline.yaml:4:46
    DRONE_NETRC_PASSWORD go: *** ← rule (clone.login) ← secret token (test) ← connector mine, tokenRef (pipeline.yaml:154:96) ← pipeline.yaml:4:46
    DRONE_NETRC_MACHINE go: git.example ← git (environment.clone)
    DRONE_REMOTE_URL go: https://git.example/acme/shop ← git (environment.codebase)
    ");
}

#[test]
fn codebase_login_in_a_pod() {
    assert_snapshot!(codebase(Profile::Kubernetes, "token", true), @"DRONE_NETRC_USERNAME DRONE_NETRC_PASSWORD DRONE_NETRC_MACHINE DRONE_REMOTE_URL go: https://git.example/acme/shop ← git (environment.codebase)");
}

#[test]
fn codebase_login_without_its_secret() {
    assert_snapshot!(codebase(Profile::Vm, "no_token", true), @"
    DRONE_NETRC_USERNAME DRONE_NETRC_PASSWORD DRONE_NETRC_MACHINE go: git.example ← git (environment.clone)
    DRONE_REMOTE_URL go: https://git.example/acme/shop ← git (environment.codebase)
    parity[git-login-not-given] steps have no login for the codebase: the secret `no_token` is not known
      at `no_token`: in CI every step has its variables (clone.login-in-steps)
      help: set it with `--secret no_token`, which prompts for it, in a dotenv file with `--secret-file FILE`, or in the environment variable `CIRUN_SECRET_no_token`
    ");
}

#[test]
fn codebase_login_of_a_stage_that_does_not_clone() {
    assert_snapshot!(codebase(Profile::Docker, "no_token", false), @"
    DRONE_NETRC_USERNAME DRONE_NETRC_PASSWORD DRONE_NETRC_MACHINE go: git.example ← git (environment.clone)
    DRONE_REMOTE_URL go: https://git.example/acme/shop ← git (environment.codebase)
    note[other-workspace] in CI the stage `build` begins with an empty workspace
      at `false`: locally the steps work in the repository itself
      help: with `--clean-clone` the workspace is as in CI
    ");
}
