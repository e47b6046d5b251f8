//! Sessions: their restrictions, their callers, and their partition.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::Method;

use super::ROLE;
use crate::{
    Strictness,
    http::percent_encode,
    testing::{Answer, Bench, FORM},
};

/// The text of the first element with a name in a response.
fn part(answer: &Answer, name: &str) -> String {
    let text = answer.text();
    let (_, rest) = text.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("no {name}: {text}"));
    rest.split_once('<').unwrap().0.replace("&apos;", "'").replace("&quot;", "\"")
}

/// The code and the message of a refusal.
fn refusal(answer: &Answer) -> (String, String) {
    assert_ne!(answer.status, 200, "{}", answer.text());
    (part(answer, "Code"), part(answer, "Message"))
}

/// Calls an action as the owner of a session, or of another region.
async fn call(bench: &Bench, query: &str, region: &str, session: Option<&Answer>) -> Answer {
    let key = session.map_or("AKIAIOSFODNN7EXAMPLE".to_owned(), |session| part(session, "AccessKeyId"));
    let scope = format!(
        "AWS4-HMAC-SHA256 Credential={key}/20260101/{region}/sts/aws4_request, SignedHeaders=host, Signature=00"
    );
    let token = session.map(|session| part(session, "SessionToken"));
    let mut headers = vec![FORM, ("authorization", scope.as_str())];
    headers.extend(token.as_deref().map(|token| ("x-amz-security-token", token)));
    bench.send(Method::POST, "sts.amazonaws.com/", &headers, query.as_bytes()).await
}

const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#;

#[tokio::test]
async fn a_federated_user() {
    let bench = Bench::new();
    let ask = "Action=GetFederationToken&Name=Bob&DurationSeconds=900";
    let session = bench.sts(&format!("{ask}&Policy={}", percent_encode(POLICY))).await;
    assert_eq!(part(&session, "Arn"), "arn:aws:sts::123456789012:federated-user/Bob");
    assert_eq!(part(&session, "FederatedUserId"), "123456789012:Bob");
    assert_eq!(part(&session, "Expiration"), "2026-01-01T00:15:00Z");
    assert_eq!(part(&session, "PackedPolicySize"), "4");
    let who = call(&bench, "Action=GetCallerIdentity", "us-east-1", Some(&session)).await;
    assert_eq!(part(&who, "Arn"), "arn:aws:sts::123456789012:federated-user/Bob");
    let again = call(&bench, ask, "us-east-1", Some(&session)).await;
    assert_eq!(refusal(&again).0, "AccessDenied", "a session gives out no other");
    for (query, message) in [
        (
            "Action=GetFederationToken",
            "1 validation error detected: Value null at 'name' failed to satisfy constraint: Member must not be null",
        ),
        (
            "Action=GetFederationToken&Name=B",
            "1 validation error detected: Value 'B' at 'name' failed to satisfy constraint: Member must have length greater than or equal to 2",
        ),
        (
            "Action=GetFederationToken&Name=Bob&DurationSeconds=129601",
            "1 validation error detected: Value '129601' at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to 129600",
        ),
    ] {
        assert_eq!(refusal(&bench.sts(query).await), ("ValidationError".to_owned(), message.to_owned()), "{query}");
    }
}

