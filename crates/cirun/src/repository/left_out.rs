//! Files that are left out, and the diagnostics that name them.

use std::path::PathBuf;

use cirun_beneath::Refusal;
use cirun_parser::{Code, Diagnostic, Severity, Sources, Span};

const NOT_A_REGULAR_FILE: &str = "not-a-regular-file";
const FILE_OUTSIDE: &str = "file-outside";
const FILE_TOO_LARGE: &str = "file-too-large";
const TOO_MANY_FILES: &str = "too-many-files";
const UNREADABLE_FILE: &str = "unreadable-file";

/// The diagnostics of files, besides the parser's `file-too-large`.
pub(crate) const CODES: &[Code] = &[
    Code {
        id: NOT_A_REGULAR_FILE,
        severity: Severity::Warning,
        title: "a link, pipe or device among the documents",
        explanation: "Documents are regular files. A symbolic link is not followed, not even inside of the repository: \
                      it could lead to a file that holds secrets, and excerpts of documents are printed. The file is left \
                      out; put its content in its place.",
    },
    Code {
        id: FILE_OUTSIDE,
        severity: Severity::Warning,
        title: "a document outside of the repository",
        explanation: "A repository's own settings name only files and directories of the repository. What is elsewhere is \
                      left out; name it with `--include`, or in your own `config.toml`.",
    },
    Code {
        id: TOO_MANY_FILES,
        severity: Severity::Warning,
        title: "more documents than any project has",
        explanation: "At most 10,000 documents and 64 MiB are read in all, from directories of at most 100,000 files and 64 \
                      levels. What comes after is left out. Name the directory that holds the documents with `--include`.",
    },
    Code {
        id: UNREADABLE_FILE,
        severity: Severity::Warning,
        title: "a document that cannot be read",
        explanation: "The system does not let you read the file or directory, so it is left out. The message says why.",
    },
];

/// A file or directory that is not read.
#[derive(Debug)]
pub(crate) struct LeftOut {
    /// As a person would type it.
    pub path: PathBuf,
    /// Why.
    pub refusal: Refusal,
}

impl LeftOut {
    /// The finding that names it. The path is its place.
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
        let diagnostic = Diagnostic::warning(code, format!("`{name}` is left out: {}", why(&self.refusal)));
        diagnostic.at(Span { source, start: 0, end: 0 }, "").help(help(&self.refusal))
    }
}

/// Whether a finding names a file that was left out.
pub(crate) fn is_left_out(found: &Diagnostic) -> bool {
    let warned = found.severity == Severity::Warning;
    warned && (found.code == FILE_TOO_LARGE || CODES.iter().any(|code| code.id == found.code))
}

/// The reason, without the path of the link itself.
pub(crate) fn why(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Link(_) => "it is, or lies behind, a symbolic link, which is not followed".to_owned(),
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
