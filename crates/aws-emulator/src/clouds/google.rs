//! Google's token services: exchange a service account's key, or a federated token, for an access token.

use http::StatusCode;
use serde_json::{Value, json};

use super::{Call, Said, TOKEN_SECONDS};

/// Answers for oauth2, sts and iamcredentials.googleapis.com.
pub(super) fn answer(call: &Call<'_>, token: impl Fn() -> String) -> Said {
    let path = call.parts.uri.path();
    match path {
        "/token" => match call.field("assertion").or(call.field("refresh_token")) {
            Some(_) => Said { action: "OAuthToken", answer: Ok(bearer(&token())) },
            None => refused("OAuthToken", "invalid_grant", "no `assertion`"),
        },
        "/v1/token" => match call.field("subjectToken").or(call.field("subject_token")) {
            Some(_) => {
                let mut answer = bearer(&token());
                answer["issued_token_type"] = json!("urn:ietf:params:oauth:token-type:access_token");
                Said { action: "ExchangeToken", answer: Ok(answer) }
            }
            None => refused("ExchangeToken", "invalid_request", "no `subjectToken`"),
        },
        _ if path.ends_with(":generateAccessToken") => {
            let authorized = call.parts.headers.contains_key("authorization");
            if !authorized {
                return refused("GenerateAccessToken", "UNAUTHENTICATED", "no access token in `Authorization`");
            }
            let answer = json!({ "accessToken": token(), "expireTime": "2099-01-01T00:00:00Z" });
            Said { action: "GenerateAccessToken", answer: Ok(answer) }
        }
        _ => refused("Unknown", "not_found", "not a token service's address"),
    }
}

fn bearer(token: &str) -> Value {
    json!({ "access_token": token, "token_type": "Bearer", "expires_in": TOKEN_SECONDS })
}

fn refused(action: &'static str, code: &str, message: &str) -> Said {
    let value = json!({ "error": code, "error_description": message });
    Said { action, answer: Err((StatusCode::BAD_REQUEST, value)) }
}
