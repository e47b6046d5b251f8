//! The files of a build, stored while its base images are looked up.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Seek},
    path::{Component, Path},
    sync::atomic::{AtomicUsize, Ordering},
};

use flate2::read::GzDecoder;
use futures_util::TryStreamExt;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Frame, Incoming};
use tokio::io::AsyncWriteExt;
use tokio_util::io::ReaderStream;

use super::{
    answer::{Body, BoxError},
    refusal::Refusal,
};

/// Larger than any Dockerfile.
const MAX_DOCKERFILE_BYTES: u64 = 4 << 20;

/// The archive of a build, in an unnamed file.
pub(super) struct BuildContext {
    file: File,
}

impl BuildContext {
    /// Stores the archive.
    ///
    /// # Errors
    /// A body that breaks off, or a disk that is full.
    pub(super) async fn receive(body: Option<Incoming>, directory: &Path) -> Result<Self, BoxError> {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let path = directory.join(format!("context-{}", NEXT.fetch_add(1, Ordering::Relaxed)));
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(&path)?;
        fs::remove_file(&path)?;
        let mut writer = tokio::fs::File::from_std(file.try_clone()?);
        let mut body = body;
        while let Some(frame) = match &mut body {
            Some(body) => body.frame().await.transpose()?,
            None => None,
        } {
            if let Ok(bytes) = frame.into_data() {
                writer.write_all(&bytes).await?;
            }
        }
        writer.flush().await?;
        Ok(Self { file })
    }

    /// The text of a file of the archive.
    ///
    /// # Errors
    /// An archive that cannot be read, or that does not have the file.
    pub(super) async fn text_of(&self, name: &str) -> Result<String, BoxError> {
        let (file, name) = (self.file.try_clone()?, name.to_owned());
        let found = tokio::task::spawn_blocking(move || read(file, &name)).await?;
        Ok(found.map_err(|error| Refusal::bad(format_args!("the files of the build cannot be read: {error}")))?)
    }

    /// The archive, as a body to forward.
    ///
    /// # Errors
    /// Those of the file.
    pub(super) fn body(mut self) -> Result<Body, BoxError> {
        self.file.rewind()?;
        let stream = ReaderStream::new(tokio::fs::File::from_std(self.file));
        Ok(StreamBody::new(stream.map_ok(Frame::data).map_err(Into::into)).boxed_unsync())
    }
}

/// If the named file does not exist, the engine uses one in lower case.
fn read(mut file: File, name: &str) -> io::Result<String> {
    for wanted in [name.to_owned(), name.to_ascii_lowercase()] {
        file.rewind()?;
        let mut magic = [0; 2];
        let is_packed = file.read_exact(&mut magic).is_ok() && magic == [0x1f, 0x8b];
        file.rewind()?;
        let reader: Box<dyn Read> = if is_packed { Box::new(GzDecoder::new(&file)) } else { Box::new(&file) };
        let mut archive = tar::Archive::new(reader);
        for entry in archive.entries()? {
            let entry = entry?;
            if plain(&entry.path()?) == plain(Path::new(&wanted)) {
                let mut text = String::new();
                entry.take(MAX_DOCKERFILE_BYTES).read_to_string(&mut text)?;
                return Ok(text);
            }
        }
    }
    Err(io::Error::new(io::ErrorKind::NotFound, format!("they have no `{name}`")))
}

fn plain(path: &Path) -> Vec<&std::ffi::OsStr> {
    let parts = path.components().filter_map(|component| match component {
        Component::Normal(part) => Some(part),
        Component::RootDir | Component::CurDir | Component::ParentDir | Component::Prefix(_) => None,
    });
    parts.collect()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn archive(name: &str) -> Vec<u8> {
        let mut builder = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(6);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, &b"FROM a"[..]).unwrap();
        builder.into_inner().unwrap()
    }

    fn look(bytes: &[u8], name: &str) -> io::Result<String> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        read(file, name)
    }

    #[test]
    fn dockerfiles_are_found() {
        let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
        packed.write_all(&archive("Dockerfile")).unwrap();
        for (bytes, name) in [
            (archive("Dockerfile"), "Dockerfile"),
            (archive("./a/Dockerfile"), "a/Dockerfile"),
            (archive("dockerfile"), "./Dockerfile"),
            (packed.finish().unwrap(), "Dockerfile"),
        ] {
            assert_eq!(look(&bytes, name).unwrap(), "FROM a");
        }
        for (bytes, name) in [(archive("Dockerfile"), "other"), (b"BZh9 and so on".repeat(99), "Dockerfile")] {
            assert!(look(&bytes, name).is_err());
        }
    }
}
