//! `cirun aws policy`: the least IAM policy under which a run's requests would have been allowed.

use std::{
    fs,
    path::{Path, PathBuf},
};

use cirun_aws_emulator::{LogEntry, least_policy};

use crate::{console, error::CliError, exit::ExitCode, front::REQUEST_LOG, paths::Paths};

/// Prints the policy, JSON.
pub(super) fn run(run: Option<&str>, request_log: Option<PathBuf>) -> Result<ExitCode, CliError> {
    let log = match request_log {
        Some(file) => file,
        None => find(&Paths::find()?.runs(), run)?,
    };
    let text = fs::read_to_string(&log).map_err(|error| CliError::usage(format!("{}: {error}", log.display())))?;
    let policy = serde_json::to_string_pretty(&least_policy(&entries(&log, &text)?))
        .map_err(|error| CliError::aws_text(error.to_string()))?;
    console::data(&format!("{policy}\n"))?;
    console::say(&format!("from the requests in {}", log.display()));
    Ok(ExitCode::Success)
}

fn entries(log: &Path, text: &str) -> Result<Vec<LogEntry>, CliError> {
    let entry = |(index, line): (usize, &str)| {
        serde_json::from_str(line).map_err(|error| {
            let place = format!("{}:{}:{}", log.display(), index + 1, error.column());
            CliError::invalid(format!("{place}: not an entry of a request log: {error}"))
                .help("give a file that `cirun aws serve --request-log` or a run has written")
        })
    };
    text.lines().enumerate().map(entry).collect()
}

/// The request log of the run whose id begins so, or of the newest run that has one.
fn find(runs: &Path, wanted: Option<&str>) -> Result<PathBuf, CliError> {
    let mut ids: Vec<String> = match fs::read_dir(runs) {
        Ok(entries) => entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(CliError::io(runs.display(), &error)),
    };
    // Ids begin with the time.
    ids.sort();
    let log = |id: &str| runs.join(id).join("emulator").join(REQUEST_LOG);
    match wanted {
        None => ids.iter().rev().map(|id| log(id)).find(|log| log.exists()).ok_or_else(|| {
            CliError::usage("no recorded run called the emulated AWS")
                .help("run a stage that pushes to ECR with `cirun local`, or name a log with `--request-log`")
        }),
        Some(wanted) => {
            let found: Vec<&String> = ids.iter().filter(|id| id.starts_with(wanted)).collect();
            match found.as_slice() {
                [id] if log(id).exists() => Ok(log(id)),
                [id] => Err(CliError::usage(format!("run {id} called no emulated AWS"))),
                [] => Err(CliError::usage(format!("no recorded run `{wanted}`"))
                    .help(format!("the records are in {}", runs.display()))),
                several => Err(CliError::usage(format!("`{wanted}` begins the ids of {} runs", several.len()))),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(names: &[(&str, bool)]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        for (name, called) in names {
            let emulator = directory.path().join(name).join("emulator");
            fs::create_dir_all(&emulator).unwrap();
            if *called {
                fs::write(emulator.join(REQUEST_LOG), "").unwrap();
            }
        }
        directory
    }

    fn found(directory: &Path, wanted: Option<&str>) -> String {
        match find(directory, wanted) {
            Ok(log) => log.strip_prefix(directory).unwrap().display().to_string(),
            Err(error) => error.to_string().lines().next().unwrap_or_default().to_owned(),
        }
    }

    #[test]
    fn the_newest_run_that_called() {
        let directory = runs(&[("2026-a", true), ("2026-b", true), ("2026-c", false)]);
        assert_eq!(found(directory.path(), None), "2026-b/emulator/requests.jsonl");
        assert_eq!(found(directory.path(), Some("2026-a")), "2026-a/emulator/requests.jsonl");
        assert_eq!(found(directory.path(), Some("2026-c")), "error: run 2026-c called no emulated AWS");
        assert_eq!(found(directory.path(), Some("2026")), "error: `2026` begins the ids of 3 runs");
        assert_eq!(found(directory.path(), Some("x")), "error: no recorded run `x`");
        assert_eq!(found(&directory.path().join("none"), None), "error: no recorded run called the emulated AWS");
    }

    #[test]
    fn a_file_that_is_no_log() {
        let error = entries(Path::new("log"), "\n").unwrap_err().to_string();
        assert!(error.starts_with("error: log:1:0: not an entry of a request log: EOF"), "{error}");
    }
}