#[tokio::test]
async fn what_a_role_is_assumed_with() {
    let bench = Bench::new();
    let assume = format!("Action=AssumeRole&RoleArn={ROLE}&RoleSessionName=build");
    let narrowed = format!(
        "{assume}&SourceIdentity=me&Policy={}&PolicyArns.member.1.arn=arn:aws:iam::aws:policy/ReadOnlyAccess&Tags.member.1.Key=team&Tags.member.1.Value=a",
        percent_encode(POLICY)
    );
    let session = bench.sts(&narrowed).await;
    assert_eq!(
        (part(&session, "SourceIdentity"), part(&session, "PackedPolicySize")),
        ("me".to_owned(), "6".to_owned())
    );
    let long = "s".repeat(65);
    for (more, code, message) in [
        ("&SourceIdentity=x", "ValidationError", "Member must have length greater than or equal to 2"),
        ("&SourceIdentity=a%20b", "ValidationError", r"Member must satisfy regular expression pattern: [\w+=,.@-]*"),
        ("&Policy=%7B", "MalformedPolicyDocument", "This policy contains invalid Json"),
        ("&PolicyArns.member.1.arn=x", "ValidationError", "ARN x is not valid."),
        ("&ExternalId=x", "ValidationError", "Member must have length greater than or equal to 2"),
        ("&DurationSeconds=43201", "ValidationError", "Member must have value less than or equal to 43200"),
    ] {
        let refused = refusal(&bench.sts(&format!("{assume}{more}")).await);
        assert!(refused.0 == code && refused.1.ends_with(message), "{more}: {refused:?}");
    }
    let named = async |role: &str, session: &str| {
        refusal(&bench.sts(&format!("Action=AssumeRole&RoleArn={role}&RoleSessionName={session}")).await)
    };
    let (code, message) = named(ROLE, &long).await;
    assert_eq!(code, "ValidationError");
    assert!(message.contains(&long) && message.ends_with("less than or equal to 64"), "{message}");
    let role = "arn:aws:iam::123456789012:role";
    for name in ["a%20b", &"r".repeat(65), "a/", ""] {
        let refused = named(&format!("{role}/{name}"), "build").await;
        assert!(refused.1.ends_with(" is invalid"), "{name}: {refused:?}");
    }
}

#[tokio::test]
async fn a_role_from_a_role_has_an_hour() {
    let bench = Bench::new();
    let assume = format!("Action=AssumeRole&RoleArn={ROLE}&RoleSessionName=build");
    let session = bench.sts(&format!("{assume}&DurationSeconds=7200")).await;
    assert_eq!(part(&session, "Expiration"), "2026-01-01T02:00:00Z");
    let chained = call(&bench, &assume, "us-east-1", Some(&session)).await;
    assert_eq!(part(&chained, "Expiration"), "2026-01-01T01:00:00Z");
    let (_, message) =
        refusal(&call(&bench, &format!("{assume}&DurationSeconds=7200"), "us-east-1", Some(&session)).await);
    assert!(message.contains("1 hour session limit for roles assumed by role chaining"), "{message}");
}

#[tokio::test]
async fn partitions() {
    let bench = Bench::new();
    for (region, partition) in [
        ("us-east-1", "aws"),
        ("cn-north-1", "aws-cn"),
        ("us-gov-west-1", "aws-us-gov"),
        ("us-isob-east-1", "aws-iso-b"),
    ] {
        let who = call(&bench, "Action=GetCallerIdentity", region, None).await;
        assert_eq!(part(&who, "Arn"), format!("arn:{partition}:iam::123456789012:user/local"));
        let federated = call(&bench, "Action=GetFederationToken&Name=Bob", region, None).await;
        assert_eq!(part(&federated, "Arn"), format!("arn:{partition}:sts::123456789012:federated-user/Bob"));
        let role = format!("arn:{partition}:iam::123456789012:role/deploy");
        let assumed =
            call(&bench, &format!("Action=AssumeRole&RoleArn={role}&RoleSessionName=build"), region, None).await;
        assert_eq!(part(&assumed, "Arn"), format!("arn:{partition}:sts::123456789012:assumed-role/deploy/build"));
    }
}

/// An assertion that expires an hour after the tests' start.
fn assertion(role: &str, more: &str) -> String {
    let xml = format!(
        r#"<?xml version="1.0"?><samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol">
        <Assertion xmlns="urn:oasis:names:tc:SAML:2.0:assertion"><Issuer>https://idp.example/</Issuer><Subject>
        <NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">7ca8</NameID>
        <SubjectConfirmation><SubjectConfirmationData NotOnOrAfter="2026-01-01T01:00:00Z" Recipient="https://signin.aws.amazon.com/saml"/></SubjectConfirmation>
        </Subject><AttributeStatement>
        <Attribute Name="https://aws.amazon.com/SAML/Attributes/Role"><AttributeValue>arn:aws:iam::123456789012:saml-provider/Idp,{role}</AttributeValue></Attribute>
        <Attribute Name="https://aws.amazon.com/SAML/Attributes/RoleSessionName"><AttributeValue>me</AttributeValue></Attribute>
        {more}</AttributeStatement></Assertion></samlp:Response>"#
    );
    percent_encode(&STANDARD.encode(xml))
}

