//! `cirun check`: what CI would reject, ignore or do otherwise.

mod json;
mod rules;

use std::path::PathBuf;

use cirun_engine::run_codes::{self, RunCode};
use cirun_parser::{Code, Severity};
use cirun_report::human_count;

use crate::{
    args::{CheckFormat, PlanOptions},
    console, diagnostics,
    environment::Environment,
    error::CliError,
    exit::ExitCode,
    repository,
    session::Findings,
};

/// Checks every file; errors make the exit code 3, and with `--strict-parity` differences from CI make it 7.
pub(crate) fn run(
    files: Vec<PathBuf>,
    options: &PlanOptions,
    format: CheckFormat,
    explain: Option<String>,
    environment: &Environment,
) -> Result<ExitCode, CliError> {
    if let Some(code) = explain {
        return explain_code(&code);
    }
    let files = if files.is_empty() { vec![None] } else { files.into_iter().map(Some).collect() };
    let mut checked: Vec<Findings> = Vec::new();
    for file in files {
        if let Some(before) = checked.last_mut() {
            before.inspected = None;
        }
        checked.push(Findings::of(file, options, environment)?);
    }
    match format {
        CheckFormat::Human => say(&checked),
        CheckFormat::Json => console::data(&json::lines(&checked))?,
        CheckFormat::Sarif => console::data(&json::sarif(&checked))?,
    }
    let worst = |severity: Severity| {
        checked.iter().flat_map(|findings| &findings.diagnostics).any(|diagnostic| diagnostic.severity == severity)
    };
    let code = match (worst(Severity::Error), options.strict_parity && worst(Severity::Parity)) {
        (true, _) => ExitCode::InvalidInput,
        (false, true) => ExitCode::Parity,
        (false, false) => ExitCode::Success,
    };
    // The process ends here: freeing a large plan piece by piece takes a tenth of the time that making it took.
    std::mem::forget(checked);
    Ok(code)
}

fn say(checked: &[Findings]) {
    for findings in checked {
        diagnostics::say(&findings.diagnostics, Severity::Note, &findings.sources);
        let count = |severity| findings.diagnostics.iter().filter(|found| found.severity == severity).count();
        console::say(&format!(
            "{}: {}, {}, {} from CI",
            findings.file.display(),
            human_count(count(Severity::Error), "error"),
            human_count(count(Severity::Warning), "warning"),
            human_count(count(Severity::Parity), "difference")
        ));
        findings.asks.iter().for_each(|asks| console::say(asks));
    }
}

/// A page of `--explain`.
pub(crate) struct Page {
    pub id: &'static str,
    pub severity: &'static str,
    pub title: &'static str,
    pub explanation: &'static str,
}

/// The pages of all diagnostics: of reading documents, of planning, then of runs.
pub(crate) fn pages() -> impl Iterator<Item = Page> {
    let page = |code: &Code| Page {
        id: code.id,
        severity: diagnostics::severity(code.severity),
        title: code.title,
        explanation: code.explanation,
    };
    let planned = || cirun_parser::CODES.iter().chain(repository::CODES).chain(cirun_planner::CODES);
    let of_runs = run_codes::ALL.iter().filter(move |code| planned().all(|planned| planned.id != code.id));
    planned().map(page).chain(of_runs.map(|&RunCode { id, severity, title, explanation }| Page {
        id,
        severity,
        title,
        explanation,
    }))
}

fn explain_code(wanted: &str) -> Result<ExitCode, CliError> {
    if let Some(rule) = rules::text(wanted) {
        console::data(&format!("{rule}\n"))?;
        return Ok(ExitCode::Success);
    }
    let Some(page) = pages().find(|page| page.id == wanted) else {
        let mut like: Vec<&str> = pages().map(|page| page.id).chain(rules::names()).collect();
        like.sort_by(|a, b| strsim::jaro_winkler(b, wanted).total_cmp(&strsim::jaro_winkler(a, wanted)));
        let like = like.iter().take(3).map(|id| format!("`{id}`")).collect::<Vec<_>>().join(", ");
        return Err(CliError::usage(format!("there is no diagnostic and no rule `{wanted}`"))
            .help(format!("those with a similar name are {like}; docs/diagnostics.md and docs/reference have all")));
    };
    console::data(&format!("{} ({})\n\n{}\n\n{}\n", page.id, page.severity, page.title, page.explanation))?;
    Ok(ExitCode::Success)
}
