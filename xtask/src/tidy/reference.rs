//! Citations of docs/reference: each is a rule of a page there, each rule is cited, and nothing cites other documents.

use std::{collections::BTreeSet, fs};

use anyhow::{Context, Result};

use super::sources::Source;
use crate::project;

const FOLDER: &str = "docs/reference/";
/// The page that lists the others and has no rules.
const INDEX: &str = "README.md";
/// How files are named, so `background.rs` is no citation.
const EXTENSIONS: [&str; 8] = ["html", "json", "md", "rs", "sh", "snap", "yaml", "yml"];
/// Documents that only the project's authors have; spelt in two parts, so that this file passes its own check.
const ELSEWHERE: [&str; 5] = [
    concat!("see", "d 0"),
    concat!("harness-", "runtime"),
    concat!("harness-", "schema.md"),
    concat!("plugins-", "measured"),
    concat!("facts", "/steps"),
];
/// What comes before a string that must name a rule.
const RULE_FIELDS: [&str; 2] = ["rule: \"", "let rule = \""];

/// The rules of the pages.
struct Reference {
    pages: BTreeSet<String>,
    /// `page.rule`
    rules: BTreeSet<String>,
}

pub(super) fn check(files: &[Source], documents: &[Source]) -> Result<Vec<String>> {
    let (mut problems, reference) = read(documents);
    let mut cited = BTreeSet::new();
    let stand_ins = python_files()?;
    let citing = documents.iter().filter(|document| !document.path.starts_with(FOLDER));
    for source in files.iter().chain(citing).chain(&stand_ins) {
        let (found, wrong) = reference.citations(source);
        cited.extend(found);
        problems.extend(wrong);
        problems.extend(elsewhere(source));
    }
    let idle = reference.rules.iter().filter(|rule| !cited.contains(*rule));
    problems.extend(idle.map(|rule| format!("{FOLDER}: nothing cites `{rule}`: cite it where the code follows it")));
    Ok(problems)
}

/// The rules, and what is wrong with the pages.
fn read(documents: &[Source]) -> (Vec<String>, Reference) {
    let (mut problems, mut reference) = (Vec::new(), Reference { pages: BTreeSet::new(), rules: BTreeSet::new() });
    for document in documents {
        let Some(name) = document.path.strip_prefix(FOLDER).filter(|name| *name != INDEX) else { continue };
        let page = name.trim_end_matches(".md");
        reference.pages.insert(page.to_owned());
        for section in document.text.split("\n## ").skip(1) {
            let rule = section.lines().next().unwrap_or_default();
            if rule.strip_prefix(page).is_none_or(|rest| !rest.starts_with('.')) {
                problems.push(format!("{}: `{rule}` does not begin with `{page}.`", document.path));
            }
            if !section.contains("\n*Origin: ") {
                problems.push(format!("{}: `{rule}` has no origin", document.path));
            }
            if !reference.rules.insert(rule.to_owned()) {
                problems.push(format!("{}: `{rule}` is there twice", document.path));
            }
        }
    }
    (problems, reference)
}

impl Reference {
    /// The rules that a file cites, and what is wrong with its citations.
    fn citations(&self, source: &Source) -> (BTreeSet<String>, Vec<String>) {
        let (mut found, mut wrong) = (BTreeSet::new(), Vec::new());
        for (number, line) in source.text.lines().enumerate() {
            let at = format!("{}:{}", source.path, number + 1);
            for token in texts(&source.path, line).into_iter().flat_map(|text| self.tokens(text)) {
                if self.rules.contains(token) {
                    found.insert(token.to_owned());
                } else {
                    wrong.push(format!("{at}: there is no rule `{token}` in {FOLDER}"));
                }
            }
            for field in RULE_FIELDS {
                if let Some((_, rest)) = line.split_once(field)
                    && is_product(&source.path)
                    && self.tokens(rest.split('"').next().unwrap_or_default()).is_empty()
                {
                    wrong.push(format!("{at}: this names no rule of {FOLDER}"));
                }
            }
        }
        (found, wrong)
    }

