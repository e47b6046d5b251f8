//! `testdata/err/plan`: one bad document for each of the planner's codes, named after it, with its diagnostics next to
//! it.
//!
//! A line `# --flag value` at the top of a document sets that flag.

#![expect(clippy::disallowed_methods, reason = "golden documents are files; the planner itself reads none")]

use std::{collections::BTreeSet, fs, path::PathBuf};

use cirun_plan::Secret;
use cirun_planner::{AwsMode, DelegateIdentity, Inputs, PushMode, Setting};

use crate::harness::{diagnostics, plan_document};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../testdata/err/plan")
}

fn files() -> Vec<PathBuf> {
    let entries = fs::read_dir(folder()).expect("the folder");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "yaml"));
    files.sort();
    files
}

fn stem(file: &std::path::Path) -> String {
    file.file_stem().expect("a name").to_string_lossy().into_owned()
}

fn apply(text: &str, inputs: &mut Inputs<'_>) {
    for option in text.lines().map_while(|line| line.strip_prefix("# --")) {
        let (flag, value) = option.split_once(' ').expect("a flag and its value");
        match (flag, value) {
            ("stage", id) => inputs.selection.stages.push(id.to_owned()),
            ("branch", name) => inputs.codebase.branch = Some(name.to_owned()),
            ("step", id) => inputs.selection.steps.push(id.to_owned()),
            ("repository", url) => inputs.codebase.repo_url = Some(url.to_owned()),
            ("aws", "real") => inputs.aws.mode = AwsMode::Real,
            ("push", "real") => inputs.push = PushMode::Real,
            ("aws", "emulated") => {
                inputs.aws.mode = AwsMode::Emulated;
                inputs.buildkit_config = Some("/etc/cirun/buildkitd.toml".to_owned());
                inputs.aws.oidc_token =
                    Some(Setting { value: Secret::new("token"), given_by: "the local OIDC issuer".to_owned() });
                inputs.aws.delegate = Some(DelegateIdentity {
                    access_key: "AKIADELEGATE".to_owned(),
                    secret_key: Secret::new("delegate"),
                    session_token: None,
                    region: None,
                    given_by: "the emulated AWS".to_owned(),
                });
            }
            other => panic!("no such option: {other:?}"),
        }
    }
}

#[test]
fn every_code_has_a_document_that_shows_it() {
    let files = files();
    let mut silent = Vec::new();
    for file in &files {
        let text = fs::read_to_string(file).expect("a readable file");
        let outcome = plan_document(&text, |inputs| apply(&text, inputs));
        let code = stem(file);
        let all = || outcome.planned.diagnostics.iter().chain(&outcome.planned.parity);
        if !all().any(|diagnostic| diagnostic.code == code) {
            silent.push(code.clone());
        }
        insta::with_settings!({
            snapshot_path => folder(),
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, { insta::assert_snapshot!(code, diagnostics(&outcome)) });
    }
    assert!(silent.is_empty(), "documents that do not show their code: {silent:?}");
    let shown: BTreeSet<String> = files.iter().map(|file| stem(file)).collect();
    let known: BTreeSet<String> = cirun_diagnostics::codes::plan::ALL.iter().map(|code| code.id.to_owned()).collect();
    assert_eq!(shown, known, "documents and codes");
}
