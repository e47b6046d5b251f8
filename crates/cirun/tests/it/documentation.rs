//! Tests that pages of `docs/` are whole: each names everything that the program knows of its subject.

use std::fmt::Write;

use cirun_diagnostics::{Code, codes};
use cirun_project::{
    secrets, settings,
    settings::{May, RULES, Rule},
};

const CONFIGURATION: &str = include_str!("../../../../docs/configuration.md");

const BACKGROUND: &str = include_str!("../../../../docs/background.md");

/// The lines of the page's tables that begin with `name` in backticks.
fn rows(name: &str) -> usize {
    CONFIGURATION.lines().filter(|line| line.starts_with(&format!("| `{name}`"))).count()
}

#[test]
fn every_key_of_a_settings_file_is_documented() {
    let refused = toml::from_str::<settings::Values>("no-such-key = 1").unwrap_err();
    let keys: Vec<&str> =
        refused.message().split("expected one of").nth(1).unwrap().split('`').skip(1).step_by(2).collect();
    assert!(keys.contains(&"base-image"), "{keys:?}");
    let missing: Vec<&str> = keys.into_iter().filter(|key| rows(key) != 1).collect();
    assert!(missing.is_empty(), "docs/configuration.md has no single row for {missing:?}");
}

/// What a repository may set is one table, in the code and on the page.
#[test]
fn every_rule_for_a_repositorys_settings_is_documented() {
    for Rule { key, may, reason } in RULES {
        let may = match may {
            May::Any => "any value",
            May::Only(values) => values,
            May::Ask => "any value, after your consent",
            May::Nothing => "nothing",
        };
        let row = format!("\n| {key} | {may} | {reason} |\n");
        assert!(CONFIGURATION.contains(&row), "docs/configuration.md has no row{row}");
        assert_eq!(rows(key), 1, "{key} is no key");
    }
    let refused = toml::from_str::<settings::Values>("no-such-key = 1").unwrap_err();
    let keys = refused.message().split("expected one of").nth(1).unwrap().matches('`').count() / 2;
    assert_eq!(keys, RULES.len(), "a key has no rule");
}

#[test]
fn every_variable_is_documented() {
    let settings = settings::VARIABLES.iter().map(|(name, key)| (*name, rows(key) == 1));
    for (name, has_row) in settings {
        assert!(has_row && CONFIGURATION.contains(&format!("`{name}`")), "docs/configuration.md does not name {name}");
    }
    for name in [secrets::VARIABLE_PREFIX, "CIRUN_OIDC_TOKEN", "DOCKER_HOST", "DOCKER_CONFIG", "NO_COLOR"] {
        assert!(CONFIGURATION.contains(&format!("| `{name}")), "docs/configuration.md has no row for {name}");
    }
}

/// The page of all diagnostics; `SNAPSHOTS=overwrite cargo test -p cirun` writes it.
#[test]
fn every_diagnostic_is_documented() {
    let mut page = String::from(
        "# Diagnostics\n\nWhat `cirun check`, `plan` and `local` report, by code. `cirun check --explain CODE` prints \
         one of these sections.\n\n| severity | means |\n|---|---|\n| error | CI and cirun cannot continue; exit code \
         3 |\n| warning | probably a mistake |\n| parity | CI behaves differently; exit code 7 with `--strict-parity` \
         |\n| note | worth knowing |\n",
    );
    for Code { id, severity, title, explanation } in codes::all() {
        write!(page, "\n## {id}\n\n{severity}: {title}\n\n{explanation}\n").unwrap();
    }
    snapbox::assert_data_eq!(page, snapbox::file!["../../../../docs/diagnostics.md"].raw());
}

/// The tests that docs/background.md names for each row: `it/FILE::NAME` or `golden/FILE::NAME`.
#[test]
fn the_tests_of_each_row_exist() {
    let crates = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let rows: Vec<&str> = BACKGROUND.lines().filter(|line| line.starts_with("| ") && line.contains(".rs::")).collect();
    assert!(rows.len() > 30, "{} rows", rows.len());
    for row in rows {
        for name in row.split('`').filter(|text| text.contains(".rs::")) {
            let (file, function) = name.split_once("::").unwrap();
            let path = match file.split_once('/').unwrap() {
                ("it", file) => crates.join("cirun/tests/it").join(file),
                (area, file) => crates.join("planner/tests").join(area).join(file),
            };
            let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            assert!(text.contains(&format!("#[test]\nfn {function}()")), "there is no test `{name}`");
        }
    }
}
