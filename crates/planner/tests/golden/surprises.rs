//! `testdata/surprises`: one pipeline for each thing that people write and that a reader of the documentation would not
//! expect. The first line says what it is; the plan and every finding are beside it.

#![expect(clippy::disallowed_methods, reason = "golden documents are files; the planner itself reads none")]

use std::{fs, path::PathBuf};

use cirun_plan::render_tree;

use crate::harness::{diagnostics, plan_document};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../testdata/surprises")
}

#[test]
fn each_has_a_plan() {
    let entries = fs::read_dir(folder()).expect("the folder");
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    assert!(files.len() >= 20, "{} documents", files.len());
    for file in files {
        let text = fs::read_to_string(&file).expect("a readable file");
        let outcome = plan_document(&text, |inputs| inputs.codebase.branch = Some("main".to_owned()));
        let plan = render_tree(&outcome.planned.plan, &outcome.planned.rows);
        insta::with_settings!({
            snapshot_path => folder(),
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, {
            let name = file.file_stem().expect("a name").to_string_lossy().into_owned();
            insta::assert_snapshot!(name, format!("{plan}\n{}", diagnostics(&outcome)));
        });
    }
}
