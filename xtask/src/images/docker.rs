//! Engine tests of the images: that they start, and that the plugin's substitute really builds.

use std::{fs, path::PathBuf};

use super::*;

/// A directory that is removed after the test; containers see it as `/harness`.
struct Workspace(PathBuf);

impl Workspace {
    fn new(name: &str) -> Self {
        let dir = project::cache_dir("tests").unwrap().join(format!("{name}-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        Self(dir)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.0.join(name), text).unwrap();
    }

    /// Writes the busybox image's files as an archive, for Dockerfiles that can pull nothing.
    fn write_busybox(&self, engine: &Engine) {
        let container = engine.docker().args(["create", "cirun.local/busybox:1"]).read().unwrap();
        let archive = self.0.join("busybox.tar");
        let exported = engine.docker().arg("export").arg("--output").arg(archive).arg(container.trim()).read();
        engine.docker().args(["rm", container.trim()]).read().unwrap();
        exported.unwrap();
    }

    fn mount(&self) -> String {
        format!("{}:/harness", self.0.display())
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap()
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.0) {
            eprintln!("{} is left: {error}", self.0.display());
        }
    }
}

fn engine() -> Engine {
    engine::answering().unwrap()
}

/// Runs the substitute of kaniko-ecr without a push; returns its output, and whether it succeeded.
fn kaniko(engine: &Engine, workspace: &Workspace, variables: &[&str]) -> (String, bool) {
    let variables = variables.iter().flat_map(|variable| ["--env", variable]);
    let output = engine
        .docker()
        .args(["run", "--rm", "--network", "none", "--workdir", "/harness", "--volume", &workspace.mount()])
        .args(["--env", "PLUGIN_NO_PUSH=true", "--env", "DRONE_OUTPUT=/harness/output"])
        .args(variables)
        .arg("cirun.local/kaniko-ecr:1")
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (String::from_utf8(text).unwrap(), output.status.success())
}

#[test]
fn the_images_answer() {
    let engine = engine();
    let run = |words: &[&str]| engine.docker().args(["run", "--rm", "--network", "none"]).args(words).read().unwrap();
    assert_eq!(run(&["cirun.local/busybox:1", "sh", "-c", "echo $((6 * 7)); which httpd wget nc | wc -l"]), "42\n3\n");
    assert!(run(&["--entrypoint", "redis-server", "cirun.local/redis:7", "--version"]).starts_with("Redis server v=7"));
    let roots = "import ssl; print(len(ssl.create_default_context().get_ca_certs()) > 100)";
    assert_eq!(run(&["cirun.local/python:3", "python3", "-c", roots]), "True\n");
}

#[test]
fn privileged_containers_start_where_the_engine_is_said_to_run_them() {
    let engine = engine();
    let privileged = ["run", "--rm", "--privileged", "--network", "none", "cirun.local/busybox:1"];
    let mounted = engine.docker().args(privileged).args(["mount", "-t", "tmpfs", "none", "/tmp"]).output().unwrap();
    let expected = engine.runs_privileged().unwrap();
    assert_eq!(mounted.status.success(), expected, "{}", String::from_utf8_lossy(&mounted.stderr));
}

#[test]
fn the_stand_in_builds_what_the_dockerfile_says() {
    let engine = engine();
    let workspace = Workspace::new("build");
    workspace.write_busybox(&engine);
    workspace.write(
        "Dockerfile",
        "FROM scratch AS base\nADD busybox.tar /\nARG RELEASE=none\nRUN echo \"release $RELEASE\" > /release && rm /bin/nc\n\
         FROM base\nWORKDIR /srv\nCOPY --from=base --chown=33:33 /release here\nENV A=\"1 2\" B=$A\nLABEL l=$B\n\
         USER www-data\nENTRYPOINT [\"cat\"]\nCMD [\"here\"]\n",
    );
    let tag = format!("cirun.local/xtask-test-build:{}", std::process::id());
    let repo = format!("PLUGIN_REPO={}", tag.split(':').next().unwrap());
    let tags = format!("PLUGIN_TAGS={}", std::process::id());
    let variables =
        [&repo, &tags, "PLUGIN_TAR_PATH=image.tar", "PLUGIN_BUILD_ARGS=RELEASE=7", "PLUGIN_CUSTOM_LABELS=own=yes"];
    let (said, succeeded) = kaniko(&engine, &workspace, &variables);
    assert!(succeeded, "{said}");
    assert_eq!(workspace.read("output"), "IMAGE_TAR_PATH=\"image.tar\"\n");

    engine.docker().args(["load", "--input"]).arg(workspace.0.join("image.tar")).read().unwrap();
    let format = "{{json .Config.Env}} {{json .Config.Labels}} {{.Config.User}} {{.Config.WorkingDir}}";
    let config = engine.docker().args(["image", "inspect", "--format", format, &tag]).read();
    let ran = engine.docker().args(["run", "--rm", "--network", "none", &tag]).read();
    let listed = engine.docker().args(["run", "--rm", "--entrypoint", "sh", &tag, "-c"]);
    let listed = listed.arg("stat -c %u here; id -u; ls /bin/nc /etc/.resolv.conf.kept 2>&1 | wc -l").read();
    engine.docker().args(["rmi", &tag]).read().unwrap();

    assert_eq!(config.unwrap().trim(), r#"["A=1 2","B="] {"l":"","own":"yes"} www-data /srv"#);
    assert_eq!(ran.unwrap(), "release 7\n");
    assert_eq!(listed.unwrap(), "33\n33\n2\n");
}

#[test]
fn the_stand_in_names_the_line_of_a_mistake() {
    let engine = engine();
    let workspace = Workspace::new("mistake");
    workspace.write("Dockerfile", "FROM scratch\n\nCOPY missing /\n");
    let (said, succeeded) = kaniko(&engine, &workspace, &["PLUGIN_REPO=x"]);
    assert!(!succeeded);
    assert!(said.ends_with("error: Dockerfile:3: `missing`: no such file or folder\n"), "{said}");
}
