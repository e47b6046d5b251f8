//! Microsoft's sign-in, as far as a service principal's client uses it, and the list of a subscription's registries.

use http::StatusCode;
use serde_json::{Value, json};

use super::{Call, Said, TOKEN_SECONDS};

const LOGIN: &str = "login.microsoftonline.com";

/// Answers for login.microsoftonline.com and management.azure.com.
pub(super) fn answer(call: &Call<'_>, token: impl Fn() -> String) -> Said {
    let path = call.parts.uri.path();
    if path == "/common/discovery/instance" {
        return Said { action: "DiscoverInstance", answer: Ok(instance(call)) };
    }
    if let Some(tenant) = path.strip_suffix("/v2.0/.well-known/openid-configuration") {
        return Said { action: "OpenIdConfiguration", answer: Ok(configuration(tenant.trim_matches('/'))) };
    }
    if path.ends_with("/oauth2/v2.0/token") || path.ends_with("/oauth2/token") {
        let proof = ["client_secret", "client_assertion"].iter().any(|name| call.field(name).is_some());
        return match (call.field("client_id"), proof) {
            (Some(_), true) => Said {
                action: "OAuthToken",
                answer: Ok(json!({
                    "token_type": "Bearer",
                    "expires_in": TOKEN_SECONDS,
                    "ext_expires_in": TOKEN_SECONDS,
                    "access_token": token(),
                })),
            },
            _ => {
                let text = "AADSTS7000216: 'client_assertion' or 'client_secret' is required";
                let value = json!({ "error": "invalid_client", "error_description": text });
                Said { action: "OAuthToken", answer: Err((StatusCode::UNAUTHORIZED, value)) }
            }
        };
    }
    if let Some(rest) = path.strip_prefix("/subscriptions/")
        && let Some(subscription) = rest.strip_suffix("/resources")
    {
        return Said { action: "ListResources", answer: Ok(resources(subscription, call.field("$filter"))) };
    }
    let value = json!({ "error": "not_found", "error_description": path });
    Said { action: "Unknown", answer: Err((StatusCode::NOT_FOUND, value)) }
}

fn instance(call: &Call<'_>) -> Value {
    let endpoint = call.field("authorization_endpoint").unwrap_or_default();
    let base = endpoint.split("/oauth2/").next().unwrap_or_default();
    json!({
        "tenant_discovery_endpoint": format!("{base}/v2.0/.well-known/openid-configuration"),
        "api-version": "1.1",
        "metadata": [{ "preferred_network": LOGIN, "preferred_cache": "login.windows.net", "aliases": [LOGIN] }],
    })
}

fn configuration(tenant: &str) -> Value {
    json!({
        "issuer": format!("https://{LOGIN}/{tenant}/v2.0"),
        "authorization_endpoint": format!("https://{LOGIN}/{tenant}/oauth2/v2.0/authorize"),
        "token_endpoint": format!("https://{LOGIN}/{tenant}/oauth2/v2.0/token"),
        "jwks_uri": format!("https://{LOGIN}/{tenant}/discovery/v2.0/keys"),
    })
}

/// The registry in the filter `… name eq 'team'`; kaniko-acr builds its artifact's address from the id.
fn resources(subscription: &str, filter: Option<&str>) -> Value {
    let name = filter.and_then(|text| text.rsplit("name eq '").next()?.split('\'').next()).unwrap_or_default();
    let id = format!(
        "/subscriptions/{subscription}/resourceGroups/local/providers/Microsoft.ContainerRegistry/registries/{name}"
    );
    json!({ "value": [{ "id": id }] })
}
