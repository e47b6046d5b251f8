use std::{
    collections::BTreeMap,
    fs,
    io::{Cursor, Write as _},
    os::unix::fs::{MetadataExt, symlink},
};

use walkdir::WalkDir;

use super::*;
use crate::rooted::testing::Bench;

/// Every file, link and directory in a path: `name`, `name/` and `name -> link`, with the files' texts.
fn tree(path: &Path) -> BTreeMap<String, String> {
    WalkDir::new(path)
        .min_depth(1)
        .into_iter()
        .map(|entry| {
            let entry = entry.unwrap();
            let name = entry.path().strip_prefix(path).unwrap().display().to_string();
            let kind = entry.file_type();
            if kind.is_symlink() {
                (name, format!("-> {}", fs::read_link(entry.path()).unwrap().display()))
            } else if kind.is_dir() {
                (name + "/", String::new())
            } else {
                (name, fs::read_to_string(entry.path()).unwrap())
            }
        })
        .collect()
}

fn save(bench: &Bench, path: &str, format: Format) -> (PathBuf, Rooted) {
    let around = bench.around(&[]);
    let source = around.absolute(Path::new(path));
    let rooted = around.rooted(&source);
    let file = bench.path("archive");
    let saving = Saving { path: &source, rooted: &rooted, format };
    write(saving, &around, &mut File::create(&file).unwrap(), &mut |_| {}).unwrap();
    (file, rooted)
}

fn open(path: &Path) -> File {
    File::open(path).unwrap()
}

const PLAIN: Reading = Reading { format: Format::Tar, preserve: false };

#[test]
fn what_is_saved_comes_back() {
    for format in [Format::Tar, Format::Gzip, Format::Zstd] {
        let bench = Bench::new();
        bench.file("target/a/one", "1");
        bench.file("target/two", "22");
        fs::create_dir(bench.path("root/harness/target/empty")).unwrap();
        symlink(Path::new("../elsewhere"), bench.path("root/harness/target/a/link")).unwrap();
        let before = tree(&bench.path("root/harness"));
        let (file, rooted) = save(&bench, "target", format);
        fs::remove_dir_all(bench.path("root/harness/target")).unwrap();
        assert_eq!(saved_path(open(&file), &file).unwrap(), rooted);
        let moved = read(open(&file), &rooted, Reading { format, preserve: false }, &bench.around(&[])).unwrap();
        assert_eq!(moved, Moved { files: 2, bytes: 3 });
        assert_eq!(tree(&bench.path("root/harness")), before, "{format:?}");
    }
}

#[test]
fn a_file_with_holes_comes_back() {
    let bench = Bench::new();
    bench.file("target/data", "begin");
    let data = bench.path("root/harness/target/data");
    let mut holed = File::options().write(true).open(&data).unwrap();
    holed.seek(io::SeekFrom::Start(1 << 20)).unwrap();
    holed.write_all(b"end").unwrap();
    let before = fs::read(&data).unwrap();
    let (file, rooted) = save(&bench, "target", Format::Tar);
    fs::remove_file(&data).unwrap();
    let moved = read(open(&file), &rooted, PLAIN, &bench.around(&[])).unwrap();
    assert_eq!(moved, Moved { files: 1, bytes: before.len() as u64 });
    assert!(fs::read(&data).unwrap() == before);
}

#[test]
fn a_single_file_and_a_path_outside_of_the_workspace() {
    let bench = Bench::new();
    fs::create_dir_all(bench.path("root/home/.m2")).unwrap();
    fs::write(bench.path("root/home/.m2/settings.xml"), "x").unwrap();
    let (file, rooted) = save(&bench, "/home/.m2/settings.xml", Format::Tar);
    assert_eq!(rooted, Rooted::Root("home/.m2/settings.xml".into()));
    fs::remove_dir_all(bench.path("root/home")).unwrap();
    read(open(&file), &rooted, PLAIN, &bench.around(&[])).unwrap();
    assert_eq!(fs::read_to_string(bench.path("root/home/.m2/settings.xml")).unwrap(), "x");
}

#[test]
fn files_that_are_there_are_replaced_and_others_stay() {
    let bench = Bench::new();
    bench.file("target/one", "a longer text");
    let (file, rooted) = save(&bench, "target", Format::Tar);
    bench.file("target/one", "changed, and longer than before");
    bench.file("target/two", "new");
    read(open(&file), &rooted, PLAIN, &bench.around(&[])).unwrap();
    let after = tree(&bench.path("root/harness/target"));
    assert_eq!(after, BTreeMap::from([("one".into(), "a longer text".into()), ("two".into(), "new".into())]));
}

#[test]
fn modes_come_back_and_times_only_where_asked() {
    use std::os::unix::fs::PermissionsExt;
    let bench = Bench::new();
    bench.file("bin/tool", "#!");
    let tool = bench.path("root/harness/bin/tool");
    fs::set_permissions(&tool, fs::Permissions::from_mode(0o750)).unwrap();
    let long_ago = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    File::open(&tool).unwrap().set_modified(long_ago).unwrap();
    let (file, rooted) = save(&bench, "bin", Format::Tar);
    read(open(&file), &rooted, PLAIN, &bench.around(&[])).unwrap();
    let metadata = fs::metadata(&tool).unwrap();
    assert_eq!(metadata.mode() & 0o777, 0o750);
    assert!(metadata.modified().unwrap() > long_ago);
    read(open(&file), &rooted, Reading { preserve: true, ..PLAIN }, &bench.around(&[])).unwrap();
    assert_eq!(fs::metadata(&tool).unwrap().modified().unwrap(), long_ago);
}

