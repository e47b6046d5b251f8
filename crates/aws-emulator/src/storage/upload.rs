//! Uploads: incomplete content, stored on disk so that any process can receive the next piece.

use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{BufWriter, Read, Seek, SeekFrom, Write},
    path::PathBuf,
};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256, Sha512};

use super::{Algorithm, Digest, RepositoryRef, Store, StoreError, files, random};

/// The size of a write, and of a read when an upload is hashed again.
const BUFFER_BYTES: usize = 512 * 1024;

/// The length of ids from [`upload_id`].
const ID_LENGTH: usize = 36;

/// The SHA-256 of an upload's first `length` bytes.
#[derive(Clone, Default)]
pub(crate) struct Hasher {
    state: Sha256,
    length: u64,
}

/// The owner of an upload: it belongs to one repository.
#[derive(Serialize, Deserialize, PartialEq)]
struct UploadRecord {
    registry: String,
    repository: String,
}

/// An upload that only this request may write.
pub(crate) struct UploadWriter {
    id: String,
    dir: PathBuf,
    file: BufWriter<File>,
    hasher: Hasher,
}

impl Store {
    /// Starts an upload and returns its id.
    pub(crate) fn start_upload(&self, repository: &RepositoryRef) -> Result<String, StoreError> {
        let id = upload_id();
        let dir = self.uploads().join(&id);
        let aside = files::aside(&self.tmp());
        files::create_dir(&aside)?;
        let record = UploadRecord::of(repository);
        let record = serde_json::to_vec(&record).expect("two strings are JSON");
        for (name, content) in [("upload.json", record.as_slice()), ("data", b"")] {
            let path = aside.join(name);
            std::fs::write(&path, content).map_err(StoreError::io(path))?;
        }
        // Not synced: after a power failure the client starts again.
        std::fs::rename(&aside, &dir).map_err(StoreError::io(dir))?;
        Ok(id)
    }

    /// Returns the number of received bytes of an upload.
    pub(crate) fn upload_length(&self, repository: &RepositoryRef, id: &str) -> Result<u64, StoreError> {
        let data = self.upload_dir(repository, id)?.join("data");
        std::fs::metadata(&data).map(|data| data.len()).map_err(|_| StoreError::UploadNotFound(id.to_owned()))
    }

