//! `cirun check`: finds what CI would reject, ignore or do differently.

use std::path::PathBuf;

use cirun_diagnostics::{Failure, Severity, by_likeness, codes, json_lines, rules, sarif};
use cirun_parser::model::Pipeline;
use cirun_planner::Planned;
use cirun_project::{CompileError, Compiled, Context, Findings, Purpose, compile, consent::Request, locate};
use cirun_terminal_text::human_count;

use crate::{
    args::{CheckFormat, PlanOptions},
    console, diagnostics,
    exit::ExitCode,
};

/// Checks every file. The exit code is 3 for errors, and with `--strict-parity` 7 for differences from CI.
pub(crate) fn run(
    files: Vec<PathBuf>,
    options: &PlanOptions,
    format: CheckFormat,
    explain: Option<String>,
    context: Context<'_>,
) -> Result<ExitCode, Failure> {
    if let Some(code) = explain {
        return explain_code(&code);
    }
    let files = if files.is_empty() { vec![None] } else { files.into_iter().map(Some).collect() };
    let mut checked: Vec<Checked> = Vec::new();
    for file in files {
        if let Some(before) = checked.last_mut() {
            before.kept = None;
        }
        checked.push(Checked::new(file, options, context)?);
    }
    let found = || checked.iter().map(|Checked { findings, .. }| (&*findings.diagnostics, &findings.sources));
    match format {
        CheckFormat::Human => say(&checked),
        CheckFormat::Json => console::data(&json_lines(found()))?,
        CheckFormat::Sarif => console::data(&sarif(found()))?,
    }
    let worst = |severity: Severity| {
        checked
            .iter()
            .flat_map(|checked| &checked.findings.diagnostics)
            .any(|diagnostic| diagnostic.severity == severity)
    };
    let code = match (worst(Severity::Error), options.strict_parity && worst(Severity::Parity)) {
        (true, _) => ExitCode::InvalidInput,
        (false, true) => ExitCode::Parity,
        (false, false) => ExitCode::Success,
    };
    // The process ends here. Freeing a large plan would take a tenth of the time of planning.
    std::mem::forget(checked);
    Ok(code)
}

/// The findings in one file.
#[derive(Debug)]
struct Checked {
    findings: Findings,
    /// What a run would ask consent for, in words.
    asks: Option<String>,
    /// Kept, so that the process can end without freeing it.
    kept: Option<Box<(Pipeline, Planned)>>,
}

impl Checked {
    /// Checks a file, which need not have a pipeline.
    fn new(file: Option<PathBuf>, options: &PlanOptions, context: Context<'_>) -> Result<Self, Failure> {
        let request = options.request(file, None);
        match compile(locate(&request, context)?, &request, context, Purpose::Inspect) {
            Ok(compiled) => {
                let asks = Request::of(&compiled).announced(&compiled);
                let Compiled { file, sources, diagnostics, pipeline, planned, .. } = compiled;
                let findings = Findings { file, sources, diagnostics };
                Ok(Self { findings, asks, kept: Some(Box::new((pipeline, planned))) })
            }
            Err(CompileError::NoPipeline(findings)) => Ok(Self { findings: *findings, asks: None, kept: None }),
            Err(CompileError::Failure(failure)) => Err(failure),
        }
    }
}

fn say(checked: &[Checked]) {
    for Checked { findings, asks, .. } in checked {
        diagnostics::say(&findings.diagnostics, Severity::Note, &findings.sources);
        let count = |severity| findings.diagnostics.iter().filter(|found| found.severity == severity).count();
        console::say(&format!(
            "{}: {}, {}, {} from CI",
            findings.file.display(),
            human_count(count(Severity::Error), "error"),
            human_count(count(Severity::Warning), "warning"),
            human_count(count(Severity::Parity), "difference")
        ));
        asks.iter().for_each(|asks| console::say(asks));
    }
}

fn explain_code(wanted: &str) -> Result<ExitCode, Failure> {
    if let Some(rule) = rules::text(wanted) {
        console::data(&format!("{rule}\n"))?;
        return Ok(ExitCode::Success);
    }
    let Some(code) = codes::all().find(|code| code.id == wanted) else {
        let like = by_likeness(wanted, codes::all().map(|code| code.id).chain(rules::names()));
        let like = like.iter().take(3).map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ");
        return Err(Failure::usage(format!("there is no diagnostic and no rule `{wanted}`"))
            .help(format!("those with a similar name are {like}; docs/diagnostics.md and docs/reference have all")));
    };
    console::data(&format!("{} ({})\n\n{}\n\n{}\n", code.id, code.severity, code.title, code.explanation))?;
    Ok(ExitCode::Success)
}
