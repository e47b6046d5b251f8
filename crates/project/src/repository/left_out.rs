//! Files that are left out, and the diagnostics that name them.

use std::path::PathBuf;

use cirun_beneath::Refusal;
use cirun_diagnostics::{
    Diagnostic, Severity, Sources, Span,
    codes::{
        documents::FILE_TOO_LARGE,
        files::{self, FILE_OUTSIDE, NOT_A_REGULAR_FILE, TOO_MANY_FILES, UNREADABLE_FILE},
    },
};

/// A file or directory that is not read.
#[derive(Debug)]
pub(crate) struct LeftOut {
    /// The path to show.
    pub path: PathBuf,
    /// The reason.
    pub refusal: Refusal,
}

impl LeftOut {
    /// The finding that names the path. The path itself is its location.
    pub(crate) fn diagnostic(&self, sources: &mut Sources) -> Diagnostic {
        let name = self.path.display().to_string();
        let source = sources.add(&name, "");
        let code = match &self.refusal {
            Refusal::Link(_) | Refusal::Kind { .. } | Refusal::Changed => NOT_A_REGULAR_FILE,
            Refusal::Outside => FILE_OUTSIDE,
            Refusal::TooLarge(_) => FILE_TOO_LARGE,
            Refusal::TooMany(_) | Refusal::TooDeep(_) => TOO_MANY_FILES,
            Refusal::Missing | Refusal::Exists | Refusal::Pattern(_) | Refusal::Io(_) => UNREADABLE_FILE,
        };
        let code = code.with_severity(Severity::Warning);
        let diagnostic = code.says(format!("`{name}` is left out: {}", why(&self.refusal)));
        diagnostic.at(Span { source, start: 0, end: 0 }, "").help(help(&self.refusal))
    }
}

/// Whether a finding names a file that was left out.
pub fn is_left_out(found: &Diagnostic) -> bool {
    let warned = found.severity == Severity::Warning;
    warned && (found.code == FILE_TOO_LARGE.id || files::ALL.iter().any(|code| code.id == found.code))
}

/// The reason as text. For a link, it leaves out the path.
pub(crate) fn why(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Link(_) => "it is a symbolic link, or is under one, and links are not followed".to_owned(),
        other => other.to_string(),
    }
}

fn help(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::Link(_) | Refusal::Kind { .. } | Refusal::Changed => "put a regular file in its place",
        Refusal::Outside => "name it with `--include`",
        Refusal::TooLarge(_) => "check that it is a document; documents have far fewer bytes",
        Refusal::TooMany(_) | Refusal::TooDeep(_) => "name the directory that holds the documents with `--include`",
        Refusal::Missing | Refusal::Exists | Refusal::Pattern(_) | Refusal::Io(_) => "check its permissions",
    }
}
