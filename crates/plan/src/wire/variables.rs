//! The variables of steps. Those of the stage are the same for all of its steps: version 1 of the JSON has them in each
//! step, but they are turned into JSON once; version 2 has them once.

use std::{borrow::Cow, cell::RefCell, ptr, rc::Rc, sync::Arc};

use foldhash::fast::RandomState;
use indexmap::IndexMap;
use serde::{
    Serialize, Serializer,
    ser::{Error, SerializeSeq},
};

use super::{is_false, write};
use crate::{
    EnvVar, EnvVars, Environment, Origin, Traced,
    environment::{Layer, Sharing},
};

/// How the variables of a step are written.
pub(super) enum Form<'a> {
    /// Version 1: all of them.
    Whole(WrittenVariables),
    /// Version 2: layers, of which some are in the plan's list.
    Layers(SharedLayers<'a>),
}

/// The JSON of shared variables, by their address: the plan does not move while it is written.
#[derive(Debug, Default)]
pub(super) struct WrittenVariables(RefCell<IndexMap<*const EnvVar, Rc<[u8]>, RandomState>>);

impl WrittenVariables {
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

/// The variables that steps share, each layer once, in the order of their first steps.
pub(super) struct SharedLayers<'a>(IndexMap<*const EnvVars, &'a EnvVars, RandomState>);

impl<'a> SharedLayers<'a> {
    pub(super) fn of(environments: impl Iterator<Item = &'a Environment>) -> Self {
        let shared = environments.flat_map(Environment::layers).filter_map(|layer| match layer {
            Layer::Shared(variables) => Some((Arc::as_ptr(variables), &**variables)),
            Layer::Own(_) => None,
        });
        Self(shared.collect())
    }
}

impl Serialize for SharedLayers<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.values().map(|variables| List(variables.iter())))
    }
}

/// The variables of a step.
pub(super) struct Variables<'a> {
    pub(super) env: &'a Environment,
    pub(super) form: &'a Form<'a>,
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
        match self.form {
            Form::Whole(written) => {
                for (name, variable, sharing) in self.env.iter_with_sharing() {
                    match sharing {
                        Sharing::Own => items.serialize_element(&WireVariable::new(name, variable))?,
                        Sharing::Shared => {
                            let json = written.json(name, variable).map_err(S::Error::custom)?;
                            items.serialize_element(&Written(&json))?;
                        }
                    }
                }
            }
            Form::Layers(shared) => {
                for layer in self.env.layers() {
                    items.serialize_element(&WireLayer::new(layer, shared))?;
                }
            }
        }
        items.end()
    }
}

/// A layer in version 2.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum WireLayer<'a> {
    /// The index in the plan's list.
    Shared(Option<usize>),
    Own {
        set: List<Vec<(&'a String, &'a EnvVar)>>,
        /// Variables of the layers before that the step does not have.
        removed: Vec<&'a str>,
    },
}

impl<'a> WireLayer<'a> {
    fn new(layer: &'a Layer, shared: &SharedLayers<'_>) -> Self {
        match layer {
            Layer::Shared(variables) => Self::Shared(shared.0.get_index_of(&Arc::as_ptr(variables))),
            Layer::Own(variables) => Self::Own {
                set: List(variables.iter().filter_map(|(name, variable)| Some((name, variable.as_ref()?))).collect()),
                removed: variables.iter().filter(|(_, variable)| variable.is_none()).map(|(name, _)| &**name).collect(),
            },
        }
    }
}

/// A list of variables.
struct List<I>(I);

impl<'a, I: IntoIterator<Item = (&'a String, &'a EnvVar)> + Clone> Serialize for List<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let variables = self.0.clone().into_iter();
        serializer.collect_seq(variables.map(|(name, variable)| WireVariable::new(name, variable)))
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

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::{Cause, Text};

    fn variable(value: &str) -> EnvVar {
        EnvVar { value: Traced::new(Text::from(value), Origin::new(Cause::Setting("test".to_owned()))) }
    }

    fn shared(pairs: &[(&str, &str)]) -> Arc<EnvVars> {
        Arc::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), variable(value))).collect())
    }

    fn json(value: &impl Serialize) -> Value {
        let mut text = Vec::new();
        write(value, &mut text).unwrap();
        serde_json::from_slice(&text).unwrap()
    }

    /// The variables of version 1, read from version 2 as its documentation says.
    fn applied(layers: &Value, environments: &Value) -> Value {
        let mut all: IndexMap<String, Value> = IndexMap::new();
        for layer in layers.as_array().unwrap() {
            let (set, removed) = match layer.get("shared") {
                Some(index) => (&environments[index.as_u64().unwrap() as usize], &Value::Null),
                None => (&layer["own"]["set"], &layer["own"]["removed"]),
            };
            for variable in set.as_array().unwrap() {
                all.insert(variable["name"].as_str().unwrap().to_owned(), variable.clone());
            }
            for name in removed.as_array().into_iter().flatten() {
                all.shift_remove(name.as_str().unwrap());
            }
        }
        all.into_values().collect()
    }

    #[test]
    fn both_versions_have_the_same_variables() {
        let (stage, service) = (shared(&[("A", "stage"), ("B", "stage"), ("C", "stage")]), shared(&[("D", "service")]));
        let mut first = Environment::new();
        first.share(Arc::clone(&stage));
        first.insert("B".to_owned(), variable("step"));
        first.insert("D".to_owned(), variable("step"));
        first.share(service);
        first.insert("E".to_owned(), variable("last"));
        first.remove("C");
        let mut second = Environment::new();
        second.share(stage);
        let steps = [first, second, Environment::new()];
        let whole = Form::Whole(WrittenVariables::default());
        let layers = SharedLayers::of(steps.iter());
        assert_eq!(layers.0.len(), 2);
        let environments = json(&layers);
        let layered = Form::Layers(layers);
        for env in &steps {
            let [one, two] = [&whole, &layered].map(|form| json(&Variables { env, form }));
            assert_eq!(one, applied(&two, &environments));
            assert_eq!(one.as_array().unwrap().len(), env.len());
        }
    }
}
