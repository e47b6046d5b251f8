use http::Method;
use insta::assert_snapshot;

use crate::{
    OidcTrust, Role, Strictness, Workload,
    testing::{Answer, Bench, FORM},
};

mod sessions;

/// Formats a response, without the parts that differ each time.
fn show(answer: &Answer) -> String {
    let mut lines = vec![answer.status.as_u16().to_string()];
    for line in answer.text().lines() {
        let random = ["RequestId", "AccessKeyId", "SecretAccessKey", "SessionToken"];
        match random.iter().find(|name| line.trim_start().starts_with(&format!("<{name}>"))) {
            Some(name) => lines.push(format!("{}<{name}>…", &line[..line.len() - line.trim_start().len()])),
            None => lines.push(line.to_owned()),
        }
    }
    lines.join("\n")
}

const ROLE: &str = "arn:aws:iam::123456789012:role/ci/deploy";

fn role() -> Role {
    Role {
        arn: ROLE.to_owned(),
        external_id: Some("shop-7".to_owned()),
        trusted: vec!["arn:aws:iam::123456789012:user/local".to_owned()],
        oidc: None,
        max_session: std::time::Duration::from_secs(3600),
    }
}

#[tokio::test]
async fn caller_identity() {
    let answer = Bench::new().sts("Action=GetCallerIdentity&Version=2011-06-15").await;
    assert_snapshot!(show(&answer), @r#"
    200
    <GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
      <GetCallerIdentityResult>
        <Arn>arn:aws:iam::123456789012:user/local</Arn>
        <UserId>AIDADJOUJIW4UGLGTVZO3</UserId>
        <Account>123456789012</Account>
      </GetCallerIdentityResult>
      <ResponseMetadata>
        <RequestId>…
      </ResponseMetadata>
    </GetCallerIdentityResponse>
    "#);
}

#[tokio::test]
async fn assume_role() {
    let bench = Bench::new();
    let answer =
        bench.sts(&format!("Action=AssumeRole&RoleArn={ROLE}&RoleSessionName=build&DurationSeconds=900")).await;
    assert_snapshot!(show(&answer), @r#"
    200
    <AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
      <AssumeRoleResult>
        <AssumedRoleUser>
          <AssumedRoleId>AROAH2WVDWUW6RWDHRQWX:build</AssumedRoleId>
          <Arn>arn:aws:sts::123456789012:assumed-role/deploy/build</Arn>
        </AssumedRoleUser>
        <Credentials>
          <AccessKeyId>…
          <SecretAccessKey>…
          <SessionToken>…
          <Expiration>2026-01-01T00:15:00Z</Expiration>
        </Credentials>
        <PackedPolicySize>0</PackedPolicySize>
      </AssumeRoleResult>
      <ResponseMetadata>
        <RequestId>…
      </ResponseMetadata>
    </AssumeRoleResponse>
    "#);
}

#[tokio::test]
async fn refusals() {
    let bench = Bench::with(|config| config.seeds.roles = vec![role()]);
    let assume = format!("Action=AssumeRole&RoleArn={ROLE}&RoleSessionName=build");
    assert_snapshot!(show(&bench.sts("").await), @r#"
    400
    <ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
      <Error>
        <Type>Sender</Type>
        <Code>MissingAction</Code>
        <Message>Missing Action</Message>
      </Error>
      <RequestId>…
    </ErrorResponse>
    "#);
    assert_snapshot!(show(&bench.sts("Action=Sing").await), @r#"
    400
    <ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
      <Error>
        <Type>Sender</Type>
        <Code>InvalidAction</Code>
        <Message>Could not find operation Sing for version 2011-06-15</Message>
      </Error>
      <RequestId>…
    </ErrorResponse>
    "#);
    assert_snapshot!(show(&bench.sts("Action=AssumeRole&RoleArn=nonsense").await), @r#"
    400
    <ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
      <Error>
        <Type>Sender</Type>
        <Code>ValidationError</Code>
        <Message>nonsense is invalid</Message>
      </Error>
      <RequestId>…
    </ErrorResponse>
    "#);
    assert_snapshot!(show(&bench.sts(&format!("Action=AssumeRole&RoleArn={ROLE}")).await), @r#"
    400
    <ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
      <Error>
        <Type>Sender</Type>
        <Code>ValidationError</Code>
        <Message>1 validation error detected: Value null at &apos;roleSessionName&apos; failed to satisfy constraint: Member must not be null</Message>
      </Error>
      <RequestId>…
    </ErrorResponse>
    "#);
    assert_snapshot!(show(&bench.sts(&assume).await), @r#"
    403
    <ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
      <Error>
        <Type>Sender</Type>
        <Code>AccessDenied</Code>
        <Message>User: arn:aws:iam::123456789012:user/local is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::123456789012:role/ci/deploy</Message>
      </Error>
      <RequestId>…
    </ErrorResponse>
    "#);
    let right = format!("{assume}&ExternalId=shop-7");
    assert_eq!(bench.sts(&right).await.status, 200);
    assert_snapshot!(show(&bench.sts(&format!("{right}&DurationSeconds=60")).await), @r#"
    400
    <ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
      <Error>
        <Type>Sender</Type>
        <Code>ValidationError</Code>
        <Message>1 validation error detected: Value &apos;60&apos; at &apos;durationSeconds&apos; failed to satisfy constraint: Member must have value greater than or equal to 900</Message>
      </Error>
      <RequestId>…
    </ErrorResponse>
    "#);
    assert_snapshot!(show(&bench.sts(&format!("{right}&DurationSeconds=7200")).await), @r#"
    400
    <ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
      <Error>
        <Type>Sender</Type>
        <Code>ValidationError</Code>
        <Message>The requested DurationSeconds exceeds the MaxSessionDuration set for this role.</Message>
      </Error>
      <RequestId>…
    </ErrorResponse>
    "#);
    let unsigned = bench.send(Method::POST, "sts.amazonaws.com/", &[FORM], b"Action=GetCallerIdentity").await;
    assert_snapshot!(show(&unsigned), @r#"
    403
    <ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
      <Error>
        <Type>Sender</Type>
        <Code>MissingAuthenticationToken</Code>
        <Message>Request is missing Authentication Token</Message>
      </Error>
      <RequestId>…
    </ErrorResponse>
    "#);
}

#[tokio::test]
async fn a_session_ends() {
    let bench = Bench::new();
    let answer =
        bench.sts(&format!("Action=AssumeRole&RoleArn={ROLE}&RoleSessionName=build&DurationSeconds=900")).await;
    let text = answer.text();
    let part = |name: &str| {
        let (_, rest) = text.split_once(&format!("<{name}>")).unwrap();
        rest.split_once('<').unwrap().0.to_owned()
    };
    let scope = crate::testing::unchecked_signature(&part("AccessKeyId"), "sts");
    let token = part("SessionToken");
    let headers = [FORM, ("authorization", scope.as_str()), ("x-amz-security-token", token.as_str())];
    let ask = async || bench.send(Method::POST, "sts.amazonaws.com/", &headers, b"Action=GetCallerIdentity").await;
    assert!(ask().await.text().contains("assumed-role/deploy/build"));
    bench.pass(900);
    assert_snapshot!(show(&ask().await), @r#"
    403
    <ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
      <Error>
        <Type>Sender</Type>
        <Code>ExpiredToken</Code>
        <Message>The security token included in the request is expired</Message>
      </Error>
      <RequestId>…
    </ErrorResponse>
    "#);
    // Temporary keys without their session token are unknown.
    let dropped = bench.send(Method::POST, "sts.amazonaws.com/", &headers[..2], b"Action=GetCallerIdentity").await;
    assert_snapshot!(show(&dropped), @r#"
    403
    <ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
      <Error>
        <Type>Sender</Type>
        <Code>InvalidClientTokenId</Code>
        <Message>The security token included in the request is invalid</Message>
      </Error>
      <RequestId>…
    </ErrorResponse>
    "#);
}

async fn web_identity(bench: &Bench, token: &str) -> Answer {
    let body = format!(
        "Action=AssumeRoleWithWebIdentity&RoleArn={ROLE}&RoleSessionName=kaniko-ecr-oidc&WebIdentityToken={token}"
    );
    bench.send(Method::POST, "sts.amazonaws.com/", &[FORM], body.as_bytes()).await
}

fn workload(pipeline: &str) -> Workload {
    Workload {
        account_id: "acc".to_owned(),
        organization_id: "default".to_owned(),
        project_id: "shop".to_owned(),
        pipeline_id: pipeline.to_owned(),
    }
}

#[tokio::test]
async fn a_web_identity_needs_no_signature() {
    let mut bench = Bench::new();
    let now = bench.emulator().clock.now();
    let token = bench.emulator().issuer.token(&workload("build"), now).unwrap();
    assert_snapshot!(show(&web_identity(&bench, &token).await), @r#"
    200
    <AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
      <AssumeRoleWithWebIdentityResult>
        <Audience>sts.amazonaws.com</Audience>
        <AssumedRoleUser>
          <AssumedRoleId>AROAH2WVDWUW6RWDHRQWX:kaniko-ecr-oidc</AssumedRoleId>
          <Arn>arn:aws:sts::123456789012:assumed-role/deploy/kaniko-ecr-oidc</Arn>
        </AssumedRoleUser>
        <PackedPolicySize>0</PackedPolicySize>
        <Provider>https://app.harness.io/ng/api/oidc/account/acc</Provider>
        <Credentials>
          <AccessKeyId>…
          <SecretAccessKey>…
          <SessionToken>…
          <Expiration>2026-01-01T01:00:00Z</Expiration>
        </Credentials>
        <SubjectFromWebIdentityToken>account/acc:org/default:project/shop</SubjectFromWebIdentityToken>
      </AssumeRoleWithWebIdentityResult>
      <ResponseMetadata>
        <RequestId>…
      </ResponseMetadata>
    </AssumeRoleWithWebIdentityResponse>
    "#);
    assert_snapshot!(show(&web_identity(&bench, "no.jwt").await), @r#"
    400
    <ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
      <Error>
        <Type>Sender</Type>
        <Code>InvalidIdentityToken</Code>
        <Message>The ID Token provided is not a valid JWT</Message>
      </Error>
      <RequestId>…
    </ErrorResponse>
    "#);
    bench.pass(3600);
    assert_snapshot!(show(&web_identity(&bench, &token).await), @r#"
    400
    <ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
      <Error>
        <Type>Sender</Type>
        <Code>ExpiredTokenException</Code>
        <Message>Token expired: current date/time must be before the expiration date/time</Message>
      </Error>
      <RequestId>…
    </ErrorResponse>
    "#);
    let entry = serde_json::to_value(&bench.entries()[0]).unwrap();
    assert_eq!(
        (entry["auth"].as_str(), entry["params"]["RoleSessionName"].as_str()),
        (Some("unsigned"), Some("kaniko-ecr-oidc"))
    );
    assert!(!entry.to_string().contains(&token), "tokens are never logged");
}

#[tokio::test]
async fn a_strict_emulator_checks_the_token_and_the_trust() {
    let trust = |subject: &str| OidcTrust {
        issuer: workload("").issuer(),
        audiences: vec!["sts.amazonaws.com".to_owned()],
        subjects: vec![subject.to_owned()],
    };
    let bench = |subject: &str| {
        let role = Role { oidc: Some(trust(subject)), ..role() };
        Bench::with(|config| {
            config.strictness = Strictness::Strict;
            config.seeds.roles = vec![role];
        })
    };
    let trusted = bench("account/acc:org/*:project/shop");
    let now = trusted.emulator().clock.now();
    let token = trusted.emulator().issuer.token(&workload("build"), now).unwrap();
    assert_eq!(web_identity(&trusted, &token).await.status, 200);
    let foreign = bench("*");
    assert_snapshot!(show(&web_identity(&foreign, &token).await), @r#"
    400
    <ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
      <Error>
        <Type>Sender</Type>
        <Code>InvalidIdentityToken</Code>
        <Message>Couldn&apos;t retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity documentation for requirements</Message>
      </Error>
      <RequestId>…
    </ErrorResponse>
    "#);
    let other = bench("account/acc:org/default:project/other");
    let token = other.emulator().issuer.token(&workload("build"), now).unwrap();
    assert_snapshot!(show(&web_identity(&other, &token).await), @r#"
    403
    <ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
      <Error>
        <Type>Sender</Type>
        <Code>AccessDenied</Code>
        <Message>Not authorized to perform sts:AssumeRoleWithWebIdentity</Message>
      </Error>
      <RequestId>…
    </ErrorResponse>
    "#);
    assert_snapshot!(show(&other.sts("Action=GetCallerIdentity").await), @r#"
    403
    <ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
      <Error>
        <Type>Sender</Type>
        <Code>InvalidClientTokenId</Code>
        <Message>The security token included in the request is invalid</Message>
      </Error>
      <RequestId>…
    </ErrorResponse>
    "#);
}

#[tokio::test]
async fn a_strict_emulator_wants_a_signature_for_this_service() {
    let scope = crate::testing::unchecked_signature("AKIAIOSFODNN7EXAMPLE", "ecr");
    let headers = [FORM, ("authorization", scope.as_str())];
    let strict = Bench::with(|config| config.strictness = Strictness::Strict);
    let answer = strict.send(Method::POST, "sts.amazonaws.com/", &headers, b"Action=GetCallerIdentity").await;
    assert_eq!(answer.status, 403);
    assert!(answer.text().contains("scoped to correct service: &apos;sts&apos;"), "{}", answer.text());
    let lenient = Bench::new().send(Method::POST, "sts.amazonaws.com/", &headers, b"Action=GetCallerIdentity").await;
    assert_eq!(lenient.status, 200);
}

#[tokio::test]
async fn faults() {
    let bench = Bench::with(|config| {
        config.faults =
            ["sts:expired*1", "sts:throttle*1", "sts:503*1"].iter().map(|fault| fault.parse().unwrap()).collect();
    });
    for _ in 0..3 {
        bench.sts("Action=GetCallerIdentity").await;
    }
    let mut bench = bench;
    let errors: Vec<_> = bench.entries().into_iter().map(|entry| (entry.status, entry.error.unwrap())).collect();
    assert_eq!(
        errors,
        [(403, "ExpiredToken".to_owned()), (400, "Throttling".to_owned()), (503, "InternalFailure".to_owned())]
    );
}
