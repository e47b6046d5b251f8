//! The variables of steps. Those of the stage are the same for all of its steps, and are turned into JSON once.

use std::{borrow::Cow, cell::RefCell, ptr, rc::Rc};

use foldhash::fast::RandomState;
use indexmap::IndexMap;
use serde::{
    Serialize, Serializer,
    ser::{Error, SerializeSeq},
};

use super::{is_false, write};
use crate::{EnvVar, Environment, Origin, Traced, environment::Sharing};

/// The JSON of shared variables, by their address: the plan does not move while it is written.
#[derive(Debug, Default)]
pub(super) struct SharedVariables(RefCell<IndexMap<*const EnvVar, Rc<[u8]>, RandomState>>);

impl SharedVariables {
    fn json(&self, name: &str, variable: &EnvVar) -> serde_json::Result<Rc<[u8]>> {
        let address = ptr::from_ref(variable);
        if let Some(json) = self.0.borrow().get(&address) {
            return Ok(Rc::clone(json));
        }
        let mut json = Vec::new();
        write(&WireVariable::new(name, variable), &mut json)?;
        let json: Rc<[u8]> = json.into();
        self.0.borrow_mut().insert(address, Rc::clone(&json));
        Ok(json)
    }
}

/// The variables of a step.
pub(super) struct Variables<'a> {
    pub(super) env: &'a Environment,
    pub(super) shared: &'a SharedVariables,
}

/// A step without a program has an empty list.
pub(super) fn or_none<S: Serializer>(variables: &Option<Variables<'_>>, serializer: S) -> Result<S::Ok, S::Error> {
    match variables {
        Some(variables) => variables.serialize(serializer),
        None => serializer.collect_seq(None::<()>),
    }
}

impl Serialize for Variables<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut items = serializer.serialize_seq(None)?;
        for (name, variable, sharing) in self.env.iter_with_sharing() {
            match sharing {
                Sharing::Own => items.serialize_element(&WireVariable::new(name, variable))?,
                Sharing::Shared => {
                    let json = self.shared.json(name, variable).map_err(S::Error::custom)?;
                    items.serialize_element(&Written(&json))?;
                }
            }
        }
        items.end()
    }
}

/// JSON as [`Indented`](crate::indented::Indented) writes it at level 0, which it takes as bytes.
struct Written<'a>(&'a [u8]);

impl Serialize for Written<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

#[derive(Serialize)]
struct WireVariable<'a> {
    name: &'a str,
    value: Cow<'a, str>,
    secret: bool,
    origin: WireOrigin<'a>,
    #[serde(skip_serializing_if = "is_false")]
    deferred: bool,
}

impl<'a> WireVariable<'a> {
    fn new(name: &'a str, variable: &'a EnvVar) -> Self {
        let EnvVar { value: Traced { value, origin } } = variable;
        Self {
            name,
            value: value.shown_text(),
            secret: value.is_secret(),
            origin: WireOrigin(origin),
            deferred: value.is_deferred(),
        }
    }
}

struct WireOrigin<'a>(&'a Origin);

impl Serialize for WireOrigin<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self.0)
    }
}