    /// What looks like `page.rule`: no part of a longer name, and no file.
    fn tokens<'t>(&self, text: &'t str) -> Vec<&'t str> {
        let name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let mut found = Vec::new();
        for (dot, _) in text.match_indices('.') {
            let start = text[..dot].trim_end_matches(name).len();
            let rest = &text[dot + 1..];
            let rule = &rest[..rest.find(|c: char| !name(c)).unwrap_or(rest.len())];
            let after = &rest[rule.len()..];
            let joined = text[..start].ends_with(|c: char| "./<+_$@".contains(c) || c.is_ascii_uppercase())
                || after.starts_with(|c: char| "_(/".contains(c) || c.is_ascii_uppercase())
                || after.strip_prefix('.').is_some_and(|more| more.starts_with(name));
            if self.pages.contains(&text[start..dot])
                && rule.starts_with(|c: char| c.is_ascii_lowercase())
                && !joined
                && !EXTENSIONS.contains(&rule)
            {
                found.push(&text[start..dot + 1 + rule.len()]);
            }
        }
        found
    }
}

/// The parts of a line that are no code.
fn texts<'l>(path: &str, line: &'l str) -> Vec<&'l str> {
    let start = line.trim_start();
    if path.ends_with(".md") || start.starts_with("//") {
        vec![line]
    } else if path.ends_with(".py") {
        line.contains("\"\"\"").then_some(line).into_iter().collect()
    } else {
        line.split('"').skip(1).step_by(2).collect()
    }
}

/// Whether a file is part of the program, and not a test of it.
fn is_product(path: &str) -> bool {
    path.starts_with("crates/planner/src/")
}

fn elsewhere(source: &Source) -> Vec<String> {
    let lines = source.text.lines().enumerate();
    lines
        .flat_map(|(number, line)| {
            let found = ELSEWHERE.iter().filter(|word| line.to_ascii_lowercase().contains(**word));
            found.map(move |word| (number, word))
        })
        .map(|(number, word)| format!("{}:{}: `{word}`: cite a rule of {FOLDER}", source.path, number + 1))
        .collect()
}

/// The plugin that the tests build their images with.
fn python_files() -> Result<Vec<Source>> {
    let mut files = Vec::new();
    let mut folders = vec![project::root().join("testdata/images")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "py") {
                let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
                files.push(Source { path: path.strip_prefix(project::root())?.to_string_lossy().into_owned(), text });
            }
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, text: &str) -> Source {
        Source { path: path.into(), text: text.into() }
    }

    fn reference() -> Reference {
        read(&[source("docs/reference/shop.md", "# SHOP\n\n## shop.tags\n\nA.\n\n*Origin: b.*\n")]).1
    }

    #[test]
    fn citations_are_in_comments_and_strings() {
        let text = "//! All of it (shop.tags).\nlet a = (shop.tag, \"x (shop.tags)\");\n";
        let (found, wrong) = reference().citations(&source("crates/a.rs", text));
        assert_eq!((found.len(), wrong.len()), (1, 0), "{wrong:?}");
        let (_, wrong) = reference().citations(&source("crates/a.rs", "// shop.tag\nlet a = \"(shop.tagss)\";\n"));
        assert_eq!(wrong.len(), 2, "{wrong:?}");
    }

    #[test]
    fn names_of_files_and_hosts_are_none() {
        for text in
            ["shop.rs", "shop.us-east-1.amazonaws.com", "api.shop.tags", "<+shop.tags>", "shop.tags()", "SHOP.tags"]
        {
            assert_eq!(reference().tokens(text), [""; 0], "{text}");
        }
        assert_eq!(reference().tokens("see shop.tags."), ["shop.tags"]);
    }

    #[test]
    fn causes_name_a_rule() {
        let (_, wrong) = reference().citations(&source("crates/planner/src/a.rs", "Cause::Default { rule: \"tags\" }"));
        assert_eq!(wrong.len(), 1);
    }

    #[test]
    fn pages_are_checked() {
        let (problems, _) =
            read(&[source("docs/reference/shop.md", "# Shop\n\n## other.tags\n\n## shop.tags\n\n*Origin: b.*\n")]);
        assert_eq!(problems.len(), 2, "{problems:?}");
    }

    #[test]
    fn other_documents_are_not_cited() {
        let cited = format!("// as {}02 has it", ELSEWHERE[0]);
        assert_eq!(elsewhere(&source("a.rs", &cited)).len(), 1);
    }
}
