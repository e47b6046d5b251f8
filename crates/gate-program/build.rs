//! Builds `cirun-gate` for the same machine as cirun, with the C library in it.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

/// What the program is built from, relative to the repository.
const SOURCES: [&str; 6] = [
    "Cargo.lock",
    "Cargo.toml",
    "crates/beneath/Cargo.toml",
    "crates/beneath/src",
    "crates/gate/Cargo.toml",
    "crates/gate/src",
];

/// The profile of a small program that starts quickly.
const PROFILE: [&str; 4] = [
    "profile.release.opt-level='s'",
    "profile.release.panic='abort'",
    "profile.release.strip='symbols'",
    "profile.release.lto='fat'",
];

fn main() {
    println!("cargo::rerun-if-env-changed=CIRUN_GATE");
    let into = PathBuf::from(variable("OUT_DIR"));
    let program = match env::var("CIRUN_GATE").ok().as_deref() {
        Some("none") => None,
        Some(file) => {
            println!("cargo::rerun-if-changed={file}");
            Some(fs::canonicalize(file).unwrap_or_else(|error| panic!("CIRUN_GATE={file}: {error}")))
        }
        None => build(&into),
    };
    let text = program
        .map_or_else(|| "None".to_owned(), |path| format!("Some(include_bytes!({:?}))", path.display().to_string()));
    fs::write(into.join("program.rs"), text).expect("the build script's directory is writable");
}

/// Builds the program, if this machine can; a warning says why not.
fn build(into: &Path) -> Option<PathBuf> {
    let root = Path::new(&variable("CARGO_MANIFEST_DIR")).join("../..");
    for source in SOURCES {
        println!("cargo::rerun-if-changed={}", root.join(source).display());
    }
    let target = variable("TARGET");
    if variable("CARGO_CFG_TARGET_OS") != "linux" || target != variable("HOST") {
        println!("cargo::warning=cirun is built without its gate, which is for Linux: name one with CIRUN_GATE=FILE");
        return None;
    }
    let directory = into.join("gate");
    let mut cargo = Command::new(variable("CARGO"));
    cargo.args([
        "build",
        "--quiet",
        "--release",
        "--locked",
        "--offline",
        "--package",
        "cirun-gate",
        "--bin",
        "cirun-gate",
    ]);
    // With `--target` the flags do not apply to build scripts.
    cargo.args(["--target", &target, "--target-dir"]).arg(&directory).current_dir(&root);
    for setting in PROFILE {
        cargo.args(["--config", setting]);
    }
    // What this build is made with (lints, coverage) is not for the program.
    let inherited = env::vars_os().map(|(name, _)| name).filter(|name| {
        let name = name.to_string_lossy();
        let is_setting = name.starts_with("CARGO") || name.starts_with("RUSTC") || name.starts_with("CLIPPY");
        is_setting && !matches!(&*name, "CARGO_HOME" | "CARGO_MAKEFLAGS" | "RUSTC")
    });
    for name in inherited {
        cargo.env_remove(name);
    }
    cargo.env("CARGO_ENCODED_RUSTFLAGS", "-Ctarget-feature=+crt-static");
    match cargo.status() {
        Ok(status) if status.success() => Some(directory.join(target).join("release/cirun-gate")),
        failed => {
            println!(
                "cargo::warning=cirun is built without its gate, as that could not be built ({failed:?}): it needs the \
                 static C library"
            );
            None
        }
    }
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| panic!("cargo sets {name}"))
}
