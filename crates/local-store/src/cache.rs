//! `plugins/cache` (drone-meltwater-cache): saves paths under a key, and restores the paths of a key.

use crate::{
    StoreError, Surroundings,
    archive::{self, Format, Moved, Reading},
    error::refused,
    evict, files,
    key::key,
    object::{Bucket, Object},
};

/// Saves or restores, according to the variables.
pub(crate) fn run(around: &Surroundings, say: &mut dyn FnMut(&str)) -> Result<(), StoreError> {
    let bucket = Bucket::of(around)?;
    files::remove_abandoned(&bucket.root);
    let key = key(around.demand("PLUGIN_CACHE_KEY")?, around, say)?;
    match (around.flag("PLUGIN_REBUILD"), around.flag("PLUGIN_RESTORE")) {
        (true, false) => save(&bucket, &key, around, say),
        (false, true) => restore(&bucket, &key, around, say),
        (true, true) => Err(StoreError::Setting("PLUGIN_REBUILD and PLUGIN_RESTORE exclude each other".to_owned())),
        (false, false) => Err(StoreError::Setting("neither PLUGIN_REBUILD nor PLUGIN_RESTORE is set".to_owned())),
    }
}

/// The paths of `PLUGIN_MOUNT`.
fn mounts(around: &Surroundings) -> Vec<String> {
    let list = around.get("PLUGIN_MOUNT").unwrap_or_default();
    list.split(',').map(str::trim).filter(|path| !path.is_empty()).map(|path| around.expand(path)).collect()
}

/// One object per path. An existing object stays, unless the step overrides it.
fn save(bucket: &Bucket, key: &str, around: &Surroundings, say: &mut dyn FnMut(&str)) -> Result<(), StoreError> {
    let format = Format::of(around.get("PLUGIN_ARCHIVE_FORMAT"));
    // The plugin's own default is true; CI always sets the variable.
    let replace = around.get("PLUGIN_OVERRIDE").is_none() || around.flag("PLUGIN_OVERRIDE");
    say(&format!("saving to {} under the key {key}", bucket.address));
    let mounts = mounts(around);
    for path in &mounts {
        let source = around.absolute(path.as_ref());
        let anchor = around.anchor(&source)?;
        let missing = |refusal| StoreError::Source(format!("{path} does not exist, or cannot be read ({refusal})"));
        anchor.root.look(&anchor.below).map_err(missing)?;
    }
    for path in mounts {
        let source = around.absolute(path.as_ref());
        let rooted = around.rooted(&source);
        let Object { file, .. } = bucket.object(key, &rooted);
        if bucket.root.look(&file).is_ok() && !replace {
            say(&format!("{path}: the cache already has this key, and `override` is not set"));
            continue;
        }
        let saving = archive::Saving { path: &source, rooted: &rooted, format };
        let moved = files::write_whole(&bucket.root, &file, |out| archive::write(saving, around, out, say))?;
        let packed = bucket.root.look(&file).map_err(refused("read", &file))?.bytes;
        say(&format!("{path}: saved {}, {} in the cache", summary(moved), files::size(packed)));
        evict::make_room(&bucket.root, around.limit, &file, say)?;
    }
    Ok(())
}

/// All paths of the key, or those that the step names.
fn restore(bucket: &Bucket, key: &str, around: &Surroundings, say: &mut dyn FnMut(&str)) -> Result<(), StoreError> {
    let reading = Reading {
        format: Format::of(around.get("PLUGIN_ARCHIVE_FORMAT")),
        preserve: around.flag("PLUGIN_PRESERVE_METADATA"),
    };
    say(&format!("restoring from {} under the key {key}", bucket.address));
    let mut objects = bucket.list(key)?;
    let wanted = mounts(around);
    if !wanted.is_empty() {
        let wanted: Vec<_> = wanted.iter().map(|path| around.rooted(&around.absolute(path.as_ref()))).collect();
        objects.retain(|object| wanted.contains(&object.rooted));
    }
    if objects.is_empty() {
        if around.flag("PLUGIN_FAIL_RESTORE_IF_KEY_NOT_PRESENT") {
            return Err(StoreError::KeyNotFound { key: key.to_owned(), address: bucket.address.clone() });
        }
        say("the cache has nothing for this key: nothing is restored");
    }
    for object in objects {
        let opened = bucket.root.file(&object.file).map_err(refused("open", &object.file))?;
        let moved = archive::read(opened, &object.rooted, reading, around)?;
        bucket.touch(&object);
        say(&format!("{}: restored {}", around.place(&object.rooted).display(), summary(moved)));
    }
    Ok(())
}

