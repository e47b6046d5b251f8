use std::{collections::BTreeMap, thread, time::Duration};

use jiff::Timestamp;
use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::EcrRegistry;

/// A store over a temporary directory, with one repository.
struct Bench {
    dir: TempDir,
    store: Store,
    shop: RepositoryRef,
}

impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let shop = repository("shop");
        store.create_repository(&shop, &RepositorySettings::new(Timestamp::UNIX_EPOCH)).unwrap();
        Self { dir, store, shop }
    }

    fn push_layer(&self, bytes: &[u8]) -> Digest {
        let id = self.store.start_upload(&self.shop).unwrap();
        let mut writer = self.store.continue_upload(&self.shop, &id, None).unwrap();
        writer.append(bytes).unwrap();
        let digest = Digest::of(bytes);
        self.store.finish_upload(&self.shop, writer, &digest).unwrap();
        digest
    }

    fn push_image(&self, layer: &[u8], tag: &str) -> Result<Digest, StoreError> {
        let (config, layer) = (self.push_layer(b"{}"), self.push_layer(layer));
        let manifest = manifest(&config, &layer);
        let reference = Reference::Tag(tag.parse().unwrap());
        let new = NewManifest {
            bytes: manifest.as_bytes(),
            media_type: None,
            reference: &reference,
            now: Timestamp::UNIX_EPOCH,
        };
        self.store.put_manifest(&self.shop, &new).map(|put| put.digest)
    }

    fn read_layer(&self, digest: &Digest) -> Result<Vec<u8>, StoreError> {
        let mut layer = self.store.open_layer(&self.shop, digest)?;
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut layer.file, &mut bytes).unwrap();
        assert_eq!(bytes.len() as u64, layer.size);
        Ok(bytes)
    }

    fn collect(&self) -> GcReport {
        self.collect_all(false)
    }

    fn collect_all(&self, dry_run: bool) -> GcReport {
        let options = GcOptions { grace: Duration::ZERO, untagged_after: Some(Duration::ZERO), dry_run };
        gc(self.dir.path(), options).unwrap()
    }
}

fn repository(name: &str) -> RepositoryRef {
    let registry = RegistryHost::from(&EcrRegistry::new("123456789012", "us-east-1"));
    RepositoryRef { registry, name: name.parse().unwrap() }
}

fn manifest(config: &Digest, layer: &Digest) -> String {
    format!(
        r#"{{"schemaVersion":2,"config":{{"digest":"{config}","size":2}},"layers":[{{"digest":"{layer}","size":1}}]}}"#
    )
}

#[test]
fn names_are_listed_whatever_their_depth() {
    let bench = Bench::new();
    for name in ["a/b/c", "a", "a/b"] {
        bench.store.create_repository(&repository(name), &RepositorySettings::new(Timestamp::UNIX_EPOCH)).unwrap();
    }
    let names: Vec<String> =
        bench.store.repositories(&bench.shop.registry).unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(names, ["a", "a/b", "a/b/c", "shop"]);
    bench.store.delete_repository(&repository("a/b")).unwrap();
    assert!(bench.store.repository(&repository("a/b/c")).is_ok(), "what is in it stays");
    assert!(matches!(bench.store.repository(&repository("a/b")), Err(StoreError::RepositoryNotFound(_))));
}

#[test]
fn of_many_creators_one_succeeds() {
    let bench = Bench::new();
    let new = repository("new");
    let created: usize = thread::scope(|scope| {
        let create = || bench.store.create_repository(&new, &RepositorySettings::new(Timestamp::UNIX_EPOCH));
        let threads: Vec<_> = (0..16).map(|_| scope.spawn(create)).collect();
        threads.into_iter().map(|thread| usize::from(thread.join().unwrap().is_ok())).sum()
    });
    assert_eq!(created, 1);
}

