//! STS: the query protocol, with XML responses.

mod assume_role;
mod error;
mod federation;
mod identity;
mod rule;
mod saml;
mod web_identity;
mod xml;

use http::{Response, StatusCode, header};

pub(crate) use self::error::StsError;
use self::xml::Element;
use crate::{
    AuthKind, Service,
    emulator::{Emulator, Exchange},
    forward,
    http::{RequestBody, ResponseBody, content, form_pairs, read_body, set},
    identity::{Caller, SessionKeys, authenticate},
    storage::random,
};

/// The logged parameters; the others may be secret or irrelevant.
const LOGGED: [&str; 4] = ["RoleArn", "ExternalId", "DurationSeconds", "RoleSessionName"];

/// The parameters of a call.
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    fn require(&self, name: &'static str) -> Result<&str, StsError> {
        self.get(name).ok_or(StsError::MissingParameter(name))
    }

    /// Returns the members of a list: `Tags.member.1.Key`, `Tags.member.2.Key`, … for `Tags` and `.Key`.
    fn members(&self, list: &str, field: &str) -> Vec<&str> {
        let member = |number: usize| {
            let name = format!("{list}.member.{number}{field}");
            self.0.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str())
        };
        (1..).map_while(member).collect()
    }
}

/// Answers a request to STS.
pub(crate) async fn answer(mut call: Exchange<'_>, mut body: RequestBody) -> Response<ResponseBody> {
    call.entry.service = Service::Sts;
    let request_id = request_id();
    let result = run(&mut call, &mut body).await;
    let (status, document) = match result {
        Ok(Answered::Elsewhere(response)) => return response,
        Ok(Answered::Here(document)) => (StatusCode::OK, document.with_request_id(&request_id)),
        Err(error) => {
            call.entry.error = Some(error.code().to_owned());
            (error.status(), error.document(&request_id))
        }
    };
    let mut response = content(status, "text/xml", document.render());
    set(&mut response, "x-amzn-requestid", &request_id);
    response
}

/// Which emulator answered a call.
enum Answered {
    Here(Element),
    /// The emulator that calls are forwarded to.
    Elsewhere(Response<ResponseBody>),
}

async fn run(call: &mut Exchange<'_>, body: &mut RequestBody) -> Result<Answered, StsError> {
    let body = read_body(body).await.map_err(|e| StsError::Malformed(e.to_string()))?;
    call.entry.bytes_in = body.len() as u64;
    let mut pairs = form_pairs(call.parts.uri.query().unwrap_or_default());
    if call.parts.headers.contains_key(header::CONTENT_TYPE) {
        pairs.extend(form_pairs(&String::from_utf8_lossy(&body)));
    }
    let params = Params(pairs);
    let action = params.get("Action").ok_or(StsError::MissingAction)?.to_owned();
    call.entry.action.clone_from(&action);
    for name in LOGGED {
        if let Some(value) = params.get(name) {
            call.entry.param(name, value);
        }
    }
    if let Some(fault) = call.emulator.fault(Service::Sts).await {
        return Err(StsError::Fault(fault));
    }
    let caller = if UNSIGNED.iter().any(|(name, _)| *name == action) {
        call.entry.auth = AuthKind::Unsigned;
        None
    } else {
        let caller = authenticate(call.emulator, "sts", &call.parts, &call.authority, &body)?;
        call.entry.auth = AuthKind::Signed;
        call.entry.principal = Some(caller.principal.arn.clone());
        call.entry.access_key_id = Some(caller.access_key_id.clone());
        Some(caller)
    };
    if let Some(upstream) = &call.emulator.upstream {
        let forwarded = forward::forward_sts(call, upstream, body).await;
        if let Some(response) = forwarded.map_err(|e| StsError::Upstream(e.to_string()))? {
            return Ok(Answered::Elsewhere(response));
        }
    }
    match caller {
        Some(caller) => signed(call.emulator, &action, &caller, &params),
        None => unsigned(call.emulator, &action, &params),
    }
    .map(Answered::Here)
}

type Unsigned = fn(&Emulator, &Params) -> Result<Element, StsError>;

/// The actions whose caller is identified by a token only.
const UNSIGNED: [(&str, Unsigned); 2] =
    [("AssumeRoleWithSAML", saml::assume), ("AssumeRoleWithWebIdentity", web_identity::assume)];

fn unsigned(emulator: &Emulator, action: &str, params: &Params) -> Result<Element, StsError> {
    let (_, assume) =
        UNSIGNED.iter().find(|(name, _)| *name == action).ok_or_else(|| StsError::InvalidAction(action.to_owned()))?;
    assume(emulator, params)
}

/// The actions that need a signature.
fn signed(emulator: &Emulator, action: &str, caller: &Caller, params: &Params) -> Result<Element, StsError> {
    match action {
        "GetCallerIdentity" => Ok(identity::caller(&caller.principal)),
        "AssumeRole" => assume_role::assume(emulator, caller, params),
        "GetSessionToken" => identity::session_token(emulator, caller, params),
        "GetFederationToken" => federation::token(emulator, caller, params),
        "GetAccessKeyInfo" => identity::access_key_info(emulator, params),
        "GetWebIdentityToken" => identity::web_identity_token(caller, params),
        "DecodeAuthorizationMessage" => identity::decode_message(params),
        _ => Err(StsError::InvalidAction(action.to_owned())),
    }
}

/// Renders credentials, in the format of all actions that issue them.
fn credentials(keys: &SessionKeys) -> Element {
    Element::parent(
        "Credentials",
        [
            Element::text("AccessKeyId", &keys.access_key_id),
            Element::text("SecretAccessKey", &keys.secret_access_key),
            Element::text("SessionToken", &keys.session_token),
            Element::text("Expiration", keys.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
        ],
    )
}

fn request_id() -> String {
    let hex = hex::encode(random(16));
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

#[cfg(test)]
mod tests;
