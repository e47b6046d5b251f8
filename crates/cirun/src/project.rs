//! The documents of a project: the pipeline, and what it refers to under `.harness/` and `--include`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use cirun_parser::{Diagnostic, Document, DocumentKind, Node, Severity, SourceId, Sources};

use crate::error::CliError;

/// Where documents are looked for below the workspace.
pub(crate) const DOCUMENTS: &str = ".harness";

/// Everything that was read.
#[derive(Debug, Default)]
pub(crate) struct Project {
    /// The texts.
    pub sources: Sources,
    /// The documents of the pipeline's file and of the project, the pipeline's own first.
    pub documents: Vec<Document>,
    /// What is wrong in the pipeline's file, and as warnings what is wrong elsewhere.
    pub diagnostics: Vec<Diagnostic>,
    /// What a person answered to missing inputs, by path.
    pub answers: Vec<(String, String)>,
}

impl Project {
    /// Reads `file` and every document under `directories`. Mistakes in files that the pipeline may not even use do not
    /// stop it: they become warnings.
    pub(crate) fn read(file: &Path, directories: &[PathBuf]) -> Result<Self, CliError> {
        let mut project = Self::default();
        project.add(file, Severity::Error)?;
        for directory in directories {
            for path in yaml_files(directory)? {
                if !same_file(&path, file) {
                    project.add(&path, Severity::Warning)?;
                }
            }
        }
        Ok(project)
    }

    /// Reads one more file, an input set for instance; its mistakes are errors.
    pub(crate) fn read_more(&mut self, file: &Path) -> Result<Vec<Document>, CliError> {
        let before = self.documents.len();
        self.add(file, Severity::Error)?;
        Ok(self.documents[before..].to_vec())
    }

    /// Takes out the body of the first document of the pipeline's file that is a pipeline.
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

    fn add(&mut self, path: &Path, worst: Severity) -> Result<SourceId, CliError> {
        let bytes = read(path)?;
        let name = path.display().to_string();
        let text = match cirun_parser::decode(&bytes) {
            Ok(text) => text,
            Err(diagnostic) => {
                let id = self.sources.add(&name, "");
                self.diagnostics.push(at_most(diagnostic, worst));
                return Ok(id);
            }
        };
        let id = self.sources.add(&name, text);
        let parsed = cirun_parser::parse_documents(&self.sources, id);
        self.documents.extend(parsed.tree);
        self.diagnostics.extend(parsed.diagnostics.into_iter().map(|diagnostic| at_most(diagnostic, worst)));
        Ok(id)
    }
}

fn is_own(document: &Document) -> bool {
    document.root.span.source == SourceId(0)
}

fn at_most(mut diagnostic: Diagnostic, worst: Severity) -> Diagnostic {
    diagnostic.severity = diagnostic.severity.min(worst);
    diagnostic
}

fn read(path: &Path) -> Result<Vec<u8>, CliError> {
    let cannot = |reason: String| CliError::invalid(format!("cannot read {}: {reason}", path.display()));
    let metadata = fs::metadata(path).map_err(|error| cannot(error.to_string()))?;
    if metadata.is_dir() {
        return Err(cannot("it is a directory".to_owned()).help("name the pipeline's file"));
    }
    if metadata.len() > cirun_parser::MAX_BYTES as u64 {
        return Err(cannot(format!(
            "it has {} bytes, and {} are read at most",
            metadata.len(),
            cirun_parser::MAX_BYTES
        ))
        .help("check that it is the right file, or move parts of it into templates"));
    }
    fs::read(path).map_err(|error| cannot(error.to_string()))
}

/// The YAML files below a directory, in a stable order.
fn yaml_files(directory: &Path) -> Result<Vec<PathBuf>, CliError> {
    let mut files = Vec::new();
    let mut waiting = vec![directory.to_owned()];
    while let Some(next) = waiting.pop() {
        let entries = fs::read_dir(&next)
            .map_err(|error| CliError::invalid(format!("cannot read the directory {}: {error}", next.display())))?;
        for entry in entries {
            let entry = entry.map_err(|error| CliError::io(next.display(), &error))?;
            let kind = entry.file_type().map_err(|error| CliError::io(next.display(), &error))?;
            let path = entry.path();
            if kind.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml") {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

fn same_file(one: &Path, other: &Path) -> bool {
    one == other || matches!((one.canonicalize(), other.canonicalize()), (Ok(a), Ok(b)) if a == b)
}

/// The pipeline to use when none is named: the only one under `.harness/`, or the only one with a CI stage.
pub(crate) fn default_pipeline(workspace: &Path) -> Result<PathBuf, CliError> {
    let directory = workspace.join(DOCUMENTS);
    if !directory.is_dir() {
        return Err(CliError::usage(format!("no pipeline is named, and there is no {}", directory.display()))
            .help("name a pipeline: `cirun local path/to/pipeline.yaml`"));
    }
    let mut pipelines = Vec::new();
    for path in yaml_files(&directory)? {
        let bytes = read(&path)?;
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
        ([], _) => Err(CliError::usage(format!("there is no pipeline under {}", directory.display()))
            .help("name a pipeline: `cirun local path/to/pipeline.yaml`")),
        (all, _) => {
            let list: String = all.iter().map(|(path, _)| format!("\n  {}", path.display())).collect();
            Err(CliError::usage(format!("there are {} pipelines under {}:{list}", all.len(), directory.display()))
                .help("name one of them"))
        }
    }
}
