//! Makes a planned step final: evaluates every text with the results of the run so far. Pure.

mod secret_script;

use cirun_expressions::{EvalError, Evaluation, Value};
use cirun_plan::{
    Action, BrokenName, ContainerAction, Environment, HostAction, PlannedStep, Profile, Secret, SkipReason, Text,
    Traced, ValueForm, VariableRule,
};
use indexmap::IndexMap;

use crate::{ReadyAction, ReadyContainer, ReadyHost, ReadyStep, scope::RunScope};

/// A step with final texts.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Resolved {
    pub(crate) step: ReadyStep,
    /// Expressions that resolved to null, as written.
    pub(crate) unresolved: Vec<String>,
    /// Values that contain secrets.
    pub(crate) secrets: Vec<Secret>,
}

/// Why a step's texts are not final.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ResolveError {
    /// A value that no step has produced.
    #[error("`{0}` needs a value that no step has produced")]
    Pending(String),
    /// An expression that has no value.
    #[error("`{shown}` cannot be evaluated: {error}")]
    Evaluation {
        /// The text, as to print.
        shown: String,
        error: EvalError,
    },
    /// A variable whose text is not final.
    #[error("variable `{name}`: {error}")]
    Variable {
        /// Its name.
        name: String,
        error: Box<ResolveError>,
    },
    /// A variable whose final value is invalid.
    #[error("variable `{name}`: {error}")]
    Invalid {
        /// Its name.
        name: String,
        error: BrokenName,
    },
}

/// Resolves a step that runs in a container or as a process; `None` for other steps.
pub(crate) fn resolve(
    step: &PlannedStep,
    profile: Profile,
    scope: &RunScope<'_>,
) -> Result<Option<Resolved>, ResolveError> {
    let mut resolver = Resolver { scope, profile, unresolved: Vec::new(), secrets: Vec::new() };
    let action = match &step.action {
        Action::Container(container) => ReadyAction::Container(Box::new(resolver.container(container)?)),
        Action::Host(host) => ReadyAction::Host(Box::new(resolver.host(host)?)),
        Action::Wait(_) | Action::Skip(SkipReason::NotRunLocally { .. } | SkipReason::NotSelected) => return Ok(None),
    };
    let reports = step.reports.iter().map(|glob| resolver.text(&glob.value)).collect::<Result<_, _>>()?;
    let Resolver { unresolved, secrets, .. } = resolver;
    let (path, timeout) = (step.path.clone(), step.timeout.value);
    Ok(Some(Resolved {
        step: ReadyStep { path, role: step.role, attempt: 1, action, timeout, reports },
        unresolved,
        secrets,
    }))
}

/// The program and its arguments.
struct Words {
    words: Vec<String>,
    secrecy: Secrecy,
}

/// Whether the program or its arguments contain a secret.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Secrecy {
    Open,
    Secret,
}

struct Resolver<'a> {
    scope: &'a RunScope<'a>,
    profile: Profile,
    unresolved: Vec<String>,
    secrets: Vec<Secret>,
}

