//! Each kind of sign-in makes the requests that were measured with the real plugins (ecr.flows-measured).

use cirun_aws_emulator::{LogEntry, Service};

use crate::it::support::{TestEnvironment, assert_nothing_left};

/// The requests to STS and ECR of a push with the connector, one per line.
fn requests(pipeline: &str, connector: &str) -> String {
    requests_of(TestEnvironment::shop(), pipeline, connector)
}

/// With buildx-ecr, which `caching` selects.
fn buildx(connector: &str) -> String {
    let environment = TestEnvironment::shop().edit(
        "pipeline-vm.yaml",
        "imageName: shop",
        "imageName: shop\n                    caching: true",
    );
    requests_of(environment, "pipeline-vm.yaml", connector)
}

/// The cross-account overlay for the connectors of the example that have none.
const OVERLAYS: &str = "\
connector:
  name: aws keys role
  identifier: aws_keys_role
  type: Aws
  spec:
    credential:
      type: ManualConfig
      spec: {accessKey: AKIAIOSFODNN7EXAMPLE, secretKeyRef: aws_secret_key}
      crossAccountAccess: {crossAccountRoleArn: \"arn:aws:iam::123456789012:role/ci-push\", externalId: shop}
---
connector:
  name: aws oidc role
  identifier: aws_oidc_role
  type: Aws
  spec:
    credential:
      type: OidcAuthentication
      spec: {iamRoleArn: \"arn:aws:iam::123456789012:role/ci-oidc\"}
      crossAccountAccess: {crossAccountRoleArn: \"arn:aws:iam::123456789012:role/ci-push\"}
---
connector:
  name: aws irsa role
  identifier: aws_irsa_role
  type: Aws
  spec:
    credential:
      type: Irsa
      crossAccountAccess: {crossAccountRoleArn: \"arn:aws:iam::123456789012:role/ci-push\"}
    delegateSelectors: [ci]
";

fn requests_of(environment: TestEnvironment, pipeline: &str, connector: &str) -> String {
    let environment = environment
        .file(".harness/overlays.yaml", OVERLAYS)
        .file("Dockerfile", "FROM scratch\nCOPY VERSION /\n")
        .edit(pipeline, "connectorRef: aws\n", &format!("connectorRef: {connector}\n"))
        .edit(pipeline, "- <+steps.version.output.outputVariables.IMAGE_TAG>\n", "")
        .edit(pipeline, "RELEASE: <+steps.version.output.outputVariables.IMAGE_TAG>", "RELEASE: v1")
        .edit(pipeline, "imageName: shop", "imageName: auth");
    drop(environment.cirun(&["local", pipeline, "--step", "push", "--events", "e.jsonl"]).exits(0));
    assert_nothing_left(environment.events().run());
    let log = std::fs::read_to_string(environment.record().join("emulator/requests.jsonl")).unwrap();
    let entries: Vec<LogEntry> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let pushed = entries.iter().filter(|entry| entry.action == "PutManifest" && entry.status == 201).count();
    assert_eq!(pushed, 1, "{log}");
    let control = entries.iter().filter(|entry| entry.service != Service::Registry);
    control.map(show).collect::<Vec<_>>().join("\n")
}

/// Host, action, owner of the key, and the parameters that identify the flow.
fn show(entry: &LogEntry) -> String {
    let key = match entry.access_key_id.as_deref() {
        None => "unsigned",
        Some("AKIAIOSFODNN7EXAMPLE") => "the connector's key",
        Some("AKIACIRUNDELEGATE000") => "the delegate's key",
        Some(key) if key.starts_with("ASIA") => "the session's key",
        Some(key) => key,
    };
    // Other plugins generate a name for each session.
    let named =
        entry.params.get("RoleSessionName").filter(|name| *name == "kaniko-ecr-oidc").map(|_| "RoleSessionName");
    let wanted = ["RoleArn", "ExternalId", "DurationSeconds"].into_iter().chain(named);
    let params: String = wanted.filter_map(|name| Some(format!(" {name}={}", entry.params.get(name)?))).collect();
    format!("{} {} {}: {key}{params}", entry.host, entry.action, entry.status)
}

mod kaniko {
    use insta::assert_snapshot;

    use super::requests;

    #[test]
    fn keys() {
        assert_snapshot!(requests("pipeline.yaml", "aws"), @r"
        api.ecr.us-east-1.amazonaws.com GetAuthorizationToken 200: the connector's key
        api.ecr.us-east-1.amazonaws.com GetAuthorizationToken 200: the connector's key
        ");
    }

    #[test]
    fn in_no_file() {
        assert_snapshot!(requests("pipeline.yaml", "account.away"), @"
        api.ecr.us-east-1.amazonaws.com GetAuthorizationToken 200: the delegate's key
        api.ecr.us-east-1.amazonaws.com GetAuthorizationToken 200: the delegate's key
        ");
    }

    #[test]
    fn cross_account_role() {
        assert_snapshot!(requests("pipeline.yaml", "aws_role"), @r"
        sts.amazonaws.com AssumeRole 200: the delegate's key RoleArn=arn:aws:iam::123456789012:role/ci-push ExternalId=shop DurationSeconds=900
        api.ecr.us-east-1.amazonaws.com GetAuthorizationToken 200: the session's key
        ");
    }

    #[test]
    fn keys_with_cross_account_role() {
        assert_snapshot!(requests("pipeline.yaml", "aws_keys_role"), @"
        sts.amazonaws.com AssumeRole 200: the delegate's key RoleArn=arn:aws:iam::123456789012:role/ci-push ExternalId=shop DurationSeconds=900
        api.ecr.us-east-1.amazonaws.com GetAuthorizationToken 200: the session's key
        ");
    }

    #[test]
    fn oidc_with_cross_account_role() {
        assert_snapshot!(requests("pipeline.yaml", "aws_oidc_role"), @"
        sts.amazonaws.com AssumeRoleWithWebIdentity 200: unsigned RoleArn=arn:aws:iam::123456789012:role/ci-push DurationSeconds=3600 RoleSessionName=kaniko-ecr-oidc
        api.ecr.us-east-1.amazonaws.com GetAuthorizationToken 200: the session's key
        api.ecr.us-east-1.amazonaws.com GetAuthorizationToken 200: the session's key
        ");
    }

    #[test]
    fn irsa_with_cross_account_role() {
        assert_snapshot!(requests("pipeline.yaml", "aws_irsa_role"), @"
        sts.amazonaws.com AssumeRoleWithWebIdentity 200: unsigned RoleArn=arn:aws:iam::123456789012:role/cirun-pod
        sts.amazonaws.com AssumeRole 200: the session's key RoleArn=arn:aws:iam::123456789012:role/ci-push DurationSeconds=900
        api.ecr.us-east-1.amazonaws.com GetAuthorizationToken 200: the session's key
        ");
    }

    #[test]
    fn oidc() {
        assert_snapshot!(requests("pipeline.yaml", "aws_oidc"), @r"
        sts.amazonaws.com AssumeRoleWithWebIdentity 200: unsigned RoleArn=arn:aws:iam::123456789012:role/ci-oidc DurationSeconds=3600 RoleSessionName=kaniko-ecr-oidc
        api.ecr.us-east-1.amazonaws.com GetAuthorizationToken 200: the session's key
        api.ecr.us-east-1.amazonaws.com GetAuthorizationToken 200: the session's key
        ");
    }

    #[test]
    fn inherit_from_delegate() {
        assert_snapshot!(requests("pipeline.yaml", "aws_delegate"), @"
        api.ecr.us-east-1.amazonaws.com GetAuthorizationToken 200: the delegate's key
        api.ecr.us-east-1.amazonaws.com GetAuthorizationToken 200: the delegate's key
        ");
    }

    #[test]
    fn irsa() {
        assert_snapshot!(requests("pipeline.yaml", "aws_irsa"), @"
        sts.us-east-1.amazonaws.com AssumeRoleWithWebIdentity 200: unsigned RoleArn=arn:aws:iam::123456789012:role/cirun-pod
        api.ecr.us-east-1.amazonaws.com GetAuthorizationToken 200: the session's key
        api.ecr.us-east-1.amazonaws.com GetAuthorizationToken 200: the session's key
        ");
    }
}

mod ecr {
    use insta::assert_snapshot;

    use super::requests;

    #[test]
    fn keys() {
        assert_snapshot!(requests("pipeline-vm.yaml", "aws"), @"api.ecr.us-east-1.amazonaws.com GetAuthorizationToken 200: the connector's key");
    }

    #[test]
    fn cross_account_role() {
        assert_snapshot!(requests("pipeline-vm.yaml", "aws_role"), @r"
        sts.us-east-1.amazonaws.com AssumeRole 200: the delegate's key RoleArn=arn:aws:iam::123456789012:role/ci-push ExternalId=shop DurationSeconds=900
        api.ecr.us-east-1.amazonaws.com GetAuthorizationToken 200: the session's key
        ");
    }

    #[test]
    fn keys_with_cross_account_role() {
        assert_snapshot!(requests("pipeline-vm.yaml", "aws_keys_role"), @"
        sts.us-east-1.amazonaws.com AssumeRole 200: the connector's key RoleArn=arn:aws:iam::123456789012:role/ci-push ExternalId=shop DurationSeconds=900
        api.ecr.us-east-1.amazonaws.com GetAuthorizationToken 200: the session's key
        ");
    }

    #[test]
    fn oidc_with_cross_account_role() {
        assert_snapshot!(requests("pipeline-vm.yaml", "aws_oidc_role"), @"
        sts.us-east-1.amazonaws.com AssumeRoleWithWebIdentity 200: unsigned RoleArn=arn:aws:iam::123456789012:role/ci-push
        api.ecr.us-east-1.amazonaws.com GetAuthorizationToken 200: the session's key
        ");
    }

    #[test]
    fn irsa_with_cross_account_role() {
        assert_snapshot!(requests("pipeline-vm.yaml", "aws_irsa_role"), @"
        sts.us-east-1.amazonaws.com AssumeRoleWithWebIdentity 200: unsigned RoleArn=arn:aws:iam::123456789012:role/cirun-pod
        sts.us-east-1.amazonaws.com AssumeRole 200: the session's key RoleArn=arn:aws:iam::123456789012:role/ci-push DurationSeconds=900
        api.ecr.us-east-1.amazonaws.com GetAuthorizationToken 200: the session's key
        ");
    }

    #[test]
    fn oidc() {
        assert_snapshot!(requests("pipeline-vm.yaml", "aws_oidc"), @r"
        sts.us-east-1.amazonaws.com AssumeRoleWithWebIdentity 200: unsigned RoleArn=arn:aws:iam::123456789012:role/ci-oidc
        api.ecr.us-east-1.amazonaws.com GetAuthorizationToken 200: the session's key
        ");
    }

    #[test]
    fn inherit_from_delegate() {
        assert_snapshot!(requests("pipeline-vm.yaml", "aws_delegate"), @"api.ecr.us-east-1.amazonaws.com GetAuthorizationToken 200: the delegate's key");
    }

    #[test]
    fn irsa() {
        assert_snapshot!(requests("pipeline-vm.yaml", "aws_irsa"), @"
        sts.us-east-1.amazonaws.com AssumeRoleWithWebIdentity 200: unsigned RoleArn=arn:aws:iam::123456789012:role/cirun-pod
        api.ecr.us-east-1.amazonaws.com GetAuthorizationToken 200: the session's key
        ");
    }
}

mod buildx_ecr {
    use insta::assert_snapshot;

    use super::buildx;

    #[test]
    fn keys() {
        assert_snapshot!(buildx("aws"), @"api.ecr.us-east-1.amazonaws.com GetAuthorizationToken 200: the connector's key");
    }

    #[test]
    fn cross_account_role() {
        assert_snapshot!(buildx("aws_role"), @"
        sts.us-east-1.amazonaws.com AssumeRole 200: the delegate's key RoleArn=arn:aws:iam::123456789012:role/ci-push ExternalId=shop DurationSeconds=900
        api.ecr.us-east-1.amazonaws.com GetAuthorizationToken 200: the session's key
        ");
    }

    #[test]
    fn keys_with_cross_account_role() {
        assert_snapshot!(buildx("aws_keys_role"), @"
        sts.us-east-1.amazonaws.com AssumeRole 200: the connector's key RoleArn=arn:aws:iam::123456789012:role/ci-push ExternalId=shop DurationSeconds=900
        api.ecr.us-east-1.amazonaws.com GetAuthorizationToken 200: the session's key
        ");
    }

    #[test]
    fn oidc_with_cross_account_role() {
        assert_snapshot!(buildx("aws_oidc_role"), @"
        sts.us-east-1.amazonaws.com AssumeRoleWithWebIdentity 200: unsigned RoleArn=arn:aws:iam::123456789012:role/ci-push
        api.ecr.us-east-1.amazonaws.com GetAuthorizationToken 200: the session's key
        ");
    }

    #[test]
    fn irsa_with_cross_account_role() {
        assert_snapshot!(buildx("aws_irsa_role"), @"
        sts.us-east-1.amazonaws.com AssumeRoleWithWebIdentity 200: unsigned RoleArn=arn:aws:iam::123456789012:role/cirun-pod
        sts.us-east-1.amazonaws.com AssumeRole 200: the session's key RoleArn=arn:aws:iam::123456789012:role/ci-push DurationSeconds=900
        api.ecr.us-east-1.amazonaws.com GetAuthorizationToken 200: the session's key
        ");
    }

    #[test]
    fn oidc() {
        assert_snapshot!(buildx("aws_oidc"), @"
        sts.us-east-1.amazonaws.com AssumeRoleWithWebIdentity 200: unsigned RoleArn=arn:aws:iam::123456789012:role/ci-oidc
        api.ecr.us-east-1.amazonaws.com GetAuthorizationToken 200: the session's key
        ");
    }

    #[test]
    fn inherit_from_delegate() {
        assert_snapshot!(buildx("aws_delegate"), @"api.ecr.us-east-1.amazonaws.com GetAuthorizationToken 200: the delegate's key");
    }

    #[test]
    fn irsa() {
        assert_snapshot!(buildx("aws_irsa"), @"
        sts.us-east-1.amazonaws.com AssumeRoleWithWebIdentity 200: unsigned RoleArn=arn:aws:iam::123456789012:role/cirun-pod
        api.ecr.us-east-1.amazonaws.com GetAuthorizationToken 200: the session's key
        ");
    }
}
