//! Images: present, missing, included.

use cirun_docker_executor::{HelperImage, RootFs};
use cirun_engine::{Backend, BackendError, EventKind, ImageState};
use cirun_plan::{Node, Profile, PullPolicy};

use super::bench::{Bench, busybox, engine, planned, remove_blocking, step, wires};

#[tokio::test]
async fn present_images_are_not_pulled() {
    let bench = Bench::new(Profile::Docker).await;
    let (one, two) = (step("one", "", |_| {}), step("two", "", |_| {}));
    let events = bench.start(&[&one, &two]).await.unwrap();
    assert_eq!(events, [EventKind::ImagePull { image: busybox(), state: ImageState::Present }]);
    bench.finish().await;
}

async fn refused(pull: PullPolicy, image: &str) -> String {
    let bench = Bench::new(Profile::Docker).await;
    let step = step("one", "", |container| {
        container.pull = pull;
        container.image = image.to_owned();
    });
    let error = bench.start(&[&step]).await.unwrap_err();
    assert!(matches!(&error, BackendError::Image { image: named, .. } if named == image), "{error:?}");
    assert!(!bench.owned().await.iter().any(|object| object.role == "step"), "a step was started");
    bench.finish().await;
    error.to_string()
}

#[tokio::test]
async fn missing_images_are_reported_before_anything_starts() {
    insta::assert_snapshot!(refused(PullPolicy::Never, "cirun.local/none:1").await, @"image `cirun.local/none:1` is not available: the engine does not have it, and the pull policy is Never; pull or build it, or use `--pull missing`");
    // Port 1 is closed.
    let error = refused(PullPolicy::IfNotPresent, "127.0.0.1:1/none:1").await;
    assert!(error.contains("connection refused (`127.0.0.1:1` cannot be reached from the engine)"), "{error}");
}

#[tokio::test]
async fn all_missing_images_are_named_and_offline_pulls_none() {
    let bench = Bench::with(Profile::Docker, |config| config.offline = true).await;
    let image = |name: &'static str| step(name, "", move |container| container.image = format!("cirun.local/{name}:1"));
    let error = bench.start(&[&image("none"), &image("nil"), &step("ok", "", |_| {})]).await.unwrap_err();
    insta::assert_snapshot!(error, @"image `cirun.local/none:1` is not available: the engine does not have it, and `--offline` forbids pulling; pull it once without `--offline`; not available either: `cirun.local/nil:1`");
    bench.finish().await;
}

/// A step whose image was not available earlier gets it on its turn; one that the run builds is looked up each time.
#[tokio::test]
async fn images_that_the_run_builds_are_looked_up_at_their_turn() {
    let bench = Bench::new(Profile::Docker).await;
    let name = format!("127.0.0.1:1/test-from-run:{}", std::process::id());
    let _images = Images(vec![name.clone()]);
    bench.engine.tag_image(&busybox(), &name).await.unwrap();
    let later = step("later", "echo stale", |container| container.image = name.clone());
    let mut stage = planned(Profile::Docker, &[&later], &[]);
    let Node::Step(planned) = &mut stage.execution[0] else { panic!("a step") };
    planned.image_from_run = true;
    assert_eq!(bench.start_planned(stage).await.unwrap(), []);
    let (io, _chunks) = wires();
    // The engine has a copy of an earlier run; port 1 is closed.
    let error = bench.backend.run(&later, io).await.unwrap_err();
    assert!(matches!(&error, BackendError::Image { image, .. } if *image == name), "{error:?}");
    let unplanned = step("unplanned", "echo made", |container| container.image = name.clone());
    assert_eq!(bench.run(&unplanned).await.out(), "made\n");
    bench.finish().await;
}

/// Removes its images when the test ends, in whatever way.
struct Images(Vec<String>);

impl Drop for Images {
    fn drop(&mut self) {
        let names = std::mem::take(&mut self.0);
        remove_blocking(move |engine| async move {
            for name in names {
                drop(engine.untag_image(&name).await);
            }
        });
    }
}

#[tokio::test]
async fn a_helper_image_is_imported_once() {
    let reference = format!("cirun.local/test-import:{}", std::process::id());
    let _images = Images(vec![reference.clone()]);
    let engine = engine().await;
    let rootfs = RootFs::new(|| {
        let mut header = tar::Header::new_gnu();
        header.set_size(3);
        header.set_mode(0o644);
        let mut builder = tar::Builder::new(Vec::new());
        builder.append_data(&mut header, "hello", &b"hi\n"[..])?;
        Ok(builder.into_inner()?.into())
    });
    let image = HelperImage {
        reference: reference.clone(),
        rootfs: Some(rootfs),
        changes: vec!["ENV A=1".into(), "ENTRYPOINT [\"/hello\"]".into()],
    };
    assert!(engine.ensure_helper_image(&image).await.unwrap());
    assert!(!engine.ensure_helper_image(&image).await.unwrap());
    assert!(engine.has_image(&reference, None).await.unwrap());
}

#[tokio::test]
async fn names_and_platforms() {
    let name = format!("cirun.local/test-tag:{}", std::process::id());
    let _images = Images(vec![name.clone()]);
    let engine = engine().await;
    engine.tag_image(&busybox(), &name).await.unwrap();
    assert!(engine.has_image(&name, Some(&engine.platform())).await.unwrap());
    assert!(!engine.has_image(&name, Some("linux/s390x")).await.unwrap());
    engine.untag_image(&name).await.unwrap();
    assert!(!engine.has_image(&name, None).await.unwrap());
    engine.untag_image(&name).await.unwrap();
}

#[tokio::test]
async fn a_push_that_fails_says_so() {
    let name = format!("127.0.0.1:1/test-push:{}", std::process::id());
    let _images = Images(vec![name.clone()]);
    let engine = engine().await;
    let error = engine.publish_image(&busybox(), &name).await.unwrap_err().to_string();
    assert!(error.starts_with("push `127.0.0.1:1/test-push:") && error.contains("connection refused"), "{error}");
    assert!(!engine.has_image(&name, None).await.unwrap(), "the name is left");
}

#[tokio::test]
async fn the_engine_describes_itself() {
    let info = engine().await.info().await.unwrap();
    assert_eq!(info.os, "linux");
    assert!(!info.version.is_empty() && !info.arch.is_empty() && info.cpus > 0 && info.memory_bytes > 0, "{info:?}");
    assert!(info.runtimes.contains(&info.default_runtime), "{info:?}");
}