#[test]
fn the_same_blob_may_arrive_many_times_at_once() {
    let bench = Bench::new();
    let bytes = vec![7; 300_000];
    thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| bench.push_layer(&bytes))).collect();
        for thread in threads {
            assert_eq!(thread.join().unwrap(), Digest::of(&bytes));
        }
    });
    assert_eq!(bench.read_layer(&Digest::of(&bytes)).unwrap(), bytes);
    assert_eq!(files::names(&bench.store.uploads()).unwrap(), Vec::<String>::new());
}

#[test]
fn a_wrong_digest_leaves_nothing() {
    let bench = Bench::new();
    let id = bench.store.start_upload(&bench.shop).unwrap();
    let mut writer = bench.store.continue_upload(&bench.shop, &id, None).unwrap();
    writer.append(b"one").unwrap();
    let claimed = Digest::of(b"two");
    let result = bench.store.finish_upload(&bench.shop, writer, &claimed);
    assert!(matches!(result, Err(StoreError::DigestMismatch { .. })), "{result:?}");
    assert!(matches!(bench.store.upload_length(&bench.shop, &id), Err(StoreError::UploadNotFound(_))));
    assert!(bench.read_layer(&claimed).is_err() && bench.read_layer(&Digest::of(b"one")).is_err());
}

#[test]
fn an_upload_has_one_writer_and_one_repository() {
    let bench = Bench::new();
    let other = repository("other");
    bench.store.create_repository(&other, &RepositorySettings::new(Timestamp::UNIX_EPOCH)).unwrap();
    let id = bench.store.start_upload(&bench.shop).unwrap();
    let writer = bench.store.continue_upload(&bench.shop, &id, None).unwrap();
    let second = bench.store.continue_upload(&bench.shop, &id, None).map(|_| ());
    assert!(matches!(second, Err(StoreError::UploadBusy(_))), "{second:?}");
    writer.suspend().unwrap();
    assert!(bench.store.continue_upload(&bench.shop, &id, None).is_ok());
    let foreign = bench.store.continue_upload(&other, &id, None).map(|_| ());
    assert!(matches!(foreign, Err(StoreError::UploadNotFound(_))), "{foreign:?}");
    for odd in ["", "..", "../../secret"] {
        assert!(bench.store.upload_length(&bench.shop, odd).is_err(), "{odd}");
    }
}

#[test]
fn a_repository_reads_only_its_own_layers() {
    let bench = Bench::new();
    let other = repository("other");
    bench.store.create_repository(&other, &RepositorySettings::new(Timestamp::UNIX_EPOCH)).unwrap();
    let digest = bench.push_layer(b"layer");
    assert!(matches!(bench.store.open_layer(&other, &digest), Err(StoreError::LayerNotFound(_))));
    bench.store.mount_layer(&bench.shop, &other, &digest).unwrap();
    assert_eq!(bench.store.open_layer(&other, &digest).unwrap().size, 5);
}

#[test]
fn a_manifest_needs_its_parts() {
    let bench = Bench::new();
    let (config, layer) = (bench.push_layer(b"{}"), Digest::of(b"absent"));
    let text = manifest(&config, &layer);
    let reference = Reference::Tag("1".parse().unwrap());
    let new =
        NewManifest { bytes: text.as_bytes(), media_type: None, reference: &reference, now: Timestamp::UNIX_EPOCH };
    match bench.store.put_manifest(&bench.shop, &new) {
        Err(StoreError::LayersMissing(missing)) => assert_eq!(missing, [layer]),
        other => panic!("{other:?}"),
    }
    assert!(bench.store.tags(&bench.shop).unwrap().is_empty());
}

#[test]
fn an_immutable_tag_stays() {
    let bench = Bench::new();
    bench.store.change_repository(&bench.shop, |settings| settings.tag_mutability = TagMutability::Immutable).unwrap();
    let first = bench.push_image(b"one", "1").unwrap();
    assert_eq!(bench.push_image(b"one", "1").unwrap(), first, "the same image again is no change");
    let moved = bench.push_image(b"two", "1");
    assert!(matches!(moved, Err(StoreError::TagImmutable(_))), "{moved:?}");
    assert_eq!(bench.store.tags(&bench.shop).unwrap().into_values().collect::<Vec<_>>(), [first]);
}

