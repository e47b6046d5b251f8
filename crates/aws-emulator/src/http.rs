//! Bodies and small responses.

use std::io;

use bytes::{Bytes, BytesMut};
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Empty, Full, combinators::UnsyncBoxBody};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use thiserror::Error;

/// The content of a response.
pub(crate) type ResponseBody = UnsyncBoxBody<Bytes, io::Error>;
/// The content of a request, from a connection or a test.
pub(crate) type RequestBody = UnsyncBoxBody<Bytes, Box<dyn std::error::Error + Send + Sync>>;

/// The largest body of an API call; layers go to the registry, which streams them.
const MAX_CALL_BYTES: usize = 8 * 1024 * 1024;

/// A request body that could not be read.
#[derive(Debug, Error)]
pub(crate) enum BodyError {
    #[error("the body is larger than {MAX_CALL_BYTES} bytes")]
    TooLarge,
    #[error("the connection broke: {0}")]
    Broken(Box<dyn std::error::Error + Send + Sync>),
}

/// Reads a whole body of limited size.
pub(crate) async fn read_body(body: &mut RequestBody) -> Result<Bytes, BodyError> {
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.map_err(BodyError::Broken)?.into_data() {
            if bytes.len() + data.len() > MAX_CALL_BYTES {
                return Err(BodyError::TooLarge);
            }
            bytes.extend_from_slice(&data);
        }
    }
    Ok(bytes.freeze())
}

/// Returns a response with content.
pub(crate) fn content(
    status: StatusCode,
    content_type: &'static str,
    body: impl Into<Bytes>,
) -> Response<ResponseBody> {
    let body = body.into();
    let length = HeaderValue::from(body.len());
    let mut response = Response::new(Full::new(body).map_err(|never| match never {}).boxed_unsync());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response.headers_mut().insert(header::CONTENT_LENGTH, length);
    response
}

/// Returns a response without content.
pub(crate) fn empty(status: StatusCode) -> Response<ResponseBody> {
    let mut response = Response::new(Empty::new().map_err(|never| match never {}).boxed_unsync());
    *response.status_mut() = status;
    response
}

/// Removes the content and keeps the headers, including its length.
pub(crate) fn without_body(response: Response<ResponseBody>) -> Response<ResponseBody> {
    response.map(|_| Empty::new().map_err(|never| match never {}).boxed_unsync())
}

/// Sets a header to a value that is known to be valid.
pub(crate) fn set(response: &mut Response<ResponseBody>, name: &'static str, value: &str) {
    let value = HeaderValue::from_str(value).expect("our header values are visible ASCII");
    response.headers_mut().insert(name, value);
}

/// Returns a header as text, if it exists and is text.
pub(crate) fn header_text<'a>(parts: &'a http::request::Parts, name: &str) -> Option<&'a str> {
    parts.headers.get(name)?.to_str().ok()
}

/// Returns the host of a request, including the port: HTTP/2 has it in the URI.
pub(crate) fn authority<B>(request: &Request<B>) -> String {
    let from_uri = request.uri().authority().map(|authority| authority.as_str().to_owned());
    from_uri.or_else(|| request.headers().get(header::HOST)?.to_str().ok().map(str::to_owned)).unwrap_or_default()
}

/// The characters to encode: all but RFC 3986's unreserved ones, as SigV4 and links require.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Splits `name=value&…`, and decodes `%XX` and `+`.
pub(crate) fn form_pairs(text: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(text.as_bytes()).into_owned().collect()
}

/// Decodes `%XX`; invalid sequences stay unchanged.
pub(crate) fn percent_decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// Encodes everything except RFC 3986's unreserved characters.
pub(crate) fn percent_encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_decoded() {
        let pairs = form_pairs("Action=AssumeRole&RoleArn=arn%3Aaws%3Aiam&x=a+b%2Bc&flag&bad=%zz%4");
        let pairs: Vec<_> = pairs.iter().map(|(n, v)| format!("{n}={v}")).collect();
        assert_eq!(pairs, ["Action=AssumeRole", "RoleArn=arn:aws:iam", "x=a b+c", "flag=", "bad=%zz%4"]);
        assert_eq!(percent_encode("a b/ü~"), "a%20b%2F%C3%BC~");
    }
}
