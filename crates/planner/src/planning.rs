//! Makes a plan from a pipeline and its inputs.

mod codebase_facts;
mod global_names;
mod selected;

use cirun_diagnostics::{Diagnostic, Severity, Span};
use cirun_parser::model::{Pipeline, StageSpec};
use cirun_plan::{Plan, StageRow};
use global_names::{names, text};
use indexmap::IndexMap;
use selected::selected;

use crate::{
    flow::{
        gates::{Gate, Gates},
        selection,
    },
    inputs::{AwsMode, Inputs, PushMode},
    notes::{Idle, LeftOut, Noted, Notes},
    scope::{Ctx, Names, variables},
    stage::{self, PipelineFacts},
    targets::{Emulated, RegistryTarget, StoreTarget, gateway_hosts, store_hosts},
};

/// A plan, with the other results of planning.
#[derive(Debug)]
pub struct Planned {
    /// The plan, as complete as possible.
    pub plan: Plan,
    /// Errors and other findings; with an error among them the plan must not run.
    pub diagnostics: Vec<Diagnostic>,
    /// What differs from CI.
    pub parity: Vec<Diagnostic>,
    /// The registries and repositories that steps push to.
    pub targets: Vec<RegistryTarget>,
    /// The stores that steps use for files.
    pub stores: Vec<StoreTarget>,
    /// The places of the stages and steps that are known not to run.
    pub idle: Vec<Span>,
    /// The connectors that are in no file and have a substitute.
    pub assumed_connectors: Vec<String>,
    /// The chosen stages as they are written, for a person.
    pub rows: Vec<StageRow>,
    /// The stages that do not run here.
    pub left_out: Vec<LeftOut>,
    /// The approval stages that no one has approved, with the stages that wait for them.
    pub gates: Vec<Gate>,
    /// The AWS host names that an emulator must answer for.
    pub gateway_hosts: Vec<String>,
}

impl Planned {
    /// Whether there is an error, so that the plan must not run.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }
}

/// Plans the pipeline's CI stages.
pub fn plan(pipeline: &Pipeline, inputs: &Inputs<'_>) -> Planned {
    let notes = Notes::default();
    match codebase_facts::facts(inputs, pipeline) {
        Some((codebase, other)) => {
            other.into_iter().for_each(|other| notes.report(other));
            of_codebase(pipeline, &Inputs { codebase, ..inputs.clone() }, notes)
        }
        None => of_codebase(pipeline, inputs, notes),
    }
}

/// Plans with the facts of the codebase in CI.
fn of_codebase(pipeline: &Pipeline, inputs: &Inputs<'_>, notes: Notes) -> Planned {
    let ctx = Ctx { inputs, notes: &notes, names: names(pipeline, inputs, &notes) };
    let mut facts = PipelineFacts {
        pipeline,
        id: pipeline.identifier.as_ref().map_or_else(|| "pipeline".to_owned(), |id| id.value.clone()),
        org: text(&ctx, pipeline.org.as_ref(), &inputs.run.org),
        project: text(&ctx, pipeline.project.as_ref(), &inputs.run.project),
        variables: variables::environment(&ctx, &pipeline.variables, true),
        pushed: Vec::new(),
        decided: IndexMap::new(),
    };
    let (mut planned, mut unselected, mut rows) = (Vec::new(), Vec::new(), Vec::new());
    let selected = selected(&ctx, pipeline);
    let mut gates = Gates::default();
    for node in &pipeline.stages {
        let stages = node.stages();
        let mut of_node = Vec::new();
        for stage in &stages {
            let stage = *stage;
            if !selected.iter().any(|other| std::ptr::eq(*other, stage)) {
                unselected.push(stage.span);
                // A stage that is left out has no diagnostics; but its secrets are masked.
                let aside = Notes::default();
                let names = Names::within(&ctx.names, facts.names());
                stage::decide(&Ctx { inputs, notes: &aside, names }, &mut facts, stage);
                aside.into_parts(&Idle::default()).secrets.iter().for_each(|secret| notes.secret(secret));
                continue;
            }
            let from = planned.len();
            drop(notes.earlier().take_undecided());
            match &stage.spec {
                StageSpec::Ci(spec) if facts.decided.is_empty() => {
                    planned.extend(stage::lower(&ctx, &mut facts, stage, spec));
                }
                StageSpec::Ci(spec) => {
                    let ctx = ctx.with_names(Names::within(&ctx.names, facts.names()));
                    planned.extend(stage::lower(&ctx, &mut facts, stage, spec));
                }
                StageSpec::Other { kind, execution } => {
                    let ctx = ctx.with_names(Names::within(&ctx.names, facts.names()));
                    planned.extend(stage::lower_other(&ctx, &mut facts, stage, kind, execution));
                }
                // Whoever put templates in their places has reported the one that is missing here.
                StageSpec::Template => {}
            }
            selection::keep_instances(&ctx, &stage.identifier, &mut planned, from);
            if planned.len() > from {
                notes.earlier().planned(&stage.identifier.value);
            }
            of_node.extend(row(&stage.identifier.value, planned.len() > from, &notes));
            gates.close(&mut planned[from..], inputs.approved);
        }
        notes.earlier().end();
        if of_node.len() > 1 {
            of_node = vec![StageRow::Parallel(of_node)];
        }
        rows.append(&mut of_node);
        let chosen = stages.iter().filter(|stage| selected.iter().any(|other| std::ptr::eq(*other, **stage)));
        chosen.for_each(|stage| gates.pass(&ctx, stage));
    }
    selection::apply(&ctx, &mut planned);
    let plan_id = facts.id;
    let emulated = Emulated { aws: inputs.aws.mode == AwsMode::Emulated, registries: inputs.push == PushMode::Local };
    let Noted { diagnostics, secrets, targets, stores, assumed_connectors, left_out, mut idle } =
        notes.into_parts(&Idle::of(&planned));
    idle.extend(unselected);
    let mut hosts = gateway_hosts(&targets, emulated);
    hosts.extend(store_hosts(&stores).filter(|host| !hosts.contains(host)).collect::<Vec<_>>());
    let (parity, diagnostics) = diagnostics.into_iter().partition(|diagnostic| diagnostic.severity == Severity::Parity);
    Planned {
        plan: Plan { pipeline: plan_id, stages: planned, secrets },
        diagnostics,
        parity,
        gateway_hosts: hosts,
        targets,
        rows,
        left_out,
        gates: gates.closed(),
        stores,
        idle,
        assumed_connectors: assumed_connectors.into_iter().collect(),
    }
}

/// What is shown of a stage: nothing where it is missing for another reason than that it is left out.
fn row(id: &str, is_planned: bool, notes: &Notes) -> Option<StageRow> {
    if is_planned {
        return Some(StageRow::Planned(id.to_owned()));
    }
    notes.why_left_out(id).map(|why| StageRow::LeftOut { stage: id.to_owned(), why })
}
