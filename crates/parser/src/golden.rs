//! `testdata/ok` and `testdata/err` at the root of the repository: each file is a test, with its snapshot next to it.

#![expect(clippy::disallowed_methods, reason = "golden documents are files; the parser itself reads none")]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use cirun_diagnostics::{Diagnostic, Sources};

use crate::{
    Document, DocumentKind, MAX_BYTES, Node, TemplateQuery, apply_input_sets, codes, decode, lower_document,
    outline::Outline,
    parse_documents, pick_template, refused_when_saved, resolve_templates, set_input,
    testing::{flow, render},
    value_of,
};

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../testdata").join(name)
}

fn files(name: &str) -> Vec<PathBuf> {
    let root = folder(name);
    let entries = fs::read_dir(&root).unwrap_or_else(|error| panic!("{}: {error}", root.display()));
    let mut files: Vec<_> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    assert!(!files.is_empty(), "no files in {}", root.display());
    files
}

/// The documents of a file with their diagnostics; with a line `# --saved`, also those of saving.
fn load(file: &Path) -> (String, Vec<Diagnostic>, Sources) {
    let mut sources = Sources::default();
    let bytes = fs::read(file).expect("a readable file");
    let text = match decode(&bytes) {
        Ok(text) => text,
        Err(diagnostic) => return (String::new(), vec![diagnostic], sources),
    };
    let id = sources.add("file", text);
    let parse = parse_documents(&sources, id);
    let mut diagnostics = parse.diagnostics;
    let mut shown = Vec::new();
    let saves = text.lines().any(|line| line == "# --saved");
    for document in &parse.tree {
        if saves {
            diagnostics.extend(refused_when_saved(document));
        }
        let lowered = lower_document(document);
        shown.push(lowered.tree.outline().render());
        diagnostics.extend(lowered.diagnostics);
    }
    if let Some(pipeline) = bodies(&parse.tree, DocumentKind::Pipeline).first() {
        let merged = merge(pipeline, &parse.tree, text, &mut sources, &mut diagnostics);
        if &merged != *pipeline {
            shown.push(format!("merged {}\n", flow(&merged)));
        }
    }
    (shown.join("---\n"), diagnostics, sources)
}

fn bodies(documents: &[Document], kind: DocumentKind) -> Vec<&Node> {
    documents.iter().filter(|document| document.kind == kind).filter_map(Document::body).collect()
}

/// Merges the first pipeline of a file with the templates and input sets of the same file, and with the inputs of lines
/// that begin with `# --input `. Without any of them it stays unchanged.
fn merge(
    pipeline: &Node,
    documents: &[Document],
    text: &str,
    sources: &mut Sources,
    diagnostics: &mut Vec<Diagnostic>,
) -> Node {
    let mut tree = pipeline.clone();
    let templates = bodies(documents, DocumentKind::Template);
    if !templates.is_empty() {
        let lookup = |query: &TemplateQuery<'_>| pick_template(query, templates.iter().copied());
        let parse = resolve_templates(tree, &lookup);
        tree = parse.tree;
        diagnostics.extend(parse.diagnostics);
    }
    let parse = apply_input_sets(tree, &bodies(documents, DocumentKind::InputSet));
    tree = parse.tree;
    diagnostics.extend(parse.diagnostics);
    for (path, value) in text.lines().filter_map(|line| line.strip_prefix("# --input ")?.split_once('=')) {
        let id = sources.add("--input", value);
        diagnostics.extend(set_input(&mut tree, path, value_of(sources, id)).err());
    }
    tree
}

fn snapshot(file: &Path, content: String) {
    let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
    insta::with_settings!({
        snapshot_path => file.parent().expect("a folder"),
        prepend_module_to_snapshot => false,
        omit_expression => true,
        snapshot_suffix => "",
    }, { insta::assert_snapshot!(name, content) });
}

#[test]
fn ok() {
    for file in files("ok") {
        let (shown, diagnostics, sources) = load(&file);
        let diagnostics: Vec<_> = diagnostics.iter().map(|diagnostic| render(&sources, diagnostic)).collect();
        assert_eq!(diagnostics, Vec::<String>::new(), "{}", file.display());
        snapshot(&file, shown);
    }
}

#[test]
fn err() {
    for file in files("err") {
        let (_, diagnostics, sources) = load(&file);
        assert!(!diagnostics.is_empty(), "{} has no mistake", file.display());
        let shown: Vec<_> = diagnostics.iter().map(|diagnostic| render(&sources, diagnostic)).collect();
        snapshot(&file, shown.join("\n"));
    }
}

/// The one error that no file can show: a file of 16 MiB.
#[test]
fn err_too_large() {
    let error = decode(&vec![b' '; MAX_BYTES + 1]).expect_err("too large");
    snapshot(&folder("err").join("too_large"), render(&Sources::default(), &error));
}

#[test]
fn every_code_has_a_bad_document() {
    let found: BTreeSet<_> =
        files("err").iter().flat_map(|file| load(file).1).map(|diagnostic| diagnostic.code).collect();
    let without = codes::ALL.iter().map(|code| code.id).filter(|id| !found.contains(id));
    assert_eq!(without.collect::<Vec<_>>(), ["file-too-large"]);
}

#[test]
fn codes_are_unique_and_severities_hold() {
    let ids: BTreeSet<_> = codes::ALL.iter().map(|code| code.id).collect();
    assert_eq!(ids.len(), codes::ALL.len());
    for file in files("err") {
        for diagnostic in load(&file).1 {
            let code = codes::ALL.iter().find(|code| code.id == diagnostic.code).expect("a code of the table");
            assert_eq!(code.severity, diagnostic.severity, "{}", code.id);
        }
    }
}
