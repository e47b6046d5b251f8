//! AWS Signature Version 4: the signer of a request, its region and service, and whether the signature is right.

mod verify;

use http::request::Parts;

pub(crate) use self::verify::{SignatureError, verify};
use crate::http::{form_pairs, header_text};

/// The only algorithm: the asymmetric one is for S3's multi-region endpoints.
const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// The data about the signer in a signed request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Signature {
    pub(crate) scope: Scope,
    pub(crate) signed_headers: Vec<String>,
    /// Hex digits.
    pub(crate) signature: String,
    /// `X-Amz-Date`, `YYYYMMDDTHHMMSSZ`.
    pub(crate) time: String,
    /// The token of temporary keys.
    pub(crate) session_token: Option<String>,
    pub(crate) place: Place,
}

/// The signing key and its scope: `<key id>/<date>/<region>/<service>/aws4_request`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scope {
    pub(crate) access_key_id: String,
    /// `YYYYMMDD`.
    pub(crate) date: String,
    pub(crate) region: String,
    pub(crate) service: String,
}

/// The place of the signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Header,
    /// In the query of a presigned address, which is valid for this number of seconds.
    Query {
        expires: u32,
    },
}

/// Reads a request's signature; `None` if it has none.
pub(crate) fn parse(parts: &Parts) -> Option<Signature> {
    from_header(parts).or_else(|| from_query(parts))
}

fn from_header(parts: &Parts) -> Option<Signature> {
    let fields = header_text(parts, "authorization")?.strip_prefix(ALGORITHM)?;
    let field = |name: &str| fields.split(',').find_map(|field| field.trim().strip_prefix(name)?.strip_prefix('='));
    Some(Signature {
        scope: Scope::parse(field("Credential")?)?,
        signed_headers: field("SignedHeaders")?.split(';').map(str::to_owned).collect(),
        signature: field("Signature")?.to_owned(),
        time: header_text(parts, "x-amz-date").unwrap_or_default().to_owned(),
        session_token: header_text(parts, "x-amz-security-token").map(str::to_owned),
        place: Place::Header,
    })
}

fn from_query(parts: &Parts) -> Option<Signature> {
    let pairs = form_pairs(parts.uri.query()?);
    let field = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    if field("X-Amz-Algorithm")? != ALGORITHM {
        return None;
    }
    Some(Signature {
        scope: Scope::parse(field("X-Amz-Credential")?)?,
        signed_headers: field("X-Amz-SignedHeaders")?.split(';').map(str::to_owned).collect(),
        signature: field("X-Amz-Signature")?.to_owned(),
        time: field("X-Amz-Date")?.to_owned(),
        session_token: field("X-Amz-Security-Token").map(str::to_owned),
        place: Place::Query { expires: field("X-Amz-Expires")?.parse().ok()? },
    })
}

impl Scope {
    fn parse(credential: &str) -> Option<Self> {
        let mut parts = credential.rsplitn(5, '/');
        let (end, service, region, date, key) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        (end == "aws4_request" && !key.is_empty()).then(|| Self {
            access_key_id: key.to_owned(),
            date: date.to_owned(),
            region: region.to_owned(),
            service: service.to_owned(),
        })
    }
}

#[cfg(test)]
mod tests;
