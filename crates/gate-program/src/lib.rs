//! The gate's program as bytes, built by this crate's build script: static, so that it runs in any image.
//!
//! It is for Linux and the processor that cirun is built for. Where it cannot be built, `CIRUN_GATE` names a file with the
//! program, or `none`, while cirun is built.

/// The program; `None` if this build of cirun has none.
pub const PROGRAM: Option<&[u8]> = include!(concat!(env!("OUT_DIR"), "/program.rs"));

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::{
        fs,
        io::Read,
        os::unix::fs::PermissionsExt,
        process::{Command, Stdio},
    };

    use super::*;

    /// Executes it without its libraries' directories, as a container would: it greets, and ends with its input.
    #[test]
    fn it_runs() {
        let Some(program) = PROGRAM.filter(|_| option_env!("CIRUN_GATE").is_none()) else { return };
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("gate");
        fs::write(&file, program).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        let mut gate = Command::new(&file).env_clear().stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut hello = [0; 7];
        gate.stdout.take().unwrap().read_exact(&mut hello).unwrap();
        assert_eq!(hello[..5], [3, 0, 0, 0, 1]);
        drop(gate.stdin.take());
        assert!(gate.wait().unwrap().success());
        assert!(!program.windows(10).any(|part| part == b"/ld-linux-"), "it needs a loader");
    }
}
