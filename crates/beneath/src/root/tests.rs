use std::{
    fs,
    io::{Read, Write},
    os::unix::{
        fs::{PermissionsExt, symlink},
        net::UnixListener,
    },
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::*;

/// A directory `in` with a file, and a file next to it that must not be accessible.
struct Place {
    dir: tempfile::TempDir,
    root: Root,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("in/d/e")).unwrap();
        fs::create_dir(dir.path().join("out")).unwrap();
        fs::write(dir.path().join("in/d/e/file"), "inside").unwrap();
        fs::write(dir.path().join("out/file"), "outside").unwrap();
        let root = Root::open(&dir.path().join("in")).unwrap();
        Self { dir, root }
    }

    fn inside(&self, path: &str) -> PathBuf {
        self.dir.path().join("in").join(path)
    }

    fn read(&self, path: &str) -> String {
        match self.root.read(Path::new(path), 100) {
            Ok(content) => String::from_utf8(content).unwrap(),
            Err(refusal) => refusal.to_string(),
        }
    }
}

#[test]
fn regular_files_below() {
    let place = Place::new();
    assert_eq!(place.read("d/e/file"), "inside");
    assert_eq!(place.read("./d/./e/file"), "inside");
    assert_eq!(place.root.sub(Path::new("d/e")).unwrap().read(Path::new("file"), 6).unwrap(), b"inside");
    assert_eq!(place.read("none"), "it does not exist");
    assert_eq!(place.read("none/file"), "it does not exist");
    assert_eq!(place.read("d/e/file/x"), "it is a regular file, not a directory");
}

#[test]
fn nothing_leads_out() {
    let place = Place::new();
    for path in ["../out/file", "d/../../out/file", "/etc/passwd", "..", "/"] {
        assert_eq!(place.read(path), "it leads out of its directory", "{path}");
    }
    assert!(matches!(place.root.remove(Path::new("../out/file")), Err(Refusal::Outside)));
    assert!(matches!(place.root.remove(Path::new("")), Err(Refusal::Outside)));
    assert!(matches!(place.root.create(Path::new("/tmp/x"), 0o600), Err(Refusal::Outside)));
}

#[test]
fn a_link_in_any_component_is_refused() {
    let place = Place::new();
    let outside = place.dir.path().join("out");
    symlink(&outside, place.inside("link")).unwrap();
    symlink(&outside, place.inside("d/link")).unwrap();
    symlink(outside.join("file"), place.inside("d/last")).unwrap();
    symlink("e/file", place.inside("d/near")).unwrap();
    symlink("/proc/self/fd", place.inside("magic")).unwrap();
    for (path, link) in [
        ("link/file", "link"),
        ("d/link/file", "d/link"),
        ("d/last", "d/last"),
        ("d/near", "d/near"),
        ("magic/0", "magic"),
    ] {
        assert_eq!(place.read(path), format!("`{link}` is a symbolic link, and links are not followed"), "{path}");
        assert!(place.root.create(&Path::new(path).join("new"), 0o600).is_err(), "{path}");
        assert!(place.root.make_directories(&Path::new(path).join("new"), 0o700).is_err(), "{path}");
    }
    assert!(matches!(place.root.remove(Path::new("link/file")), Err(Refusal::Link(_))));
    assert!(matches!(place.root.sub(Path::new("link")), Err(Refusal::Link(_))));
    assert!(matches!(place.root.create(Path::new("d/last"), 0o600), Err(Refusal::Exists)));
    assert!(place.root.rename(Path::new("d/e/file"), Path::new("link/file")).is_err());
    place.root.remove(Path::new("d/last")).unwrap();
    assert_eq!(fs::read_to_string(outside.join("file")).unwrap(), "outside");
    assert_eq!(fs::read_dir(outside).unwrap().count(), 1);
}

/// The caller vouches for the path of the directory itself.
#[test]
fn the_root_may_be_named_by_a_link() {
    let place = Place::new();
    symlink(place.inside(""), place.dir.path().join("named")).unwrap();
    assert_eq!(Root::open(&place.dir.path().join("named")).unwrap().read(Path::new("d/e/file"), 9).unwrap(), b"inside");
    assert!(Root::open(&place.dir.path().join("none")).unwrap_err().is_missing());
    assert!(Root::open(&place.dir.path().join("out/file")).is_err());
}

