//! Consent: what a repository may set, and what runs on the host.

use std::{fs, path::Path, process::Command};

use insta::assert_snapshot;

use crate::it::support::{Stage, TestEnvironment, indent, run_step};

/// A Run step without an image.
fn host_step(id: &str, command: &str) -> String {
    format!(
        "- step:\n    name: {id}\n    identifier: {id}\n    type: Run\n    spec:\n      shell: Sh\n      command: |-\n{}",
        indent(command, 8)
    )
}

/// An untrusted repository, whose host steps leave a file.
fn hostile() -> TestEnvironment {
    let stage = Stage::cloud().step(&host_step("one", "touch \"$HARNESS_WORKSPACE/ran\"\necho more")).step(
        "- step: {name: two, identifier: two, type: Run, spec: {shell: Sh, command: \"echo \\e[2J\\u202ehidden\"}}",
    );
    TestEnvironment::new().file("ci.yaml", stage.pipeline()).untrusted()
}

fn has_run(environment: &TestEnvironment) -> bool {
    environment.workspace().join("ran").exists()
}

#[track_caller]
fn git(directory: &Path, words: &[&str]) {
    let identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "init.defaultBranch=trunk"];
    let output = Command::new("git").args(identity).args(words).current_dir(directory).output().unwrap();
    assert!(output.status.success(), "git {words:?}: {}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn host_steps_do_not_run_unasked() {
    let environment = hostile();
    assert_snapshot!(environment.cirun(&["local", "ci.yaml"]).exits(3), @r#"
    --- stderr
    [ROOT]/work asks for more than its own containers:
      steps that run on this machine as you, with access to your network and files:
        build.one  touch "$HARNESS_WORKSPACE/ran" (and 1 line more)
        build.two  echo �[2J�hidden
    error: the run needs consent for 2 grants, and there is no terminal to ask at; nothing was started
     help: `--trust` allows it for one run; at a terminal cirun asks once and remembers the answer
    --- exit status: 3
    "#);
    assert!(!has_run(&environment));
    assert!(environment.records().is_empty(), "nothing was started");
    drop(environment.cirun(&["local", "ci.yaml", "--trust"]).exits(0));
    assert!(has_run(&environment));
    drop(environment.cirun(&["local", "ci.yaml"]).exits(3).says("build.one"));
}

/// cirun's own program reads the step's paths, without a container around it.
#[test]
fn caches_of_host_paths_are_not_saved_unasked() {
    let connector = "connector:\n  identifier: s3\n  name: s3\n  type: Aws\n  spec: {credential: {type: ManualConfig, spec: {accessKey: AKIATEST, secretKeyRef: s3_secret}}}\n";
    let save = "- step:\n    name: save\n    identifier: save\n    type: SaveCacheS3\n    spec: {connectorRef: s3, region: r, bucket: b, key: k, sourcePaths: [/etc/hostname]}\n";
    let environment = TestEnvironment::new()
        .file("ci.yaml", Stage::cloud().step(save).pipeline())
        .file(".harness/stores.yaml", connector)
        .with("CIRUN_SECRET_s3_secret", "abcdefgh")
        .untrusted();
    let output = environment.cirun(&["local", "ci.yaml"]).exits(3);
    drop(output.says("build.save  cirun in place of plugins/cache").says("consent for 1 grant"));
    assert!(environment.records().is_empty(), "nothing was started");
}

#[test]
fn looking_needs_no_consent_and_says_what_a_run_asks_for() {
    let environment = hostile();
    let asks = "a run asks for consent first: 2 host steps";
    for command in ["check", "plan"] {
        drop(environment.cirun(&[command, "ci.yaml"]).exits(0).says(asks));
        let trusted = environment.cirun(&[command, "ci.yaml", "--trust"]).exits(0);
        assert!(!trusted.stderr.contains("consent"), "{trusted}");
    }
    drop(environment.cirun(&["list", "ci.yaml"]).exits(0));
    drop(environment.cirun(&["explain", "ci.yaml", "one"]).exits(0));
    assert!(!has_run(&environment));
}

#[cfg(unix)]
#[test]
fn a_person_is_asked_once_for_the_same_content() {
    let environment = hostile();
    let refused = environment.at_terminal(&["local", "ci.yaml"]).shows("[y/N]").types("n");
    let (code, shown) = refused.ends();
    assert_eq!(code, Some(3), "{shown}");
    assert!(!has_run(&environment), "{shown}");
    assert!(!shown.contains(['\u{1b}', '\u{202e}']), "{shown:?}");

    let (code, shown) = environment.at_terminal(&["local", "ci.yaml"]).shows("[y/N]").types("y").ends();
    assert_eq!(code, Some(0), "{shown}");
    fs::remove_file(environment.workspace().join("ran")).unwrap();
    drop(environment.cirun(&["local", "ci.yaml"]).exits(0));
    drop(environment.cirun(&["local", "ci.yaml", "--step", "one"]).exits(0));
    drop(environment.cirun(&["check", "ci.yaml"]).exits(0));
    assert!(has_run(&environment));

    let listed = environment.cirun(&["trust"]).exits(0).stdout;
    assert!(listed.contains("host step: build.one\n  host step: build.two\n"), "{listed}");
    assert_eq!(environment.cirun(&["trust", "--list"]).exits(0).stdout, listed);

    let changed = environment.edit("ci.yaml", "echo more", "echo other");
    drop(changed.cirun(&["local", "ci.yaml"]).exits(3));
    let back = changed.edit("ci.yaml", "echo other", "echo more");
    drop(back.cirun(&["local", "ci.yaml"]).exits(0));
    let template = back.file(".harness/more.yaml", "# more\n");
    drop(template.cirun(&["local", "ci.yaml"]).exits(3).says("asks for more than its own containers"));
    fs::remove_dir_all(template.workspace().join(".harness")).unwrap();

    drop(template.cirun(&["trust", "--revoke"]).exits(0).says("1 consent for"));
    assert_eq!(template.cirun(&["trust"]).exits(0).stdout, "");
    drop(template.cirun(&["local", "ci.yaml"]).exits(3));
}

/// The consent for one pipeline of a repository does not apply to another one with the same steps.
#[cfg(unix)]
#[test]
fn consent_is_for_the_pipeline_that_was_shown() {
    let environment = hostile();
    let other = environment.read("ci.yaml").replace("echo more", "echo worse");
    let environment = environment.file(".harness/a.yaml", "").file(".harness/b.yaml", other);
    let text = environment.read("ci.yaml");
    let environment = environment.file(".harness/a.yaml", text);
    let (code, shown) = environment.at_terminal(&["local", ".harness/a.yaml"]).shows("[y/N]").types("yes").ends();
    assert_eq!(code, Some(0), "{shown}");
    drop(environment.cirun(&["local", ".harness/a.yaml"]).exits(0));
    drop(environment.cirun(&["local", ".harness/b.yaml"]).exits(3));
}

#[test]
fn the_users_own_settings_trust_directories() {
    let environment = hostile();
    let trust = |environment: TestEnvironment, value: &str| {
        environment.file("../home/.config/cirun/config.toml", format!("trust = [{value}]\n"))
    };
    let environment = trust(environment, "\"~/elsewhere\"");
    drop(environment.cirun(&["local", "ci.yaml"]).exits(3));
    let place = environment.workspace().display().to_string();
    let environment = trust(environment, &format!("{place:?}"));
    drop(environment.cirun(&["local", "ci.yaml"]).exits(0));
    let environment = hostile().file(".cirun.toml", format!("trust = [{place:?}, \"/\"]\n"));
    drop(environment.cirun(&["local", "ci.yaml"]).exits(3).says("only you decide whom you trust"));
}

/// `infra` or `engine` in a repository could turn container steps into processes of the machine.
#[test]
fn a_repository_does_not_move_steps_to_the_host() {
    let step = run_step("a", "touch ran");
    let environment = TestEnvironment::pipeline(Stage::kubernetes().step(&step).pipeline()).untrusted();
    for setting in ["infra = \"vm\"", "infra = \"cloud\"", "engine = \"host\""] {
        environment.write(".cirun.toml", setting);
        for command in ["list", "plan", "check"] {
            let output = environment.cirun(&[command, "ci.yaml"]).exits(0);
            let message = format!("warning: `{setting}` in .cirun.toml is not followed: it decides whether steps run");
            assert_eq!(output.stderr.matches(&message).count(), 1, "{output}");
        }
        assert!(environment.cirun(&["list", "ci.yaml"]).stdout.starts_with("build (kubernetes)"));
        // There is no engine here, and cirun does not work around that.
        drop(environment.cirun(&["local", "ci.yaml"]).exits(4).says("is not followed"));
    }
    environment.write(".cirun.toml", "infra = \"vm\"");
    assert!(environment.cirun(&["list", "ci.yaml", "--trust"]).stdout.starts_with("build (vm)"));
}

#[test]
fn a_repository_does_not_loosen_the_users_own_settings() {
    let environment = TestEnvironment::example("shop")
        .file("../home/.config/cirun/config.toml", "egress = \"none\"\n")
        .file(
            ".cirun.toml",
            "egress = \"all\"\naws = \"off\"\nregistry = \"pgdata\"\naws-endpoint-url = \"http://localhost:4566\"\noffline = false\n",
        )
        .untrusted();
    assert_snapshot!(environment.cirun(&["list", "pipeline.yaml"]).exits(0).words(), @r#"
    warning: `aws = "off"` in .cirun.toml is not followed: a repository may only set `emulated` (without the emulated AWS, calls leave this machine); `--trust` follows it, or set it yourself
    warning: `egress = "all"` in .cirun.toml is not followed: a repository may only set a value that is as strict as yours (`none` is stricter than `aws`, and `aws` than `all`); `--trust` follows it, or set it yourself
    warning: `offline = false` in .cirun.toml is not followed: a repository may only set `true` (nothing is pulled then); `--trust` follows it, or set it yourself
    warning: `aws-endpoint-url = "http://localhost:4566"` in .cirun.toml is not followed: calls with credentials go there; `--trust` follows it, or set it yourself
    warning: `registry = "pgdata"` in .cirun.toml is not followed: it names a container and a volume of this machine; `--trust` follows it, or set it yourself
    "#);
    let strict = "egress = \"none\"\noffline = true\nno-docker-socket = true\npush = \"none\"\npull = \"never\"\n";
    let environment = environment.file(".cirun.toml", strict);
    assert_eq!(environment.cirun(&["list", "pipeline.yaml"]).exits(0).stderr, "");
}

/// At a terminal the settings are part of the same question.
#[cfg(unix)]
#[test]
fn settings_are_allowed_with_the_rest() {
    let environment = hostile().file(".cirun.toml", "infra = \"docker\"\n");
    let question = environment.at_terminal(&["local", "ci.yaml"]).shows("infra = \"docker\"").shows("[y/N]").types("y");
    let (code, shown) = question.ends();
    assert_eq!((code, shown.matches("[y/N]").count()), (Some(0), 1), "{shown}");
    assert!(shown.contains("build (docker)"), "{shown}");
    let again = environment.cirun(&["local", "ci.yaml"]).exits(0);
    assert!(again.stderr.contains("build (docker)") && !again.stderr.contains("not followed"), "{again}");
    assert!(environment.cirun(&["list", "ci.yaml"]).exits(0).stdout.starts_with("build (docker)"));
    let environment = environment.file(".cirun.toml", "infra = \"vm\"\n");
    let other =
        environment.cirun(&["local", "ci.yaml"]).exits(0).says("`infra = \"vm\"` in .cirun.toml is not followed");
    assert!(other.stderr.contains("build (cloud)"), "{other}");
}

#[test]
fn images_in_place_of_plugins_take_consent() {
    let environment = TestEnvironment::example("shop").untrusted();
    let output = environment.cirun(&["local", "pipeline.yaml"]).exits(3);
    drop(output.says("images that replace plugins").says("build.push  cirun.local/kaniko-ecr:1"));
    // The user's own choice needs no consent.
    let own = ["local", "pipeline.yaml", "--plugin-image", "plugins/kaniko-ecr=cirun.local/kaniko-ecr:1"];
    drop(environment.cirun(&own).exits(4));
}

/// The flag of a recorded run was only for what that run contained.
#[test]
fn running_again_trusts_what_was_trusted() {
    let environment = hostile();
    drop(environment.cirun(&["local", "ci.yaml", "--trust"]).exits(0));
    fs::remove_file(environment.workspace().join("ran")).unwrap();
    drop(environment.cirun(&["rerun"]).exits(0));
    assert!(has_run(&environment));
    fs::remove_file(environment.workspace().join("ran")).unwrap();
    let environment = environment.edit("ci.yaml", "echo more", "echo worse");
    drop(environment.cirun(&["rerun"]).exits(3).says("`--trust` of the recorded run does not apply"));
    assert!(!has_run(&environment));
    drop(environment.cirun(&["rerun", "--trust"]).exits(0));
    assert!(has_run(&environment));
}

/// A host step finds no credentials of the user.
#[test]
fn host_steps_get_no_credentials() {
    let show = "env | sort\necho home $(ls -A ~ | wc -l)\necho token-from-elsewhere-1";
    let stage = Stage::cloud().step(&host_step("show", show));
    let environment = TestEnvironment::new()
        .file("ci.yaml", stage.pipeline())
        .file("../home/.netrc", "machine a")
        .with("AWS_ACCESS_KEY_ID", "AKIAPERSON0000000000")
        .with("AWS_PROFILE", "prod")
        .with("CIRUN_SECRET_API", "the-secret-of-cirun")
        .with("GITHUB_TOKEN", "token-from-elsewhere-1")
        .with("SSH_AUTH_SOCK", "/run/agent.sock")
        .with("KUBECONFIG", "/home/person/.kube/config");
    drop(environment.cirun(&["local", "ci.yaml", "--events", "e.jsonl", "--env", "GIVEN=yes"]).exits(0));
    let shown = environment.events().output("show").join("\n");
    for hidden in ["PERSON", "prod", "secret-of-cirun", "GITHUB_TOKEN", "SSH_AUTH_SOCK", "KUBECONFIG", "DOCKER_HOST"] {
        assert!(!shown.contains(hidden), "{hidden}\n{shown}");
    }
    assert!(!shown.contains(&*environment.home().to_string_lossy()), "{shown}");
    for found in ["AWS_ACCESS_KEY_ID=AKIACIRUNDELEGATE000", "GIVEN=yes", "home 0", "LANG=C.UTF-8", "PATH="] {
        assert!(shown.contains(found), "{found}\n{shown}");
    }
    // A value that a step found elsewhere is still masked.
    assert!(shown.ends_with("***"), "{shown}");
    // This run has no bundle of certificates, and no variable names one.
    assert!(!shown.contains("SSL_CERT_FILE") && !shown.contains("CURL_CA_BUNDLE"), "{shown}");
    assert!(!environment.record().join("homes/build").exists());
}

/// A directory that git takes for a bare repository can be committed; its configuration can name programs.
#[cfg(unix)]
#[test]
fn a_clean_clone_runs_nothing_of_an_embedded_repository() {
    let pipeline = Stage::cloud().step(&host_step("a", "true")).pipeline();
    let pipeline = pipeline.replace("cloneCodebase: false", "cloneCodebase: true");
    let environment = TestEnvironment::new().file("ci.yaml", pipeline);
    let place = environment.workspace();
    let ran = place.join("ran");
    git(&place, &["init", "-q"]);
    let bare = place.join("bare");
    for directory in ["objects", "refs/heads", "work"] {
        fs::create_dir_all(bare.join(directory)).unwrap();
        fs::write(bare.join(directory).join("keep"), "").unwrap();
    }
    fs::write(bare.join("HEAD"), "ref: refs/heads/trunk\n").unwrap();
    let program = place.join("program");
    fs::write(&program, format!("#!/bin/sh\ntouch {}\n", ran.display())).unwrap();
    fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let config = format!("[core]\nbare = false\nworktree = work\nfsmonitor = {}\n", program.display());
    fs::write(bare.join("config"), config).unwrap();
    git(&place, &["add", "."]);
    git(&place, &["commit", "-qm", "hostile"]);
    let environment = environment.file(".cirun.toml", "workspace = \"bare/work\"\n");
    let output = environment.cirun(&["local", "ci.yaml", "--clean-clone"]).exits(0);
    assert!(!ran.exists(), "{output}");
    drop(environment.cirun(&["plan", "ci.yaml"]));
    assert!(!ran.exists());
}
