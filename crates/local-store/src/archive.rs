//! An archive: a tar of one saved path, plain or compressed according to `archiveFormat`.
//!
//! Its names show whether they start at the workspace, and all are at or below the saved path. Reading enforces that,
//! and follows no link of the archive itself.

mod attributes;
mod capped;
mod sink;
mod unpack;

use std::{
    fs::File,
    io::{self, BufReader, BufWriter, Read, Seek},
    path::{Path, PathBuf},
};

use cirun_beneath::{Entry, Facts, Kind, Refusal};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use tar::{Builder, EntryType, Header};

pub(crate) use self::unpack::{Reading, read};
use self::{capped::Capped, sink::Sink};
use crate::{
    StoreError, Surroundings,
    error::refused,
    files::{LIMITS, size},
    rooted::Rooted,
};

/// `archiveFormat`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Tar,
    Gzip,
    Zstd,
}

/// The magic bytes of a compressed stream.
const MAGIC: [(Format, &[u8]); 2] = [(Format::Gzip, &[0x1f, 0x8b]), (Format::Zstd, &[0x28, 0xb5, 0x2f, 0xfd])];

/// The result of writing or reading.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Moved {
    pub(crate) files: u64,
    pub(crate) bytes: u64,
}

impl Format {
    /// `PLUGIN_ARCHIVE_FORMAT`; the plugin uses tar for an unknown value.
    pub(crate) fn of(word: Option<&str>) -> Self {
        match word {
            Some("gzip") => Self::Gzip,
            Some("zstd") => Self::Zstd,
            Some(_) | None => Self::Tar,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Tar => "tar",
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }
}

/// The options of saving.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Saving<'s> {
    /// The saved path.
    pub(crate) path: &'s Path,
    pub(crate) rooted: &'s Rooted,
    pub(crate) format: Format,
}

/// Writes the files, directories and links at a path, including the path itself. Sockets, pipes and devices are
/// skipped.
///
/// # Errors
/// [`StoreError::Source`] for a path that cannot be read or contains the store, [`StoreError::TooLarge`] for more than
/// the repository's limit.
pub(crate) fn write(
    saving: Saving<'_>,
    around: &Surroundings,
    file: &mut File,
    say: &mut dyn FnMut(&str),
) -> Result<Moved, StoreError> {
    let Saving { path, rooted, format } = saving;
    let failed = |error: io::Error| match Capped::is_full(&error) {
        true => StoreError::TooLarge { path: path.display().to_string(), limit: size(around.limit) },
        false => refused("archive", path)(error.into()),
    };
    let out = BufWriter::new(Capped::new(file, around.limit));
    let sink = match format {
        Format::Tar => Sink::Tar(out),
        Format::Gzip => Sink::Gzip(GzEncoder::new(out, Compression::default())),
        Format::Zstd => Sink::Zstd(zstd::Encoder::new(out, 0).map_err(failed)?),
    };
    let mut builder = Builder::new(sink);
    let mut moved = Moved::default();
    let cannot = |below: &Path, refusal: Refusal| {
        StoreError::Source(format!("cannot read all of {}: {}: {refusal}", path.display(), below.display()))
    };
    let anchor = around.anchor(path)?;
    let mut first = anchor.root.entry(&anchor.below).map_err(|refusal| cannot(Path::new("."), refusal))?;
    let stores = around.store_identities();
    let below = match first.facts.kind {
        Kind::Directory if stores.contains(&first.facts.identity) => return Err(around.holds_the_store(path)),
        Kind::Directory => {
            let directory = anchor.root.sub(&anchor.below).map_err(|refusal| cannot(Path::new("."), refusal))?;
            Some(directory.walk(LIMITS))
        }
        _ => None,
    };
    first.path = PathBuf::new();
    for entry in std::iter::once(Ok(first)).chain(below.into_iter().flatten()) {
        let entry = entry.map_err(|(below, refusal)| cannot(&below, refusal))?;
        if entry.facts.kind == Kind::Directory && stores.contains(&entry.facts.identity) {
            return Err(around.holds_the_store(&path.join(&entry.path)));
        }
        match append(&mut builder, &join(&rooted.name(), &entry.path), &entry) {
            Ok(Some(bytes)) => {
                moved.files += 1;
                moved.bytes += bytes;
            }
            Ok(None) => {}
            Err(Refusal::Io(error)) => return Err(failed(error)),
            Err(refusal @ Refusal::Kind { .. }) => {
                say(&format!("left out: {}: {refusal}", join(path, &entry.path).display()));
            }
            Err(refusal) => return Err(cannot(&entry.path, refusal)),
        }
    }
    builder.into_inner().and_then(Sink::finish).map_err(failed)?;
    Ok(moved)
}

