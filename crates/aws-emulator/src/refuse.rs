//! AWS names that the emulator does not have: refused by name, in the caller's protocol.

use http::{Method, Response, StatusCode, request::Parts};
use serde_json::json;

use crate::{
    AuthKind, Service,
    emulator::Exchange,
    http::{ResponseBody, content, header_text, set},
    sigv4,
};

/// The error code of such requests, in the request log and in the responses.
pub const NOT_EMULATED: &str = "NotEmulated";

/// Services with XML responses to requests that are not forms.
const XML: [&str; 4] = ["cloudfront", "route53", "s3-control", "s3express"];

/// The protocol of a caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protocol {
    /// A registry's client.
    Registry,
    /// JSON, with the action in a header.
    Json,
    /// A form, with the action in it.
    Query,
    /// The same, with EC2's own error format.
    Ec2,
    /// XML over paths.
    RestXml,
    /// JSON over paths.
    RestJson,
    /// Not an AWS client.
    Plain,
}

/// Refuses a request to a missing service. It is not a server error: SDKs would retry it.
pub(crate) fn answer(call: Exchange<'_>, service: &str) -> Response<ResponseBody> {
    let Exchange { parts, entry, .. } = call;
    let target = header_text(&parts, "x-amz-target").map(|target| target.rsplit('.').next().unwrap_or(target));
    entry.service = Service::Unknown;
    entry.action = target.map_or_else(|| parts.method.to_string(), str::to_owned);
    entry.auth = AuthKind::None;
    if let Some(signature) = sigv4::parse(&parts) {
        entry.auth = AuthKind::Signed;
        entry.access_key_id = Some(signature.scope.access_key_id);
    }
    entry.param("aws", service);
    entry.param("path", parts.uri.path());
    entry.error = Some(NOT_EMULATED.to_owned());
    let host = &entry.host;
    let why = match service {
        "ecr" => "this is not the name of an ECR registry (an account of 12 digits, then a region)",
        _ => "it has STS, ECR and its registries",
    };
    let message = format!("cirun's emulated AWS does not answer for {host} ({service}): {why}");
    render(protocol(&parts, service), &message)
}

fn protocol(parts: &Parts, service: &str) -> Protocol {
    let content_type = header_text(parts, "content-type").unwrap_or_default();
    let query = parts.uri.query().unwrap_or_default();
    let is_query = content_type.starts_with("application/x-www-form-urlencoded") && parts.method == Method::POST
        || query.split('&').any(|pair| pair.starts_with("Action="));
    let path = parts.uri.path();
    if service == "ecr" && (path == "/v2" || path.starts_with("/v2/")) {
        Protocol::Registry
    } else if parts.headers.contains_key("x-amz-target") {
        Protocol::Json
    } else if is_query && service == "ec2" {
        Protocol::Ec2
    } else if is_query {
        Protocol::Query
    } else if sigv4::parse(parts).is_none() {
        Protocol::Plain
    } else if XML.contains(&service) {
        Protocol::RestXml
    } else {
        Protocol::RestJson
    }
}

fn render(protocol: Protocol, message: &str) -> Response<ResponseBody> {
    let status = StatusCode::BAD_REQUEST;
    let escaped = quick_xml::escape::escape(message);
    let error = format!("<Code>{NOT_EMULATED}</Code><Message>{escaped}</Message>");
    let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    match protocol {
        Protocol::Registry => {
            let body = json!({ "errors": [{ "code": "UNSUPPORTED", "message": message }] });
            content(status, "application/json", body.to_string())
        }
        Protocol::Json => {
            let body = json!({ "__type": NOT_EMULATED, "message": message });
            content(status, "application/x-amz-json-1.1", body.to_string())
        }
        Protocol::RestJson => {
            let mut response = content(status, "application/json", json!({ "message": message }).to_string());
            set(&mut response, "x-amzn-errortype", NOT_EMULATED);
            response
        }
        Protocol::Query => {
            let text = format!("{head}<ErrorResponse><Error><Type>Sender</Type>{error}</Error></ErrorResponse>\n");
            content(status, "text/xml", text)
        }
        Protocol::Ec2 => {
            let text = format!("{head}<Response><Errors><Error>{error}</Error></Errors></Response>\n");
            content(status, "text/xml", text)
        }
        Protocol::RestXml => content(status, "application/xml", format!("{head}<Error>{error}</Error>\n")),
        Protocol::Plain => content(status, "text/plain", format!("{message}\n")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Bench, FORM, unchecked_signature};

    #[tokio::test]
    async fn each_client_hears_it_in_its_own_protocol() {
        let mut bench = Bench::new();
        let signed = unchecked_signature("AKIAIOSFODNN7EXAMPLE", "x");
        let signed = ("authorization", signed.as_str());
        let target = ("x-amz-target", "DynamoDB_20120810.ListTables");
        let says = "cirun's emulated AWS does not answer for";
        for (url, headers, shape) in [
            ("dynamodb.us-east-1.amazonaws.com/", &[target, signed][..], "{\"__type\":\"NotEmulated\",\"message\":"),
            ("sqs.us-east-1.amazonaws.com/", &[FORM, signed], "<ErrorResponse><Error><Type>Sender</Type><Code>"),
            ("ec2.us-east-1.amazonaws.com/", &[FORM, signed], "<Response><Errors><Error><Code>NotEmulated</Code>"),
            ("lambda.us-east-1.amazonaws.com/2015-03-31/functions", &[signed], "{\"message\":"),
            ("cloudfront.amazonaws.com/2020-05-31/distribution", &[signed], "<Error><Code>NotEmulated</Code>"),
            ("x.execute-api.us-east-1.amazonaws.com/v2/things", &[], says),
            ("21098765432.dkr.ecr.us-east-1.amazonaws.com/v2/", &[], "{\"errors\":[{\"code\":\"UNSUPPORTED\""),
            // Not the issuer's documents, and not STS, whatever the request contains.
            ("abc.s3-website.amazonaws.com/x/.well-known/jwks", &[], says),
            ("iam.amazonaws.com/?Action=GetCallerIdentity", &[], "<ErrorResponse>"),
        ] {
            let answer = bench.send(Method::POST, url, headers, b"").await;
            let host = url.split('/').next().unwrap();
            let text = answer.text().replace("&apos;", "'");
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{url}: {text}");
            assert!(text.contains(shape) && text.contains(says) && text.contains(host), "{url}: {text}");
            let entry = bench.entries().pop().unwrap();
            assert_eq!((entry.error.as_deref(), entry.host.as_str()), (Some(NOT_EMULATED), host));
        }
    }
}
