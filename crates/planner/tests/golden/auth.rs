//! Seed 002, Auth Flow Matrix: each flow and the overlay on it, for each plugin.

use cirun_plan::{Profile, Secret};
use cirun_planner::{AwsMode, Inputs, PushMode, Setting, WebIdentity};
use insta::assert_snapshot;

use crate::harness::{delegate, document, plan_document, render};

/// A credential with the overlay or without.
fn connector(credential: &str) -> String {
    format!("---\nconnector:\n  identifier: aws\n  name: aws\n  type: Aws\n  spec:\n{credential}")
}

const MANUAL: &str =
    "    credential:\n      type: ManualConfig\n      spec: {accessKeyRef: key_id, secretKeyRef: aws_secret}\n";
const OIDC: &str =
    "    credential:\n      type: OidcAuthentication\n      spec: {iamRoleArn: \"arn:aws:iam::1:role/ci\"}\n";
const INHERIT: &str = "    credential:\n      type: InheritFromDelegate\n      spec: {delegateSelectors: [ci]}\n";
const IRSA: &str = "    credential: {type: Irsa}\n    delegateSelectors: [ci]\n";

fn overlaid(credential: &str) -> String {
    format!(
        "{credential}    crossAccountAccess: {{crossAccountRoleArn: \"arn:aws:iam::2:role/push\", externalId: xyz}}\n"
    )
}

/// The step with kaniko-ecr, buildx-ecr and ecr, in that order, as CI would have it but for the identity.
fn plugins(credential: &str) -> String {
    plugins_with(credential, |_| {})
}