fn summary(Moved { files, bytes }: Moved) -> String {
    format!("{files} {}, {}", if files == 1 { "file" } else { "files" }, files::size(bytes))
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;
    use crate::rooted::testing::Bench;

    const SAVE: &[(&str, &str)] = &[
        ("PLUGIN_BACKEND", "s3"),
        ("PLUGIN_BUCKET", "b"),
        ("PLUGIN_CACHE_KEY", "deps/1"),
        ("PLUGIN_MOUNT", "target,./lib"),
        ("PLUGIN_OVERRIDE", "false"),
        ("PLUGIN_REBUILD", "true"),
    ];
    const RESTORE: &[(&str, &str)] = &[
        ("PLUGIN_BACKEND", "s3"),
        ("PLUGIN_BUCKET", "b"),
        ("PLUGIN_CACHE_KEY", "deps/1"),
        ("PLUGIN_RESTORE", "true"),
        ("PLUGIN_FAIL_RESTORE_IF_KEY_NOT_PRESENT", "false"),
    ];

    fn emulate(bench: &Bench, env: &[&[(&str, &str)]]) -> String {
        let mut output = String::new();
        if let Err(error) = run(&bench.around(&env.concat()), &mut |line| output.push_str(&format!("{line}\n"))) {
            output.push_str(&format!("error: {error}\n"));
        }
        output.replace(&bench.dir.path().display().to_string(), "")
    }

    fn bench() -> Bench {
        let bench = Bench::new();
        bench.file("target/one", "1");
        bench.file("lib/two", "22");
        bench
    }

    #[test]
    fn saved_and_restored() {
        let bench = bench();
        insta::assert_snapshot!(emulate(&bench, &[SAVE]), @"
        saving to s3://b under the key deps/1
        target: saved 1 file, 1 B, 2.6 kB in the cache
        ./lib: saved 1 file, 2 B, 2.6 kB in the cache
        ");
        for directory in ["target", "lib"] {
            fs::remove_dir_all(bench.path("root/harness").join(directory)).unwrap();
        }
        insta::assert_snapshot!(emulate(&bench, &[RESTORE]), @"
        restoring from s3://b under the key deps/1
        /root/harness/lib: restored 1 file, 2 B
        /root/harness/target: restored 1 file, 1 B
        ");
        assert_eq!(fs::read_to_string(bench.path("root/harness/lib/two")).unwrap(), "22");
    }

    #[test]
    fn what_is_there_stays_without_override() {
        let bench = bench();
        emulate(&bench, &[SAVE]);
        bench.file("target/one", "changed");
        insta::assert_snapshot!(emulate(&bench, &[SAVE]), @"
        saving to s3://b under the key deps/1
        target: the cache already has this key, and `override` is not set
        ./lib: the cache already has this key, and `override` is not set
        ");
        emulate(&bench, &[RESTORE]);
        assert_eq!(fs::read_to_string(bench.path("root/harness/target/one")).unwrap(), "1");
        bench.file("target/one", "changed");
        emulate(&bench, &[SAVE, &[("PLUGIN_OVERRIDE", "true")]]);
        bench.file("target/one", "again");
        emulate(&bench, &[RESTORE]);
        assert_eq!(fs::read_to_string(bench.path("root/harness/target/one")).unwrap(), "changed");
    }

    #[test]
    fn misses() {
        let bench = bench();
        emulate(&bench, &[SAVE]);
        insta::assert_snapshot!(emulate(&bench, &[RESTORE, &[("PLUGIN_CACHE_KEY", "deps")]]), @"
        restoring from s3://b under the key deps
        the cache has nothing for this key: nothing is restored
        ");
        let strict = ("PLUGIN_FAIL_RESTORE_IF_KEY_NOT_PRESENT", "true");
        insta::assert_snapshot!(emulate(&bench, &[RESTORE, &[("PLUGIN_CACHE_KEY", "deps"), strict]]), @"
        restoring from s3://b under the key deps
        error: key deps does not exist in s3://b
        ");
        insta::assert_snapshot!(emulate(&bench, &[RESTORE, &[("PLUGIN_BUCKET", "other"), strict]]), @"
        restoring from s3://other under the key deps/1
        error: key deps/1 does not exist in s3://other
        ");
        insta::assert_snapshot!(emulate(&bench, &[RESTORE, &[("PLUGIN_MOUNT", "no/such"), strict]]), @"
        restoring from s3://b under the key deps/1
        error: key deps/1 does not exist in s3://b
        ");
        insta::assert_snapshot!(emulate(&bench, &[SAVE, &[("PLUGIN_MOUNT", "target,no")]]), @"
        saving to s3://b under the key deps/1
        error: no does not exist, or cannot be read (it does not exist)
        ");
        insta::assert_snapshot!(emulate(&bench, &[RESTORE, &[("PLUGIN_BACKEND", "sftp")]]), @"error: PLUGIN_BACKEND=sftp is not emulated");
        insta::assert_snapshot!(emulate(&bench, &[RESTORE, &[("PLUGIN_BUCKET", "")]]), @"error: PLUGIN_BUCKET is not set");
    }

    /// A link in the workspace leads neither to the store nor out of the workspace.
    #[cfg(unix)]
    #[test]
    fn no_link_leads_into_the_store() {
        use std::os::unix::fs::symlink;
        let bench = bench();
        emulate(&bench, &[SAVE]);
        symlink(bench.path("caches"), bench.path("root/harness/store")).unwrap();
        let saved = |path: &str| emulate(&bench, &[SAVE, &[("PLUGIN_MOUNT", path), ("PLUGIN_CACHE_KEY", "stolen")]]);
        insta::assert_snapshot!(saved("store/s3"), @"
        saving to s3://b under the key stolen
        error: store/s3 does not exist, or cannot be read (`store` is a symbolic link, and links are not followed)
        ");
        insta::assert_snapshot!(saved("store"), @"
        saving to s3://b under the key stolen
        store: saved 0 files, 0 B, 1.5 kB in the cache
        ");
        fs::remove_file(bench.path("root/harness/store")).unwrap();
        emulate(&bench, &[RESTORE, &[("PLUGIN_CACHE_KEY", "stolen")]]);
        assert_eq!(fs::read_link(bench.path("root/harness/store")).unwrap(), bench.path("caches"), "the link itself");
        fs::remove_dir_all(bench.path("root/harness/target")).unwrap();
        symlink(bench.path("caches"), bench.path("root/harness/target")).unwrap();
        let restored = emulate(&bench, &[RESTORE]);
        assert!(restored.contains("error: make the directory target: `target` is a symbolic link"), "{restored}");
        assert!(!bench.path("caches/one").exists());
    }

    /// A store in the workspace, or named by its own path, is not saved into itself.
    #[test]
    fn the_store_is_not_saved_into_itself() {
        let bench = bench();
        let mut around = bench.around(&[SAVE, &[("PLUGIN_MOUNT", ".")]].concat());
        around.caches = bench.path("root/harness/.cache");
        fs::create_dir(&around.caches).unwrap();
        let output = run(&around, &mut |_| {}).unwrap_err().to_string();
        assert!(output.ends_with(".cache is in the directory of the caches or uploads, or holds it"), "{output}");
        assert_eq!(around.store_identities().len(), 2);
        around.env.insert("PLUGIN_MOUNT".into(), ".cache".into());
        assert!(run(&around, &mut |_| {}).unwrap_err().to_string().contains("the directory of the caches"));
        around.caches = bench.path("caches");
        around.root = "/".into();
        for below in ["", "/s3"] {
            around.env.insert("PLUGIN_MOUNT".into(), format!("{}{below}", around.caches.display()));
            let output = run(&around, &mut |_| {}).unwrap_err().to_string();
            assert!(output.contains("the directory of the caches"), "{output}");
        }
        let kept = walkdir::WalkDir::new(bench.path("caches")).into_iter().map(Result::unwrap);
        assert_eq!(kept.filter(|entry| entry.file_type().is_file()).count(), 0);
    }

    #[test]
    fn more_than_the_limit_is_not_saved() {
        let bench = bench();
        let mut around = bench.around(SAVE);
        around.limit = 2000;
        let output = run(&around, &mut |_| {}).unwrap_err().to_string();
        let output = output.replace(&bench.dir.path().display().to_string(), "");
        assert_eq!(
            output,
            "/root/harness/target is not saved: it is larger than the 2.0 kB that the caches of a repository may have"
        );
        let kept = walkdir::WalkDir::new(bench.path("caches")).into_iter().map(Result::unwrap);
        assert_eq!(kept.filter(|entry| entry.file_type().is_file()).count(), 0, "nothing half-written is left");
    }

    /// A key restores what the plugin would: its own objects, and none of other keys.
    #[test]
    fn azure_restores_the_paths_that_it_names() {
        let bench = bench();
        let azure: &[(&str, &str)] =
            &[("PLUGIN_BACKEND", "azure"), ("PLUGIN_ACCOUNT_NAME", "team"), ("PLUGIN_CONTAINER", "caches")];
        emulate(&bench, &[SAVE, azure]);
        for directory in ["target", "lib"] {
            fs::remove_dir_all(bench.path("root/harness").join(directory)).unwrap();
        }
        insta::assert_snapshot!(emulate(&bench, &[RESTORE, azure, &[("PLUGIN_MOUNT", "lib")]]), @"
        restoring from azure://team/caches under the key deps/1
        /root/harness/lib: restored 1 file, 2 B
        ");
        assert!(bench.path("root/harness/lib/two").exists() && !bench.path("root/harness/target").exists());
    }

    #[test]
    fn runs_at_once() {
        let bench = bench();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| emulate(&bench, &[SAVE, &[("PLUGIN_OVERRIDE", "true")]]));
                scope.spawn(|| emulate(&bench, &[RESTORE]));
            }
        });
        let left: Vec<_> = walkdir::WalkDir::new(bench.path("caches")).into_iter().map(Result::unwrap).collect();
        let files = left.iter().filter(|entry| entry.file_type().is_file()).count();
        assert_eq!(files, 2, "{left:?}");
        assert!(emulate(&bench, &[RESTORE]).contains("restored 1 file"));
    }

    /// An object that another program has stored under a key is refused as a whole.
    #[test]
    fn an_object_under_a_wrong_name() {
        let bench = bench();
        emulate(&bench, &[SAVE]);
        let key = bench.path("caches/s3/b/deps%2F1");
        fs::rename(key.join("workspace%2Flib"), key.join("root%2Fetc")).unwrap();
        insta::assert_snapshot!(emulate(&bench, &[RESTORE]), @"
        restoring from s3://b under the key deps/1
        error: the archive of s3/b/deps%2F1/root%2Fetc is refused: it holds workspace/lib
        ");
        assert!(!bench.path("root/etc").exists());
    }

    #[test]
    fn a_workspace_that_moved() {
        let bench = bench();
        emulate(&bench, &[SAVE]);
        let mut around = bench.around(RESTORE);
        around.workspace = bench.path("root/moved");
        fs::create_dir(&around.workspace).unwrap();
        run(&around, &mut |_| {}).unwrap();
        assert!(Path::new(&bench.path("root/moved/target/one")).exists());
    }
}
