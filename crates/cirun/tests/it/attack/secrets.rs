//! No secret is printed, recorded or passed on.

use std::{
    fs,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use crate::it::support::{Stage, TestEnvironment, indent};

/// A secret with characters that some program escapes, in single quotes of a shell.
const SECRET: &str = "tr0ub4dor&<three>/\"horse\"-staple";

/// A host step that has the secret in `$TOKEN`.
fn step(command: &str, spec: &str) -> String {
    let head = "- step:\n    name: leak\n    identifier: leak\n    type: Run\n    spec:\n      shell: Sh\n      envVariables:\n        TOKEN: <+secrets.getValue(\"token\")>\n      command: |-\n";
    format!("{head}{}{}", indent(command, 8), indent(spec, 6))
}

fn environment(command: &str, spec: &str, secret: &str) -> TestEnvironment {
    let pipeline = Stage::cloud().step(&step(command, spec)).pipeline();
    TestEnvironment::new().file("ci.yaml", pipeline).with("CIRUN_SECRET_token", secret)
}

/// Runs `command` and returns the whole output of the run as displayed, without escape sequences.
#[track_caller]
fn shown(command: &str) -> String {
    let environment = environment(command, "", SECRET);
    let mut all = String::new();
    for progress in ["plain", "json"] {
        let args =
            ["local", "ci.yaml", "--progress", progress, "--events", "e.jsonl", "--junit", "j.xml", "--html", "r.html"];
        let output = environment.cirun(&args).exits(0);
        all.push_str(&output.stdout);
        all.push_str(&output.stderr);
        for file in ["e.jsonl", "j.xml", "r.html"] {
            all.push_str(&environment.read(file));
        }
    }
    all.push_str(&environment.cirun(&["logs"]).exits(0).stdout);
    each_file(&environment.state(), &mut |_, content| all.push_str(&String::from_utf8_lossy(content)));
    let unescaped = all.replace("\\u001b", "\u{1b}").replace("\\u0007", "\u{7}");
    console::strip_ansi_codes(&unescaped).replace(['\u{7}', '\u{8}', '\u{200b}'], "")
}

fn each_file(directory: &Path, with: &mut impl FnMut(&Path, &[u8])) {
    for entry in fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        match entry.file_type().unwrap() {
            kind if kind.is_dir() => each_file(&entry.path(), with),
            kind if kind.is_file() => with(&entry.path(), &fs::read(entry.path()).unwrap()),
            _ => {}
        }
    }
}

#[track_caller]
fn assert_hidden(shown: &str, words: &[&str]) {
    assert!(shown.contains("the end"), "{shown}");
    for word in words {
        assert!(!shown.contains(word), "{word:?} is in\n{shown}");
    }
}

#[test]
fn an_escape_sequence_inside() {
    let command = r#"
for code in '\033[31m' '\033[0;1m' '\033[K' '\033]0;title\007' '\033]8;;x\033\\' '\033Pq\033\\' '\302\2331m' '\033(B' '\342\200\213' '\007'; do
  start=${TOKEN%dor*}; printf "$start$code"; printf '%s\n' "${TOKEN#"$start"}"
done
echo the end"#;
    assert_hidden(&shown(command), &["tr0ub4dor", "horse"]);
}

#[test]
fn a_line_end_inside() {
    let command = r#"
printf '%s\n' "$TOKEN" | fold -w 9; echo
start=${TOKEN%dor*}; printf '%s\r%s\n' "$start" "${TOKEN#"$start"}"
printf 'and %s\n%s\n' "$start" "${TOKEN#"$start"}"
echo the end"#;
    assert_hidden(&shown(command), &["tr0ub4", "dor&", "dor\\u", "three", "horse", "staple"]);
}

