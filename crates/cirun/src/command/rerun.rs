//! `cirun rerun`: repeats a run with its recorded inputs. Steps that do not run again keep their outputs.

use std::{collections::BTreeMap, env, path::PathBuf};

use cirun_diagnostics::Failure;
use cirun_engine::{Earlier, Event, EventKind, MASK, Outcome};
use cirun_project::{Context, PlanRequest, Purpose, compile, consent::Request, find, settings::Trust};
use cirun_runner::record::{
    Invocation,
    history::{History, RecordedRun},
};
use clap::Parser;
use indexmap::IndexMap;

use super::local::{self, Start};
use crate::{
    args::{Args, Command, MachineCommand, PlanOptions, RerunOptions},
    console,
    exit::ExitCode,
};

/// The flag that trusts a repository for a run.
const TRUST: &str = "--trust";
/// How the event stream shows a secret output.
const SECRET: &str = "***";

/// Runs a recorded run again.
pub(crate) async fn run(run: Option<&str>, options: RerunOptions, context: Context<'_>) -> Result<ExitCode, Failure> {
    let recorded = History::of(context.paths).find(run)?;
    let mut invocation = recorded.invocation()?;
    if invocation.is_masked() {
        return Err(Failure::usage(format!("cannot run {} again: a secret was among its arguments", recorded.id))
            .help("the value of a secret is not recorded; `cirun local` starts a new run"));
    }
    let arguments = ["cirun".to_owned()].into_iter().chain(invocation.arguments.iter().cloned());
    let parsed = Args::try_parse_from(arguments).map_err(|error| not_understood(&recorded, &error.to_string()))?;
    let Command::OnMachine(MachineCommand::Local { file, mut plan, run: mut how }) = parsed.command else {
        return Err(not_understood(&recorded, "it was not started by `cirun local`"));
    };
    say_missing_secrets(&invocation, &options);
    let here = |path: PathBuf| context.environment.directory.join(path);
    how.progress = options.progress.or(how.progress);
    how.events = options.events.clone().map(here).or(how.events);
    how.reports = options.reports.clone().or(how.reports, &context.environment.directory);
    how.keep |= options.keep;
    how.shell_on_failure |= options.shell_on_failure;
    plan.inputs.extend(invocation.answers.iter().cloned());
    plan.secrets.extend(options.secrets.iter().cloned());
    plan.secret_files.extend(options.secret_files.iter().cloned().map(here));
    let recorded_trust = std::mem::take(&mut plan.trust);
    let earlier = select(&recorded, &options, &mut plan)?;
    env::set_current_dir(&invocation.directory)
        .map_err(|error| Failure::usage(format!("cannot go back to {}: {error}", invocation.directory.display())))?;
    let environment = context.environment.clone().in_directory(invocation.directory.clone());
    let context = Context { environment: &environment, ..context };
    plan.trust =
        options.trust || recorded_trust && is_unchanged(&plan.request(file.clone(), Some(&how)), context, &invocation);
    invocation.arguments.retain(|argument| argument != TRUST);
    invocation.arguments.extend(plan.trust.then(|| TRUST.to_owned()));
    local::start(file, &plan, &how, context, Start { invocation, earlier }).await
}

/// Whether the documents are the same as in the recorded run, so that its `--trust` applies.
fn is_unchanged(request: &PlanRequest, context: Context<'_>, invocation: &Invocation) -> bool {
    let located = find(request, context, Trust::Repository).ok();
    let compiled = located.and_then(|located| compile(located, request, context, Purpose::Show).ok());
    let content = compiled.map(|compiled| Request::of(&compiled).content().to_owned());
    let is_unchanged = content.is_some() && content == invocation.content;
    if !is_unchanged {
        console::say("note: the pipeline or its templates have changed: `--trust` of the recorded run does not apply");
    }
    is_unchanged
}

fn not_understood(run: &RecordedRun, why: &str) -> Failure {
    Failure::usage(format!("cannot run {} again: {why}", run.id)).help("`cirun local` starts a new run")
}

fn say_missing_secrets(invocation: &Invocation, options: &RerunOptions) {
    for id in invocation.secrets.iter().filter(|id| options.secrets.iter().all(|given| given.id != **id)) {
        console::say(&format!(
            "note: secret `{id}` was given on the command line, which is not recorded; `--secret {id}` asks for it again"
        ));
    }
}

/// Selects the steps to run, and takes the results of the others from the recorded run.
fn select(run: &RecordedRun, options: &RerunOptions, plan: &mut PlanOptions) -> Result<Option<Earlier>, Failure> {
    if options.from.is_none() && !options.failed {
        return Ok(None);
    }
    let earlier = earlier(run, &run.events()?);
    plan.from.clone_from(&options.from);
    plan.steps.clear();
    if options.failed {
        plan.steps = run.planned_steps()?;
        plan.steps.retain(|step| !earlier.steps.contains_key(step));
        if plan.steps.is_empty() {
            return Err(Failure::usage(format!("every step of run {} succeeded", run.id))
                .help("omit `--failed` to run all of it again"));
        }
    }
    Ok(Some(earlier))
}

/// The steps that need not run again, with their outputs. Secret outputs are not recorded, and are reported as missing.
fn earlier(run: &RecordedRun, events: &[Event]) -> Earlier {
    let mut steps = BTreeMap::new();
    for event in events {
        let EventKind::StepFinished { step, outcome: Outcome::Succeeded | Outcome::Ignored, outputs, .. } = &event.kind
        else {
            continue;
        };
        let is_known = |value: &str| value != SECRET && !value.contains(MASK);
        let (known, secret): (IndexMap<_, _>, IndexMap<_, _>) =
            outputs.clone().into_iter().partition(|(_, value): &(String, String)| is_known(value));
        for name in secret.keys() {
            console::say(&format!(
                "note: output `{name}` of `{step}` was secret and is not recorded; steps that need it need `{step}` to \
                 run again"
            ));
        }
        steps.insert(step.full().to_owned(), known);
    }
    Earlier { run: run.id.clone(), steps }
}
