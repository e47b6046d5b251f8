//! The table of the report files of a run, and the options that name them.

use std::path::{Path, PathBuf};

use cirun_diagnostics::Failure;
use cirun_report::{Fanout, HTML, JUNIT, ReportFormat, ReportSink};
use clap::Args;

use super::create;

/// Where reports are written: the same options of `local`, `rerun` and `report`.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ReportFiles {
    /// Write a JUnit report
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write an HTML report
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

impl ReportFiles {
    /// Each option with the format that it writes.
    fn table(&mut self) -> [(&mut Option<PathBuf>, &'static ReportFormat); 2] {
        [(&mut self.junit, &JUNIT), (&mut self.html, &HTML)]
    }

    /// These files, relative to `directory`, and those of `others` where none is named.
    pub(crate) fn or(mut self, mut others: Self, directory: &Path) -> Self {
        for ((file, _), (other, _)) in self.table().into_iter().zip(others.table()) {
            *file = file.take().map(|file| directory.join(file)).or_else(|| other.take());
        }
        self
    }

    /// Adds a sink for each file.
    ///
    /// # Errors
    /// A file cannot be created.
    pub(crate) fn add_to(mut self, sinks: &mut Fanout) -> Result<(), Failure> {
        for (file, format) in self.table() {
            if let Some(file) = file {
                sinks.push(Box::new(ReportSink::new(format, create(file)?)));
            }
        }
        Ok(())
    }
}
