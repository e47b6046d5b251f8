//! The run's labels on what a step creates.

use std::collections::HashMap;

use serde_json::Value;

use super::{
    document::{Object, object_of},
    refusal::Refusal,
};

/// Adds the run's labels to an object; they override its own.
///
/// # Errors
/// Labels that are not an object.
pub(super) fn label(object: &mut Object, labels: &HashMap<String, String>) -> Result<(), Refusal> {
    let mut given = object_of(object, "Labels")?;
    given.retain(|name, _| !name.starts_with("cirun."));
    given.extend(labels.iter().map(|(name, value)| (name.clone(), Value::String(value.clone()))));
    object.insert("Labels".to_owned(), Value::Object(given));
    Ok(())
}
