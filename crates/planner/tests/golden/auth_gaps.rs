//! What is missing in a connector or on the machine, in each flow (connectors.aws).

use insta::assert_snapshot;

use crate::auth::{INHERIT, IRSA, MANUAL, OIDC, overlaid, plugins, plugins_with};

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
      at `aws_token`: no variable is made of it (ecr.session-token)
      help: in CI temporary keys fail here: use long-lived keys, a role or OIDC
    push BuildAndPushECR
      image: plugins/buildx-ecr:1.4.2
      env: PLUGIN_BUILDER_DRIVER_OPTS=image=harness/buildkit:1.0.1
      env: PLUGIN_BUILDER_DRIVER_OPTS_NEW=image=harness/buildkit:1.0.1
      env: PLUGIN_ACCESS_KEY=***
      env: PLUGIN_SECRET_KEY=***
      env: AWS_SESSION_TOKEN=***
    parity[session-token-dropped] CI drops the session token of these keys
      at `aws_token`: no variable is made of it (ecr.session-token)
      help: in CI temporary keys fail here: use long-lived keys, a role or OIDC
    push BuildAndPushECR
      image: plugins/ecr:21.1.1
      env: PLUGIN_ACCESS_KEY=***
      env: PLUGIN_SECRET_KEY=***
      env: AWS_SESSION_TOKEN=***
    parity[session-token-dropped] CI drops the session token of these keys
      at `aws_token`: no variable is made of it (ecr.session-token)
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
      at `aws_token`: no variable is made of it (ecr.session-token)
      help: in CI temporary keys fail here: use long-lived keys, a role or OIDC
    push BuildAndPushECR
      image: plugins/buildx-ecr:1.4.2
      env: PLUGIN_BUILDER_DRIVER_OPTS=image=harness/buildkit:1.0.1
      env: PLUGIN_BUILDER_DRIVER_OPTS_NEW=image=harness/buildkit:1.0.1
      env: PLUGIN_ACCESS_KEY=***
      env: PLUGIN_SECRET_KEY=***
    parity[session-token-dropped] CI drops the session token of these keys
      at `aws_token`: no variable is made of it (ecr.session-token)
      help: in CI temporary keys fail here: use long-lived keys, a role or OIDC
    push BuildAndPushECR
      image: plugins/ecr:21.1.1
      env: PLUGIN_ACCESS_KEY=***
      env: PLUGIN_SECRET_KEY=***
    parity[session-token-dropped] CI drops the session token of these keys
      at `aws_token`: no variable is made of it (ecr.session-token)
      help: in CI temporary keys fail here: use long-lived keys, a role or OIDC
    ");
    assert_snapshot!(plugins_with(IRSA, |inputs| inputs.strict_parity = true), @"
    push BuildAndPushECR
      image: plugins/kaniko-ecr:1.13.3
    parity[delegate-identity] `push` signs as profile dev, in CI as the delegate or the pod
      at `aws`: this connector holds no credentials of its own
    push BuildAndPushECR
      image: plugins/buildx-ecr:1.4.2
      env: PLUGIN_BUILDER_DRIVER_OPTS=image=harness/buildkit:1.0.1
      env: PLUGIN_BUILDER_DRIVER_OPTS_NEW=image=harness/buildkit:1.0.1
    parity[delegate-identity] `push` signs as profile dev, in CI as the delegate or the pod
      at `aws`: this connector holds no credentials of its own
    push BuildAndPushECR
      image: plugins/ecr:21.1.1
    parity[delegate-identity] `push` signs as profile dev, in CI as the delegate or the pod
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
      at `type: ManualConfig`: `ManualConfig` needs it (connectors.aws-secret-key)
      help: add `secretKeyRef` to the connector
    push BuildAndPushECR
      image: plugins/buildx-ecr:1.4.2
      env: PLUGIN_BUILDER_DRIVER_OPTS=image=harness/buildkit:1.0.1
      env: PLUGIN_BUILDER_DRIVER_OPTS_NEW=image=harness/buildkit:1.0.1
      env: PLUGIN_ACCESS_KEY=***
    error[incomplete-connector] the connector `aws` has no `secretKeyRef`
      at `type: ManualConfig`: `ManualConfig` needs it (connectors.aws-secret-key)
      help: add `secretKeyRef` to the connector
    push BuildAndPushECR
      image: plugins/ecr:21.1.1
      env: PLUGIN_ACCESS_KEY=***
    error[incomplete-connector] the connector `aws` has no `secretKeyRef`
      at `type: ManualConfig`: `ManualConfig` needs it (connectors.aws-secret-key)
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
      at `type: ManualConfig`: `ManualConfig` needs one of the two (connectors.aws-access-key)
      help: add `accessKey` or `accessKeyRef` to the connector
    push BuildAndPushECR
      image: plugins/buildx-ecr:1.4.2
      env: PLUGIN_BUILDER_DRIVER_OPTS=image=harness/buildkit:1.0.1
      env: PLUGIN_BUILDER_DRIVER_OPTS_NEW=image=harness/buildkit:1.0.1
      env: PLUGIN_SECRET_KEY=***
    error[incomplete-connector] the connector `aws` has no `accessKey` or `accessKeyRef`
      at `type: ManualConfig`: `ManualConfig` needs one of the two (connectors.aws-access-key)
      help: add `accessKey` or `accessKeyRef` to the connector
    push BuildAndPushECR
      image: plugins/ecr:21.1.1
      env: PLUGIN_SECRET_KEY=***
    error[incomplete-connector] the connector `aws` has no `accessKey` or `accessKeyRef`
      at `type: ManualConfig`: `ManualConfig` needs one of the two (connectors.aws-access-key)
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
      at `type: OidcAuthentication`: `OidcAuthentication` needs it (connectors.aws-oidc-role)
      help: add `iamRoleArn` to the connector
    push BuildAndPushECR
      image: plugins/buildx-ecr:1.4.2
      env: PLUGIN_OIDC_TOKEN_ID=***
      env: PLUGIN_BUILDER_DRIVER_OPTS=image=harness/buildkit:1.0.1
      env: PLUGIN_BUILDER_DRIVER_OPTS_NEW=image=harness/buildkit:1.0.1
    error[incomplete-connector] the connector `aws` has no `iamRoleArn`
      at `type: OidcAuthentication`: `OidcAuthentication` needs it (connectors.aws-oidc-role)
      help: add `iamRoleArn` to the connector
    push BuildAndPushECR
      image: plugins/ecr:21.1.1
      env: PLUGIN_OIDC_TOKEN_ID=***
    error[incomplete-connector] the connector `aws` has no `iamRoleArn`
      at `type: OidcAuthentication`: `OidcAuthentication` needs it (connectors.aws-oidc-role)
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
      at `{externalId: xyz}`: `crossAccountAccess` needs it (connectors.aws-cross-account-role)
      help: add `crossAccountRoleArn` to the connector
    push BuildAndPushECR
      image: plugins/buildx-ecr:1.4.2
      env: PLUGIN_BUILDER_DRIVER_OPTS=image=harness/buildkit:1.0.1
      env: PLUGIN_BUILDER_DRIVER_OPTS_NEW=image=harness/buildkit:1.0.1
      env: PLUGIN_ACCESS_KEY=***
      env: PLUGIN_SECRET_KEY=***
    error[incomplete-connector] the connector `aws` has no `crossAccountRoleArn`
      at `{externalId: xyz}`: `crossAccountAccess` needs it (connectors.aws-cross-account-role)
      help: add `crossAccountRoleArn` to the connector
    push BuildAndPushECR
      image: plugins/ecr:21.1.1
      env: PLUGIN_ACCESS_KEY=***
      env: PLUGIN_SECRET_KEY=***
    error[incomplete-connector] the connector `aws` has no `crossAccountRoleArn`
      at `{externalId: xyz}`: `crossAccountAccess` needs it (connectors.aws-cross-account-role)
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
      at `{type: Irsa}`: `Irsa` needs it (connectors.aws-selectors)
      help: add `delegateSelectors` to the connector
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
    error[incomplete-connector] the connector `aws` has no `delegateSelectors`
      at `{type: Irsa}`: `Irsa` needs it (connectors.aws-selectors)
      help: add `delegateSelectors` to the connector
    parity[delegate-identity] `push` signs as profile dev, in CI as the delegate or the pod
      at `aws`: this connector holds no credentials of its own
    push BuildAndPushECR
      image: plugins/ecr:21.1.1
      env: AWS_ACCESS_KEY_ID=AKIADELEGATE
      env: AWS_SECRET_ACCESS_KEY=***
      env: AWS_SESSION_TOKEN=***
      env: AWS_REGION=us-east-1
    error[incomplete-connector] the connector `aws` has no `delegateSelectors`
      at `{type: Irsa}`: `Irsa` needs it (connectors.aws-selectors)
      help: add `delegateSelectors` to the connector
    parity[delegate-identity] `push` signs as profile dev, in CI as the delegate or the pod
      at `aws`: this connector holds no credentials of its own
    ");
}

