//! Finding files by the patterns of the upload plugins, beneath the workspace or another directory.

use std::path::{Path, PathBuf};

use cirun_beneath::{Entry, Finding, Kind, Pattern, Star, has_wildcards};

use crate::{StoreError, Surroundings, files::LIMITS, rooted::Anchor};

/// A file or directory that was found.
#[derive(Debug)]
pub(crate) struct Source {
    /// Where it is, for its place in the store and for people.
    pub(crate) path: PathBuf,
    pub(crate) entry: Entry,
}

impl Source {
    pub(crate) fn is_file(&self) -> bool {
        self.entry.facts.kind == Kind::File
    }

    pub(crate) fn is_directory(&self) -> bool {
        self.entry.facts.kind == Kind::Directory
    }
}

/// What was found, and what was not reached.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    pub(crate) found: Vec<Source>,
    /// For people.
    pub(crate) left_out: Vec<String>,
}

/// What a path of the step matches, sorted: files and directories, but no links; the path alone where it is no pattern. `None`
/// where a path that is no pattern does not exist.
///
/// # Errors
/// [`StoreError::Source`] for a pattern that cannot be read, and for a path without wildcards that leads through a link.
pub(crate) fn matching(text: &str, star: Star, around: &Surroundings) -> Result<Option<Sources>, StoreError> {
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
    let found = entries.into_iter().map(|entry| Source { path: start.join(&entry.path), entry }).collect();
    let left_out =
        refused.iter().map(|(path, refusal)| format!("{} is left out: {refusal}", start.join(path).display()));
    Ok(Some(Sources { found, left_out: left_out.collect() }))
}

/// All files below a directory, sorted.
pub(crate) fn files_below(directory: &Source, around: &Surroundings) -> Result<Sources, StoreError> {
    let Anchor { root, below } = around.anchor(&directory.path)?;
    let cannot = |reason: &dyn std::fmt::Display| StoreError::Source(format!("{}: {reason}", directory.path.display()));
    let root = root.sub(&below).map_err(|refusal| cannot(&refusal))?;
    let mut walk = root.walk(LIMITS);
    let stores = around.store_identities();
    let mut sources = Sources::default();
    while let Some(next) = walk.next() {
        // What cannot be read cannot be uploaded; the plugins too go on.
        let Ok(entry) = next else { continue };
        let path = directory.path.join(&entry.path);
        match entry.facts.kind {
            Kind::File => {
                let below = entry.path.clone();
                sources.found.push(Source { path, entry: entry.settled(&root, below) });
            }
            Kind::Link => sources.left_out.push(format!("{} is left out: it is a symbolic link", path.display())),
            Kind::Directory if stores.contains(&entry.facts.identity) => walk.skip_directory(),
            _ => {}
        }
    }
    Ok(sources)
}
