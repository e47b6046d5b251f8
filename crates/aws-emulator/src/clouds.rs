//! The identity services that the plugins of Google's and Azure's registries call before they log in.
//!
//! Like STS they are addressed by name; their tokens are valid for the emulator's registries only.

mod azure;
mod google;

use cirun_image_ref::LoginKind;
use http::{Response, StatusCode, request::Parts};
use serde_json::Value;

use crate::{
    AuthKind, Service,
    emulator::Exchange,
    http::{RequestBody, ResponseBody, content, form_pairs, read_body},
};

/// How long an identity's token lasts, in seconds.
const TOKEN_SECONDS: u64 = 3599;

/// A cloud with an identity service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cloud {
    Google,
    Azure,
}

/// The host names of the identity services.
const HOSTS: &[(&str, Cloud)] = &[
    ("oauth2.googleapis.com", Cloud::Google),
    ("sts.googleapis.com", Cloud::Google),
    ("iamcredentials.googleapis.com", Cloud::Google),
    ("login.microsoftonline.com", Cloud::Azure),
    ("management.azure.com", Cloud::Azure),
];

/// Finds the cloud with an identity service of this name.
pub(crate) fn of_host(host: &str) -> Option<Cloud> {
    HOSTS.iter().find(|(name, _)| *name == host).map(|(_, cloud)| *cloud)
}

/// The names of the identity services that the plugins of this registry call.
pub fn identity_hosts(registry: &str) -> Vec<&'static str> {
    let cloud = match LoginKind::of(registry) {
        LoginKind::Google => Cloud::Google,
        LoginKind::Azure => Cloud::Azure,
        LoginKind::DockerHub | LoginKind::Other => return Vec::new(),
    };
    HOSTS.iter().filter(|(_, of)| *of == cloud).map(|(name, _)| *name).collect()
}

/// A call of an identity service, read completely.
struct Call<'a> {
    parts: &'a Parts,
    /// The fields of the query and of a form or a flat JSON body.
    fields: Vec<(String, String)>,
}

impl Call<'_> {
    fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }
}

/// A service's result: an action for the log, and the answer or the reason why there is none.
struct Said {
    action: &'static str,
    answer: Result<Value, (StatusCode, Value)>,
}

/// Answers a call.
pub(crate) async fn answer(exchange: Exchange<'_>, cloud: Cloud, mut body: RequestBody) -> Response<ResponseBody> {
    let Exchange { emulator, parts, entry, .. } = exchange;
    entry.service = match cloud {
        Cloud::Google => Service::Google,
        Cloud::Azure => Service::Azure,
    };
    let mut fields = form_pairs(parts.uri.query().unwrap_or_default());
    if let Ok(bytes) = read_body(&mut body).await {
        fields.extend(fields_of(&String::from_utf8_lossy(&bytes)));
    }
    for name in ["audience", "client_id", "grant_type", "requestedTokenType"] {
        if let Some((_, value)) = fields.iter().find(|(key, _)| key == name) {
            entry.param(name, value);
        }
    }
    let call = Call { parts: &parts, fields };
    let token = || emulator.signer.seal("identity", &entry.host);
    let said = match cloud {
        Cloud::Google => google::answer(&call, token),
        Cloud::Azure => azure::answer(&call, token),
    };
    entry.action = said.action.to_owned();
    entry.auth = AuthKind::Unsigned;
    match said.answer {
        Ok(value) => content(StatusCode::OK, "application/json", value.to_string()),
        Err((status, value)) => {
            entry.error = Some(value["error"].as_str().unwrap_or("error").to_owned());
            content(status, "application/json", value.to_string())
        }
    }
}

fn fields_of(text: &str) -> Vec<(String, String)> {
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(map)) => {
            let value = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            map.iter().map(|(key, field)| (key.clone(), value(field))).collect()
        }
        Ok(_) | Err(_) => form_pairs(text),
    }
}

#[cfg(test)]
mod tests;
