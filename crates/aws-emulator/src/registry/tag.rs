//! The list of tags, in pages.

use http::{Method, Response, StatusCode};
use serde_json::json;

use super::{Call, RegistryError};
use crate::http::{ResponseBody, content, percent_encode, set};

/// Answers `GET …/tags/list`, with `n` and `last`.
pub(super) async fn list(mut call: Call<'_, '_>) -> Result<Response<ResponseBody>, RegistryError> {
    call.action("ListTags");
    if !matches!(call.exchange.parts.method, Method::GET | Method::HEAD) {
        return Err(RegistryError::MethodNotAllowed);
    }
    let limit = match call.query("n") {
        Some(text) => text.parse().map_err(|_| RegistryError::Range(text))?,
        None => usize::MAX,
    };
    let last = call.query("last");
    let tags = call.store(|emulator, repository| emulator.store.tags(repository)).await?;
    let mut rest = tags.keys().map(|tag| tag.as_str()).filter(|tag| last.as_deref().is_none_or(|last| *tag > last));
    let page: Vec<&str> = rest.by_ref().take(limit).collect();
    let name = call.base.strip_prefix("/v2/").unwrap_or(&call.base);
    let body = json!({ "name": name, "tags": page });
    let mut response = content(StatusCode::OK, "application/json", body.to_string());
    if let (Some(last), Some(_)) = (page.last(), rest.next()) {
        let next = format!("<{}/tags/list?n={limit}&last={}>; rel=\"next\"", call.base, percent_encode(last));
        set(&mut response, "link", &next);
    }
    Ok(response)
}
