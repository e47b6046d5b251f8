//! A step's environment in layers; later layers override earlier ones (environment.layers).

pub(crate) mod calver;
pub(crate) mod codebase;
mod runner;
pub(crate) mod semver;
pub(crate) mod stage;
pub(crate) mod step;

use std::sync::Arc;

use cirun_plan::{Cause, EnvVar, EnvVars, Origin, Text, Traced};

/// Whether the value of a variable is known and empty.
pub(crate) fn is_empty(var: &EnvVar) -> bool {
    var.value.value.exposed().is_some_and(str::is_empty)
}

/// Variables in order; setting one again replaces its value.
#[derive(Debug, Clone, Default)]
pub(crate) struct Env {
    vars: EnvVars,
}

impl Env {
    /// Sets a variable.
    pub(crate) fn set(&mut self, name: impl Into<String>, value: Traced<Text>) {
        self.vars.insert(name.into(), EnvVar { value });
    }

    /// Sets a variable to a known text with a single cause.
    pub(crate) fn known(&mut self, name: impl Into<String>, value: impl Into<String>, cause: Cause) {
        self.set(name, Traced::new(Text::Known(value.into()), Origin::new(cause)));
    }

    /// Adds a layer over this one.
    pub(crate) fn over(&mut self, layer: &Self) {
        self.over_shared(&layer.vars);
    }

    /// Adds variables over this layer.
    pub(crate) fn over_shared(&mut self, vars: &EnvVars) {
        self.vars.extend(vars.iter().map(|(name, var)| (name.clone(), var.clone())));
    }

    /// Removes a variable; returns whether it existed.
    pub(crate) fn remove(&mut self, name: &str) -> bool {
        self.vars.shift_remove(name).is_some()
    }

    /// Returns a variable.
    pub(crate) fn get(&self, name: &str) -> Option<&EnvVar> {
        self.vars.get(name)
    }

    /// The names of the variables.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.vars.keys().map(|name| &**name)
    }

    /// The number of variables.
    pub(crate) fn len(&self) -> usize {
        self.vars.len()
    }

    /// Removes the variables that are known and empty, and returns their names.
    pub(crate) fn drop_empty(&mut self) -> Vec<String> {
        self.vars.extract_if(.., |_, var| is_empty(var)).map(|(name, _)| name).collect()
    }

    /// The variables, shared by many steps.
    pub(crate) fn into_shared(self) -> Arc<EnvVars> {
        Arc::new(self.vars)
    }

    /// The variables.
    pub(crate) fn into_vars(self) -> EnvVars {
        self.vars
    }
}
