//! Finds report files by globs of container paths: on the host beneath a bound directory, in the stage's volumes, and
//! in a pod in the step's own container, where the service's agent also runs. `..` in a path climbs in the container,
//! as the step sees it, and never on the host.

use std::{io, sync::Arc};

use bollard::models::{ContainerCreateBody, HostConfig};
use cirun_beneath::{Refusal, Root, below, has_wildcards, normal, read_capped};
use cirun_engine::{BackendError, Exit, ReadyContainer, ReadyStep, Reports};
use cirun_step_files::{Collection, ReportPath, cannot_search, shown_below};
use tokio::task::spawn_blocking;

use crate::{
    Bind, VolumeMount,
    error::engine_error,
    names::object_name,
    shared::Shared,
    spec::{HostInfo, Network, helper_mounts},
    stage::RunningStage,
};

/// Where a container path is outside the container.
#[derive(Debug, PartialEq, Eq)]
enum Place<'a> {
    Host(&'a Bind),
    Volume(&'a VolumeMount),
    /// In the container's own file system.
    Container,
}

/// Finds the files; each once, sorted by path, however many globs match it.
pub(crate) async fn collect(
    shared: &Arc<Shared>,
    step: &ReadyStep,
    container: &ReadyContainer,
) -> Result<Reports, BackendError> {
    let stage = shared.current_stage()?;
    let left = shared.take_left(&step.path);
    let service = stage.service(&step.path).map(|service| service.container.clone());
    let own = left.clone().or(service).or_else(|| shared.held(&step.path));
    let collected = collect_from(shared, &stage, step, container, own.as_deref()).await;
    if let Some(id) = left {
        shared.remove_later(id);
    }
    collected
}

async fn collect_from(
    shared: &Shared,
    stage: &RunningStage,
    step: &ReadyStep,
    container: &ReadyContainer,
    own: Option<&str>,
) -> Result<Reports, BackendError> {
    let host = &stage.around(&step.path).host;
    let workspace = stage.workspace.as_str();
    let mut found = Collection::default();
    for text in &step.reports {
        let glob = absolute(workspace, text);
        let broken = |refusal: Refusal| cannot_search(text, refusal);
        let path = ReportPath::new(&glob).map_err(broken)?;
        let (before, place) = (found.met(), locate(host, &glob));
        let packed = Packed { from: literal(&glob), path, workspace: workspace.to_owned() };
        match place {
            Place::Host(bind) => {
                let (bind, glob, workspace) = (bind.clone(), glob.clone(), workspace.to_owned());
                let searched =
                    spawn_blocking(move || search_host(&bind, &glob, &workspace, &mut found).map(|()| found));
                found = searched.await.map_err(|panic| broken(io::Error::other(panic).into()))?.map_err(broken)?;
            }
            Place::Volume(volume) => found = read_volume(shared, host, &container.image, volume, packed, found).await?,
            Place::Container => {
                if let Some(own) = own.filter(|_| is_read(host, &glob)) {
                    found = read_packed(shared, own, packed, found).await?;
                }
            }
        }
        if found.met() == before {
            found.miss(text, looked(place, host, workspace));
        }
    }
    Ok(found.finish())
}

/// The place of the search, as text to print.
fn looked(place: Place<'_>, host: &HostInfo, workspace: &str) -> String {
    match (place, host.network) {
        (Place::Host(bind), _) if bind.target == workspace => format!("in the workspace, `{workspace}`"),
        (Place::Host(bind), _) => format!("in `{}`", bind.target),
        (Place::Volume(volume), _) => format!("in the shared path `{}`", volume.target),
        (Place::Container, Network::Pod) => "in the step's own container".to_owned(),
        (Place::Container, Network::Bridge) => format!(
            "where CI looks: only the workspace (`{workspace}`) and shared paths are read from outside of a step's container"
        ),
    }
}

/// Whether to search a path in the container's own file system: only in a pod, and never the whole file system.
fn is_read(host: &HostInfo, glob: &str) -> bool {
    host.network == Network::Pod && !matches!(literal(glob).as_str(), "" | "/")
}

/// Whether an ended step's container must stay until its reports are read.
pub(crate) fn need_the_container(stage: &RunningStage, step: &ReadyStep, result: &Result<Exit, BackendError>) -> bool {
    let host = &stage.around(&step.path).host;
    let mut globs = step.reports.iter().map(|text| absolute(&stage.workspace, text));
    matches!(result, Ok(Exit::Code { .. }))
        && globs.any(|glob| locate(host, &glob) == Place::Container && is_read(host, &glob))
}

/// The glob as an absolute path in the container.
fn absolute(workspace: &str, text: &str) -> String {
    let text = text.trim();
    if text.starts_with('/') { normal(text) } else { normal(&format!("{workspace}/{text}")) }
}

/// The path before the first wildcard.
fn literal(glob: &str) -> String {
    glob.split('/').take_while(|part| !has_wildcards(part)).collect::<Vec<_>>().join("/")
}

/// The innermost mount decides.
fn locate<'a>(host: &'a HostInfo, glob: &str) -> Place<'a> {
    let literal = literal(glob);
    // A bound file has no reports.
    let directories = host.binds.iter().filter(|bind| below(&literal, &bind.target).is_some() && bind.source.is_dir());
    let binds = directories.map(|bind| (bind.target.len(), Place::Host(bind)));
    let volumes =
        host.shared.iter().map(|volume| &volume.mount).filter(|volume| below(&literal, &volume.target).is_some());
    let volumes = volumes.map(|volume| (volume.target.len(), Place::Volume(volume)));
    binds.chain(volumes).max_by_key(|(length, _)| *length).map_or(Place::Container, |(_, place)| place)
}