fn plugins_with(credential: &str, adjust: impl Fn(&mut Inputs<'_>)) -> String {
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

/// The image, the variables of credentials, and the diagnostics.
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
      at `aws`: plugins-measured.md: PLUGIN_ASSUME_ROLE with keys fails with NoCredentialProviders
      help: in CI the pod's own identity must be able to assume the role; or use OIDC
    parity[delegate-identity] `push` signs as profile dev: in CI as the delegate or the pod
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
      at `"arn:aws:iam::2:role/push"`: harness-runtime.md 2.1: connector secrets override the OIDC variables
      help: the token is presented to the cross-account role itself: let its trust policy accept it
    push BuildAndPushECR
      image: plugins/buildx-ecr:1.4.2
      env: PLUGIN_ASSUME_ROLE=arn:aws:iam::2:role/push
      env: PLUGIN_OIDC_TOKEN_ID=***
      env: PLUGIN_BUILDER_DRIVER_OPTS=image=harness/buildkit:1.0.1
      env: PLUGIN_BUILDER_DRIVER_OPTS_NEW=image=harness/buildkit:1.0.1
      env: PLUGIN_EXTERNAL_ID=xyz
    warning[role-overridden] the cross-account role replaces `iamRoleArn`
      at `"arn:aws:iam::2:role/push"`: harness-runtime.md 2.1: connector secrets override the OIDC variables
      help: the token is presented to the cross-account role itself: let its trust policy accept it
    push BuildAndPushECR
      image: plugins/ecr:21.1.1
      env: PLUGIN_ASSUME_ROLE=arn:aws:iam::2:role/push
      env: PLUGIN_OIDC_TOKEN_ID=***
      env: PLUGIN_EXTERNAL_ID=xyz
    warning[role-overridden] the cross-account role replaces `iamRoleArn`
      at `"arn:aws:iam::2:role/push"`: harness-runtime.md 2.1: connector secrets override the OIDC variables
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
    parity[delegate-identity] `push` signs as profile dev: in CI as the delegate or the pod
      at `aws`: this connector holds no credentials of its own
    push BuildAndPushECR
      image: plugins/buildx-ecr:1.4.2
      env: PLUGIN_BUILDER_DRIVER_OPTS=image=harness/buildkit:1.0.1
      env: PLUGIN_BUILDER_DRIVER_OPTS_NEW=image=harness/buildkit:1.0.1
      env: AWS_ACCESS_KEY_ID=AKIADELEGATE
      env: AWS_SECRET_ACCESS_KEY=***
      env: AWS_SESSION_TOKEN=***
      env: AWS_REGION=us-east-1
    parity[delegate-identity] `push` signs as profile dev: in CI as the delegate or the pod
      at `aws`: this connector holds no credentials of its own
    push BuildAndPushECR
      image: plugins/ecr:21.1.1
      env: AWS_ACCESS_KEY_ID=AKIADELEGATE
      env: AWS_SECRET_ACCESS_KEY=***
      env: AWS_SESSION_TOKEN=***
      env: AWS_REGION=us-east-1
    parity[delegate-identity] `push` signs as profile dev: in CI as the delegate or the pod
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
    parity[delegate-identity] `push` signs as profile dev: in CI as the delegate or the pod
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
    parity[delegate-identity] `push` signs as profile dev: in CI as the delegate or the pod
      at `aws`: this connector holds no credentials of its own
    push BuildAndPushECR
      image: plugins/ecr:21.1.1
      env: PLUGIN_ASSUME_ROLE=arn:aws:iam::2:role/push
      env: PLUGIN_EXTERNAL_ID=xyz
      env: AWS_ACCESS_KEY_ID=AKIADELEGATE
      env: AWS_SECRET_ACCESS_KEY=***
      env: AWS_SESSION_TOKEN=***
      env: AWS_REGION=us-east-1
    parity[delegate-identity] `push` signs as profile dev: in CI as the delegate or the pod
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
    parity[delegate-identity] `push` signs as profile dev: in CI as the delegate or the pod
      at `aws`: this connector holds no credentials of its own
    push BuildAndPushECR
      image: plugins/buildx-ecr:1.4.2
      env: PLUGIN_BUILDER_DRIVER_OPTS=image=harness/buildkit:1.0.1
      env: PLUGIN_BUILDER_DRIVER_OPTS_NEW=image=harness/buildkit:1.0.1
      env: AWS_ACCESS_KEY_ID=AKIADELEGATE
      env: AWS_SECRET_ACCESS_KEY=***
      env: AWS_SESSION_TOKEN=***
      env: AWS_REGION=us-east-1
    parity[delegate-identity] `push` signs as profile dev: in CI as the delegate or the pod
      at `aws`: this connector holds no credentials of its own
    push BuildAndPushECR
      image: plugins/ecr:21.1.1
      env: AWS_ACCESS_KEY_ID=AKIADELEGATE
      env: AWS_SECRET_ACCESS_KEY=***
      env: AWS_SESSION_TOKEN=***
      env: AWS_REGION=us-east-1
    parity[delegate-identity] `push` signs as profile dev: in CI as the delegate or the pod
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
    parity[delegate-identity] `push` signs as profile dev: in CI as the delegate or the pod
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
    parity[delegate-identity] `push` signs as profile dev: in CI as the delegate or the pod
      at `aws`: this connector holds no credentials of its own
    push BuildAndPushECR
      image: plugins/ecr:21.1.1
      env: PLUGIN_ASSUME_ROLE=arn:aws:iam::2:role/push
      env: PLUGIN_EXTERNAL_ID=xyz
      env: AWS_ACCESS_KEY_ID=AKIADELEGATE
      env: AWS_SECRET_ACCESS_KEY=***
      env: AWS_SESSION_TOKEN=***
      env: AWS_REGION=us-east-1
    parity[delegate-identity] `push` signs as profile dev: in CI as the delegate or the pod
      at `aws`: this connector holds no credentials of its own
    ");
}

#[test]
fn session_token_is_added_and_said() {
    let credential = MANUAL.replace("aws_secret}", "aws_secret, sessionTokenRef: aws_token}");
    assert_snapshot!(plugins(&credential), @"
    push BuildAndPushECR
      image: plugins/kaniko-ecr:1.13.3
      env: PLUGIN_ACCESS_KEY=***
      env: PLUGIN_SECRET_KEY=***
      env: AWS_SESSION_TOKEN=***
    parity[session-token-dropped] CI drops the session token of these keys
      at `aws_token`: seed 002, Known Gaps: `sessionTokenRef` is not mapped
      help: in CI temporary keys fail here: use long-lived keys, a role or OIDC
    push BuildAndPushECR
      image: plugins/buildx-ecr:1.4.2
      env: PLUGIN_BUILDER_DRIVER_OPTS=image=harness/buildkit:1.0.1
      env: PLUGIN_BUILDER_DRIVER_OPTS_NEW=image=harness/buildkit:1.0.1
      env: PLUGIN_ACCESS_KEY=***
      env: PLUGIN_SECRET_KEY=***
      env: AWS_SESSION_TOKEN=***
    parity[session-token-dropped] CI drops the session token of these keys
      at `aws_token`: seed 002, Known Gaps: `sessionTokenRef` is not mapped
      help: in CI temporary keys fail here: use long-lived keys, a role or OIDC
    push BuildAndPushECR
      image: plugins/ecr:21.1.1
      env: PLUGIN_ACCESS_KEY=***
      env: PLUGIN_SECRET_KEY=***
      env: AWS_SESSION_TOKEN=***
    parity[session-token-dropped] CI drops the session token of these keys
      at `aws_token`: seed 002, Known Gaps: `sessionTokenRef` is not mapped
      help: in CI temporary keys fail here: use long-lived keys, a role or OIDC
    ");
}

#[test]
fn strict_parity_adds_nothing() {
    let credential = MANUAL.replace("aws_secret}", "aws_secret, sessionTokenRef: aws_token}");
    assert_snapshot!(plugins_with(&credential, |inputs| inputs.strict_parity = true), @"
    push BuildAndPushECR
      image: plugins/kaniko-ecr:1.13.3
      env: PLUGIN_ACCESS_KEY=***
      env: PLUGIN_SECRET_KEY=***
    parity[session-token-dropped] CI drops the session token of these keys
      at `aws_token`: seed 002, Known Gaps: `sessionTokenRef` is not mapped
      help: in CI temporary keys fail here: use long-lived keys, a role or OIDC
    push BuildAndPushECR
      image: plugins/buildx-ecr:1.4.2
      env: PLUGIN_BUILDER_DRIVER_OPTS=image=harness/buildkit:1.0.1
      env: PLUGIN_BUILDER_DRIVER_OPTS_NEW=image=harness/buildkit:1.0.1
      env: PLUGIN_ACCESS_KEY=***
      env: PLUGIN_SECRET_KEY=***
    parity[session-token-dropped] CI drops the session token of these keys
      at `aws_token`: seed 002, Known Gaps: `sessionTokenRef` is not mapped
      help: in CI temporary keys fail here: use long-lived keys, a role or OIDC
    push BuildAndPushECR
      image: plugins/ecr:21.1.1
      env: PLUGIN_ACCESS_KEY=***
      env: PLUGIN_SECRET_KEY=***
    parity[session-token-dropped] CI drops the session token of these keys
      at `aws_token`: seed 002, Known Gaps: `sessionTokenRef` is not mapped
      help: in CI temporary keys fail here: use long-lived keys, a role or OIDC
    ");
    assert_snapshot!(plugins_with(IRSA, |inputs| inputs.strict_parity = true), @"
    push BuildAndPushECR
      image: plugins/kaniko-ecr:1.13.3
    parity[delegate-identity] `push` signs as profile dev: in CI as the delegate or the pod
      at `aws`: this connector holds no credentials of its own
    push BuildAndPushECR
      image: plugins/buildx-ecr:1.4.2
      env: PLUGIN_BUILDER_DRIVER_OPTS=image=harness/buildkit:1.0.1
      env: PLUGIN_BUILDER_DRIVER_OPTS_NEW=image=harness/buildkit:1.0.1
    parity[delegate-identity] `push` signs as profile dev: in CI as the delegate or the pod
      at `aws`: this connector holds no credentials of its own
    push BuildAndPushECR
      image: plugins/ecr:21.1.1
    parity[delegate-identity] `push` signs as profile dev: in CI as the delegate or the pod
      at `aws`: this connector holds no credentials of its own
    ");
}

#[test]
fn secret_key_ref_missing() {
    assert_snapshot!(plugins(&MANUAL.replace(", secretKeyRef: aws_secret", "")), @"
    push BuildAndPushECR
      image: plugins/kaniko-ecr:1.13.3
      env: PLUGIN_ACCESS_KEY=***
    error[incomplete-connector] the connector `aws` has no `secretKeyRef`
      at `type: ManualConfig`: seed 002, Phase 2: secret key ref is required (AwsManualConfigSpecDTO.java:34)
      help: add `secretKeyRef` to the connector
    push BuildAndPushECR
      image: plugins/buildx-ecr:1.4.2
      env: PLUGIN_BUILDER_DRIVER_OPTS=image=harness/buildkit:1.0.1
      env: PLUGIN_BUILDER_DRIVER_OPTS_NEW=image=harness/buildkit:1.0.1
      env: PLUGIN_ACCESS_KEY=***
    error[incomplete-connector] the connector `aws` has no `secretKeyRef`
      at `type: ManualConfig`: seed 002, Phase 2: secret key ref is required (AwsManualConfigSpecDTO.java:34)
      help: add `secretKeyRef` to the connector
    push BuildAndPushECR
      image: plugins/ecr:21.1.1
      env: PLUGIN_ACCESS_KEY=***
    error[incomplete-connector] the connector `aws` has no `secretKeyRef`
      at `type: ManualConfig`: seed 002, Phase 2: secret key ref is required (AwsManualConfigSpecDTO.java:34)
      help: add `secretKeyRef` to the connector
    ");
}

#[test]
fn access_key_missing() {
    assert_snapshot!(plugins(&MANUAL.replace("accessKeyRef: key_id, ", "")), @"
    push BuildAndPushECR
      image: plugins/kaniko-ecr:1.13.3
      env: PLUGIN_SECRET_KEY=***
    error[incomplete-connector] the connector `aws` has no `accessKey` or `accessKeyRef`
      at `type: ManualConfig`: seed 002, Phase 2: one of accessKey or accessKeyRef (AwsManualConfigSpecDTO.java:28)
      help: add `accessKey` or `accessKeyRef` to the connector
    push BuildAndPushECR
      image: plugins/buildx-ecr:1.4.2
      env: PLUGIN_BUILDER_DRIVER_OPTS=image=harness/buildkit:1.0.1
      env: PLUGIN_BUILDER_DRIVER_OPTS_NEW=image=harness/buildkit:1.0.1
      env: PLUGIN_SECRET_KEY=***
    error[incomplete-connector] the connector `aws` has no `accessKey` or `accessKeyRef`
      at `type: ManualConfig`: seed 002, Phase 2: one of accessKey or accessKeyRef (AwsManualConfigSpecDTO.java:28)
      help: add `accessKey` or `accessKeyRef` to the connector
    push BuildAndPushECR
      image: plugins/ecr:21.1.1
      env: PLUGIN_SECRET_KEY=***
    error[incomplete-connector] the connector `aws` has no `accessKey` or `accessKeyRef`
      at `type: ManualConfig`: seed 002, Phase 2: one of accessKey or accessKeyRef (AwsManualConfigSpecDTO.java:28)
      help: add `accessKey` or `accessKeyRef` to the connector
    ");
}

#[test]
fn iam_role_arn_missing() {
    assert_snapshot!(plugins(&OIDC.replace("iamRoleArn: \"arn:aws:iam::1:role/ci\"", "")), @"
    push BuildAndPushECR
      image: plugins/kaniko-ecr:1.13.3
      env: PLUGIN_OIDC_TOKEN_ID=***
    error[incomplete-connector] the connector `aws` has no `iamRoleArn`
      at `type: OidcAuthentication`: seed 002, Phase 2: IAM role ARN is required (AwsOidcSpecDTO.java:29)
      help: add `iamRoleArn` to the connector
    push BuildAndPushECR
      image: plugins/buildx-ecr:1.4.2
      env: PLUGIN_OIDC_TOKEN_ID=***
      env: PLUGIN_BUILDER_DRIVER_OPTS=image=harness/buildkit:1.0.1
      env: PLUGIN_BUILDER_DRIVER_OPTS_NEW=image=harness/buildkit:1.0.1
    error[incomplete-connector] the connector `aws` has no `iamRoleArn`
      at `type: OidcAuthentication`: seed 002, Phase 2: IAM role ARN is required (AwsOidcSpecDTO.java:29)
      help: add `iamRoleArn` to the connector
    push BuildAndPushECR
      image: plugins/ecr:21.1.1
      env: PLUGIN_OIDC_TOKEN_ID=***
    error[incomplete-connector] the connector `aws` has no `iamRoleArn`
      at `type: OidcAuthentication`: seed 002, Phase 2: IAM role ARN is required (AwsOidcSpecDTO.java:29)
      help: add `iamRoleArn` to the connector
    ");
}

#[test]
fn cross_account_role_arn_missing() {
    assert_snapshot!(plugins(&overlaid(MANUAL).replace("crossAccountRoleArn: \"arn:aws:iam::2:role/push\", ", "")), @"
    push BuildAndPushECR
      image: plugins/kaniko-ecr:1.13.3
      env: PLUGIN_ACCESS_KEY=***
      env: PLUGIN_SECRET_KEY=***
    error[incomplete-connector] the connector `aws` has no `crossAccountRoleArn`
      at `{externalId: xyz}`: seed 002, Phase 2: cross-account role ARN is required (CrossAccountAccessDTO.java:30)
      help: add `crossAccountRoleArn` to the connector
    push BuildAndPushECR
      image: plugins/buildx-ecr:1.4.2
      env: PLUGIN_BUILDER_DRIVER_OPTS=image=harness/buildkit:1.0.1
      env: PLUGIN_BUILDER_DRIVER_OPTS_NEW=image=harness/buildkit:1.0.1
      env: PLUGIN_ACCESS_KEY=***
      env: PLUGIN_SECRET_KEY=***
    error[incomplete-connector] the connector `aws` has no `crossAccountRoleArn`
      at `{externalId: xyz}`: seed 002, Phase 2: cross-account role ARN is required (CrossAccountAccessDTO.java:30)
      help: add `crossAccountRoleArn` to the connector
    push BuildAndPushECR
      image: plugins/ecr:21.1.1
      env: PLUGIN_ACCESS_KEY=***
      env: PLUGIN_SECRET_KEY=***
    error[incomplete-connector] the connector `aws` has no `crossAccountRoleArn`
      at `{externalId: xyz}`: seed 002, Phase 2: cross-account role ARN is required (CrossAccountAccessDTO.java:30)
      help: add `crossAccountRoleArn` to the connector
    ");
}

#[test]
fn delegate_selectors_missing() {
    assert_snapshot!(plugins(&IRSA.replace("    delegateSelectors: [ci]\n", "")), @"
    push BuildAndPushECR
      image: plugins/kaniko-ecr:1.13.3
      env: AWS_ACCESS_KEY_ID=AKIADELEGATE
      env: AWS_SECRET_ACCESS_KEY=***
      env: AWS_SESSION_TOKEN=***
      env: AWS_REGION=us-east-1
    error[incomplete-connector] the connector `aws` has no `delegateSelectors`
      at `{type: Irsa}`: seed 002, Auth Flow Matrix: IRSA (AwsConnectorDTO.java:92)
      help: add `delegateSelectors` to the connector
    parity[delegate-identity] `push` signs as profile dev: in CI as the delegate or the pod
      at `aws`: this connector holds no credentials of its own
    push BuildAndPushECR
      image: plugins/buildx-ecr:1.4.2
      env: PLUGIN_BUILDER_DRIVER_OPTS=image=harness/buildkit:1.0.1
      env: PLUGIN_BUILDER_DRIVER_OPTS_NEW=image=harness/buildkit:1.0.1
      env: AWS_ACCESS_KEY_ID=AKIADELEGATE
      env: AWS_SECRET_ACCESS_KEY=***
      env: AWS_SESSION_TOKEN=***
      env: AWS_REGION=us-east-1
    error[incomplete-connector] the connector `aws` has no `delegateSelectors`
      at `{type: Irsa}`: seed 002, Auth Flow Matrix: IRSA (AwsConnectorDTO.java:92)
      help: add `delegateSelectors` to the connector
    parity[delegate-identity] `push` signs as profile dev: in CI as the delegate or the pod
      at `aws`: this connector holds no credentials of its own
    push BuildAndPushECR
      image: plugins/ecr:21.1.1
      env: AWS_ACCESS_KEY_ID=AKIADELEGATE
      env: AWS_SECRET_ACCESS_KEY=***
      env: AWS_SESSION_TOKEN=***
      env: AWS_REGION=us-east-1
    error[incomplete-connector] the connector `aws` has no `delegateSelectors`
      at `{type: Irsa}`: seed 002, Auth Flow Matrix: IRSA (AwsConnectorDTO.java:92)
      help: add `delegateSelectors` to the connector
    parity[delegate-identity] `push` signs as profile dev: in CI as the delegate or the pod
      at `aws`: this connector holds no credentials of its own
    ");
}

#[test]
fn oidc_token_missing() {
    assert_snapshot!(plugins_with(OIDC, |inputs| inputs.aws.oidc_token = None), @"
    push BuildAndPushECR
      image: plugins/kaniko-ecr:1.13.3
      env: PLUGIN_ASSUME_ROLE=arn:aws:iam::1:role/ci
    error[missing-oidc-token] no OIDC token plays the CI service's
      at `aws`: this connector signs in with OIDC
      help: give one with `--oidc-token-file FILE` or `CIRUN_OIDC_TOKEN`, or use `--aws emulated`
    push BuildAndPushECR
      image: plugins/buildx-ecr:1.4.2
      env: PLUGIN_ASSUME_ROLE=arn:aws:iam::1:role/ci
      env: PLUGIN_BUILDER_DRIVER_OPTS=image=harness/buildkit:1.0.1
      env: PLUGIN_BUILDER_DRIVER_OPTS_NEW=image=harness/buildkit:1.0.1
    error[missing-oidc-token] no OIDC token plays the CI service's
      at `aws`: this connector signs in with OIDC
      help: give one with `--oidc-token-file FILE` or `CIRUN_OIDC_TOKEN`, or use `--aws emulated`
    push BuildAndPushECR
      image: plugins/ecr:21.1.1
      env: PLUGIN_ASSUME_ROLE=arn:aws:iam::1:role/ci
    error[missing-oidc-token] no OIDC token plays the CI service's
      at `aws`: this connector signs in with OIDC
      help: give one with `--oidc-token-file FILE` or `CIRUN_OIDC_TOKEN`, or use `--aws emulated`
    ");
}

#[test]
fn delegate_identity_missing() {
    assert_snapshot!(plugins_with(INHERIT, |inputs| inputs.aws.delegate = None), @"
    push BuildAndPushECR
      image: plugins/kaniko-ecr:1.13.3
    error[missing-aws-identity] no AWS identity plays the delegate's
      at `aws`: this connector holds no credentials of its own
      help: sign in to AWS (`aws sso login`, or name a profile with `--aws-profile`), or use `--aws emulated`
    push BuildAndPushECR
      image: plugins/buildx-ecr:1.4.2
      env: PLUGIN_BUILDER_DRIVER_OPTS=image=harness/buildkit:1.0.1
      env: PLUGIN_BUILDER_DRIVER_OPTS_NEW=image=harness/buildkit:1.0.1
    error[missing-aws-identity] no AWS identity plays the delegate's
      at `aws`: this connector holds no credentials of its own
      help: sign in to AWS (`aws sso login`, or name a profile with `--aws-profile`), or use `--aws emulated`
    push BuildAndPushECR
      image: plugins/ecr:21.1.1
    error[missing-aws-identity] no AWS identity plays the delegate's
      at `aws`: this connector holds no credentials of its own
      help: sign in to AWS (`aws sso login`, or name a profile with `--aws-profile`), or use `--aws emulated`
    ");
}

#[test]
fn secret_missing() {
    assert_snapshot!(plugins(&MANUAL.replace("aws_secret", "no_secret")), @"
    push BuildAndPushECR
      image: plugins/kaniko-ecr:1.13.3
      env: PLUGIN_ACCESS_KEY=***
    error[missing-secret] the secret `no_secret` has no value
      at `no_secret`: needed here
      help: give it with `--secret no_secret=VALUE`, in a dotenv file named by `--secret-file FILE`, or in the environment variable `CIRUN_SECRET_no_secret`
    push BuildAndPushECR
      image: plugins/buildx-ecr:1.4.2
      env: PLUGIN_BUILDER_DRIVER_OPTS=image=harness/buildkit:1.0.1
      env: PLUGIN_BUILDER_DRIVER_OPTS_NEW=image=harness/buildkit:1.0.1
      env: PLUGIN_ACCESS_KEY=***
    error[missing-secret] the secret `no_secret` has no value
      at `no_secret`: needed here
      help: give it with `--secret no_secret=VALUE`, in a dotenv file named by `--secret-file FILE`, or in the environment variable `CIRUN_SECRET_no_secret`
    push BuildAndPushECR
      image: plugins/ecr:21.1.1
      env: PLUGIN_ACCESS_KEY=***
    error[missing-secret] the secret `no_secret` has no value
      at `no_secret`: needed here
      help: give it with `--secret no_secret=VALUE`, in a dotenv file named by `--secret-file FILE`, or in the environment variable `CIRUN_SECRET_no_secret`
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
