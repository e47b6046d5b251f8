//! Output variables and reports.

use cirun_engine::Backend;

use crate::{
    bed,
    harness::{Bed, code, sh, step},
};

const FILES: [(&str, &str); 4] = [
    ("DRONE_OUTPUT", "/tmp/engine/a-output.env"),
    ("HARNESS_OUTPUT_FILE", "/tmp/engine/a-output.env"),
    ("HARNESS_OUTPUT_SECRET_FILE", "/tmp/engine/a-output-secrets.env"),
    ("PLUGIN_ARTIFACT_FILE", "/tmp/engine/a-artifact"),
];

async fn outputs(bed: &Bed, shell: &[&str]) -> (Option<String>, Option<String>, Option<String>) {
    let step = step("a", shell, &FILES);
    let ended = bed.run(&step).await;
    assert_eq!(ended.exit, code(0), "{}", ended.stderr);
    let files = bed.backend.read_outputs(&step).await.expect("files of this user");
    let text = |bytes: Option<Vec<u8>>| bytes.map(|bytes| String::from_utf8(bytes).expect("UTF-8"));
    (text(files.outputs), text(files.secrets), text(files.artifact))
}

#[tokio::test]
async fn what_a_step_writes_to_its_files_comes_back() {
    let (_directory, bed) = bed().await;
    // The second line is the planner's export of declared outputs.
    let script = "echo A=1 > \"$DRONE_OUTPUT\"; printf B=2 > \"$HARNESS_OUTPUT_SECRET_FILE\"; printf {} > \"$PLUGIN_ARTIFACT_FILE\"
V=3; echo \"C=$V\" >> /tmp/engine/a-output.env";
    let found = outputs(&bed, &["sh", "-c", script]).await;
    assert_eq!(found, (Some("A=1\nC=3\n".into()), Some("B=2".into()), Some("{}".into())));
    assert!(!bed.workspace.join("run dir/a-output-secrets.env").exists(), "the secrets are left");
}

#[tokio::test]
async fn an_attempt_begins_with_no_files() {
    let (_directory, bed) = bed().await;
    let script = "echo A=1 >> \"$DRONE_OUTPUT\"";
    outputs(&bed, &["sh", "-c", script]).await;
    assert_eq!(outputs(&bed, &["sh", "-c", script]).await, (Some("A=1\n".into()), None, None));
    assert_eq!(outputs(&bed, &["sh", "-c", "true"]).await, (None, None, None));
}

#[tokio::test]
async fn reports_are_found_in_the_workspace() {
    let (_directory, bed) = bed().await;
    let mut step =
        sh("a", "mkdir -p out/x; printf 1 > out/x/TEST-b.xml; printf 2 > out/TEST-a.xml; printf 3 > out/x/other.txt");
    step.reports = vec!["out/**/TEST-*.xml".into(), "/harness/out/*".into()];
    assert_eq!(bed.run(&step).await.exit, code(0));
    let files = bed.backend.collect_reports(&step).await.unwrap();
    let found: Vec<_> = files.files.iter().map(|file| (file.path.as_str(), file.content.as_slice())).collect();
    assert_eq!(found, [("out/TEST-a.xml", b"2".as_slice()), ("out/x/TEST-b.xml", b"1")]);
}

#[tokio::test]
async fn exports_reach_later_steps() {
    let (_directory, bed) = bed().await;
    let env = |id: &str| format!("/tmp/engine/{id}-export.env");
    let run = async |id: &str, script: &str| {
        let (file, shell) = (env(id), ["sh", "-c", script]);
        bed.run(&step(id, &shell, &[("DRONE_ENV", &file), ("BOTH", "step")])).await
    };
    let script = "echo BOTH=exported > $DRONE_ENV; echo DRONE_ENV=/nowhere >> $DRONE_ENV; echo NEW='a b' >> $DRONE_ENV";
    assert_eq!(run("a", script).await.exit, code(0));
    let seen = run("b", "echo $BOTH $NEW $DRONE_ENV; echo NEW=2 > $DRONE_ENV; exit 3").await;
    assert_eq!((seen.stdout.split(" /").next(), seen.exit), (Some("exported a b"), code(3)));
    assert!(seen.stdout.contains("run dir/b-export.env"), "{}", seen.stdout);
    let exported = run("c", "echo $NEW; echo no variable > $DRONE_ENV").await;
    assert_eq!(exported.stdout, "2\n");
    assert_eq!(
        exported.stderr,
        "cirun: the variables that the step exported through $DRONE_ENV are lost: line 1: Can't separate key from \
         value\n"
    );
    assert_eq!(run("d", "echo $BOTH $NEW").await.stdout, "exported 2\n");
}
