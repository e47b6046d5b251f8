//! Finds report files by globs of container paths: on the host beneath a directory that is bound there, else in the stage's
//! volumes. A path climbs (`..`) in the container, as the step sees it, and never on the host.

use std::io;

use bollard::models::{ContainerCreateBody, HostConfig};
use cirun_beneath::{Pattern, Refusal, Root, Star, below, has_wildcards, normal, read_capped};
use cirun_engine::{BackendError, ReadyContainer, Reports};
use cirun_plan::StepPath;
use cirun_step_files::{Collection, shown_below};
use tokio::task::spawn_blocking;

use crate::{
    Bind, VolumeMount,
    backend::Shared,
    error::engine_error,
    names::object_name,
    spec::{HostInfo, helper_mounts},
};

/// Where a container path lies outside of the container.
#[derive(Debug, PartialEq, Eq)]
enum Place<'a> {
    Host(&'a Bind),
    Volume(&'a VolumeMount),
    /// In the container's own file system, which is gone with it (as on CI's VMs).
    Nowhere,
}

/// Finds the files; each once, sorted by path, whatever number of globs name it.
pub(crate) async fn collect(
    shared: &Shared,
    step: &StepPath,
    container: &ReadyContainer,
    globs: &[String],
) -> Result<Reports, BackendError> {
    let stage = shared.current_stage()?;
    let host = &stage.around(step).host;
    let mut found = Collection::default();
    for text in globs {
        let glob = absolute(&stage.workspace, text);
        let broken = |refusal: Refusal| broken(text, refusal);
        match locate(host, &glob) {
            Place::Host(bind) => {
                let (bind, glob, workspace) = (bind.clone(), glob.clone(), stage.workspace.clone());
                let searched =
                    spawn_blocking(move || search_host(&bind, &glob, &workspace, &mut found).map(|()| found));
                found = searched.await.map_err(|panic| broken(io::Error::other(panic).into()))?.map_err(broken)?;
            }
            Place::Volume(volume) => {
                let pattern = VolumePattern {
                    from: literal(&glob),
                    pattern: Pattern::new(&glob, Star::OneName).map_err(broken)?,
                };
                found = read_volume(shared, (host, container), volume, (pattern, &stage.workspace), found).await?;
            }
            Place::Nowhere => {
                Pattern::new(&glob, Star::OneName).map_err(broken)?;
            }
        }
    }
    Ok(found.finish())
}

fn broken(text: &str, refusal: Refusal) -> BackendError {
    let what = format!("find the reports `{text}`");
    match refusal {
        Refusal::Io(source) => BackendError::Io { what, source },
        refusal => BackendError::Engine { what, reason: refusal.to_string() },
    }
}

/// The glob as an absolute one of the container.
fn absolute(workspace: &str, text: &str) -> String {
    let text = text.trim();
    if text.starts_with('/') { normal(text) } else { normal(&format!("{workspace}/{text}")) }
}

/// Up to the first wildcard.
fn literal(glob: &str) -> String {
    glob.split('/').take_while(|part| !has_wildcards(part)).collect::<Vec<_>>().join("/")
}

/// The innermost mount decides.
fn locate<'a>(host: &'a HostInfo, glob: &str) -> Place<'a> {
    let literal = literal(glob);
    // A single file that is bound holds no reports.
    let directories = host.binds.iter().filter(|bind| below(&literal, &bind.target).is_some() && bind.source.is_dir());
    let binds = directories.map(|bind| (bind.target.len(), Place::Host(bind)));
    let volumes =
        host.shared.iter().map(|volume| &volume.mount).filter(|volume| below(&literal, &volume.target).is_some());
    let volumes = volumes.map(|volume| (volume.target.len(), Place::Volume(volume)));
    binds.chain(volumes).max_by_key(|(length, _)| *length).map_or(Place::Nowhere, |(_, place)| place)
}

fn search_host(bind: &Bind, glob: &str, workspace: &str, found: &mut Collection) -> Result<(), Refusal> {
    let root = match Root::open(&bind.source) {
        Err(Refusal::Missing) => return Ok(()),
        root => root?,
    };
    let pattern = below(glob, &bind.target).unwrap_or_default();
    found.search(&root, pattern, |path| in_workspace(workspace, shown_below(&bind.target, path)))
}

/// Paths of the workspace are shown without it.
fn in_workspace(workspace: &str, path: String) -> String {
    below(&path, workspace).filter(|rest| !rest.is_empty()).map(str::to_owned).unwrap_or(path)
}

/// What is looked for in a volume.
#[derive(Debug)]
struct VolumePattern {
    /// The path that the engine packs.
    from: String,
    pattern: Pattern,
}

