//! Finds files by the patterns of the upload plugins, in the workspace or another directory.

use std::path::{Path, PathBuf};

use cirun_beneath::{Entry, Finding, Kind, Pattern, Star, has_wildcards};

use crate::{StoreError, Surroundings, files::LIMITS, rooted::Anchor};

/// A file or directory that was found.
#[derive(Debug)]
pub(crate) struct SourceFile {
    /// Its path, for its place in the store and for messages.
    pub(crate) path: PathBuf,
    pub(crate) entry: Entry,
}

impl SourceFile {
    pub(crate) fn is_file(&self) -> bool {
        self.entry.facts.kind == Kind::File
    }

    pub(crate) fn is_directory(&self) -> bool {
        self.entry.facts.kind == Kind::Directory
    }
}

/// The files found, and those that were not accessible.
#[derive(Debug, Default)]
pub(crate) struct SourceFiles {
    pub(crate) found: Vec<SourceFile>,
    /// As text to print.
    pub(crate) left_out: Vec<String>,
}

/// The sorted matches of a step's path: files and directories, but no links; the path alone if it is not a pattern.
/// `None` if a path that is not a pattern does not exist.
///
/// # Errors
/// [`StoreError::Source`] for a pattern that cannot be parsed, and for a path without wildcards that passes through a
/// link.
pub(crate) fn matching(text: &str, star: Star, around: &Surroundings) -> Result<Option<SourceFiles>, StoreError> {
    let path = around.absolute(Path::new(text));
    let wild = has_wildcards(text);
    let is_wild = |part: &Path| has_wildcards(&part.to_string_lossy());
    let names: PathBuf = path.iter().take_while(|part| !is_wild(Path::new(part))).collect();
    let fixed = if wild { names } else { path.clone() };
    let Anchor { root, below } = around.anchor(&fixed)?;
    let start: PathBuf = match fixed.ancestors().find(|above| fixed.strip_prefix(above).is_ok_and(|rest| rest == below))
    {
        Some(start) => start.to_owned(),
        None => PathBuf::new(),
    };
    let relative = path.strip_prefix(&start).unwrap_or(&path);
    let broken = |reason: &dyn std::fmt::Display| StoreError::Source(format!("{text}: {reason}"));
    let pattern = Pattern::new(&relative.to_string_lossy(), star).map_err(|refusal| broken(&refusal))?;
    let Finding { entries, refused } = pattern.find(&root, LIMITS, &around.store_identities());
    if !wild && let Some((_, refusal)) = refused.first() {
        return Err(broken(refusal));
    }
    if !wild && entries.is_empty() {
        return Ok(None);
    }
    let found = entries.into_iter().map(|entry| SourceFile { path: start.join(&entry.path), entry }).collect();
    let left_out =
        refused.iter().map(|(path, refusal)| format!("{} is left out: {refusal}", start.join(path).display()));
    Ok(Some(SourceFiles { found, left_out: left_out.collect() }))
}

/// All files in a directory, recursively, sorted.
pub(crate) fn files_below(directory: &SourceFile, around: &Surroundings) -> Result<SourceFiles, StoreError> {
    let Anchor { root, below } = around.anchor(&directory.path)?;
    let cannot = |reason: &dyn std::fmt::Display| StoreError::Source(format!("{}: {reason}", directory.path.display()));
    let root = root.sub(&below).map_err(|refusal| cannot(&refusal))?;
    let mut walk = root.walk(LIMITS);
    let stores = around.store_identities();
    let mut sources = SourceFiles::default();
    while let Some(next) = walk.next() {
        // A file that cannot be read is not uploaded; the plugins continue, too.
        let Ok(entry) = next else { continue };
        let path = directory.path.join(&entry.path);
        match entry.facts.kind {
            Kind::File => {
                let below = entry.path.clone();
                sources.found.push(SourceFile { path, entry: entry.settled(&root, below) });
            }
            Kind::Link => sources.left_out.push(format!("{} is left out: it is a symbolic link", path.display())),
            Kind::Directory if stores.contains(&entry.facts.identity) => walk.skip_directory(),
            _ => {}
        }
    }
    Ok(sources)
}
