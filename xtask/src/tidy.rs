//! `cargo xtask tidy`: house rules that no lint knows. Each check returns what is wrong, in words.

use anyhow::{Result, bail};

mod codes;
mod documents;
mod edges;
mod paths;
mod readme;
mod reference;
mod sources;
mod words;

/// Checks the house rules that no lint knows: module docs, file sizes, crate edges, words, paths, citations, golden files.
#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_: &Args) -> Result<()> {
    let files = sources::rust_files()?;
    let documents = documents::all()?;
    let mut problems = sources::check(&files);
    problems.extend(edges::check()?);
    problems.extend(codes::check(&files)?);
    problems.extend(readme::check());
    problems.extend(words::check(&documents));
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
