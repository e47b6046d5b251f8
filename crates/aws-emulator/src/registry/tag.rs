//! The list of tags, in pages.

use http::{Method, Response, StatusCode};
use serde_json::json;

use super::{
    Call, RegistryError,
    page::{Page, link},
};
use crate::http::{ResponseBody, content};

/// Answers `GET …/tags/list`, with `n` and `last`.
pub(super) async fn list(mut call: Call<'_, '_>) -> Result<Response<ResponseBody>, RegistryError> {
    call.action("ListTags");
    if !matches!(call.exchange.parts.method, Method::GET | Method::HEAD) {
        return Err(RegistryError::MethodNotAllowed);
    }
    let page = Page::read(call.exchange.parts.uri.query().unwrap_or_default())?;
    let tags = call.store(|emulator, repository| emulator.store.tags(repository)).await?;
    let (tags, last) = page.cut(tags.keys().map(|tag| tag.as_str()));
    let name = call.base.strip_prefix("/v2/").unwrap_or(&call.base);
    let body = json!({ "name": name, "tags": tags });
    let mut response = content(StatusCode::OK, "application/json", body.to_string());
    link(&mut response, &format!("{}/tags/list", call.base), &page, last);
    Ok(response)
}