/// A user other than root could not fill it otherwise.
#[test]
fn a_closed_directory_is_filled_and_closed_again() {
    use std::os::unix::fs::PermissionsExt;
    let bench = Bench::new();
    bench.file("mod/lib@v1/lib.go", "package lib");
    let closed = bench.path("root/harness/mod/lib@v1");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o555)).unwrap();
    let (file, rooted) = save(&bench, "mod", Format::Tar);
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o755)).unwrap();
    fs::remove_dir_all(bench.path("root/harness/mod")).unwrap();
    read(open(&file), &rooted, PLAIN, &bench.around(&[])).unwrap();
    assert_eq!(fs::read_to_string(closed.join("lib.go")).unwrap(), "package lib");
    assert_eq!(fs::metadata(&closed).unwrap().mode() & 0o777, 0o555);
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Name, kind, and text or target.
type Entry = (&'static str, EntryType, &'static str);

/// An archive of these entries, as another program might store it.
fn forged(bench: &Bench, entries: &[Entry]) -> PathBuf {
    let mut builder = Builder::new(Vec::new());
    for (name, kind, text) in entries {
        let mut header = Header::new_gnu();
        header.set_entry_type(*kind);
        header.set_mode(0o644);
        // `set_path` refuses names that the reader must refuse.
        let bytes = name.as_bytes();
        header.as_gnu_mut().unwrap().name[..bytes.len()].copy_from_slice(bytes);
        match kind {
            EntryType::Symlink | EntryType::Link => {
                header.set_size(0);
                header.as_gnu_mut().unwrap().linkname[..text.len()].copy_from_slice(text.as_bytes());
                header.set_cksum();
                builder.append(&header, io::empty()).unwrap();
            }
            _ => {
                header.set_size(text.len() as u64);
                header.set_cksum();
                builder.append(&header, Cursor::new(text)).unwrap();
            }
        }
    }
    let file = bench.path("forged");
    fs::write(&file, builder.into_inner().unwrap()).unwrap();
    file
}

#[test]
fn archives_that_lead_elsewhere_are_refused() {
    use EntryType::{Char, Directory, Link, Regular, Symlink};
    let rows: [(&str, &[Entry]); 6] = [
        ("up", &[("workspace/target/../../../etc/passwd", Regular, "x")]),
        ("absolute", &[("/etc/passwd", Regular, "x")]),
        ("beside", &[("workspace/other", Regular, "x")]),
        (
            "by a link",
            &[
                ("workspace/target/", Directory, ""),
                ("workspace/target/out", Symlink, "/etc"),
                ("workspace/target/out/passwd", Regular, "x"),
            ],
        ),
        ("hard link", &[("workspace/target/passwd", Link, "/etc/passwd")]),
        ("device", &[("workspace/target/null", Char, "")]),
    ];
    let mut output = String::new();
    for (what, entries) in rows {
        let bench = Bench::new();
        let file = forged(&bench, entries);
        let error = read(open(&file), &Rooted::Workspace("target".into()), PLAIN, &bench.around(&[])).unwrap_err();
        output.push_str(&format!("{what}: {error}\n").replace(&bench.path("root").display().to_string(), ""));
        assert!(!bench.path("root/etc/passwd").exists() && !bench.path("root/harness/other").exists(), "{what}");
    }
    insta::assert_snapshot!(output, @"
    up: the archive of /harness/target is refused: its name workspace/target/../../../etc/passwd is outside the saved path
    absolute: the archive of /harness/target is refused: its name /etc/passwd is outside the saved path
    beside: the archive of /harness/target is refused: its name workspace/other is outside the saved path
    by a link: the archive of /harness/target is refused: its name workspace/target/out/passwd passes through a link
    hard link: the archive of /harness/target is refused: workspace/target/passwd is not a file, directory or link
    device: the archive of /harness/target is refused: workspace/target/null is not a file, directory or link
    ");
}

/// A link that existed before the restore is replaced by the unpacked entry, and not followed.
#[test]
fn a_file_replaces_a_link() {
    let bench = Bench::new();
    bench.file("target/one", "1");
    let (file, rooted) = save(&bench, "target", Format::Tar);
    bench.file("precious", "p");
    fs::remove_file(bench.path("root/harness/target/one")).unwrap();
    symlink(Path::new("../precious"), bench.path("root/harness/target/one")).unwrap();
    read(open(&file), &rooted, PLAIN, &bench.around(&[])).unwrap();
    assert_eq!(fs::read_to_string(bench.path("root/harness/precious")).unwrap(), "p");
    assert_eq!(fs::read_to_string(bench.path("root/harness/target/one")).unwrap(), "1");
}

#[test]
fn the_format_must_be_the_one_that_was_saved() {
    let bench = Bench::new();
    bench.file("target/one", "1");
    let (file, rooted) = save(&bench, "target", Format::Gzip);
    let error = read(open(&file), &rooted, PLAIN, &bench.around(&[])).unwrap_err().to_string();
    assert!(error.ends_with("it was saved as gzip, and the step's archiveFormat is tar"), "{error}");
}

proptest::proptest! {
    /// Any bytes are refused or unpacked, and never cause a panic or leave the workspace.
    #[test]
    fn any_bytes(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..1200)) {
        let bench = Bench::new();
        let file = bench.path("any");
        fs::write(&file, bytes).unwrap();
        drop(saved_path(open(&file), &file));
        drop(read(open(&file), &Rooted::Workspace("target".into()), PLAIN, &bench.around(&[])));
        proptest::prop_assert_eq!(fs::read_dir(bench.path("root")).unwrap().count(), 1);
    }
}
