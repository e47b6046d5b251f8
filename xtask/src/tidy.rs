//! `cargo xtask tidy`: house rules without a lint. Each check returns its findings as text.

use anyhow::{Result, bail};

mod codes;
mod documents;
mod edges;
mod paths;
mod readme;
mod reference;
mod sources;
mod words;

/// Check the house rules without a lint: module docs, file sizes, crate edges, words, paths, citations, golden files.
#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_: &Args) -> Result<()> {
    let files = sources::rust_files()?;
    let documents = documents::all()?;
    let mut problems = sources::check(&files);
    problems.extend(edges::check()?);
    problems.extend(codes::check(&files)?);
    problems.extend(readme::check());
    problems.extend(words::check(&documents, &files));
    problems.extend(paths::check(&documents));
    problems.extend(reference::check(&files, &documents)?);
    for file in sources::large(&files) {
        println!("large: {file}");
    }
    for problem in &problems {
        eprintln!("tidy: {problem}");
    }
    if !problems.is_empty() {
        bail!("tidy found {} problems", problems.len());
    }
    println!("tidy: {} files are in order", files.len() + documents.len());
    Ok(())
}