async fn saml(bench: &Bench, assertion: &str) -> Answer {
    let body = format!(
        "Action=AssumeRoleWithSAML&RoleArn={ROLE}&PrincipalArn=arn:aws:iam::123456789012:saml-provider/Idp&SAMLAssertion={assertion}"
    );
    bench.send(Method::POST, "sts.amazonaws.com/", &[FORM], body.as_bytes()).await
}

#[tokio::test]
async fn an_assertion_needs_no_signature() {
    let bench = Bench::new();
    let answer = saml(&bench, &assertion(ROLE, "")).await;
    assert_eq!(part(&answer, "Arn"), "arn:aws:sts::123456789012:assumed-role/deploy/me");
    let answered = ["Audience", "Issuer", "Subject", "SubjectType"].map(|name| part(&answer, name));
    assert_eq!(answered, ["https://signin.aws.amazon.com/saml", "https://idp.example/", "7ca8", "persistent"]);
    assert_eq!(part(&answer, "NameQualifier").len(), 28, "the Base64 of a SHA-1");
    assert_eq!(part(&answer, "Expiration"), "2026-01-01T01:00:00Z");
    let who = call(&bench, "Action=GetCallerIdentity", "us-east-1", Some(&answer)).await;
    assert_eq!(part(&who, "Arn"), "arn:aws:sts::123456789012:assumed-role/deploy/me");
    let short = r#"<Attribute Name="https://aws.amazon.com/SAML/Attributes/SessionDuration"><AttributeValue>900</AttributeValue></Attribute>"#;
    assert_eq!(part(&saml(&bench, &assertion(ROLE, short)).await, "Expiration"), "2026-01-01T00:15:00Z");
}

#[tokio::test]
async fn assertions_that_are_refused() {
    let bench = Bench::new();
    let other = assertion("arn:aws:iam::123456789012:role/other", "");
    assert_eq!(
        refusal(&saml(&bench, &other).await),
        ("AccessDenied".to_owned(), "Not authorized to perform sts:AssumeRoleWithSAML".to_owned())
    );
    assert_eq!(refusal(&saml(&bench, "bm9uc2Vuc2U%3D").await).0, "InvalidIdentityToken");
    let declared = Bench::with(|config| config.seeds.roles = vec![super::role()]);
    assert_eq!(refusal(&saml(&declared, &assertion(ROLE, "")).await).0, "AccessDenied");
    let strict = Bench::with(|config| config.strictness = Strictness::Strict);
    assert_eq!(refusal(&saml(&strict, &assertion(ROLE, "")).await).0, "AccessDenied");
    bench.pass(3600);
    assert_eq!(refusal(&saml(&bench, &assertion(ROLE, "")).await).0, "ExpiredTokenException");
}

#[tokio::test]
async fn what_is_not_given_out() {
    let bench = Bench::new();
    let token = "Action=GetWebIdentityToken&Audience.member.1=me";
    for (query, code) in [
        ("Action=DecodeAuthorizationMessage", "ValidationError"),
        ("Action=DecodeAuthorizationMessage&EncodedMessage=x", "InvalidAuthorizationMessageException"),
        ("Action=GetWebIdentityToken&SigningAlgorithm=ES384", "ValidationError"),
        (&format!("{token}&SigningAlgorithm=none"), "ValidationError"),
        (&format!("{token}&SigningAlgorithm=ES384"), "OutboundWebIdentityFederationDisabledException"),
    ] {
        assert_eq!(refusal(&bench.sts(query).await).0, code, "{query}");
    }
}