#[test]
fn garbage_is_what_no_tag_needs() {
    let bench = Bench::new();
    let first = bench.push_image(b"one", "1").unwrap();
    let kept = bench.push_image(b"two", "1").unwrap();
    let loose = bench.push_layer(b"loose");
    bench.store.start_upload(&bench.shop).unwrap();
    let young = gc(bench.dir.path(), GcOptions { grace: Duration::from_secs(60), ..GcOptions::default() }).unwrap();
    assert_eq!(young, GcReport::default(), "everything is younger than the grace period");
    let foretold = bench.collect_all(true);
    assert_eq!(bench.read_layer(&loose).unwrap(), b"loose", "a dry run removes nothing");
    let report = bench.collect();
    assert_eq!(foretold, report);
    assert_eq!((report.images, report.uploads, report.blobs), (1, 1, 3), "manifest, layer and the loose one");
    assert!(bench.read_layer(&loose).is_err());
    assert!(bench.store.manifest(&bench.shop, &Reference::Digest(first)).is_err());
    assert!(bench.store.manifest(&bench.shop, &Reference::Digest(kept)).is_ok());
    assert_eq!(bench.read_layer(&Digest::of(b"two")).unwrap(), b"two");
    assert_eq!(bench.collect(), GcReport::default(), "a second collection finds nothing");
}

