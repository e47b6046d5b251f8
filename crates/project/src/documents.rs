//! The documents of a project: the pipeline, and what it refers to under `.harness/` and `--include`.

use std::path::{Path, PathBuf};

use cirun_beneath::{Refusal, Root};
use cirun_diagnostics::{Diagnostic, Failure, Severity, SourceId, Sources};
use cirun_parser::{Document, DocumentKind, Node};

use crate::{
    Dialogue, repository,
    repository::{Boundary, LeftOut, Place},
};

/// The directory of the workspace whose documents cirun reads.
pub const DOCUMENTS: &str = ".harness";

/// The documents that were read, and their texts.
#[derive(Debug, Default)]
pub(crate) struct Documents {
    /// The texts.
    pub sources: Sources,
    /// The documents, those of the pipeline's file first.
    pub documents: Vec<Document>,
    /// The mistakes in the documents; at most warnings, except in the pipeline's file.
    pub diagnostics: Vec<Diagnostic>,
    /// The person's answers to missing inputs: path and value.
    pub answers: Vec<(String, String)>,
    /// The repository, whose rules apply to files in it.
    boundary: Boundary,
}

impl Documents {
    /// Reads `file` and every document in `places`. The pipeline may not use all of these, so their mistakes are only
    /// warnings, and so are files that are left out.
    pub(crate) fn read(file: &Path, boundary: Boundary, places: Vec<Place>) -> Result<Self, Failure> {
        let mut project = Self { boundary, ..Self::default() };
        project.add_named(file)?;
        let (documents, left_out) = repository::find(places);
        left_out.iter().for_each(|left_out| project.leave_out(left_out));
        for document in documents {
            if same_file(&document.path, file) {
                continue;
            }
            match document.read() {
                Ok(bytes) => project.add(&document.path, &bytes, Severity::Warning),
                Err(refusal) => project.leave_out(&LeftOut { path: document.path, refusal }),
            }
        }
        Ok(project)
    }

    fn leave_out(&mut self, left_out: &LeftOut) {
        let diagnostic = left_out.diagnostic(&mut self.sources);
        self.diagnostics.push(diagnostic);
    }

    /// Reads one more file, such as an input set. Its mistakes are errors.
    pub(crate) fn read_more(&mut self, file: &Path) -> Result<Vec<Document>, Failure> {
        let before = self.documents.len();
        self.add_named(file)?;
        Ok(self.documents[before..].to_vec())
    }

    /// Takes the body of the first pipeline in the pipeline's file.
    pub(crate) fn take_pipeline(&mut self) -> Option<Node> {
        let is_main = |document: &&mut Document| document.kind == DocumentKind::Pipeline && is_own(document);
        self.documents.iter_mut().find(is_main)?.take_body()
    }

    /// The documents of the pipeline's file.
    pub(crate) fn own_documents(&self) -> impl Iterator<Item = &Document> {
        self.documents.iter().filter(|document| is_own(document))
    }

    /// The bodies of the documents of one kind.
    pub(crate) fn bodies(&self, kind: DocumentKind) -> impl Iterator<Item = &Node> {
        self.documents.iter().filter(move |document| document.kind == kind).map(|document| &document.root)
    }

    /// Adds a file that a person named.
    fn add_named(&mut self, path: &Path) -> Result<(), Failure> {
        let bytes = self.boundary.read(path, repository::LARGEST).map_err(|refusal| cannot_read(path, &refusal))?;
        self.add(path, &bytes, Severity::Error);
        Ok(())
    }

    fn add(&mut self, path: &Path, bytes: &[u8], worst: Severity) {
        let name = path.display().to_string();
        let text = match cirun_parser::decode(bytes) {
            Ok(text) => text,
            Err(diagnostic) => {
                self.sources.add(&name, "");
                self.diagnostics.push(at_most(diagnostic, worst));
                return;
            }
        };
        let id = self.sources.add(&name, text);
        let parsed = cirun_parser::parse_documents(&self.sources, id);
        self.documents.extend(parsed.tree);
        self.diagnostics.extend(parsed.diagnostics.into_iter().map(|diagnostic| at_most(diagnostic, worst)));
    }
}

fn is_own(document: &Document) -> bool {
    document.root.span.source == SourceId(0)
}

fn at_most(mut diagnostic: Diagnostic, worst: Severity) -> Diagnostic {
    diagnostic.severity = diagnostic.severity.min(worst);
    diagnostic
}

fn cannot_read(path: &Path, refusal: &Refusal) -> Failure {
    let error = Failure::input(format!("cannot read {}: {}", path.display(), repository::why(refusal)));
    match refusal {
        Refusal::Link(_) => error.help("name the file itself: cirun does not follow links in a repository"),
        Refusal::Kind { .. } | Refusal::Changed => error.help("name the pipeline's file"),
        Refusal::TooLarge(_) => error.help("check that it is the right file, or move parts of it into templates"),
        _ => error,
    }
}

fn same_file(one: &Path, other: &Path) -> bool {
    one == other || matches!((one.canonicalize(), other.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

/// The pipeline to use if none is named: the only one under `.harness/`, or the only one with a CI stage.
pub(crate) fn default_pipeline(workspace: &Path, person: &dyn Dialogue) -> Result<PathBuf, Failure> {
    let directory = workspace.join(DOCUMENTS);
    if !directory.is_dir() {
        return Err(Failure::usage(format!("no pipeline was named, and there is no {}", directory.display()))
            .help("name a pipeline: `cirun local path/to/pipeline.yaml`"));
    }
    let mut pipelines = Vec::new();
    let root = Root::open(workspace).and_then(|root| root.sub(Path::new(DOCUMENTS)));
    let (documents, left_out) = repository::find(vec![Place { path: directory.clone(), root }]);
    for document in documents {
        // Unreadable documents are reported later, when all documents are read.
        let Ok(bytes) = document.read() else { continue };
        let path = document.path;
        let Ok(text) = cirun_parser::decode(&bytes) else { continue };
        let mut sources = Sources::default();
        let id = sources.add("", text);
        let documents = cirun_parser::parse_documents(&sources, id).tree;
        if documents.iter().any(|document| document.kind == DocumentKind::Pipeline) {
            pipelines.push((path, text.contains("type: CI")));
        }
    }
    let with_ci: Vec<_> = pipelines.iter().filter(|(_, ci)| *ci).collect();
    match (pipelines.as_slice(), with_ci.as_slice()) {
        ([(only, _)], _) | (_, [(only, _)]) => Ok(only.clone()),
        ([], _) => {
            for LeftOut { path, refusal } in &left_out {
                person.say(&format!("warning: `{}` is left out: {}", path.display(), repository::why(refusal)));
            }
            Err(Failure::usage(format!("there is no pipeline under {}", directory.display()))
                .help("name a pipeline: `cirun local path/to/pipeline.yaml`"))
        }
        (all, _) => {
            let list: String = all.iter().map(|(path, _)| format!("\n  {}", path.display())).collect();
            Err(Failure::usage(format!("there are {} pipelines under {}:{list}", all.len(), directory.display()))
                .help("name one of them"))
        }
    }
}