/// None of these blocks: the pipe has no writer.
#[test]
fn only_regular_files_are_read() {
    let place = Place::new();
    mknodat(CWD, place.inside("pipe"), FileType::Fifo, Mode::from_raw_mode(0o666), 0).unwrap();
    let listener = UnixListener::bind(place.inside("socket")).unwrap();
    assert_eq!(place.read("pipe"), "it is a named pipe, not a regular file");
    assert_eq!(place.read("socket"), "it is a socket, not a regular file");
    assert_eq!(place.read("d"), "it is a directory, not a regular file");
    assert_eq!(place.read(""), "it is a directory, not a regular file");
    assert_eq!(place.root.look(Path::new("pipe")).unwrap().kind, Kind::Pipe);
    let devices = Root::open(Path::new("/dev")).unwrap();
    let refusal = devices.read(Path::new("zero"), 100).unwrap_err();
    assert_eq!(refusal.to_string(), "it is a device, not a regular file");
    drop(listener);
}

#[test]
fn no_more_than_the_limit() {
    let place = Place::new();
    let sparse = File::create(place.inside("huge")).unwrap();
    sparse.set_len(1 << 40).unwrap();
    assert_eq!(place.read("huge"), "it is larger than 100 bytes");
    assert!(place.root.read(Path::new("d/e/file"), 5).is_err());
}

#[test]
fn files_are_made_exclusively_with_their_mode() {
    let place = Place::new();
    assert!(place.root.make_directories(Path::new("new/deep"), 0o777).unwrap());
    assert!(!place.root.make_directories(Path::new("new/deep"), 0o700).unwrap());
    let mut file = place.root.create(Path::new("new/deep/file"), 0o666).unwrap();
    file.write_all(b"new").unwrap();
    assert!(matches!(place.root.create(Path::new("new/deep/file"), 0o600), Err(Refusal::Exists)));
    let mode = |path: &str| fs::metadata(place.inside(path)).unwrap().permissions().mode() & 0o7777;
    assert_eq!([mode("new"), mode("new/deep"), mode("new/deep/file")], [0o777, 0o777, 0o666]);
    place.root.rename(Path::new("new/deep/file"), Path::new("d/e/file")).unwrap();
    assert_eq!(place.read("d/e/file"), "new");
    place.root.set_directory_mode(Path::new("new/deep"), 0o711).unwrap();
    assert_eq!(mode("new/deep"), 0o711);
    place.root.remove_directory(Path::new("new/deep")).unwrap();
    place.root.link(Path::new("new/link"), Path::new("/etc")).unwrap();
    assert_eq!(place.root.read_link(Path::new("new/link")).unwrap(), "/etc");
}

/// Whatever another thread puts in place of a name, the result is the file in the directory, or nothing.
#[cfg(target_os = "linux")]
#[test]
fn a_race_is_never_won() {
    let place = Place::new();
    let stop = AtomicBool::new(false);
    let (plain, link, name) = (place.inside("plain"), place.inside("swap"), place.inside("name"));
    fs::write(&plain, "inside").unwrap();
    symlink(place.dir.path().join("out/file"), &link).unwrap();
    fs::hard_link(&plain, &name).unwrap();
    let directory = place.inside("turn");
    fs::create_dir(&directory).unwrap();
    fs::write(directory.join("file"), "inside").unwrap();
    symlink(place.dir.path().join("out"), place.inside("astray")).unwrap();
    thread::scope(|scope| {
        scope.spawn(|| {
            let exchange = |one: &Path, other: &Path| {
                rustix::fs::renameat_with(CWD, one, CWD, other, rustix::fs::RenameFlags::EXCHANGE).unwrap();
            };
            while !stop.load(Ordering::Relaxed) {
                exchange(&name, &link);
                exchange(&directory, &place.inside("astray"));
            }
        });
        let (mut read, mut refused) = (0, 0);
        for _ in 0..20_000 {
            for path in ["name", "turn/file"] {
                match place.root.file(Path::new(path)) {
                    Ok(mut file) => {
                        let mut text = String::new();
                        file.read_to_string(&mut text).unwrap();
                        assert_eq!(text, "inside");
                        read += 1;
                    }
                    Err(Refusal::Link(_) | Refusal::Changed) => refused += 1,
                    Err(other) => panic!("{other}"),
                }
            }
        }
        stop.store(true, Ordering::Relaxed);
        assert!(read > 0 && refused > 0, "{read} read, {refused} refused: nothing was raced");
    });
}

proptest::proptest! {
    /// No path of any form reaches what is next to the directory.
    #[test]
    fn no_path_reaches_outside(parts in proptest::collection::vec("(\\.|\\.\\.|in|out|d|e|file|link|)", 0..6), absolute in proptest::bool::ANY) {
        let place = Place::new();
        symlink(place.dir.path(), place.inside("link")).unwrap();
        let path = format!("{}{}", if absolute { "/" } else { "" }, parts.join("/"));
        if let Ok(content) = place.root.read(Path::new(&path), 100) {
            proptest::prop_assert_eq!(content, b"inside");
        }
    }
}
