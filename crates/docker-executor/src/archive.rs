//! Files in containers, through the engine's archive API: it works on remote engines and needs no program in the image.

use std::io::{self, Read};

use bollard::{
    body_full,
    query_parameters::{
        ContainerArchiveInfoOptionsBuilder, DownloadFromContainerOptionsBuilder, UploadToContainerOptionsBuilder,
    },
};
use cirun_engine::BackendError;
use futures_util::{StreamExt, TryStreamExt, future::ready, stream::once};
use tokio::task::spawn_blocking;
use tokio_util::io::{StreamReader, SyncIoBridge};

use crate::{
    Engine,
    error::{engine_error, is_missing},
};

impl Engine {
    /// Lets every user write to a directory of a container that is not running yet.
    pub(crate) async fn open_directory(&self, container: &str, path: &str) -> Result<(), BackendError> {
        let failed = |error| engine_error(format!("open the shared path `{path}` to all users"), &error);
        let options = ContainerArchiveInfoOptionsBuilder::new().path(path).build();
        let stat = self.docker.get_container_archive_info(container, Some(options)).await.map_err(failed)?;
        // Unpacking over a link (`/var/run`) would replace it.
        let real = if stat.link_target.is_empty() { path } else { &stat.link_target };
        let Some((parent, name)) = split_path(real) else { return Ok(()) };
        let tar = directory_tar(name).map_err(|source| BackendError::Io { what: format!("pack `{path}`"), source })?;
        let options = UploadToContainerOptionsBuilder::new().path(parent).build();
        self.docker.upload_to_container(container, Some(options), body_full(tar.into())).await.map_err(failed)
    }

    /// Writes a file with these permissions into a container that is not running yet; its directory must exist.
    pub(crate) async fn write_file(
        &self,
        container: &str,
        path: &str,
        mode: u32,
        content: &[u8],
    ) -> Result<(), BackendError> {
        let what = || format!("write `{path}` into a container");
        let Some((parent, name)) = split_path(path) else { return Ok(()) };
        let tar = file_tar(name, mode, content).map_err(|source| BackendError::Io { what: what(), source })?;
        let options = UploadToContainerOptionsBuilder::new().path(parent).build();
        let written = self.docker.upload_to_container(container, Some(options), body_full(tar.into())).await;
        written.map_err(|error| engine_error(what(), &error))
    }

    /// Passes the regular files at and below a path of a container to `take`; none if the path does not exist. Only
    /// `take` keeps anything in memory: there may be a whole cache in the same directory.
    pub(crate) async fn download<T: Send + 'static>(
        &self,
        container: &str,
        path: &str,
        state: T,
        take: impl FnMut(&mut T, &str, &mut dyn Read) -> io::Result<()> + Send + 'static,
    ) -> Result<T, BackendError> {
        let what = || format!("read `{path}` of a container");
        let options = DownloadFromContainerOptionsBuilder::new().path(path).build();
        let mut chunks = self.docker.download_from_container(container, Some(options)).boxed();
        let first = match chunks.next().await {
            Some(Ok(first)) => first,
            Some(Err(error)) if !is_missing(&error) => return Err(engine_error(what(), &error)),
            Some(Err(_)) | None => return Ok(state),
        };
        let all = once(ready(Ok(first))).chain(chunks).map_err(io::Error::other);
        let tar = SyncIoBridge::new(StreamReader::new(all));
        let parent = split_path(path).map_or("/", |(parent, _)| parent).to_owned();
        let unpacked = spawn_blocking(move || unpack(tar, &parent, state, take)).await.map_err(io::Error::other);
        unpacked.and_then(|files| files).map_err(|source| BackendError::Io { what: what(), source })
    }
}

/// The parent and the name of an absolute path; `None` for the root.
fn split_path(path: &str) -> Option<(&str, &str)> {
    let (parent, name) = path.trim_end_matches('/').rsplit_once('/')?;
    Some((if parent.is_empty() { "/" } else { parent }, name))
}

fn directory_tar(name: &str) -> io::Result<Vec<u8>> {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::Directory);
    header.set_mode(0o777);
    header.set_size(0);
    let mut builder = tar::Builder::new(Vec::new());
    builder.append_data(&mut header, format!("{name}/"), io::empty())?;
    builder.into_inner()
}

fn file_tar(name: &str, mode: u32, content: &[u8]) -> io::Result<Vec<u8>> {
    let mut header = tar::Header::new_gnu();
    header.set_mode(mode);
    header.set_size(content.len() as u64);
    let mut builder = tar::Builder::new(Vec::new());
    builder.append_data(&mut header, name, content)?;
    builder.into_inner()
}

/// Reads the regular files of an archive of an entry of `parent`, with their paths in the container.
fn unpack<T>(
    tar: impl Read,
    parent: &str,
    mut state: T,
    mut take: impl FnMut(&mut T, &str, &mut dyn Read) -> io::Result<()>,
) -> io::Result<T> {
    for entry in tar::Archive::new(tar).entries()? {
        let mut entry = entry?;
        if entry.header().entry_type().is_file() {
            let path = format!("{}/{}", parent.trim_end_matches('/'), entry.path()?.display());
            take(&mut state, &path, &mut entry)?;
        }
    }
    Ok(state)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        assert_eq!(split_path("/var/run/"), Some(("/var", "run")));
        assert_eq!(split_path("/cache"), Some(("/", "cache")));
        assert_eq!(split_path("/"), None);
    }

    #[test]
    fn files_get_their_container_paths() {
        let mut builder = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(2);
        builder.append_data(&mut header, "cache/a.xml", &b"ok"[..]).unwrap();
        builder.append_data(&mut header, "cache/a.jar", &b"no"[..]).unwrap();
        let tar = builder.into_inner().unwrap();
        let files = unpack(&*tar, "/", Vec::new(), |files, path, content| {
            files.push((path.to_owned(), io::read_to_string(content)?));
            Ok(())
        });
        assert_eq!(files.unwrap(), [("/cache/a.xml".into(), "ok".into()), ("/cache/a.jar".into(), "no".into())]);
    }
}