    /// Opens an upload for writing. `known` avoids reading the bytes again that an earlier request hashed.
    pub(crate) fn continue_upload(
        &self,
        repository: &RepositoryRef,
        id: &str,
        known: Option<Hasher>,
    ) -> Result<UploadWriter, StoreError> {
        let dir = self.upload_dir(repository, id)?;
        let path = dir.join("data");
        let mut file = match OpenOptions::new().read(true).write(true).open(&path) {
            Ok(file) => file,
            Err(e) if files::is_absent(&e) => return Err(StoreError::UploadNotFound(id.to_owned())),
            Err(e) => return Err(StoreError::io(&path)(e)),
        };
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StoreError::UploadBusy(id.to_owned())),
            Err(TryLockError::Error(e)) => return Err(StoreError::io(&path)(e)),
        }
        let length = file.metadata().map_err(StoreError::io(&path))?.len();
        let hasher = match known.filter(|known| known.length == length) {
            Some(known) => known,
            None => Hasher::of(&mut file).map_err(StoreError::io(&path))?,
        };
        file.seek(SeekFrom::Start(length)).map_err(StoreError::io(&path))?;
        Ok(UploadWriter { id: id.to_owned(), dir, file: BufWriter::with_capacity(BUFFER_BYTES, file), hasher })
    }

    /// Finishes an upload: checks the digest, syncs the content, and lets the repository read it.
    ///
    /// A wrong digest discards the upload, because the client cannot correct it.
    pub(crate) fn finish_upload(
        &self,
        repository: &RepositoryRef,
        mut writer: UploadWriter,
        claimed: &Digest,
    ) -> Result<u64, StoreError> {
        let data = writer.dir.join("data");
        writer.file.flush().map_err(StoreError::io(&data))?;
        let length = writer.hasher.length;
        let found = match claimed.algorithm() {
            algorithm @ Algorithm::Sha256 => Digest::from_hash(algorithm, &writer.hasher.state.finalize()),
            // This digest is only requested at the end, so the content is read again.
            algorithm @ Algorithm::Sha512 => {
                let file = writer.file.get_mut();
                let mut hash = Sha512::new();
                file.rewind()
                    .and_then(|()| read_pieces(file, |piece| hash.update(piece)))
                    .map_err(StoreError::io(&data))?;
                Digest::from_hash(algorithm, &hash.finalize())
            }
        };
        if found != *claimed {
            files::remove_tree(&writer.dir)?;
            return Err(StoreError::DigestMismatch { claimed: claimed.clone(), found });
        }
        let blob = self.blob(claimed);
        if !blob.exists() {
            // Before the lock: syncing a gigabyte takes time.
            writer.file.get_ref().sync_data().map_err(StoreError::io(&data))?;
        }
        let _shared = self.lock_shared()?;
        if !blob.exists() {
            files::publish(&data, &blob)?;
        }
        self.link_layer(repository, claimed)?;
        files::remove_tree(&writer.dir)?;
        Ok(length)
    }

    /// Removes an upload.
    pub(crate) fn cancel_upload(&self, repository: &RepositoryRef, id: &str) -> Result<(), StoreError> {
        files::remove_tree(&self.upload_dir(repository, id)?)
    }

    /// Finds an upload's directory; an upload of another repository is not found.
    fn upload_dir(&self, repository: &RepositoryRef, id: &str) -> Result<PathBuf, StoreError> {
        let not_found = || StoreError::UploadNotFound(id.to_owned());
        if id.len() != ID_LENGTH || !id.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-') {
            return Err(not_found());
        }
        let dir = self.uploads().join(id);
        let record = files::read_optional(&dir.join("upload.json"))?.ok_or_else(not_found)?;
        let record: UploadRecord = serde_json::from_slice(&record).map_err(|_| not_found())?;
        if record == UploadRecord::of(repository) { Ok(dir) } else { Err(not_found()) }
    }
}

impl UploadRecord {
    fn of(repository: &RepositoryRef) -> Self {
        Self { registry: repository.registry.to_string(), repository: repository.name.to_string() }
    }
}

impl UploadWriter {
    /// Returns the size of the upload.
    pub(crate) fn length(&self) -> u64 {
        self.hasher.length
    }

    /// Adds bytes at the end.
    pub(crate) fn append(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        self.file.write_all(bytes).map_err(StoreError::io(&self.dir))?;
        self.hasher.update(bytes);
        Ok(())
    }

    /// Keeps the upload for a later request and returns its hash so far.
    pub(crate) fn suspend(mut self) -> Result<(String, Hasher), StoreError> {
        self.file.flush().map_err(StoreError::io(&self.dir))?;
        Ok((self.id, self.hasher))
    }
}

impl Hasher {
    fn update(&mut self, bytes: &[u8]) {
        self.state.update(bytes);
        self.length += bytes.len() as u64;
    }

    fn of(file: &mut File) -> std::io::Result<Self> {
        let mut hasher = Self::default();
        read_pieces(file, |piece| hasher.update(piece))?;
        Ok(hasher)
    }
}

/// Reads a file from its current position to its end.
fn read_pieces(file: &mut File, mut take: impl FnMut(&[u8])) -> std::io::Result<()> {
    let mut buffer = vec![0; BUFFER_BYTES];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok(()),
            count => take(&buffer[..count]),
        }
    }
}

/// Returns a random id in the form of a UUID, which some clients expect in the upload's address.
fn upload_id() -> String {
    let hex = hex::encode(random(16));
    format!("{}-{}-4{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
}
