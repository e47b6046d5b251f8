//! Images for other processors, and stages for other systems.

use std::{fs, process::Command};

use super::{engine, run};
use crate::it::support::{Stage, TestEnvironment, docker, run_step};

/// An image of one program, removed at the end.
struct Image(String);

impl Image {
    /// `/bin/sh` of an image is this file.
    fn of_shell(name: &str, shell: &[u8]) -> Self {
        use std::os::unix::fs::PermissionsExt;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("bin/sh");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, shell).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        let archive = directory.path().join("root.tar");
        let tar = Command::new("tar").arg("-C").arg(directory.path()).arg("-cf").arg(&archive).arg("bin").status();
        assert!(tar.unwrap().success());
        let image = Self(format!("cirun.local/it-{name}:{}", std::process::id()));
        docker(&["import", archive.to_str().unwrap(), &image.0]);
        image
    }

    /// The processor of the image: no option of the engine sets it.
    fn calls_itself(self, arch: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
        let tar = |args: &[&str]| assert!(Command::new("tar").args(args).status().unwrap().success());
        docker(&["save", "--output", &at("image.tar"), &self.0]);
        fs::create_dir(at("image")).unwrap();
        tar(&["-C", &at("image"), "-xf", &at("image.tar")]);
        let manifest: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(at("image/manifest.json")).unwrap()).unwrap();
        let config = at(&format!("image/{}", manifest[0]["Config"].as_str().unwrap()));
        let mut content: serde_json::Value = serde_json::from_str(&fs::read_to_string(&config).unwrap()).unwrap();
        content["architecture"] = arch.into();
        fs::write(&config, content.to_string()).unwrap();
        tar(&["-C", &at("image"), "-cf", &at("other.tar"), "."]);
        docker(&["load", "--input", &at("other.tar")]);
        self
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        drop(Command::new("docker").args(["rmi", "--force", &self.0]).output());
    }
}

/// The head of a program for a processor that no emulator is registered for (ELF, machine 0xfe).
fn program_of_another_processor() -> Vec<u8> {
    let mut bytes = vec![0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0xfe, 0, 1, 0, 0, 0];
    bytes.resize(4096, 0);
    bytes
}

fn runs_in(image: &Image) -> TestEnvironment {
    engine(&Stage::vm().step(&run_step("a", "true").replace("cirun.local/busybox:1", &image.0)).pipeline())
}

#[test]
fn a_program_of_another_processor_has_a_hint() {
    let image = Image::of_shell("elf", &program_of_another_processor());
    let (output, events) = run(&runs_in(&image), &["--pull", "never"], 1);
    let finished = events.one("step_finished", "a");
    let reason = finished["reason"].as_str().unwrap();
    assert_eq!(finished["exit_code"], 126, "{output}");
    assert!(reason.contains("for another processor") && reason.contains("--platform"), "{reason}");
}

#[test]
fn an_image_of_another_processor_is_warned_of() {
    let other = if cfg!(target_arch = "aarch64") { "amd64" } else { "arm64" };
    let image = Image::of_shell("other", &program_of_another_processor()).calls_itself(other);
    let (_, events) = run(&runs_in(&image), &["--pull", "never"], 1);
    let warning = events.of("diagnostic").find(|event| event["code"] == "emulated-image").expect("a warning");
    assert!(warning["message"].as_str().unwrap().contains(&format!("linux/{other}")), "{warning}");
}