fn search_host(bind: &Bind, glob: &str, workspace: &str, found: &mut Collection) -> Result<(), Refusal> {
    let root = match Root::open(&bind.source) {
        Err(Refusal::Missing) => return Ok(()),
        root => root?,
    };
    let pattern = below(glob, &bind.target).unwrap_or_default();
    found.search(&root, pattern, |path| in_workspace(workspace, shown_below(&bind.target, path)))
}

/// Paths in the workspace are shown relative to it.
fn in_workspace(workspace: &str, path: String) -> String {
    below(&path, workspace).filter(|rest| !rest.is_empty()).map(str::to_owned).unwrap_or(path)
}

/// A search in an archive from the engine.
#[derive(Debug)]
struct Packed {
    /// The path of the archive.
    from: String,
    path: ReportPath,
    workspace: String,
}

/// The step's own container may be gone, so another one, which never runs, mounts the volume.
async fn read_volume(
    shared: &Shared,
    host: &HostInfo,
    image: &str,
    volume: &VolumeMount,
    packed: Packed,
    found: Collection,
) -> Result<Collection, BackendError> {
    let name = shared.unique_name(object_name(&host.name, "reports"));
    let mounts = helper_mounts(&[], std::slice::from_ref(volume));
    let body = ContainerCreateBody {
        image: Some(image.to_owned()),
        // An image without a command needs one to be created.
        entrypoint: Some(vec!["cirun".to_owned()]),
        labels: Some(host.labels.of("reader", None)),
        host_config: Some(HostConfig { mounts: Some(mounts), ..HostConfig::default() }),
        ..ContainerCreateBody::default()
    };
    let id = shared.create(name, body, shared.config.platform.clone()).await;
    let id = id.map_err(|error| engine_error(format!("read the volume of `{}`", volume.target), &error))?;
    let files = read_packed(shared, &id, packed, found).await;
    drop(shared.engine.remove(&id).await);
    files
}

/// Reads the matching files of a container, running or not.
async fn read_packed(
    shared: &Shared,
    container: &str,
    Packed { from, path: wanted, workspace }: Packed,
    found: Collection,
) -> Result<Collection, BackendError> {
    let files = shared.engine.download(container, &from, found, move |found, path, content| {
        if wanted.means(path) {
            let shown = in_workspace(&workspace, path.to_owned());
            match found.room().and_then(|room| read_capped(content, room)) {
                Ok(content) => found.add(shown, content),
                Err(Refusal::Io(error)) => return Err(error),
                Err(refusal) => found.leave_out(&shown, &refusal),
            }
        }
        Ok(())
    });
    files.await
}

#[cfg(test)]
mod tests {
    use std::{fs, net::IpAddr, path::Path};

    use cirun_engine::Owner;
    use cirun_plan::Storage;

    use super::*;
    use crate::{
        HelperImage, Keep, LocalPluginImage,
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
            local_plugin: LocalPluginImage {
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
                let Reports { files, left_out, missed: _ } = found.finish();
                files.into_iter().map(|file| file.path).chain(left_out).collect::<Vec<_>>().join(" ")
            }
            Place::Volume(volume) => format!("volume {}", volume.name),
            Place::Container => "the container".to_owned(),
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
        assert_eq!(found("/tmp/report.xml"), "the container");
        assert_eq!(found("/**/*.xml"), "the container");
        assert_eq!(found("/harnessed/*.xml"), "the container");
        assert_eq!(found("/etc/resolv.conf"), "the container");
    }

    /// `..` is in the container, where nothing of the machine is above the workspace.
    #[test]
    fn nothing_climbs_out_of_the_workspace() {
        for text in ["../../home/other/*.xml", "/harness/../home/*.xml", "a/../../../etc/passwd", "/harness/.."] {
            assert_eq!(found(text), "the container", "{text}");
        }
        assert_eq!(found("a/../junit.xml"), "junit.xml");
    }

    #[test]
    fn what_was_looked_for_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let mut host = host(dir.path());
        let said = |host: &HostInfo, text: &str| {
            let glob = absolute("/harness", text);
            format!("no file matches `{text}` {}", looked(locate(host, &glob), host, "/harness"))
        };
        insta::assert_snapshot!(said(&host, "a/*.xml"), @"no file matches `a/*.xml` in the workspace, `/harness`");
        insta::assert_snapshot!(said(&host, "/harness/out"), @"no file matches `/harness/out` in the shared path `/harness/out`");
        insta::assert_snapshot!(said(&host, "/tmp/a.xml"), @"no file matches `/tmp/a.xml` where CI looks: only the workspace (`/harness`) and shared paths are read from outside of a step's container");
        assert!(!is_read(&host, "/tmp/a.xml"));
        host.network = Network::Pod;
        insta::assert_snapshot!(said(&host, "/tmp/a.xml"), @"no file matches `/tmp/a.xml` in the step's own container");
        assert!(is_read(&host, "/tmp/a.xml") && is_read(&host, "/tmp/*.xml"));
        // A pattern must not archive a whole file system.
        assert!(!is_read(&host, "/**/*.xml") && !is_read(&host, "/*.xml"));
    }

    #[test]
    fn a_broken_glob_is_reported() {
        let error = cannot_search("a[.xml", ReportPath::new(&absolute("/harness", "a[.xml")).unwrap_err());
        insta::assert_snapshot!(error, @"find the reports `a[.xml`: it is not a pattern: unclosed character class; missing ']'");
    }
}
