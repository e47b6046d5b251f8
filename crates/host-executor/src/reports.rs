//! Finds report files by their globs: relative to the workspace, or absolute on the machine.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use cirun_engine::{BackendError, ReportFile};
use globset::{GlobBuilder, GlobMatcher};
use walkdir::WalkDir;

use crate::paths::HostPaths;

/// A glob of absolute paths of the machine.
struct ReportGlob {
    /// The path up to the first wildcard.
    root: PathBuf,
    matcher: GlobMatcher,
}

/// Finds the files; each once, sorted by path, whatever number of globs name it. `home` is what `~` stands for
/// (harness-runtime.md 4). Reads the disk: call it where blocking is allowed.
pub(crate) fn collect(
    paths: &HostPaths,
    home: Option<&str>,
    globs: &[String],
) -> Result<Vec<ReportFile>, BackendError> {
    let mut found = BTreeMap::new();
    for text in globs {
        let glob = parse(paths, home, text)?;
        let failed = |source| BackendError::Io { what: format!("read the reports `{text}`"), source };
        search(&glob, &mut found).map_err(failed)?;
    }
    let shown = |path: &Path| path.strip_prefix(&paths.workspace).unwrap_or(path).to_string_lossy().into_owned();
    Ok(found.into_iter().map(|(path, content)| ReportFile { path: shown(&path), content }).collect())
}

fn parse(paths: &HostPaths, home: Option<&str>, text: &str) -> Result<ReportGlob, BackendError> {
    let text = text.trim();
    let wild = text.find(['*', '?', '[', '{']).unwrap_or(text.len());
    // Whole components only: the last slash before a wildcard ends the literal part.
    let literal = text[..wild].rfind('/').map_or("", |slash| &text[..slash]);
    let (literal, rest) =
        if wild == text.len() { (text, "") } else { (literal, text[literal.len()..].trim_start_matches('/')) };
    let root = match (literal, home) {
        ("", _) if text.starts_with('/') => PathBuf::from("/"),
        (absolute, _) if absolute.starts_with('/') => {
            paths.in_workspace(absolute).unwrap_or_else(|| PathBuf::from(absolute))
        }
        (tilde, Some(home)) if tilde == "~" || tilde.starts_with("~/") => {
            Path::new(home).join(tilde.trim_start_matches('~').trim_start_matches('/'))
        }
        (relative, _) => paths.workspace.join(relative.trim_start_matches("./")),
    };
    let pattern = match rest {
        "" => globset::escape(&root.to_string_lossy()),
        rest => format!("{}/{rest}", globset::escape(root.to_string_lossy().trim_end_matches('/'))),
    };
    let glob = GlobBuilder::new(&pattern).literal_separator(true).build().map_err(|error| BackendError::Engine {
        what: format!("find the reports `{text}`"),
        reason: error.kind().to_string(),
    })?;
    Ok(ReportGlob { root, matcher: glob.compile_matcher() })
}

fn search(glob: &ReportGlob, found: &mut BTreeMap<PathBuf, Vec<u8>>) -> io::Result<()> {
    for entry in WalkDir::new(&glob.root).sort_by_file_name() {
        // A directory that cannot be entered holds no report of this user's, and one that is absent none at all.
        let Ok(entry) = entry else { continue };
        if entry.file_type().is_file() && glob.matcher.is_match(entry.path()) {
            found.insert(entry.path().to_owned(), fs::read(entry.path())?);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    fn found(globs: &[&str]) -> String {
        let dir = tempfile::tempdir().unwrap();
        for file in
            ["w[1]/junit.xml", "w[1]/a/junit.xml", "w[1]/a/b/c.xml", "w[1]/a/b/c.txt", "home/r.xml", "abs/r.xml"]
        {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, file).unwrap();
        }
        let paths = HostPaths {
            home: "/nonexistent".into(),
            own_files: Default::default(),
            planned_workspace: "/harness".into(),
            workspace: dir.path().join("w[1]"),
            run_dir: dir.path().join("run"),
        };
        let root = dir.path().to_string_lossy();
        let globs: Vec<String> = globs.iter().map(|glob| glob.replace("ROOT", &root)).collect();
        match collect(&paths, Some(&format!("{root}/home")), &globs) {
            Ok(files) => files
                .iter()
                .map(|file| format!("{}={}", file.path.replace(&*root, "ROOT"), String::from_utf8_lossy(&file.content)))
                .collect::<Vec<_>>()
                .join(" "),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn relative_and_absolute_and_home() {
        assert_snapshot!(found(&["junit.xml"]), @"junit.xml=w[1]/junit.xml");
        assert_snapshot!(found(&["./a/*.xml", "**/junit.xml"]), @"a/junit.xml=w[1]/a/junit.xml junit.xml=w[1]/junit.xml");
        assert_snapshot!(found(&["/harness/a/**/*.xml"]), @"a/b/c.xml=w[1]/a/b/c.xml a/junit.xml=w[1]/a/junit.xml");
        assert_snapshot!(found(&["~/*.xml", "ROOT/abs/r.xml"]), @"ROOT/abs/r.xml=abs/r.xml ROOT/home/r.xml=home/r.xml");
        assert_snapshot!(found(&["none/*.xml", "*.json"]), @"");
    }

    #[test]
    fn a_star_stays_in_its_directory() {
        assert_snapshot!(found(&["*/*.xml"]), @"a/junit.xml=w[1]/a/junit.xml");
    }

    #[test]
    fn a_broken_glob_is_named() {
        assert_snapshot!(found(&["a/{b"]), @"find the reports `a/{b`: unclosed alternate group; missing '}' (maybe escape '{' with '[{]'?)");
    }
}
