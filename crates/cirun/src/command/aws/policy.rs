//! `cirun aws policy`: the minimal IAM policy that allows a run's requests.

use std::{
    fs,
    path::{Path, PathBuf},
};

use cirun_aws_emulator::{LogEntry, least_policy};
use cirun_diagnostics::{Failure, FailureKind};
use cirun_project::Context;
use cirun_runner::record::history::{History, RecordedRun};

use crate::{console, exit::ExitCode};

/// Prints the policy as JSON.
pub(super) fn run(run: Option<&str>, request_log: Option<PathBuf>, context: Context<'_>) -> Result<ExitCode, Failure> {
    let log = match request_log {
        Some(file) => file,
        None => find(&History::of(context.paths), run)?,
    };
    let text = fs::read_to_string(&log).map_err(|error| Failure::usage(format!("{}: {error}", log.display())))?;
    let policy = serde_json::to_string_pretty(&least_policy(&entries(&log, &text)?))
        .map_err(|error| Failure::new(FailureKind::Aws, error.to_string()))?;
    console::data(&format!("{policy}\n"))?;
    console::say(&format!("from the requests in {}", log.display()));
    Ok(ExitCode::Success)
}

fn entries(log: &Path, text: &str) -> Result<Vec<LogEntry>, Failure> {
    let entry = |(index, line): (usize, &str)| {
        serde_json::from_str(line).map_err(|error| {
            let place = format!("{}:{}:{}", log.display(), index + 1, error.column());
            Failure::input(format!("{place}: not an entry of a request log: {error}"))
                .help("give a file that `cirun aws serve --request-log` or a run has written")
        })
    };
    text.lines().enumerate().map(entry).collect()
}

/// The request log of the run whose id begins with `wanted`, or of the newest run that has one.
fn find(history: &History, wanted: Option<&str>) -> Result<PathBuf, Failure> {
    let log = |run: &RecordedRun| Some(run.request_log()).filter(|log| log.exists());
    match wanted {
        None => history.runs()?.iter().find_map(log).ok_or_else(|| {
            Failure::usage("no recorded run called the emulated AWS")
                .help("run a stage that pushes to ECR with `cirun local`, or name a log with `--request-log`")
        }),
        Some(_) => {
            let run = history.find(wanted)?;
            log(&run).ok_or_else(|| Failure::usage(format!("run {} called no emulated AWS", run.id)))
        }
    }
}

#[cfg(test)]
mod tests {
    use cirun_runner::gateway::REQUEST_LOG;

    use super::*;

    /// Makes records of runs, each with its id, its start and whether it called AWS.
    fn runs(rows: &[(&str, &str, bool)]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        for (id, began, called) in rows {
            let run = directory.path().join(id);
            fs::create_dir_all(run.join("emulator")).unwrap();
            let event = format!(
                r#"{{"type":"run_started","time":"{began}","run":"{id}","pipeline":"p","version":"0","profile":"vm"}}"#
            );
            fs::write(run.join("events.jsonl"), event + "\n").unwrap();
            if *called {
                fs::write(run.join("emulator").join(REQUEST_LOG), "").unwrap();
            }
        }
        directory
    }

    fn found(directory: &Path, wanted: Option<&str>) -> String {
        match find(&History::below(directory), wanted) {
            Ok(log) => log.strip_prefix(directory).unwrap().display().to_string(),
            Err(error) => error.to_string().lines().next().unwrap_or_default().to_owned(),
        }
    }

    #[test]
    fn uses_the_newest_run_that_called_aws() {
        let directory = runs(&[
            ("1230-a", "2026-12-30T10:00:00Z", true),
            ("1231-b", "2026-12-31T10:00:00Z", true),
            ("0101-c", "2027-01-01T10:00:00Z", true),
            ("0101-d", "2027-01-01T11:00:00Z", false),
        ]);
        assert_eq!(found(directory.path(), None), "0101-c/emulator/requests.jsonl", "the new year's");
        assert_eq!(found(directory.path(), Some("1230")), "1230-a/emulator/requests.jsonl");
        assert_eq!(found(directory.path(), Some("0101-d")), "run 0101-d called no emulated AWS");
        assert_eq!(found(directory.path(), Some("12")), "2 runs begin with `12`");
        assert_eq!(found(directory.path(), Some("x")), "no run `x` is recorded");
        assert_eq!(found(&directory.path().join("none"), None), "no recorded run called the emulated AWS");
    }

    #[test]
    fn other_files_are_refused() {
        let error = entries(Path::new("log"), "\n").unwrap_err().to_string();
        assert!(error.starts_with("log:1:0: not an entry of a request log: EOF"), "{error}");
    }
}