impl Resolver<'_> {
    fn container(&mut self, planned: &ContainerAction) -> Result<ReadyContainer, ResolveError> {
        let mut entrypoint = self.list(planned.entrypoint.as_ref())?;
        let mut command = self.list(planned.command.as_ref())?;
        let mut env = self.env(&planned.env)?;
        self.check(planned, &env)?;
        if [&entrypoint, &command].into_iter().flatten().any(|words| words.secrecy == Secrecy::Secret) {
            let words = [&mut entrypoint, &mut command].into_iter().flatten();
            secret_script::hide(words.flat_map(|words| &mut words.words), &mut env);
        }
        Ok(ReadyContainer {
            image: self.text(&planned.image.value)?,
            pull: planned.pull.value,
            registry_auth: planned.registry_auth.clone(),
            entrypoint: entrypoint.map(|words| words.words),
            command: command.map(|words| words.words),
            env,
            aliases: planned.aliases.iter().map(|alias| alias.value.clone()).collect(),
            ports: planned.ports.iter().map(|port| port.value).collect(),
            privileged: planned.privileged.value,
            user: planned.user.as_ref().map(|user| self.text(&user.value)).transpose()?,
            nano_cpus: planned.nano_cpus.as_ref().map(|cpus| cpus.value),
            memory_bytes: planned.memory_bytes.as_ref().map(|bytes| bytes.value),
            working_dir: planned.working_dir.clone(),
            engine_socket: planned.engine_socket,
            local_plugin: planned.local_plugin.as_ref().map(|local_plugin| local_plugin.value.clone()),
        })
    }

    fn host(&mut self, planned: &HostAction) -> Result<ReadyHost, ResolveError> {
        let Words { words: mut argv, secrecy } = self.words(&planned.argv)?;
        let mut env = self.env(&planned.env)?;
        if secrecy == Secrecy::Secret {
            secret_script::hide(&mut argv, &mut env);
        }
        let ports = planned.ports.iter().map(|port| port.value.host).collect();
        Ok(ReadyHost { argv, env, ports })
    }

    fn list(&mut self, texts: Option<&Traced<Vec<Text>>>) -> Result<Option<Words>, ResolveError> {
        texts.map(|texts| self.words(&texts.value)).transpose()
    }

    fn words(&mut self, texts: &[Text]) -> Result<Words, ResolveError> {
        let (mut words, mut secrecy) = (Vec::with_capacity(texts.len()), Secrecy::Open);
        for text in texts {
            let (word, is_secret) = self.evaluate(text)?;
            if is_secret {
                secrecy = Secrecy::Secret;
            }
            words.push(word);
        }
        Ok(Words { words, secrecy })
    }

    fn env(&mut self, planned: &Environment) -> Result<IndexMap<String, String>, ResolveError> {
        let mut env = IndexMap::with_capacity(planned.len());
        for (name, variable) in planned {
            let text = &variable.value.value;
            let (value, secret) = self
                .evaluate(text)
                .map_err(|error| ResolveError::Variable { name: name.clone(), error: Box::new(error) })?;
            if text.is_deferred() && value.is_empty() && drops_empty_variables(self.profile) {
                continue;
            }
            // A text with a secret somewhere in it has lines that must not be masked; its secret is known by itself.
            if text.is_deferred() && secret && !value.contains('\n') {
                self.secrets.push(Secret::new(value.clone()));
            }
            env.insert(name.clone(), value);
        }
        Ok(env)
    }

    /// Checks the variables that depended on the run; one that is not set is checked as empty.
    fn check(&self, planned: &ContainerAction, env: &IndexMap<String, String>) -> Result<(), ResolveError> {
        for VariableRule { variable, must } in &planned.rules {
            let value = env.get(variable).map_or("", String::as_str);
            let is_secret = self.secrets.iter().any(|secret| secret.expose() == value)
                || planned.env.get(variable).is_some_and(|planned| planned.value.value.is_secret());
            must.check(value, ValueForm::Expression).map_err(|broken| {
                let error = if is_secret { broken.hidden() } else { broken };
                ResolveError::Invalid { name: variable.clone(), error }
            })?;
        }
        Ok(())
    }

    fn text(&mut self, text: &Text) -> Result<String, ResolveError> {
        self.evaluate(text).map(|(value, _)| value)
    }

    fn evaluate(&mut self, text: &Text) -> Result<(String, bool), ResolveError> {
        match text.resolve(self.scope) {
            Ok(Evaluation::Ready { value, secret, unresolved }) => {
                self.unresolved.extend(unresolved);
                // A missing name beside secret outputs is not a secret.
                Ok((value.render(), secret && value != Value::Null))
            }
            Ok(Evaluation::Pending) => Err(ResolveError::Pending(text.shown())),
            Err(error) => Err(ResolveError::Evaluation { shown: text.shown(), error }),
        }
    }
}

/// The runner of these profiles drops variables with an empty value (environment.empty).
fn drops_empty_variables(profile: Profile) -> bool {
    match profile {
        Profile::Kubernetes => false,
        Profile::Vm | Profile::Cloud | Profile::Docker => true,
    }
}

#[cfg(test)]
mod tests;
