//! Lists of the engine's objects, limited to those of the run, and filters for lists that the engine limits itself.

use std::collections::{BTreeMap, HashMap};

use http_body_util::{BodyExt, Limited};
use hyper::{Response, StatusCode, body::Incoming, header::CONTENT_LENGTH};
use serde_json::{Value, json};

use super::{
    answer::{self, Body, BoxError},
    asked::Asked,
    endpoints::Kind,
    forward,
    refusal::Refusal,
    state::Proxy,
    whose::Deed,
};
use crate::labels::{ROLE, SOCKET};

/// Larger than any list.
const MAX_BYTES: usize = 64 << 20;
/// The listed objects that every engine has.
const BUILT_IN: [&str; 3] = ["bridge", "none", "host"];

/// Answers a list.
pub(super) async fn list(proxy: &Proxy, asked: &Asked, kind: Kind) -> Result<Response<Body>, BoxError> {
    let (mut parts, body) = forward::ask(proxy.engine_socket(), asked.plain()?).await?.into_parts();
    let bytes = Limited::new(body, MAX_BYTES).collect().await?.to_bytes();
    if parts.status != StatusCode::OK {
        return Ok(Response::from_parts(parts, answer::whole(bytes)));
    }
    let mut list: Value = serde_json::from_slice(&bytes)?;
    match kind {
        Kind::Container => retain(Some(&mut list), |labels| proxy.is_visible(labels)),
        Kind::Network => retain(Some(&mut list), |labels| proxy.is_usable(labels, Deed::Use)),
        Kind::Volume => retain(list.get_mut("Volumes"), |labels| proxy.is_usable(labels, Deed::Use)),
        Kind::All => {
            retain(list.get_mut("Containers"), |labels| proxy.is_visible(labels));
            retain(list.get_mut("Volumes"), |labels| proxy.is_usable(labels, Deed::Use));
        }
    }
    hide(&mut list);
    parts.headers.remove(CONTENT_LENGTH);
    Ok(Response::from_parts(parts, answer::whole(list.to_string())))
}

/// The description of an object, without the run's labels: compose takes unknown labels for a change.
pub(super) async fn described(answer: Response<Incoming>) -> Result<Response<Body>, BoxError> {
    let (mut parts, body) = answer.into_parts();
    let bytes = Limited::new(body, MAX_BYTES).collect().await?.to_bytes();
    if parts.status != StatusCode::OK {
        return Ok(Response::from_parts(parts, answer::whole(bytes)));
    }
    let mut description: Value = serde_json::from_slice(&bytes)?;
    hide(&mut description);
    parts.headers.remove(CONTENT_LENGTH);
    Ok(Response::from_parts(parts, answer::whole(description.to_string())))
}

/// Removes the run's labels, wherever there are labels.
fn hide(value: &mut Value) {
    match value {
        Value::Object(object) => {
            for (key, inner) in object.iter_mut() {
                match inner {
                    Value::Object(labels) if key == "Labels" => labels.retain(|name, _| !name.starts_with("cirun.")),
                    other => hide(other),
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(hide),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Removes objects of others. Only networks can have names that belong to the engine itself.
fn retain(list: Option<&mut Value>, is_seen: impl Fn(&HashMap<String, String>) -> bool) {
    let Some(list) = list.and_then(Value::as_array_mut) else { return };
    list.retain(|object| {
        let labels = object.get("Labels").and_then(Value::as_object);
        let labels =
            labels.into_iter().flatten().filter_map(|(name, value)| Some((name.clone(), value.as_str()?.into())));
        let is_network = object.get("Driver").is_some() && object.get("Mountpoint").is_none();
        let name = object.get("Name").and_then(Value::as_str).unwrap_or_default();
        is_seen(&labels.collect()) || is_network && BUILT_IN.contains(&name)
    });
}

/// Answers a request for events, limited to the run's objects.
pub(super) async fn events(proxy: &Proxy, asked: Asked) -> Result<Response<Body>, BoxError> {
    filtered(proxy, asked, &[proxy.run_label()]).await
}

/// Answers a removal of unused objects, limited to those that steps of the run created.
pub(super) async fn prune(proxy: &Proxy, asked: Asked) -> Result<Response<Body>, BoxError> {
    filtered(proxy, asked, &[proxy.run_label(), format!("{ROLE}={SOCKET}")]).await
}

/// Answers a removal of unused images or caches: a run may not remove any.
pub(super) fn nothing_unused() -> Response<Body> {
    answer::json(200, &json!({"ImagesDeleted": null, "CachesDeleted": null, "SpaceReclaimed": 0}))
}

async fn filtered(proxy: &Proxy, mut asked: Asked, labels: &[String]) -> Result<Response<Body>, BoxError> {
    let filters = with_labels(asked.address.parameter("filters"), labels)?;
    asked.address = asked.address.with("filters", &filters);
    forward::pass(proxy.engine_socket(), asked.plain()?).await
}

/// Filters, in either form that the engine reads, with required labels added.
fn with_labels(filters: Option<&str>, labels: &[String]) -> Result<String, Refusal> {
    let mut all: BTreeMap<String, BTreeMap<String, bool>> = BTreeMap::new();
    if let Some(text) = filters {
        let current = serde_json::from_str(text);
        let old = || {
            let old = serde_json::from_str::<BTreeMap<String, Vec<String>>>(text).ok()?;
            Some(
                old.into_iter()
                    .map(|(name, list)| (name, list.into_iter().map(|value| (value, true)).collect()))
                    .collect(),
            )
        };
        let read = current.ok().or_else(old);
        all = read.ok_or_else(|| Refusal::bad(format_args!("the filters `{text}` cannot be read")))?;
    }
    all.entry("label".to_owned()).or_default().extend(labels.iter().map(|label| (label.clone(), true)));
    Ok(serde_json::to_string(&all).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters_in_both_forms() {
        let with = |filters| with_labels(filters, &["a=b".to_owned()]);
        assert_eq!(with(None), Ok(r#"{"label":{"a=b":true}}"#.to_owned()));
        for filters in [r#"{"until":["1h"],"label":["c"]}"#, r#"{"until":{"1h":true},"label":{"c":true}}"#] {
            assert_eq!(with(Some(filters)), Ok(r#"{"label":{"a=b":true,"c":true},"until":{"1h":true}}"#.to_owned()));
        }
        for bad in ["[]", "{\"a\":1}", "{"] {
            assert!(with(Some(bad)).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_runs_labels_are_hidden() {
        let mut value = json!([{"Config": {"Labels": {"cirun.run": "r", "mine": "1"}}, "Labels": {"cirun.pid": "1"}}]);
        hide(&mut value);
        assert_eq!(value, json!([{"Config": {"Labels": {"mine": "1"}}, "Labels": {}}]));
    }

    #[test]
    fn lists_keep_what_is_seen_and_the_engines_own_networks() {
        let mut list = json!([
            {"Id": "1", "Labels": {"mine": "yes"}},
            {"Id": "2", "Labels": {"mine": "no"}},
            {"Id": "3", "Labels": null},
            {"Id": "4", "Name": "bridge", "Driver": "bridge", "Labels": {}},
            {"Name": "bridge", "Driver": "local", "Mountpoint": "/m", "Labels": null},
        ]);
        retain(Some(&mut list), |labels| labels.get("mine").is_some_and(|mine| mine == "yes"));
        let ids: Vec<_> = list.as_array().unwrap().iter().map(|object| object["Id"].as_str().unwrap()).collect();
        assert_eq!(ids, ["1", "4"]);
    }
}
