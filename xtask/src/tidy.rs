//! `cargo xtask tidy`: house rules that no lint knows. Each check returns what is wrong, in words.

use anyhow::{Result, bail};

mod codes;
mod edges;
mod readme;
mod sources;

/// Checks the house rules that no lint knows: module docs, file sizes, crate edges, words, golden files.
#[derive(clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_: &Args) -> Result<()> {
    let files = sources::rust_files()?;
    let mut problems = sources::check(&files);
    problems.extend(edges::check()?);
    problems.extend(codes::check(&files)?);
    problems.extend(readme::check());
    for file in sources::large(&files) {
        println!("large: {file}");
    }
    for problem in &problems {
        eprintln!("tidy: {problem}");
    }
    if !problems.is_empty() {
        bail!("tidy found {} problems", problems.len());
    }
    println!("tidy: {} files are in order", files.len());
    Ok(())
}
