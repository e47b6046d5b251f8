//! `cirun explain`: prints the value, origin and rule of a step's variables and settings.

mod docker_run;

use std::path::PathBuf;

use cirun_diagnostics::{Failure, Severity, by_likeness};
use cirun_plan::{
    Action, ContainerAction, Environment as Variables, LocalPlugin, PlannedStep, PortBinding, Text, Traced,
};
use cirun_project::{Context, Purpose};
use cirun_report::human_duration;

use crate::{args::PlanOptions, compile, console, exit::ExitCode};

/// One line of the output.
struct Fact {
    name: String,
    value: String,
    origin: String,
}

impl Fact {
    fn new<T>(name: &str, traced: &Traced<T>, shown: impl Into<String>) -> Self {
        Self { name: name.to_owned(), value: shown.into(), origin: traced.origin.to_string() }
    }
}

/// Explains a step, or one of its variables or settings.
pub(crate) fn run(words: Vec<String>, options: &PlanOptions, context: Context<'_>) -> Result<ExitCode, Failure> {
    let (file, step, name) = sort(words);
    let compiled = compile::show(file, options, context, Purpose::Show)?;
    compile::demand_valid(&compiled, Severity::Error)?;
    let steps: Vec<&PlannedStep> = compiled.plan().stages.iter().flat_map(|stage| stage.steps()).collect();
    let found = find(&steps, &step)?;
    let facts = facts(found);
    let text = match name {
        None => {
            let run = match &found.action {
                Action::Container(container) => docker_run::render(found, container),
                Action::Host(_) | Action::Wait(_) | Action::Skip(_) => String::new(),
            };
            format!("{} [{}]\n{}{run}", found.path, found.step_type, render(&facts))
        }
        Some(name) => {
            let wanted: Vec<Fact> = facts.into_iter().filter(|fact| fact.name == name).collect();
            if wanted.is_empty() {
                return Err(Failure::usage(format!("step `{}` has no variable or setting `{name}`", found.path))
                    .help(format!("`cirun explain {step}` lists them")));
            }
            render(&wanted)
        }
    };
    console::data(&text)?;
    Ok(ExitCode::Success)
}

/// `[FILE] STEP [VAR]`: the first word is a file if it names one.
fn sort(words: Vec<String>) -> (Option<PathBuf>, String, Option<String>) {
    let mut words = words.into_iter().peekable();
    let is_file = |word: &String| {
        let path = PathBuf::from(word);
        path.is_file() || path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
    };
    let file = words.next_if(is_file).map(PathBuf::from);
    let step = words.next().unwrap_or_default();
    (file, step, words.next())
}

fn find<'a>(steps: &[&'a PlannedStep], wanted: &str) -> Result<&'a PlannedStep, Failure> {
    let by = |is_meant: &dyn Fn(&PlannedStep) -> bool| -> Vec<&'a PlannedStep> {
        steps.iter().copied().filter(|step| is_meant(step)).collect()
    };
    let ways: [&dyn Fn(&PlannedStep) -> bool; 4] = [
        &|step| step.path.full() == wanted,
        &|step| step.path.as_str() == wanted,
        &|step| step.id == wanted,
        // The instances of a looped step.
        &|step| step.id.strip_prefix(wanted).is_some_and(|rest| rest.starts_with('_')),
    ];
    match ways.iter().map(|is_meant| by(is_meant)).find(|found| !found.is_empty()).as_deref() {
        Some([step]) => return Ok(step),
        Some(several) => {
            let paths: Vec<&str> = several.iter().map(|step| step.path.full()).collect();
            return Err(Failure::usage(format!("`{wanted}` is {} steps", several.len()))
                .help(format!("name one of them: {}", paths.join(", "))));
        }
        None => {}
    }
    let like = by_likeness(wanted, steps.iter().map(|step| step.path.as_str()));
    let error = Failure::usage(format!("there is no step `{wanted}`"));
    Err(match like.first() {
        Some(nearest) => error.help(format!("did you mean `{nearest}`? `cirun list` lists them")),
        None => error,
    })
}