#[test]
fn forms_of_other_programs() {
    let command = r#"
printf %s "$TOKEN" | sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g; s/"/\&quot;/g'; echo
printf %s "$TOKEN" | sed 's,[^a-z0-9],\\&,g'; echo
printf %s "$TOKEN" | od -An -v -tx1 | tr -d ' \n'; echo
printf %s "$TOKEN" | od -An -v -tx1 | tr -d ' \n' | tr a-f A-F; echo
printf %s "$TOKEN" | od -An -v -tx1 | tr -d '\n' | sed 's/ /\\u00/g'; echo
printf %s "$TOKEN" | od -An -v -tx1 | tr -d '\n' | sed 's/ /%/g'; echo
printf %s "$TOKEN" | sed 's,/,\\/,g; s,",\\",g'; echo
printf %s "user:$TOKEN" | base64 -w 0; echo
printf %s "$TOKEN" | base64 -w 10; echo
echo the end"#;
    let hex = "7472307562";
    assert_hidden(
        &shown(command),
        &[
            "tr0ub4dor",
            "horse",
            "staple",
            hex,
            "747230756234646F72",
            "\\u0074\\u0072",
            "%74%72",
            "dHIwdWI0ZG",
            "nRyMHViNG",
            "c3RhcGxl",
        ],
    );
}

#[test]
fn outputs_of_the_type_secret_are_in_no_file() {
    let outputs = "outputVariables:\n  - name: KEY\n    type: Secret\n  - name: PLAIN\n    type: String";
    let environment =
        environment("export KEY=$(echo 0utput)-s3cret PLAIN=\"with $TOKEN\"; echo the end", outputs, SECRET);
    drop(environment.cirun(&["local", "ci.yaml"]).exits(0));
    let mut files = 0;
    each_file(&environment.state(), &mut |path, content| {
        files += 1;
        let content = String::from_utf8_lossy(content);
        assert!(!content.contains("0utput-s3cret") && !content.contains("tr0ub4dor"), "{}: {content}", path.display());
    });
    assert!(files > 3, "a run leaves a record");
}

/// A value that no other process has.
fn unique() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
    format!("marker-{now}-{}", std::process::id())
}

/// The step reads the arguments of all processes, including its own.
#[cfg(target_os = "linux")]
#[test]
fn no_process_has_a_secret_in_its_arguments() {
    let secret = unique();
    let command = "word=<+secrets.getValue(\"token\")>\nprintf %s \"$TOKEN\" > pattern\ntest \"$word\" = \"$TOKEN\" && echo same\ncat /proc/[0-9]*/cmdline 2> none | tr '\\0' '\\n' | grep -cFf pattern || echo the end";
    let environment = environment(command, "", &secret);
    drop(environment.cirun(&["local", "ci.yaml", "--events", "e.jsonl"]).exits(0));
    assert_eq!(environment.read("pattern"), secret);
    assert_eq!(environment.events().output("leak"), ["same", "0", "the end"]);
}

#[test]
fn what_else_repeats_a_secret_is_not_recorded() {
    let environment = environment("echo \"$URL\"; echo the end", "", SECRET);
    let url = format!("URL=https://me:{SECRET}@example.com");
    drop(environment.cirun(&["local", "ci.yaml", "--env", &url]).exits(0));
    each_file(&environment.state(), &mut |path, content| {
        assert!(!String::from_utf8_lossy(content).contains("tr0ub4dor"), "{}", path.display());
    });
    drop(environment.cirun(&["rerun"]).exits(2).says("a secret was among its arguments"));
}

#[test]
fn a_secret_on_the_command_line_is_warned_of() {
    let environment = environment("echo the end", "", SECRET);
    drop(
        environment
            .cirun(&["local", "ci.yaml", "--secret", "token=value-on-the-line"])
            .exits(0)
            .says("warning: `--secret token=…` shows the value in the list of processes: `--secret token` asks for it"),
    );
}

