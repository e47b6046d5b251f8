//! STS calls: forwarded completely; the returned sessions are stored, because their keys will call ECR here.

use http::Response;
use quick_xml::{Reader, escape::unescape, events::Event};

use super::client::{Answer, UpstreamClient, UpstreamError};
use crate::{
    emulator::{Exchange, blocking},
    http::ResponseBody,
    identity::{Principal, account_of_arn},
};

/// Forwards a call; `None` if the upstream does not have the action.
pub(crate) async fn forward(
    call: &mut Exchange<'_>,
    upstream: &UpstreamClient,
    body: bytes::Bytes,
) -> Result<Option<Response<ResponseBody>>, UpstreamError> {
    let answer = upstream.send(&call.parts, &call.authority, body).await?;
    if answer.is_unsupported() {
        return Ok(None);
    }
    call.entry.param("forwarded", upstream);
    if answer.status.is_success() {
        remember(call, &answer).await?;
    } else {
        call.entry.error = element(&String::from_utf8_lossy(&answer.body), "Code");
    }
    Ok(Some(answer.into_response()))
}

async fn remember(call: &Exchange<'_>, answer: &Answer) -> Result<(), UpstreamError> {
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    let (Some(key), Some(arn)) = (element(&text, "AccessKeyId"), element(&text, "Arn")) else { return Ok(()) };
    let Some(account) = account_of_arn(&arn).map(str::to_owned) else { return Ok(()) };
    let user_id = element(&text, "AssumedRoleId").unwrap_or_default();
    let principal = Principal { arn, account, user_id };
    let store = call.emulator.store.clone();
    Ok(blocking(move || principal.remember(&store, &key)).await?)
}

/// Returns the text of the first element with this name; also `None` if the text is not XML.
fn element(xml: &str, name: &str) -> Option<String> {
    let mut reader = Reader::from_str(xml);
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) if start.name().as_ref() == name => {
                let text = reader.read_text(start.name()).ok()?;
                return Some(unescape(&text).ok()?.trim().to_owned());
            }
            Event::Eof => return None,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::element;

    #[test]
    fn finds_the_first_of_a_name() {
        let xml = "<A><B>1 &amp; 2</B><C><B>3</B></C></A>";
        assert_eq!(element(xml, "B").as_deref(), Some("1 & 2"));
        assert_eq!(element(xml, "D"), None);
        assert_eq!(element("{}", "B"), None);
    }
}