fn facts(step: &PlannedStep) -> Vec<Fact> {
    let mut facts = vec![Fact::new("timeout", &step.timeout, human_duration(step.timeout.value))];
    facts.extend(step.retry.iter().map(|retry| Fact::new("retry", retry, retry.value.to_string())));
    match &step.action {
        Action::Container(container) => {
            facts.extend(container_facts(container));
            facts.extend(variables(&container.env));
        }
        Action::Host(host) => {
            facts.extend(host.script.iter().map(|script| Fact::new("script", script, script.value.shown())));
            facts.extend(port_facts(&host.ports));
            facts.extend(variables(&host.env));
        }
        Action::Wait(duration) => {
            facts.push(Fact::new("duration", duration, human_duration(duration.value)));
        }
        Action::Skip(_) => {}
    }
    facts
}

fn container_facts(container: &ContainerAction) -> Vec<Fact> {
    let list = |texts: &[Text]| texts.iter().map(Text::shown).collect::<Vec<_>>().join(" ");
    let mut facts = vec![
        Fact::new("image", &container.image, container.image.value.shown()),
        Fact::new("pull", &container.pull, format!("{:?}", container.pull.value)),
        Fact::new("privileged", &container.privileged, container.privileged.value.to_string()),
    ];
    let emulated = |local_plugin: &Traced<LocalPlugin>| {
        Fact::new("emulated by cirun", local_plugin, local_plugin.value.words.join(" "))
    };
    facts.extend(container.local_plugin.iter().map(emulated));
    facts.extend(container.connector.iter().map(|connector| Fact::new("connector", connector, &connector.value)));
    facts.extend(container.entrypoint.iter().map(|argv| Fact::new("entrypoint", argv, list(&argv.value))));
    facts.extend(container.command.iter().map(|argv| Fact::new("command", argv, list(&argv.value))));
    facts.extend(container.user.iter().map(|user| Fact::new("user", user, user.value.shown())));
    let cpus = |nano: &Traced<u64>| format!("{} CPU", nano.value as f64 / 1e9);
    facts.extend(container.nano_cpus.iter().map(|nano| Fact::new("cpu", nano, cpus(nano))));
    let bytes = |bytes: &Traced<u64>| format!("{} MiB", bytes.value / 1024 / 1024);
    facts.extend(container.memory_bytes.iter().map(|memory| Fact::new("memory", memory, bytes(memory))));
    facts.extend(container.aliases.iter().map(|alias| Fact::new("alias", alias, &alias.value)));
    facts.extend(port_facts(&container.ports));
    facts
}

fn port_facts(ports: &[Traced<PortBinding>]) -> impl Iterator<Item = Fact> {
    ports.iter().map(|port| Fact::new("port", port, format!("{} → {}", port.value.host, port.value.container)))
}

fn variables(env: &Variables) -> Vec<Fact> {
    env.iter().map(|(name, variable)| Fact::new(name, &variable.value, variable.value.value.shown())).collect()
}

fn render(facts: &[Fact]) -> String {
    let width = facts.iter().map(|fact| fact.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for fact in facts {
        let value = fact.value.replace('\n', &format!("\n{:width$}   ", ""));
        text.push_str(&format!("{:<width$} = {value}\n{:width$}   {}\n", fact.name, "", fact.origin));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_may_be_left_out() {
        let words = |text: &str| sort(text.split(' ').map(str::to_owned).collect());
        assert_eq!(words("push"), (None, "push".to_owned(), None));
        assert_eq!(words("push PLUGIN_TAGS"), (None, "push".to_owned(), Some("PLUGIN_TAGS".to_owned())));
        assert_eq!(words("ci.yaml push"), (Some(PathBuf::from("ci.yaml")), "push".to_owned(), None));
    }
}
