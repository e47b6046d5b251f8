//! The rules of docs/reference. Messages cite their names.

macro_rules! pages {
    ($($page:literal)*) => {
        [$(($page, include_str!(concat!("../../../docs/reference/", $page, ".md")))),*]
    };
}

/// The pages, by the first part of their rules' names.
const PAGES: [(&str, &str); 17] = pages![
    "background" "clone" "connectors" "documents" "ecr" "environment" "expressions" "flow" "groups" "images" "infra"
    "network" "outputs" "plugin" "push" "run" "stores"
];

/// The text and the origin of the rule `name` (such as `ecr.tags`), as plain text.
pub fn text(name: &str) -> Option<String> {
    let section = sections().find(|section| section.lines().next() == Some(name))?;
    Some(section.trim_end().replace("*Origin:", "Origin:").trim_end_matches('*').to_owned())
}

/// The names of all rules.
pub fn names() -> impl Iterator<Item = &'static str> {
    sections().filter_map(|section| section.lines().next())
}

fn sections() -> impl Iterator<Item = &'static str> {
    PAGES.iter().flat_map(|(_, page)| page.split("\n## ").skip(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_every_page() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference");
        let files = std::fs::read_dir(folder).expect("the pages").map(|entry| entry.expect("a page").file_name());
        let mut found: Vec<String> = files.map(|name| name.to_string_lossy().replace(".md", "")).collect();
        found.retain(|name| name != "README");
        found.sort();
        assert_eq!(found, PAGES.map(|(page, _)| page));
    }
}