#[test]
fn oidc_token_missing() {
    assert_snapshot!(plugins_with(OIDC, |inputs| inputs.aws.oidc_token = None), @"
    push BuildAndPushECR
      image: plugins/kaniko-ecr:1.13.3
      env: PLUGIN_ASSUME_ROLE=arn:aws:iam::1:role/ci
    error[missing-oidc-token] there is no OIDC token in place of the CI service's
      at `aws`: this connector signs in with OIDC
      help: pass one with `--oidc-token-file FILE`, `CIRUN_OIDC_TOKEN` or the setting `oidc-token-command`, or use `--aws emulated`
    push BuildAndPushECR
      image: plugins/buildx-ecr:1.4.2
      env: PLUGIN_ASSUME_ROLE=arn:aws:iam::1:role/ci
      env: PLUGIN_BUILDER_DRIVER_OPTS=image=harness/buildkit:1.0.1
      env: PLUGIN_BUILDER_DRIVER_OPTS_NEW=image=harness/buildkit:1.0.1
    error[missing-oidc-token] there is no OIDC token in place of the CI service's
      at `aws`: this connector signs in with OIDC
      help: pass one with `--oidc-token-file FILE`, `CIRUN_OIDC_TOKEN` or the setting `oidc-token-command`, or use `--aws emulated`
    push BuildAndPushECR
      image: plugins/ecr:21.1.1
      env: PLUGIN_ASSUME_ROLE=arn:aws:iam::1:role/ci
    error[missing-oidc-token] there is no OIDC token in place of the CI service's
      at `aws`: this connector signs in with OIDC
      help: pass one with `--oidc-token-file FILE`, `CIRUN_OIDC_TOKEN` or the setting `oidc-token-command`, or use `--aws emulated`
    ");
}

#[test]
fn delegate_identity_missing() {
    assert_snapshot!(plugins_with(INHERIT, |inputs| inputs.aws.delegate = None), @"
    push BuildAndPushECR
      image: plugins/kaniko-ecr:1.13.3
    error[missing-aws-identity] there is no AWS identity in place of the delegate's
      at `aws`: this connector holds no credentials of its own
      help: sign in to AWS (`aws sso login`, or name a profile with `--aws-profile`), or use `--aws emulated`
    push BuildAndPushECR
      image: plugins/buildx-ecr:1.4.2
      env: PLUGIN_BUILDER_DRIVER_OPTS=image=harness/buildkit:1.0.1
      env: PLUGIN_BUILDER_DRIVER_OPTS_NEW=image=harness/buildkit:1.0.1
    error[missing-aws-identity] there is no AWS identity in place of the delegate's
      at `aws`: this connector holds no credentials of its own
      help: sign in to AWS (`aws sso login`, or name a profile with `--aws-profile`), or use `--aws emulated`
    push BuildAndPushECR
      image: plugins/ecr:21.1.1
    error[missing-aws-identity] there is no AWS identity in place of the delegate's
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
      help: set it with `--secret no_secret`, which prompts for it, in a dotenv file with `--secret-file FILE`, or in the environment variable `CIRUN_SECRET_no_secret`
    push BuildAndPushECR
      image: plugins/buildx-ecr:1.4.2
      env: PLUGIN_BUILDER_DRIVER_OPTS=image=harness/buildkit:1.0.1
      env: PLUGIN_BUILDER_DRIVER_OPTS_NEW=image=harness/buildkit:1.0.1
      env: PLUGIN_ACCESS_KEY=***
    error[missing-secret] the secret `no_secret` has no value
      at `no_secret`: needed here
      help: set it with `--secret no_secret`, which prompts for it, in a dotenv file with `--secret-file FILE`, or in the environment variable `CIRUN_SECRET_no_secret`
    push BuildAndPushECR
      image: plugins/ecr:21.1.1
      env: PLUGIN_ACCESS_KEY=***
    error[missing-secret] the secret `no_secret` has no value
      at `no_secret`: needed here
      help: set it with `--secret no_secret`, which prompts for it, in a dotenv file with `--secret-file FILE`, or in the environment variable `CIRUN_SECRET_no_secret`
    ");
}
