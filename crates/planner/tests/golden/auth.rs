//! Each flow of an `Aws` connector, with and without the overlay, for each plugin (ecr.signers).

use cirun_plan::{Profile, Secret};
use cirun_planner::{AwsMode, Inputs, PushMode, Setting, WebIdentity};
use insta::assert_snapshot;

use crate::harness::{delegate, document, plan_document, render};

/// A credential with the overlay or without.
fn connector(credential: &str) -> String {
    format!("---\nconnector:\n  identifier: aws\n  name: aws\n  type: Aws\n  spec:\n{credential}")
}

pub(crate) const MANUAL: &str =
    "    credential:\n      type: ManualConfig\n      spec: {accessKeyRef: key_id, secretKeyRef: aws_secret}\n";
pub(crate) const OIDC: &str =
    "    credential:\n      type: OidcAuthentication\n      spec: {iamRoleArn: \"arn:aws:iam::1:role/ci\"}\n";
pub(crate) const INHERIT: &str =
    "    credential:\n      type: InheritFromDelegate\n      spec: {delegateSelectors: [ci]}\n";
pub(crate) const IRSA: &str = "    credential: {type: Irsa}\n    delegateSelectors: [ci]\n";

pub(crate) fn overlaid(credential: &str) -> String {
    format!(
        "{credential}    crossAccountAccess: {{crossAccountRoleArn: \"arn:aws:iam::2:role/push\", externalId: xyz}}\n"
    )
}

/// The step with kaniko-ecr, buildx-ecr and ecr, in that order, as in CI except for the identity.
pub(crate) fn plugins(credential: &str) -> String {
    plugins_with(credential, |_| {})
}

