//! S3: only forwarded. The emulator has no buckets; `Config::upstream` has them.

use http::{Response, StatusCode};

use crate::{
    AuthKind, Service,
    emulator::Exchange,
    http::{RequestBody, ResponseBody, content},
    refuse::NOT_EMULATED,
    sigv4,
};

/// Forwards a call unchanged, and returns the response; both are streams, because objects are large.
pub(crate) async fn answer(call: Exchange<'_>, bucket: Option<String>, body: RequestBody) -> Response<ResponseBody> {
    let entry = call.entry;
    entry.service = Service::S3;
    entry.action = call.parts.method.to_string();
    entry.auth = AuthKind::None;
    if let Some(signature) = sigv4::parse(&call.parts) {
        entry.access_key_id = Some(signature.scope.access_key_id);
    }
    if let Some(bucket) = bucket {
        entry.param("bucket", bucket);
    }
    entry.param("path", call.parts.uri.path());
    let Some(upstream) = &call.emulator.upstream else {
        entry.error = Some(NOT_EMULATED.to_owned());
        entry.param("aws", "s3");
        return error(
            StatusCode::NOT_IMPLEMENTED,
            "NotImplemented",
            "cirun's emulated AWS has no buckets: give it an endpoint that has",
        );
    };
    entry.param("forwarded", upstream);
    match upstream.stream(&call.parts, &call.authority, body).await {
        Ok(response) => response,
        Err(failed) => error(StatusCode::BAD_GATEWAY, "InternalError", &failed.to_string()),
    }
}

fn error(status: StatusCode, code: &str, message: &str) -> Response<ResponseBody> {
    let message = quick_xml::escape::escape(message);
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>\n"
    );
    content(status, "application/xml", text)
}
