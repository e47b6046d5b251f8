//! Computes a signature from the request and the key, and compares it.

use std::fmt::Write;

use http::request::Parts;
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use ring::{digest, hmac};

use super::{ALGORITHM, Place, Scope, Signature};
use crate::http::{percent_decode, percent_encode};

/// The maximum clock difference of a signed request, in seconds.
const MAX_SKEW_SECONDS: i64 = 15 * 60;
/// The maximum lifetime of a presigned address, in seconds: a week (IAM User Guide, "Create a signed request").
const MAX_PRESIGNED_SECONDS: u32 = 7 * 24 * 3600;

/// Why a signature is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignatureError {
    /// It does not match the key.
    Mismatch,
    /// Its time is missing, malformed, or too far off.
    Time,
}

/// Checks a signature with the secret key. `host` is the name in the client's request, including the port.
pub(crate) fn verify(
    parts: &Parts,
    host: &str,
    body: &[u8],
    signature: &Signature,
    secret_access_key: &str,
    now: Timestamp,
) -> Result<(), SignatureError> {
    check_time(signature, now)?;
    if !signs_enough(parts, signature) {
        return Err(SignatureError::Mismatch);
    }
    let request = canonical_request(parts, host, body, signature);
    let Scope { date, region, service, .. } = &signature.scope;
    let scope = format!("{date}/{region}/{service}/aws4_request");
    let text = format!("{ALGORITHM}\n{}\n{scope}\n{}", signature.time, sha256_hex(request.as_bytes()));
    let key = signing_key(secret_access_key, &signature.scope);
    let given = hex::decode(&signature.signature).map_err(|_| SignatureError::Mismatch)?;
    hmac::verify(&key, text.as_bytes(), &given).map_err(|_| SignatureError::Mismatch)
}

fn check_time(signature: &Signature, now: Timestamp) -> Result<(), SignatureError> {
    let time = DateTime::strptime("%Y%m%dT%H%M%SZ", &signature.time).map_err(|_| SignatureError::Time)?;
    let time = time.to_zoned(TimeZone::UTC).map_err(|_| SignatureError::Time)?.timestamp();
    let late = now.as_second() - time.as_second();
    let longest = match signature.place {
        Place::Header => MAX_SKEW_SECONDS,
        Place::Query { expires } if expires > MAX_PRESIGNED_SECONDS => return Err(SignatureError::Time),
        Place::Query { expires } => i64::from(expires),
    };
    if late > longest || late < -MAX_SKEW_SECONDS || !signature.time.starts_with(&signature.scope.date) {
        return Err(SignatureError::Time);
    }
    Ok(())
}

/// A signature covers the host and every `x-amz-` header (IAM User Guide, "Create a signed request"): a header that it
/// does not cover, such as the action of a call, could be changed on the way.
fn signs_enough(parts: &Parts, signature: &Signature) -> bool {
    let signs = |name: &str| signature.signed_headers.iter().any(|signed| signed == name);
    signs("host")
        && parts.headers.keys().filter(|name| name.as_str().starts_with("x-amz-")).all(|name| signs(name.as_str()))
}

fn signing_key(secret_access_key: &str, scope: &Scope) -> hmac::Key {
    let mut key = hmac::Key::new(hmac::HMAC_SHA256, format!("AWS4{secret_access_key}").as_bytes());
    for part in [&scope.date, &scope.region, &scope.service, "aws4_request"] {
        key = hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&key, part.as_bytes()).as_ref());
    }
    key
}

/// Builds the canonical text that both sides hash.
pub(super) fn canonical_request(parts: &Parts, host: &str, body: &[u8], signature: &Signature) -> String {
    let mut text = format!("{}\n{}\n{}\n", parts.method, canonical_path(parts.uri.path()), canonical_query(parts));
    for name in &signature.signed_headers {
        writeln!(text, "{name}:{}", canonical_header(parts, host, name)).expect("writing to a string works");
    }
    // Only S3 accepts an unsigned payload.
    let payload = sha256_hex(body);
    write!(text, "\n{}\n{payload}", signature.signed_headers.join(";")).expect("writing to a string works");
    text
}

/// Resolves `.` and `..`, and encodes each segment once more, as all services except S3 do.
fn canonical_path(path: &str) -> String {
    let mut segments = Vec::new();
    for segment in path.split('/').filter(|segment| !segment.is_empty() && *segment != ".") {
        if segment == ".." {
            segments.pop();
        } else {
            segments.push(percent_encode(segment));
        }
    }
    let slash = if segments.is_empty() || !path.ends_with('/') { "" } else { "/" };
    format!("/{}{slash}", segments.join("/"))
}

/// Sorts the query's parameters, except the signature itself.
fn canonical_query(parts: &Parts) -> String {
    let mut pairs: Vec<(String, String)> = parts
        .uri
        .query()
        .unwrap_or_default()
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .filter(|(name, _)| *name != "X-Amz-Signature")
        .map(|(name, value)| (percent_encode(&percent_decode(name)), percent_encode(&percent_decode(value))))
        .collect();
    pairs.sort();
    pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

/// Joins a header's values, trimmed and with runs of spaces made one.
fn canonical_header(parts: &Parts, host: &str, name: &str) -> String {
    let values: Vec<String> = parts
        .headers
        .get_all(name)
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()).split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    // HTTP/2 has no Host header, but clients sign its value nevertheless.
    if values.is_empty() && name == "host" { host.to_owned() } else { values.join(",") }
}

fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(digest::digest(&digest::SHA256, bytes))
}