pub(crate) fn plugins_with(credential: &str, adjust: impl Fn(&mut Inputs<'_>)) -> String {
    let cases = [(Profile::Kubernetes, "false"), (Profile::Vm, "true"), (Profile::Vm, "false")];
    cases
        .map(|(profile, caching)| {
            let step = format!(
                "- step:\n    type: BuildAndPushECR\n    name: push\n    identifier: push\n    spec: {{connectorRef: aws, region: us-east-1, \
                 account: \"123456789012\", imageName: shop, tags: [a], caching: {caching}}}\n"
            );
            let text = document(profile, &step) + &connector(credential);
            let outcome = plan_document(&text, |inputs| {
                inputs.push = PushMode::Real;
                inputs.aws.mode = AwsMode::Real;
                inputs.aws.delegate = Some(delegate());
                inputs.aws.oidc_token =
                    Some(Setting { value: Secret::new("token"), given_by: "--oidc-token-file".to_owned() });
                adjust(inputs);
            });
            credentials_only(&render(&outcome))
        })
        .concat()
}

/// The image, the credential variables, and the diagnostics.
fn credentials_only(rendered: &str) -> String {
    let interesting =
        ["image", "AWS_", "PLUGIN_ACCESS", "PLUGIN_SECRET_KEY", "PLUGIN_ASSUME", "PLUGIN_EXTERNAL", "PLUGIN_OIDC"];
    rendered
        .lines()
        .filter(|line| !line.starts_with("  env") || interesting.iter().any(|word| line.contains(word)))
        .map(|line| format!("{line}\n"))
        .collect()
}

#[test]
fn access_key_and_secret_key() {
    assert_snapshot!(plugins(MANUAL), @"
    push BuildAndPushECR
      image: plugins/kaniko-ecr:1.13.3
      env: PLUGIN_ACCESS_KEY=***
      env: PLUGIN_SECRET_KEY=***
    push BuildAndPushECR
      image: plugins/buildx-ecr:1.4.2
      env: PLUGIN_BUILDER_DRIVER_OPTS=image=harness/buildkit:1.0.1
      env: PLUGIN_BUILDER_DRIVER_OPTS_NEW=image=harness/buildkit:1.0.1
      env: PLUGIN_ACCESS_KEY=***
      env: PLUGIN_SECRET_KEY=***
    push BuildAndPushECR
      image: plugins/ecr:21.1.1
      env: PLUGIN_ACCESS_KEY=***
      env: PLUGIN_SECRET_KEY=***
    ");
}

#[test]
fn access_key_and_secret_key_with_cross_account_overlay() {
    assert_snapshot!(plugins(&overlaid(MANUAL)), @"
    push BuildAndPushECR
      image: plugins/kaniko-ecr:1.13.3
      env: PLUGIN_ACCESS_KEY=***
      env: PLUGIN_SECRET_KEY=***
      env: PLUGIN_ASSUME_ROLE=arn:aws:iam::2:role/push
      env: PLUGIN_EXTERNAL_ID=xyz
      env: AWS_ACCESS_KEY_ID=AKIADELEGATE
      env: AWS_SECRET_ACCESS_KEY=***
      env: AWS_SESSION_TOKEN=***
      env: AWS_REGION=us-east-1
    warning[keys-ignored] kaniko-ecr ignores the connector's keys once a role is set
      at `aws`: PLUGIN_ASSUME_ROLE with keys fails with NoCredentialProviders (ecr.kaniko-role)
      help: in CI the pod's own identity must be able to assume the role; or use OIDC
    parity[delegate-identity] `push` signs as profile dev, in CI as the delegate or the pod
      at `aws`: the plugin does not use this connector's keys
    push BuildAndPushECR
      image: plugins/buildx-ecr:1.4.2
      env: PLUGIN_BUILDER_DRIVER_OPTS=image=harness/buildkit:1.0.1
      env: PLUGIN_BUILDER_DRIVER_OPTS_NEW=image=harness/buildkit:1.0.1
      env: PLUGIN_ACCESS_KEY=***
      env: PLUGIN_SECRET_KEY=***
      env: PLUGIN_ASSUME_ROLE=arn:aws:iam::2:role/push
      env: PLUGIN_EXTERNAL_ID=xyz
    push BuildAndPushECR
      image: plugins/ecr:21.1.1
      env: PLUGIN_ACCESS_KEY=***
      env: PLUGIN_SECRET_KEY=***
      env: PLUGIN_ASSUME_ROLE=arn:aws:iam::2:role/push
      env: PLUGIN_EXTERNAL_ID=xyz
    ");
}

#[test]
fn oidc_web_identity() {
    assert_snapshot!(plugins(OIDC), @"
    push BuildAndPushECR
      image: plugins/kaniko-ecr:1.13.3
      env: PLUGIN_ASSUME_ROLE=arn:aws:iam::1:role/ci
      env: PLUGIN_OIDC_TOKEN_ID=***
    push BuildAndPushECR
      image: plugins/buildx-ecr:1.4.2
      env: PLUGIN_ASSUME_ROLE=arn:aws:iam::1:role/ci
      env: PLUGIN_OIDC_TOKEN_ID=***
      env: PLUGIN_BUILDER_DRIVER_OPTS=image=harness/buildkit:1.0.1
      env: PLUGIN_BUILDER_DRIVER_OPTS_NEW=image=harness/buildkit:1.0.1
    push BuildAndPushECR
      image: plugins/ecr:21.1.1
      env: PLUGIN_ASSUME_ROLE=arn:aws:iam::1:role/ci
      env: PLUGIN_OIDC_TOKEN_ID=***
    ");
}

#[test]
fn oidc_with_cross_account_overlay() {
    assert_snapshot!(plugins(&overlaid(OIDC)), @r#"
    push BuildAndPushECR
      image: plugins/kaniko-ecr:1.13.3
      env: PLUGIN_ASSUME_ROLE=arn:aws:iam::2:role/push
      env: PLUGIN_OIDC_TOKEN_ID=***
      env: PLUGIN_EXTERNAL_ID=xyz
    warning[role-overridden] the cross-account role replaces `iamRoleArn`
      at `"arn:aws:iam::2:role/push"`: connector secrets override the OIDC variables (environment.secrets-last)
      help: the token is presented to the cross-account role itself: let its trust policy accept it
    push BuildAndPushECR
      image: plugins/buildx-ecr:1.4.2
      env: PLUGIN_ASSUME_ROLE=arn:aws:iam::2:role/push
      env: PLUGIN_OIDC_TOKEN_ID=***
      env: PLUGIN_BUILDER_DRIVER_OPTS=image=harness/buildkit:1.0.1
      env: PLUGIN_BUILDER_DRIVER_OPTS_NEW=image=harness/buildkit:1.0.1
      env: PLUGIN_EXTERNAL_ID=xyz
    warning[role-overridden] the cross-account role replaces `iamRoleArn`
      at `"arn:aws:iam::2:role/push"`: connector secrets override the OIDC variables (environment.secrets-last)
      help: the token is presented to the cross-account role itself: let its trust policy accept it
    push BuildAndPushECR
      image: plugins/ecr:21.1.1
      env: PLUGIN_ASSUME_ROLE=arn:aws:iam::2:role/push
      env: PLUGIN_OIDC_TOKEN_ID=***
      env: PLUGIN_EXTERNAL_ID=xyz
    warning[role-overridden] the cross-account role replaces `iamRoleArn`
      at `"arn:aws:iam::2:role/push"`: connector secrets override the OIDC variables (environment.secrets-last)
      help: the token is presented to the cross-account role itself: let its trust policy accept it
    "#);
}

#[test]
fn inherit_from_delegate() {
    assert_snapshot!(plugins(INHERIT), @"
    push BuildAndPushECR
      image: plugins/kaniko-ecr:1.13.3
      env: AWS_ACCESS_KEY_ID=AKIADELEGATE
      env: AWS_SECRET_ACCESS_KEY=***
      env: AWS_SESSION_TOKEN=***
      env: AWS_REGION=us-east-1
    parity[delegate-identity] `push` signs as profile dev, in CI as the delegate or the pod
      at `aws`: this connector holds no credentials of its own
    push BuildAndPushECR
      image: plugins/buildx-ecr:1.4.2
      env: PLUGIN_BUILDER_DRIVER_OPTS=image=harness/buildkit:1.0.1
      env: PLUGIN_BUILDER_DRIVER_OPTS_NEW=image=harness/buildkit:1.0.1
      env: AWS_ACCESS_KEY_ID=AKIADELEGATE
      env: AWS_SECRET_ACCESS_KEY=***
      env: AWS_SESSION_TOKEN=***
      env: AWS_REGION=us-east-1
    parity[delegate-identity] `push` signs as profile dev, in CI as the delegate or the pod
      at `aws`: this connector holds no credentials of its own
    push BuildAndPushECR
      image: plugins/ecr:21.1.1
      env: AWS_ACCESS_KEY_ID=AKIADELEGATE
      env: AWS_SECRET_ACCESS_KEY=***
      env: AWS_SESSION_TOKEN=***
      env: AWS_REGION=us-east-1
    parity[delegate-identity] `push` signs as profile dev, in CI as the delegate or the pod
      at `aws`: this connector holds no credentials of its own
    ");
}

#[test]
fn inherit_from_delegate_with_cross_account_overlay() {
    assert_snapshot!(plugins(&overlaid(INHERIT)), @"
    push BuildAndPushECR
      image: plugins/kaniko-ecr:1.13.3
      env: PLUGIN_ASSUME_ROLE=arn:aws:iam::2:role/push
      env: PLUGIN_EXTERNAL_ID=xyz
      env: AWS_ACCESS_KEY_ID=AKIADELEGATE
      env: AWS_SECRET_ACCESS_KEY=***
      env: AWS_SESSION_TOKEN=***
      env: AWS_REGION=us-east-1
    parity[delegate-identity] `push` signs as profile dev, in CI as the delegate or the pod
      at `aws`: this connector holds no credentials of its own
    push BuildAndPushECR
      image: plugins/buildx-ecr:1.4.2
      env: PLUGIN_BUILDER_DRIVER_OPTS=image=harness/buildkit:1.0.1
      env: PLUGIN_BUILDER_DRIVER_OPTS_NEW=image=harness/buildkit:1.0.1
      env: PLUGIN_ASSUME_ROLE=arn:aws:iam::2:role/push
      env: PLUGIN_EXTERNAL_ID=xyz
      env: AWS_ACCESS_KEY_ID=AKIADELEGATE
      env: AWS_SECRET_ACCESS_KEY=***
      env: AWS_SESSION_TOKEN=***
      env: AWS_REGION=us-east-1
    parity[delegate-identity] `push` signs as profile dev, in CI as the delegate or the pod
      at `aws`: this connector holds no credentials of its own
    push BuildAndPushECR
      image: plugins/ecr:21.1.1
      env: PLUGIN_ASSUME_ROLE=arn:aws:iam::2:role/push
      env: PLUGIN_EXTERNAL_ID=xyz
      env: AWS_ACCESS_KEY_ID=AKIADELEGATE
      env: AWS_SECRET_ACCESS_KEY=***
      env: AWS_SESSION_TOKEN=***
      env: AWS_REGION=us-east-1
    parity[delegate-identity] `push` signs as profile dev, in CI as the delegate or the pod
      at `aws`: this connector holds no credentials of its own
    ");
}

#[test]
fn irsa() {
    assert_snapshot!(plugins(IRSA), @"
    push BuildAndPushECR
      image: plugins/kaniko-ecr:1.13.3
      env: AWS_ACCESS_KEY_ID=AKIADELEGATE
      env: AWS_SECRET_ACCESS_KEY=***
      env: AWS_SESSION_TOKEN=***
      env: AWS_REGION=us-east-1
    parity[delegate-identity] `push` signs as profile dev, in CI as the delegate or the pod
      at `aws`: this connector holds no credentials of its own
    push BuildAndPushECR
      image: plugins/buildx-ecr:1.4.2
      env: PLUGIN_BUILDER_DRIVER_OPTS=image=harness/buildkit:1.0.1
      env: PLUGIN_BUILDER_DRIVER_OPTS_NEW=image=harness/buildkit:1.0.1
      env: AWS_ACCESS_KEY_ID=AKIADELEGATE
      env: AWS_SECRET_ACCESS_KEY=***
      env: AWS_SESSION_TOKEN=***
      env: AWS_REGION=us-east-1
    parity[delegate-identity] `push` signs as profile dev, in CI as the delegate or the pod
      at `aws`: this connector holds no credentials of its own
    push BuildAndPushECR
      image: plugins/ecr:21.1.1
      env: AWS_ACCESS_KEY_ID=AKIADELEGATE
      env: AWS_SECRET_ACCESS_KEY=***
      env: AWS_SESSION_TOKEN=***
      env: AWS_REGION=us-east-1
    parity[delegate-identity] `push` signs as profile dev, in CI as the delegate or the pod
      at `aws`: this connector holds no credentials of its own
    ");
}

#[test]
fn irsa_with_cross_account_overlay() {
    assert_snapshot!(plugins(&overlaid(IRSA)), @"
    push BuildAndPushECR
      image: plugins/kaniko-ecr:1.13.3
      env: PLUGIN_ASSUME_ROLE=arn:aws:iam::2:role/push
      env: PLUGIN_EXTERNAL_ID=xyz
      env: AWS_ACCESS_KEY_ID=AKIADELEGATE
      env: AWS_SECRET_ACCESS_KEY=***
      env: AWS_SESSION_TOKEN=***
      env: AWS_REGION=us-east-1
    parity[delegate-identity] `push` signs as profile dev, in CI as the delegate or the pod
      at `aws`: this connector holds no credentials of its own
    push BuildAndPushECR
      image: plugins/buildx-ecr:1.4.2
      env: PLUGIN_BUILDER_DRIVER_OPTS=image=harness/buildkit:1.0.1
      env: PLUGIN_BUILDER_DRIVER_OPTS_NEW=image=harness/buildkit:1.0.1
      env: PLUGIN_ASSUME_ROLE=arn:aws:iam::2:role/push
      env: PLUGIN_EXTERNAL_ID=xyz
      env: AWS_ACCESS_KEY_ID=AKIADELEGATE
      env: AWS_SECRET_ACCESS_KEY=***
      env: AWS_SESSION_TOKEN=***
      env: AWS_REGION=us-east-1
    parity[delegate-identity] `push` signs as profile dev, in CI as the delegate or the pod
      at `aws`: this connector holds no credentials of its own
    push BuildAndPushECR
      image: plugins/ecr:21.1.1
      env: PLUGIN_ASSUME_ROLE=arn:aws:iam::2:role/push
      env: PLUGIN_EXTERNAL_ID=xyz
      env: AWS_ACCESS_KEY_ID=AKIADELEGATE
      env: AWS_SECRET_ACCESS_KEY=***
      env: AWS_SESSION_TOKEN=***
      env: AWS_REGION=us-east-1
    parity[delegate-identity] `push` signs as profile dev, in CI as the delegate or the pod
      at `aws`: this connector holds no credentials of its own
    ");
}

#[test]
fn irsa_where_aws_is_emulated() {
    let emulated = |inputs: &mut Inputs<'_>| {
        inputs.aws.mode = AwsMode::Emulated;
        inputs.push = PushMode::Local;
        inputs.aws.web_identity = Some(WebIdentity {
            token_file: "/tmp/engine/pod-token".to_owned(),
            role: "cirun-pod".to_owned(),
            given_by: "the local OIDC issuer".to_owned(),
        });
    };
    assert_snapshot!(plugins_with(IRSA, emulated));
}

/// How a step's image is pulled with the connector.
fn image(image: &str, credential: &str, mode: AwsMode) -> String {
    let step = format!(
        "- step:\n    type: Run\n    name: go\n    identifier: go\n    spec: {{connectorRef: aws, image: \"{image}\", command: make}}\n"
    );
    let outcome = plan_document(&(document(Profile::Vm, &step) + &connector(credential)), |inputs| {
        inputs.aws.mode = mode;
        inputs.aws.oidc_token = Some(Setting { value: Secret::new("token"), given_by: "--oidc-token-file".to_owned() });
    });
    let rendered = render(&outcome);
    let lines =
        rendered.lines().filter(|line| !["  entry", "  comm", "go Run"].iter().any(|start| line.starts_with(start)));
    lines.collect::<Vec<_>>().join("\n")
}

const TOOLS: &str = "123456789012.dkr.ecr.us-east-1.amazonaws.com/tools:1";

#[test]
fn images_of_ecr_are_pulled_as_the_connector() {
    let temporary = MANUAL.replace("aws_secret}", "aws_secret, sessionTokenRef: token}");
    let flows = [MANUAL, &temporary, &overlaid(MANUAL), OIDC, &overlaid(OIDC), INHERIT, &overlaid(INHERIT), IRSA];
    assert_snapshot!(flows.map(|credential| image(TOOLS, credential, AwsMode::Real) + "\n").concat(), @r#"
      image: 123456789012.dkr.ecr.us-east-1.amazonaws.com/tools:1
      auth: ECR by aws, key value-of-key_id
      image: 123456789012.dkr.ecr.us-east-1.amazonaws.com/tools:1
      auth: ECR by aws, key value-of-key_id with a session token
      image: 123456789012.dkr.ecr.us-east-1.amazonaws.com/tools:1
      auth: ECR by aws, key value-of-key_id, role arn:aws:iam::2:role/push (xyz)
      image: 123456789012.dkr.ecr.us-east-1.amazonaws.com/tools:1
      auth: ECR by aws, role arn:aws:iam::1:role/ci, OIDC token
      image: 123456789012.dkr.ecr.us-east-1.amazonaws.com/tools:1
      auth: ECR by aws, role arn:aws:iam::2:role/push (xyz), OIDC token
    warning[role-overridden] the cross-account role replaces `iamRoleArn`
      at `"arn:aws:iam::2:role/push"`: connector secrets override the OIDC variables (environment.secrets-last)
      help: the token is presented to the cross-account role itself: let its trust policy accept it
      image: 123456789012.dkr.ecr.us-east-1.amazonaws.com/tools:1
      auth: ECR by aws
      image: 123456789012.dkr.ecr.us-east-1.amazonaws.com/tools:1
      auth: ECR by aws, role arn:aws:iam::2:role/push (xyz)
      image: 123456789012.dkr.ecr.us-east-1.amazonaws.com/tools:1
      auth: ECR by aws
    "#);
}

#[test]
fn images_that_the_connector_does_not_pull() {
    assert_snapshot!(image("public.ecr.aws/docker/busybox:1", MANUAL, AwsMode::Real), @"
      image: public.ecr.aws/docker/busybox:1
    parity[connector-not-read] the image is pulled with your own `docker login`, not with the `Aws` connector `aws`
      at `aws`: CI pulls with its credentials
      help: log in to the registry with `docker login`, or pull the image before the run
    ");
    assert_snapshot!(image(TOOLS, MANUAL, AwsMode::Off), @"
      image: 123456789012.dkr.ecr.us-east-1.amazonaws.com/tools:1
    parity[connector-not-read] the image is pulled with your own `docker login`, not with the `Aws` connector `aws`
      at `aws`: CI pulls with its credentials
      help: log in to the registry with `docker login`, or pull the image before the run
    ");
    assert_snapshot!(image(TOOLS, "    credential: {type: InheritFromDelegate}\n", AwsMode::Emulated), @"
      image: 123456789012.dkr.ecr.us-east-1.amazonaws.com/tools:1
      auth: ECR by aws
    error[incomplete-connector] the connector `aws` has no `delegateSelectors`
      at `{type: InheritFromDelegate}`: `InheritFromDelegate` needs it (connectors.aws-selectors)
      help: add `delegateSelectors` to the connector
    ");
}
