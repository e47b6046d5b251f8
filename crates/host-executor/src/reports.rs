//! Finds report files by their globs: beneath the workspace, or absolute on the machine, where a host step can read
//! anyway.

use std::path::{Path, PathBuf};

use cirun_beneath::{Refusal, Root, below, has_wildcards, normal};
use cirun_engine::{BackendError, Reports};
use cirun_step_files::{Collection, ReportPath, cannot_search, shown_below};

use crate::paths::HostPaths;

/// Where to search for a glob.
#[derive(Debug)]
struct Search {
    /// The directory; links in its own path are followed.
    directory: PathBuf,
    /// The pattern in the directory.
    pattern: String,
}

/// Finds the files; each once, sorted by path, however many globs match it. `home` replaces `~` (outputs.report-paths).
/// Reads the disk: call it where blocking is allowed.
pub(crate) fn collect(paths: &HostPaths, home: Option<&str>, globs: &[String]) -> Result<Reports, BackendError> {
    let mut found = Collection::default();
    for text in globs {
        let Search { directory, pattern } = locate(paths, home, text.trim());
        let shown = |path: &Path| match directory == paths.workspace {
            true => path.to_string_lossy().into_owned(),
            false => shown_below(&directory.to_string_lossy(), path),
        };
        let before = found.met();
        let searched = match Root::open(&directory) {
            Ok(root) => found.search(&root, &pattern, shown),
            Err(Refusal::Missing) => ReportPath::new(&pattern).map(drop),
            Err(refusal) => Err(refusal),
        };
        searched.map_err(|refusal| cannot_search(text, refusal))?;
        if found.met() == before {
            let what = if directory == paths.workspace { "the workspace, " } else { "" };
            found.miss(text, format!("in {what}`{}`", directory.display()));
        }
    }
    Ok(found.finish())
}

fn locate(paths: &HostPaths, home: Option<&str>, text: &str) -> Search {
    if let (Some(home), Some(rest)) = (home, text.strip_prefix("~/").or((text == "~").then_some(""))) {
        return Search { directory: PathBuf::from(home), pattern: rest.to_owned() };
    }
    // A path that climbs out of the workspace keeps its `..`, and is refused.
    let Some(absolute) = text.starts_with('/').then(|| normal(text)) else {
        return Search { directory: paths.workspace.clone(), pattern: text.to_owned() };
    };
    let workspace = paths.workspace.to_string_lossy();
    if let Some(pattern) = below(&absolute, &paths.planned_workspace).or(below(&absolute, &workspace)) {
        return Search { directory: paths.workspace.clone(), pattern: pattern.to_owned() };
    }
    let parts: Vec<&str> = absolute.split('/').collect();
    let fixed = parts.iter().take_while(|part| !has_wildcards(part)).count().min(parts.len() - 1);
    Search { directory: PathBuf::from(format!("{}/", parts[..fixed].join("/"))), pattern: parts[fixed..].join("/") }
}

#[cfg(test)]
mod tests {
    use std::fs;

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
        #[cfg(unix)]
        for (target, name) in [("home", "astray"), ("home/r.xml", "linked.xml")] {
            std::os::unix::fs::symlink(dir.path().join(target), dir.path().join("w[1]").join(name)).unwrap();
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
            Ok(reports) => reports
                .files
                .iter()
                .map(|file| format!("{}={}", file.path.replace(&*root, "ROOT"), String::from_utf8_lossy(&file.content)))
                .chain(reports.left_out.iter().map(|left_out| format!("({left_out})")))
                .chain(reports.missed.iter().map(|missed| {
                    format!("(no file matches `{}` {})", missed.path, missed.place).replace(&*root, "ROOT")
                }))
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
        assert_snapshot!(found(&["none/*.xml", "*.json"]), @"(no file matches `none/*.xml` in the workspace, `ROOT/w[1]`) (no file matches `*.json` in the workspace, `ROOT/w[1]`)");
    }

    /// A relative path cannot leave the workspace of a step, not even through a link.
    #[cfg(unix)]
    #[test]
    fn a_relative_path_stays_in_the_workspace() {
        assert_snapshot!(found(&["../home/*.xml"]), @"(`../home` is left out: it leads out of its directory)");
        assert_snapshot!(found(&["a/../../home/r.xml"]), @"(`a/../../home/r.xml` is left out: it leads out of its directory)");
        assert_snapshot!(found(&["astray/*.xml", "linked.xml"]), @"(`astray` is left out: `astray` is a symbolic link, and links are not followed) (`linked.xml` is left out: `linked.xml` is a symbolic link, and links are not followed)");
    }

    #[test]
    fn a_star_stays_in_its_directory() {
        assert_snapshot!(found(&["*/*.xml"]), @"a/junit.xml=w[1]/a/junit.xml");
    }

    #[test]
    fn a_broken_glob_is_named() {
        assert_snapshot!(found(&["a/{b"]), @"find the reports `a/{b`: it is not a pattern: unclosed alternate group; missing '}' (maybe escape '{' with '[{]'?)");
    }
}