/// The step's own container may be gone, so another one, which never runs, holds the volume.
async fn read_volume(
    shared: &Shared,
    (host, container): (&HostInfo, &ReadyContainer),
    volume: &VolumeMount,
    (VolumePattern { from, pattern }, workspace): (VolumePattern, &str),
    found: Collection,
) -> Result<Collection, BackendError> {
    let name = shared.unique_name(object_name(&host.name, "reports"));
    let mounts = helper_mounts(&[], std::slice::from_ref(volume));
    let body = ContainerCreateBody {
        image: Some(container.image.clone()),
        // Images without a command could not be created otherwise.
        entrypoint: Some(vec!["cirun".to_owned()]),
        labels: Some(host.labels.of("reader", None)),
        host_config: Some(HostConfig { mounts: Some(mounts), ..HostConfig::default() }),
        ..ContainerCreateBody::default()
    };
    let id = shared.create(name, body, shared.config.platform.clone()).await;
    let id = id.map_err(|error| engine_error(format!("read the volume of `{}`", volume.target), &error))?;
    let (root, workspace) = (from.clone(), workspace.to_owned());
    let files = shared.engine.download(&id, &root, found, move |found, path, content| {
        // A directory without wildcards stands for its XML files.
        if pattern.matches(path) || (pattern.is_literal() && below(path, &from).is_some() && path.ends_with(".xml")) {
            let shown = in_workspace(&workspace, path.to_owned());
            match found.room().and_then(|room| read_capped(content, room)) {
                Ok(content) => found.add(shown, content),
                Err(Refusal::Io(error)) => return Err(error),
                Err(refusal) => found.leave_out(&shown, &refusal),
            }
        }
        Ok(())
    });
    let files = files.await;
    drop(shared.engine.remove(&id).await);
    files
}

#[cfg(test)]
mod tests {
    use std::{fs, net::IpAddr, path::Path};

    use cirun_plan::Storage;

    use super::*;
    use crate::{
        HelperImage, Keep, Owner, StandInImage,
        labels::StageLabels,
        spec::{Network, SharedVolume},
    };

    fn host(workspace: &Path) -> HostInfo {
        let bind =
            |source: &Path, target: &str| Bind { source: source.to_owned(), target: target.into(), read_only: false };
        HostInfo {
            name: "n".into(),
            labels: StageLabels::new("r", "s", &Owner::default(), Keep::Nothing),
            binds: vec![
                bind(workspace, "/harness"),
                bind(Path::new("/run/r1"), "/tmp/engine"),
                bind(Path::new("/dev/null"), "/etc/resolv.conf"),
            ],
            absent_files: Default::default(),
            shared: vec![SharedVolume {
                mount: VolumeMount { name: "v".into(), target: "/harness/out".into() },
                storage: Storage::Disk,
            }],
            network: Network::Bridge,
            engine_socket: None,
            publish_address: IpAddr::from([127, 0, 0, 1]),
            stand_in: StandInImage {
                image: HelperImage { reference: "n".into(), rootfs: None, changes: Vec::new() },
                command: Vec::new(),
                binds: Vec::new(),
            },
        }
    }

    fn found(text: &str) -> String {
        let dir = tempfile::tempdir().unwrap();
        for file in ["junit.xml", "a/junit.xml", "a/b/c.xml", "a/b/c.txt"] {
            let path = dir.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, file).unwrap();
        }
        let glob = absolute("/harness", text);
        match locate(&host(dir.path()), &glob) {
            Place::Host(bind) => {
                let mut found = Collection::default();
                search_host(bind, &glob, "/harness", &mut found).unwrap();
                let Reports { files, left_out } = found.finish();
                files.into_iter().map(|file| file.path).chain(left_out).collect::<Vec<_>>().join(" ")
            }
            Place::Volume(volume) => format!("volume {}", volume.name),
            Place::Nowhere => "nowhere".to_owned(),
        }
    }

    #[test]
    fn globs() {
        assert_eq!(found("junit.xml"), "junit.xml");
        assert_eq!(found("./*.xml"), "junit.xml");
        assert_eq!(found("**/*.xml"), "a/b/c.xml a/junit.xml junit.xml");
        assert_eq!(found("/harness/a/*.xml"), "a/junit.xml");
        assert_eq!(found("a/{b,x}/*"), "a/b/c.txt a/b/c.xml");
        assert_eq!(found("a"), "a/b/c.xml a/junit.xml");
        assert_eq!(found("none/*.xml"), "");
    }

    #[test]
    fn places() {
        assert_eq!(found("out/*.xml"), "volume v");
        assert_eq!(found("/tmp/report.xml"), "nowhere");
        assert_eq!(found("/**/*.xml"), "nowhere");
        assert_eq!(found("/harnessed/*.xml"), "nowhere");
        assert_eq!(found("/etc/resolv.conf"), "nowhere");
    }

    /// `..` is the container's, where nothing of the machine is above the workspace.
    #[test]
    fn nothing_climbs_out_of_the_workspace() {
        for text in ["../../home/other/*.xml", "/harness/../home/*.xml", "a/../../../etc/passwd", "/harness/.."] {
            assert_eq!(found(text), "nowhere", "{text}");
        }
        assert_eq!(found("a/../junit.xml"), "junit.xml");
    }

    #[test]
    fn a_broken_glob_is_told() {
        let error = broken("a[.xml", Pattern::new(&absolute("/harness", "a[.xml"), Star::OneName).unwrap_err());
        insta::assert_snapshot!(error, @"find the reports `a[.xml`: it is not a pattern: unclosed character class; missing ']'");
    }
}