/// Adds an entry; for a file, with its length.
fn append(builder: &mut Builder<Sink<'_>>, name: &Path, entry: &Entry) -> Result<Option<u64>, Refusal> {
    match entry.facts.kind {
        Kind::Directory => {
            builder.append_data(&mut header(&entry.facts, EntryType::Directory), name, io::empty())?;
        }
        Kind::Link => {
            builder.append_link(&mut header(&entry.facts, EntryType::Symlink), name, entry.read_link()?)?;
        }
        _ => {
            let mut file = entry.open()?;
            let before = file.metadata()?.len();
            builder.append_file(name, &mut file)?;
            // The header has the earlier length.
            return if file.metadata()?.len() == before { Ok(Some(before)) } else { Err(Refusal::Changed) };
        }
    }
    Ok(None)
}

fn header(facts: &Facts, kind: EntryType) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_size(0);
    header.set_mode(facts.mode);
    header.set_uid(facts.owner.0.into());
    header.set_gid(facts.owner.1.into());
    let since = facts.modified.duration_since(std::time::UNIX_EPOCH);
    header.set_mtime(since.map_or(0, |since| since.as_secs()));
    header
}

/// `join` with an empty path would append a slash to a file's name.
fn join(name: &Path, below: &Path) -> PathBuf {
    if below.as_os_str().is_empty() { name.to_owned() } else { name.join(below) }
}

/// The format of an existing archive.
fn format_of(file: &mut File) -> io::Result<Format> {
    let mut first = [0; 4];
    let mut read = 0;
    while read < first.len() {
        match file.read(&mut first[read..])? {
            0 => break,
            more => read += more,
        }
    }
    file.rewind()?;
    Ok(MAGIC.iter().find(|(_, magic)| first.starts_with(magic)).map_or(Format::Tar, |(format, _)| *format))
}

fn decoded(mut file: File) -> io::Result<Box<dyn Read>> {
    Ok(match format_of(&mut file)? {
        Format::Tar => Box::new(BufReader::new(file)),
        Format::Gzip => Box::new(GzDecoder::new(BufReader::new(file))),
        Format::Zstd => Box::new(zstd::Decoder::new(file)?),
    })
}

fn broken(path: &Path, reason: impl Into<String>) -> StoreError {
    StoreError::Archive { path: path.display().to_string(), reason: reason.into() }
}

/// The source of an archive: its first name. `shown` is the archive, as text to print.
pub(crate) fn saved_path(file: File, shown: &Path) -> Result<Rooted, StoreError> {
    let unreadable = |error: io::Error| broken(shown, format!("it cannot be read ({error})"));
    let mut archive = tar::Archive::new(decoded(file).map_err(unreadable)?);
    let mut entries = archive.entries().map_err(unreadable)?;
    let first = entries.next().ok_or_else(|| broken(shown, "it is empty"))?.map_err(unreadable)?;
    let name = first.path().map_err(unreadable)?.into_owned();
    Rooted::parse(&name).ok_or_else(|| broken(shown, format!("its name {} is outside the stage", name.display())))
}

#[cfg(test)]
mod tests;