#[test]
fn a_secret_from_a_file_of_its_own() {
    let environment =
        environment("test \"$TOKEN\" = from-a-file && echo the end", "", SECRET).file("key", "from-a-file\n");
    drop(environment.cirun(&["local", "ci.yaml", "--secret", "token=@key"]).exits(0));
    drop(environment.cirun(&["rerun"]).exits(0));
    drop(
        environment
            .cirun(&["local", "ci.yaml", "--secret", "token=@none"])
            .exits(3)
            .says("cannot read secrets from none"),
    );
}

#[cfg(unix)]
#[test]
fn a_secret_at_the_prompt_is_not_shown() {
    let environment = environment("test \"$TOKEN\" = typed-s3cret && echo the end", "", SECRET);
    let args = ["local", "ci.yaml", "--secret", "token"];
    let (code, shown) = environment.at_terminal(&args).shows("secret token: ").types("typed-s3cret").ends();
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("the end") && !shown.contains("typed"), "{shown}");
    let (code, shown) = environment.at_terminal(&args).shows("secret token: ").types("").ends();
    assert_eq!(code, Some(3), "{shown}");
    drop(environment.cirun(&args).exits(2).says("`--secret token` asks for the value, and there is no terminal"));
    drop(environment.cirun(&["plan", "ci.yaml", "--secret", "token"]).exits(0));
}

/// Names and values in a pipeline are untrusted: they send no escape sequences to a terminal.
#[test]
fn a_pipeline_gives_no_orders_to_the_terminal() {
    let order = r"\e[2J\e]0;mine\a\x9b1A\u202e";
    let pipeline = Stage::cloud()
        .step(&format!("- step: {{name: \"n{order}\", identifier: leak, type: Run, spec: {{shell: Sh, command: \"echo {order}\", envVariables: {{A: \"{order}\"}}}}}}\n"))
        .step(&format!("- step: {{name: b, identifier: \"b{order}\", type: \"T{order}\", \"f{order}\": \"{order}\"}}\n"))
        .pipeline();
    let raw = "pipeline:\n  name: raw \u{202e}\u{9b}1A\n  identifier: raw\n  type: \u{202e}x\n";
    let environment = TestEnvironment::new()
        .file("ci.yaml", pipeline)
        .file("raw.yaml", raw)
        .file("c0.yaml", "pipeline:\n  name: \u{1b}[2J\n");
    let commands: [&[&str]; 9] = [
        &["list", "ci.yaml"],
        &["plan", "ci.yaml"],
        &["plan", "ci.yaml", "--format", "json"],
        &["check", "ci.yaml", "raw.yaml", "c0.yaml"],
        &["check", "ci.yaml", "raw.yaml", "c0.yaml", "--format", "json"],
        &["explain", "ci.yaml", "leak"],
        &["local", "ci.yaml"],
        &["local", "none\u{1b}[2J.yaml"],
        &["explain", "ci.yaml", "no\u{202e}step"],
    ];
    for command in commands {
        let output = environment.cirun(command);
        for text in [&output.stdout, &output.stderr] {
            let found = text.chars().find(|character| {
                (character.is_control() && !matches!(character, '\n' | '\t'))
                    || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
            });
            assert_eq!(found, None, "{command:?}: {text:?}");
        }
    }
    // For programs the text is the same.
    let good =
        format!("- step: {{name: \"n{order}\", identifier: leak, type: Run, spec: {{shell: Sh, command: echo}}}}\n");
    let environment = environment.file("good.yaml", Stage::cloud().step(&good).pipeline());
    let plan = environment.cirun(&["plan", "good.yaml", "--format", "json"]).exits(0);
    let name = plan.json()["stages"][0]["execution"][0]["step"]["name"].as_str().unwrap().to_owned();
    assert_eq!(name, "n\u{1b}[2J\u{1b}]0;mine\u{7}\u{9b}1A\u{202e}");
    assert!(!plan.stdout.contains(['\u{9b}', '\u{202e}']), "{plan}");
}
