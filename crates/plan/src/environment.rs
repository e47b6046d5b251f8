//! A step's environment: its own variables, and those that all steps of its stage share.

use std::{iter, sync::Arc};

use foldhash::fast::RandomState;
use indexmap::IndexMap;

use crate::{Text, Traced};

/// A variable of a step's environment.
#[derive(Debug, Clone, PartialEq)]
pub struct EnvVar {
    /// Its value and origin.
    pub value: Traced<Text>,
}

/// Variables by name, in order. Every step looks up dozens of names, so the hash must be fast.
pub type EnvVars = IndexMap<String, EnvVar, RandomState>;

/// Variables in order. A stage's layers are stored once, however many steps there are.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    layers: Vec<Layer>,
}

/// Variables that override those of the layers below.
#[derive(Debug, Clone)]
pub(crate) enum Layer {
    /// The same for other steps.
    Shared(Arc<EnvVars>),
    /// `None` removes a variable of a layer below.
    Own(IndexMap<String, Option<EnvVar>, RandomState>),
}

/// Whether a variable is the same one, in the same place of the memory, for other steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sharing {
    Shared,
    Own,
}

impl Layer {
    fn sharing(&self) -> Sharing {
        match self {
            Self::Shared(_) => Sharing::Shared,
            Self::Own(_) => Sharing::Own,
        }
    }

    fn names(&self) -> Box<dyn Iterator<Item = &String> + '_> {
        match self {
            Self::Shared(vars) => Box::new(vars.keys()),
            Self::Own(vars) => Box::new(vars.keys()),
        }
    }

    /// `None` if the layer does not set or remove `name`, otherwise its entry.
    fn get(&self, name: &str) -> Option<Option<&EnvVar>> {
        match self {
            Self::Shared(vars) => vars.get(name).map(Some),
            Self::Own(vars) => vars.get(name).map(Option::as_ref),
        }
    }
}

impl Environment {
    /// An environment without variables.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds shared variables, which override all that are set so far.
    pub fn share(&mut self, vars: Arc<EnvVars>) {
        if !vars.is_empty() {
            self.layers.push(Layer::Shared(vars));
        }
    }

    /// Makes room for variables of the step itself.
    pub fn reserve(&mut self, additional: usize) {
        self.own().reserve_exact(additional);
    }

    /// Sets a variable, and returns its value from the step itself since the last shared layer.
    pub fn insert(&mut self, name: String, var: EnvVar) -> Option<EnvVar> {
        self.own().insert(name, Some(var)).flatten()
    }

    /// Takes a variable away.
    pub fn remove(&mut self, name: &str) {
        self.own().insert(name.to_owned(), None);
    }

    /// Returns a variable.
    pub fn get(&self, name: &str) -> Option<&EnvVar> {
        self.find(name).map(|(variable, _)| variable)
    }

    fn find(&self, name: &str) -> Option<(&EnvVar, Sharing)> {
        let (entry, sharing) = self.layers.iter().rev().find_map(|layer| Some((layer.get(name)?, layer.sharing())))?;
        Some((entry?, sharing))
    }

    /// Whether a variable is set.
    pub fn contains_key(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The variables; one that is set again keeps its first position.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &EnvVar)> {
        self.iter_with_sharing().map(|(name, variable, _)| (name, variable))
    }

    /// Like [`Self::iter`], with what may be said of a variable once for several steps.
    pub(crate) fn iter_with_sharing(&self) -> impl Iterator<Item = (&String, &EnvVar, Sharing)> {
        self.layers.iter().enumerate().flat_map(move |(index, layer)| {
            let first = move |name: &&String| !self.layers[..index].iter().any(|below| below.get(name).is_some());
            layer.names().filter(first).filter_map(move |name| {
                let (variable, sharing) = self.find(name)?;
                Some((name, variable, sharing))
            })
        })
    }

    /// How many variables there are.
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// The layers, the lowest first.
    pub(crate) fn layers(&self) -> &[Layer] {
        &self.layers
    }

    fn own(&mut self) -> &mut IndexMap<String, Option<EnvVar>, RandomState> {
        if !matches!(self.layers.last(), Some(Layer::Own(_))) {
            self.layers.push(Layer::Own(IndexMap::default()));
        }
        match self.layers.last_mut() {
            Some(Layer::Own(vars)) => vars,
            Some(Layer::Shared(_)) | None => unreachable!("the line above has put an own layer on top"),
        }
    }
}

impl PartialEq for Environment {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<'e> IntoIterator for &'e Environment {
    type Item = (&'e String, &'e EnvVar);
    type IntoIter = Box<dyn Iterator<Item = Self::Item> + 'e>;

    fn into_iter(self) -> Self::IntoIter {
        Box::new(self.iter())
    }
}

impl FromIterator<(String, EnvVar)> for Environment {
    fn from_iter<I: IntoIterator<Item = (String, EnvVar)>>(vars: I) -> Self {
        let own = vars.into_iter().map(|(name, var)| (name, Some(var))).collect();
        Self { layers: iter::once(Layer::Own(own)).collect() }
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::{Cause, Origin};

    fn var(value: &str) -> EnvVar {
        EnvVar { value: Traced::new(Text::from(value), Origin::new(Cause::Setting("test".to_owned()))) }
    }

    fn shared(pairs: &[(&str, &str)]) -> Arc<EnvVars> {
        Arc::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), var(value))).collect())
    }

    fn shown(env: &Environment) -> String {
        env.iter().map(|(name, var)| format!("{name}={} ", var.value.value.shown())).collect()
    }

    #[test]
    fn later_layers_win_in_the_place_of_the_first() {
        let mut env = Environment::new();
        env.share(shared(&[("A", "stage"), ("B", "stage"), ("C", "stage")]));
        env.insert("B".to_owned(), var("step"));
        env.insert("D".to_owned(), var("step"));
        env.share(shared(&[("D", "service"), ("E", "service")]));
        env.insert("E".to_owned(), var("last"));
        env.remove("C");
        assert_snapshot!(shown(&env), @"A=stage B=step D=service E=last");
        assert_eq!(env.len(), 4);
        assert!(!env.contains_key("C"));
        assert_eq!(env.get("D").map(|var| var.value.value.shown()).as_deref(), Some("service"));
    }

    #[test]
    fn equal_by_what_they_say() {
        let mut layered = Environment::new();
        layered.share(shared(&[("A", "1")]));
        layered.insert("B".to_owned(), var("2"));
        let flat: Environment = [("A".to_owned(), var("1")), ("B".to_owned(), var("2"))].into_iter().collect();
        assert_eq!(layered, flat);
        layered.remove("A");
        assert_ne!(layered, flat);
        assert!(Environment::new().is_empty());
    }
}
