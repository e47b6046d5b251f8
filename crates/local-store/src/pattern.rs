//! Finding files by the patterns of the upload plugins.

use std::path::{Path, PathBuf};

use globset::GlobBuilder;
use walkdir::WalkDir;

use crate::StoreError;

/// Whether a pattern has wildcards.
pub(crate) fn has_wildcards(pattern: &str) -> bool {
    pattern.contains(['*', '?', '[', '{'])
}

/// How far `*` reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Star {
    /// To the next slash; `**` goes on.
    OneName,
    /// Over slashes (JFrog's wildcards).
    AnyDepth,
}

/// Everything below the pattern's fixed part that matches, sorted: files, directories and links.
pub(crate) fn matching(pattern: &Path, star: Star) -> Result<Vec<PathBuf>, StoreError> {
    let text = pattern.to_string_lossy();
    let glob = GlobBuilder::new(&text).literal_separator(star == Star::OneName).build();
    let glob = glob.map_err(|error| StoreError::Source(format!("{text} is not a pattern: {error}")))?;
    let matcher = glob.compile_matcher();
    let fixed: PathBuf =
        pattern.components().take_while(|part| !has_wildcards(&part.as_os_str().to_string_lossy())).collect();
    let depth = match star {
        Star::OneName if !text.contains("**") => pattern.components().count() - fixed.components().count(),
        Star::OneName | Star::AnyDepth => usize::MAX,
    };
    let entries = WalkDir::new(&fixed).min_depth(1).max_depth(depth).sort_by_file_name();
    // What cannot be read cannot be uploaded; the plugins too go on.
    let entries = entries.into_iter().filter_map(Result::ok);
    Ok(entries.map(walkdir::DirEntry::into_path).filter(|path| matcher.is_match(path)).collect())
}

/// All files below a directory, links to files among them, sorted.
pub(crate) fn files_below(directory: &Path) -> Vec<PathBuf> {
    let entries = WalkDir::new(directory).min_depth(1).sort_by_file_name().into_iter().filter_map(Result::ok);
    entries.map(walkdir::DirEntry::into_path).filter(|path| path.is_file()).collect()
}
