//! An image with cirun's own binary. The gateway and cirun's other containers run from it, so they need no pull.
//!
//! The image of a dynamic binary includes its libraries and its loader, so that `cargo run` works too.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::Command,
    time::UNIX_EPOCH,
};

use cirun_diagnostics::Failure;
use sha2::{Digest, Sha256};

const BINARY: &str = "cirun";
const LIBRARIES: &str = "lib";

/// The image of cirun's binary.
#[derive(Debug, Clone)]
pub struct OwnImage {
    binary: PathBuf,
    libraries: Vec<Library>,
    /// The image's name, with a hash of the version, size and time of the binary: each build has its own image.
    pub name: String,
    /// The command that starts cirun, without its arguments.
    entrypoint: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Library {
    name: String,
    path: PathBuf,
    loader: bool,
}

impl OwnImage {
    /// The image of cirun's `program` and its libraries. It must be linked in the same way as the running program.
    ///
    /// # Errors
    /// This system is not Linux, or the program cannot be read.
    pub fn of(program: &Path) -> Result<Self, Failure> {
        if !cfg!(target_os = "linux") {
            return Err(Failure::usage("this build of cirun cannot run inside a Linux container")
                .help("use `--aws off`, or run a Linux build of cirun inside the engine's VM"));
        }
        let binary = program.to_owned();
        let libraries = linked(&binary).map_err(|error| Failure::io("cannot list cirun's libraries", error))?;
        let stamp = stamp(&binary).map_err(|error| Failure::io(binary.display(), error))?;
        let entrypoint = match libraries.iter().find(|library| library.loader) {
            Some(loader) => {
                vec![
                    format!("/{LIBRARIES}/{}", loader.name),
                    "--library-path".into(),
                    format!("/{LIBRARIES}"),
                    format!("/{BINARY}"),
                ]
            }
            None => vec![format!("/{BINARY}")],
        };
        Ok(Self { binary, libraries, name: format!("cirun.local/cirun:{stamp}"), entrypoint })
    }

    /// The command that runs `cirun __inside WORDS` in a container of this image.
    pub fn inside(&self, words: &[&str]) -> Vec<String> {
        let words = words.iter().map(|word| (*word).to_owned());
        self.entrypoint.iter().cloned().chain(["__inside".to_owned()]).chain(words).collect()
    }

    /// The image's file system as a tar archive.
    ///
    /// # Errors
    /// The binary or a library cannot be read.
    pub fn tar(&self) -> io::Result<Vec<u8>> {
        let mut archive = tar::Builder::new(Vec::new());
        archive.mode(tar::HeaderMode::Deterministic);
        append(&mut archive, BINARY, &self.binary)?;
        for library in &self.libraries {
            append(&mut archive, &format!("{LIBRARIES}/{}", library.name), &library.path)?;
        }
        let mut bytes = archive.into_inner()?;
        bytes.flush()?;
        Ok(bytes)
    }
}

fn append(archive: &mut tar::Builder<Vec<u8>>, name: &str, path: &Path) -> io::Result<()> {
    let mut file = fs::File::open(path)?;
    let mut header = tar::Header::new_gnu();
    header.set_size(file.metadata()?.len());
    header.set_mode(0o755);
    archive.append_data(&mut header, name, &mut file)
}

/// A hash that differs between builds, made without reading the binary.
fn stamp(binary: &Path) -> io::Result<String> {
    let metadata = fs::metadata(binary)?;
    let modified = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut hash = Sha256::new();
    hash.update(format!("{} {} {}", env!("CARGO_PKG_VERSION"), metadata.len(), modified.as_nanos()));
    Ok(hex::encode(hash.finalize())[..16].to_owned())
}

/// Asks the dynamic loader for the binary's libraries. Empty for a static binary, which has no loader.
fn linked(binary: &Path) -> io::Result<Vec<Library>> {
    let maps = fs::read_to_string("/proc/self/maps")?;
    if !maps.lines().any(|line| line.contains("/ld-")) {
        return Ok(Vec::new());
    }
    let output = Command::new(binary).env("LD_TRACE_LOADED_OBJECTS", "1").output()?;
    Ok(parse_trace(&String::from_utf8_lossy(&output.stdout)))
}

/// Parses lines such as `libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x…)` and `/lib64/ld-linux-x86-64.so.2 (0x…)`.
fn parse_trace(trace: &str) -> Vec<Library> {
    let mut libraries = Vec::new();
    for line in trace.lines() {
        let text = line.trim().split(" (0x").next().unwrap_or_default();
        let (name, path) = text.split_once(" => ").unwrap_or((text, text));
        let path = Path::new(path);
        if path.is_absolute()
            && let Some(name) = Path::new(name).file_name()
        {
            let name = name.to_string_lossy().into_owned();
            libraries.push(Library { loader: name.starts_with("ld-"), name, path: path.to_owned() });
        }
    }
    libraries
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_loaders_trace() {
        let trace = "\tlinux-vdso.so.1 (0x00007ffd5)\n\tlibgcc_s.so.1 => /lib/x/libgcc_s.so.1 (0x00007f)\n\t/lib64/ld-linux-x86-64.so.2 (0x00007f)\n";
        let found: Vec<_> = parse_trace(trace).into_iter().map(|library| (library.name, library.loader)).collect();
        assert_eq!(found, [("libgcc_s.so.1".to_owned(), false), ("ld-linux-x86-64.so.2".to_owned(), true)]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    #[expect(clippy::disallowed_methods, reason = "the test is the program")]
    fn packs_the_running_binary_with_its_loader() {
        let image = OwnImage::of(&std::env::current_exe().unwrap()).unwrap();
        let bytes = image.tar().unwrap();
        let mut archive = tar::Archive::new(bytes.as_slice());
        let names: Vec<_> =
            archive.entries().unwrap().map(|entry| entry.unwrap().path().unwrap().display().to_string()).collect();
        assert_eq!(names[0], "cirun");
        assert!(image.entrypoint.iter().all(|word| !word.ends_with(".so.2") || names.contains(&word[1..].to_owned())));
    }
}