#[test]
fn a_manifest_is_collected_as_the_kind_that_it_was_pushed_as() {
    let bench = Bench::new();
    let (config, layer) = (bench.push_layer(b"{}"), bench.push_layer(b"one"));
    let huge = r#""size":18446744073709551615"#;
    let text = manifest(&config, &layer).replacen(r#""size":2"#, huge, 1).replacen('{', r#"{"mediaType":"x/y","#, 1);
    let new = NewManifest {
        bytes: text.as_bytes(),
        media_type: Some("application/vnd.oci.image.manifest.v1+json"),
        reference: &Reference::Tag("1".parse().unwrap()),
        now: Timestamp::UNIX_EPOCH,
    };
    let put = bench.store.put_manifest(&bench.shop, &new).unwrap();
    assert_eq!(bench.store.manifest_record(&bench.shop, &put.digest).unwrap().content_bytes, u64::MAX);
    assert_eq!(bench.collect(), GcReport::default());
    assert_eq!(bench.read_layer(&layer).unwrap(), b"one");
}

#[test]
fn collecting_while_pushing_loses_nothing() {
    let bench = Bench::new();
    thread::scope(|scope| {
        let pushing = scope.spawn(|| {
            for number in 0..12_u8 {
                bench.push_image(&[number], &number.to_string()).unwrap();
            }
        });
        let options = GcOptions { grace: Duration::from_secs(60), ..GcOptions::default() };
        while !pushing.is_finished() {
            gc(bench.dir.path(), options).unwrap();
        }
    });
    bench.collect();
    for number in 0..12_u8 {
        assert_eq!(bench.read_layer(&Digest::of(&[number])).unwrap(), [number]);
    }
}

#[test]
fn a_killed_process_leaves_nothing_that_is_read() {
    let bench = Bench::new();
    // What an interrupted write can leave: a temporary file, or an upload with half its data.
    std::fs::write(bench.store.tmp().join("half"), "half").unwrap();
    let id = bench.store.start_upload(&bench.shop).unwrap();
    let mut writer = bench.store.continue_upload(&bench.shop, &id, None).unwrap();
    writer.append(b"ha").unwrap();
    writer.suspend().unwrap();
    // Another process continues it, without a hash.
    let store = Store::open(bench.dir.path()).unwrap();
    let mut writer = store.continue_upload(&bench.shop, &id, None).unwrap();
    assert_eq!(writer.length(), 2);
    writer.append(b"lf").unwrap();
    store.finish_upload(&bench.shop, writer, &Digest::of(b"half")).unwrap();
    assert_eq!(bench.read_layer(&Digest::of(b"half")).unwrap(), b"half");
}

#[test]
fn all_processes_share_one_secret() {
    let dir = tempfile::tempdir().unwrap();
    let secrets: Vec<_> = thread::scope(|scope| {
        let open = || Store::open(dir.path()).unwrap().secret().unwrap();
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(secrets.iter().all(|secret| *secret == secrets[0] && secret.len() == SECRET_BYTES));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(dir.path().join("secret")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "no one else signs tokens");
    }
}

/// The actions of a client, for the model below.
#[derive(Clone, Debug)]
enum Operation {
    Push { content: u8, tag: u8 },
    Untag { tag: u8 },
    Delete { content: u8 },
    Collect,
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        4 => (0..4_u8, 0..3_u8).prop_map(|(content, tag)| Operation::Push { content, tag }),
        1 => (0..3_u8).prop_map(|tag| Operation::Untag { tag }),
        1 => (0..4_u8).prop_map(|content| Operation::Delete { content }),
        1 => Just(Operation::Collect),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn tags_always_lead_to_whole_images(operations in prop::collection::vec(operation(), 1..16)) {
        let bench = Bench::new();
        let mut model: BTreeMap<String, u8> = BTreeMap::new();
        let mut digests: BTreeMap<u8, Digest> = BTreeMap::new();
        for operation in operations {
            match operation {
                Operation::Push { content, tag } => {
                    let digest = bench.push_image(&[content], &tag.to_string()).unwrap();
                    digests.insert(content, digest);
                    model.insert(tag.to_string(), content);
                }
                Operation::Untag { tag } => {
                    let known = model.remove(&tag.to_string()).is_some();
                    prop_assert_eq!(bench.store.delete_tag(&bench.shop, &tag.to_string().parse().unwrap()).is_ok(), known);
                }
                Operation::Delete { content } => {
                    if let Some(digest) = digests.remove(&content) {
                        // It may have been collected already.
                        let deleted = bench.store.delete_manifest(&bench.shop, &digest);
                        prop_assert!(matches!(deleted, Ok(()) | Err(StoreError::ImageNotFound(_))));
                        model.retain(|_, tagged| *tagged != content);
                    }
                }
                Operation::Collect => {
                    bench.collect();
                }
            }
            let tags = bench.store.tags(&bench.shop).unwrap();
            let found: Vec<String> = tags.keys().map(ToString::to_string).collect();
            prop_assert_eq!(found, model.keys().cloned().collect::<Vec<_>>());
            for (tag, content) in &model {
                let reference = Reference::Tag(tag.parse().unwrap());
                let manifest = bench.store.manifest(&bench.shop, &reference).unwrap();
                prop_assert_eq!(Some(&manifest.digest), digests.get(content));
                prop_assert_eq!(bench.read_layer(&Digest::of(&[*content])).unwrap(), vec![*content]);
            }
        }
    }

    #[test]
    fn an_upload_in_any_pieces_is_the_whole(
        pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..2000), 0..8),
        remembered in prop::collection::vec(any::<bool>(), 8),
    ) {
        let bench = Bench::new();
        let id = bench.store.start_upload(&bench.shop).unwrap();
        let mut known = None;
        for (piece, remember) in pieces.iter().zip(remembered) {
            let mut writer = bench.store.continue_upload(&bench.shop, &id, known.take()).unwrap();
            writer.append(piece).unwrap();
            let (_, hasher) = writer.suspend().unwrap();
            // Sometimes the next piece goes to another process, which has to read the file.
            known = remember.then_some(hasher);
        }
        let whole = pieces.concat();
        prop_assert_eq!(bench.store.upload_length(&bench.shop, &id).unwrap(), whole.len() as u64);
        let writer = bench.store.continue_upload(&bench.shop, &id, known).unwrap();
        bench.store.finish_upload(&bench.shop, writer, &Digest::of(&whole)).unwrap();
        prop_assert_eq!(bench.read_layer(&Digest::of(&whole)).unwrap(), whole);
    }
}
