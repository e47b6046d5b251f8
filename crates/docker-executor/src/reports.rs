//! Finds report files by globs of container paths, on the host where a bind leads there, else in the stage's volumes.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use bollard::models::{ContainerCreateBody, HostConfig};
use cirun_engine::{BackendError, ReadyContainer, ReportFile};
use cirun_plan::StepPath;
use globset::{GlobBuilder, GlobMatcher};
use walkdir::WalkDir;

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
    Host(PathBuf),
    Volume(&'a VolumeMount),
    /// In the container's own file system, which is gone with it (as on CI's VMs).
    Nowhere,
}

/// A glob of absolute container paths.
#[derive(Debug)]
struct ReportGlob {
    /// The path up to the first wildcard.
    root: String,
    matcher: GlobMatcher,
}

/// Finds the files; each once, sorted by path, whatever number of globs name it.
pub(crate) async fn collect(
    shared: &Shared,
    step: &StepPath,
    container: &ReadyContainer,
    globs: &[String],
) -> Result<Vec<ReportFile>, BackendError> {
    let stage = shared.current_stage()?;
    let host = &stage.around(step).host;
    let mut found: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for text in globs {
        let glob = parse(&stage.workspace, text)?;
        match locate(host, &glob.root) {
            Place::Host(root) => {
                let read = tokio::task::spawn_blocking(move || read_host(&root, &glob)).await.map_err(io::Error::other);
                let files = read.and_then(|files| files);
                found.extend(
                    files.map_err(|source| BackendError::Io { what: format!("read the reports `{text}`"), source })?,
                );
            }
            Place::Volume(volume) => found.extend(read_volume(shared, host, container, volume, glob).await?),
            Place::Nowhere => {}
        }
    }
    let below = format!("{}/", stage.workspace);
    let shown = |path: String| path.strip_prefix(&below).map(str::to_owned).unwrap_or(path);
    Ok(found.into_iter().map(|(path, content)| ReportFile { path: shown(path), content }).collect())
}

fn parse(workspace: &str, text: &str) -> Result<ReportGlob, BackendError> {
    let relative = text.trim().trim_start_matches("./");
    let absolute = if relative.starts_with('/') { relative.to_owned() } else { format!("{workspace}/{relative}") };
    let literal =
        absolute.split('/').take_while(|part| !part.contains(['*', '?', '[', '{'])).collect::<Vec<_>>().join("/");
    let glob = GlobBuilder::new(&absolute).literal_separator(true).build().map_err(|error| BackendError::Engine {
        what: format!("find the reports `{text}`"),
        reason: error.kind().to_string(),
    })?;
    Ok(ReportGlob { root: literal, matcher: glob.compile_matcher() })
}

/// The innermost mount decides.
fn locate<'a>(host: &'a HostInfo, path: &str) -> Place<'a> {
    let below = |target: &str| Path::new(path).strip_prefix(target).ok().map(Path::to_owned);
    let binds = host.binds.iter().filter_map(|Bind { source, target, .. }| {
        let rest = below(target)?;
        let on_host = if rest.as_os_str().is_empty() { source.clone() } else { source.join(rest) };
        Some((target.len(), Place::Host(on_host)))
    });
    let volumes = host
        .shared
        .iter()
        .map(|volume| &volume.mount)
        .filter_map(|volume| Some((volume.target.len(), below(&volume.target).map(|_| Place::Volume(volume))?)));
    binds.chain(volumes).max_by_key(|(length, _)| *length).map_or(Place::Nowhere, |(_, place)| place)
}

/// Links are not followed: they would lead out of the workspace.
fn read_host(root: &Path, glob: &ReportGlob) -> io::Result<BTreeMap<String, Vec<u8>>> {
    let mut found = BTreeMap::new();
    if !root.exists() {
        return Ok(found);
    }
    for entry in WalkDir::new(root).sort_by_file_name() {
        // A directory that cannot be entered holds no report of this user's.
        let Ok(entry) = entry else { continue };
        if !entry.file_type().is_file() {
            continue;
        }
        let rest: Vec<_> = entry
            .path()
            .strip_prefix(root)
            .map_err(io::Error::other)?
            .iter()
            .map(|part| part.to_string_lossy())
            .collect();
        let path = if rest.is_empty() { glob.root.clone() } else { format!("{}/{}", glob.root, rest.join("/")) };
        if glob.matcher.is_match(&path) {
            let content = fs::read(entry.path())?;
            found.insert(path, content);
        }
    }
    Ok(found)
}

/// The step's own container may be gone, so another one, which never runs, holds the volume.
async fn read_volume(
    shared: &Shared,
    host: &HostInfo,
    container: &ReadyContainer,
    volume: &VolumeMount,
    glob: ReportGlob,
) -> Result<BTreeMap<String, Vec<u8>>, BackendError> {
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
    let files = shared.engine.download(&id, &glob.root, move |path| glob.matcher.is_match(path)).await;
    drop(shared.engine.remove(&id).await);
    Ok(files?.into_iter().map(|file| (file.path, file.content)).collect())
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

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
            binds: vec![bind(workspace, "/harness"), bind(Path::new("/run/r1"), "/tmp/engine")],
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
        let glob = parse("/harness", text).unwrap();
        match locate(&host(dir.path()), &glob.root) {
            Place::Host(root) => read_host(&root, &glob).unwrap().into_keys().collect::<Vec<_>>().join(" "),
            Place::Volume(volume) => format!("volume {}", volume.name),
            Place::Nowhere => "nowhere".to_owned(),
        }
    }

    #[test]
    fn globs() {
        assert_eq!(found("junit.xml"), "/harness/junit.xml");
        assert_eq!(found("./*.xml"), "/harness/junit.xml");
        assert_eq!(found("**/*.xml"), "/harness/a/b/c.xml /harness/a/junit.xml /harness/junit.xml");
        assert_eq!(found("/harness/a/*.xml"), "/harness/a/junit.xml");
        assert_eq!(found("a/{b,x}/*"), "/harness/a/b/c.txt /harness/a/b/c.xml");
        assert_eq!(found("none/*.xml"), "");
    }

    #[test]
    fn places() {
        assert_eq!(found("out/*.xml"), "volume v");
        assert_eq!(found("/tmp/report.xml"), "nowhere");
        assert_eq!(found("/**/*.xml"), "nowhere");
    }

    #[test]
    fn a_broken_glob_is_told() {
        let error = parse("/harness", "a[.xml").unwrap_err();
        insta::assert_snapshot!(error, @"find the reports `a[.xml`: unclosed character class; missing ']'");
    }
}
