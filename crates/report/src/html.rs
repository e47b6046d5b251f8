//! `--html FILE`: the run as a self-contained page, without scripts and external resources.

mod markup;
mod page;

use crate::ReportFormat;

/// The page.
pub static HTML: ReportFormat = ReportFormat {
    what: "the HTML report",
    keep_lines: 5_000,
    render: |record, finish, now| Ok(page::render(record, finish, now)),
};
