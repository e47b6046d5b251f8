//! `resources` of a container.

use crate::{FieldKind, Text, lower::spec::fields};

/// `resources`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Resources {
    /// `limits.cpu`.
    pub limit_cpu: Option<Text>,
    /// `limits.memory`.
    pub limit_memory: Option<Text>,
    /// `requests.cpu`.
    pub request_cpu: Option<Text>,
    /// `requests.memory`.
    pub request_memory: Option<Text>,
}

fields! {
    RESOURCES {
        "limits": FieldKind::Object(AMOUNTS);
        "requests": FieldKind::Object(AMOUNTS);
    }
    AMOUNTS {
        "cpu": FieldKind::TextOrNumber;
        "memory": FieldKind::Text;
    }
}
