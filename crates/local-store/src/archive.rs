//! An archive: a tar of one saved path, plain or compressed as `archiveFormat` says.
//!
//! Its names say whether they begin at the workspace, and all lie at or below the path that was saved. Reading holds them to
//! that, and follows no link of the archive itself.

mod attributes;

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, BufReader, BufWriter, Read, Seek, Write},
    path::{Path, PathBuf},
};

use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use tar::{Builder, EntryType, Header};
use walkdir::WalkDir;

use self::attributes::{mode, preserve, set_directory_mode, set_file_mode, set_mode, symlink};
use crate::{StoreError, Surroundings, error::io_error, rooted::Rooted};

/// `archiveFormat`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Tar,
    Gzip,
    Zstd,
}

/// The first bytes of a compressed stream.
const MAGIC: [(Format, &[u8]); 2] = [(Format::Gzip, &[0x1f, 0x8b]), (Format::Zstd, &[0x28, 0xb5, 0x2f, 0xfd])];

/// What came of writing or reading.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Moved {
    pub(crate) files: u64,
    pub(crate) bytes: u64,
}

impl Format {
    /// `PLUGIN_ARCHIVE_FORMAT`; the plugin takes tar for a word that it does not know.
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

/// The stream of an archive on its way to a file.
enum Sink<'f> {
    Tar(BufWriter<&'f mut File>),
    Gzip(GzEncoder<BufWriter<&'f mut File>>),
    Zstd(zstd::Encoder<'static, BufWriter<&'f mut File>>),
}

impl Write for Sink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tar(out) => out.write(bytes),
            Self::Gzip(out) => out.write(bytes),
            Self::Zstd(out) => out.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Tar(out) => out.flush(),
            Self::Gzip(out) => out.flush(),
            Self::Zstd(out) => out.flush(),
        }
    }
}

impl Sink<'_> {
    fn finish(self) -> io::Result<()> {
        match self {
            Self::Tar(mut out) => out.flush(),
            Self::Gzip(out) => out.finish()?.flush(),
            Self::Zstd(out) => out.finish()?.flush(),
        }
    }
}

/// Writes what is at `source`: files, directories and links as links. Sockets, pipes and devices are left out.
pub(crate) fn write(
    source: &Path,
    rooted: &Rooted,
    format: Format,
    file: &mut File,
    say: &mut dyn FnMut(&str),
) -> Result<Moved, StoreError> {
    let failed = |error| io_error("archive", source)(error);
    let out = BufWriter::new(file);
    let sink = match format {
        Format::Tar => Sink::Tar(out),
        Format::Gzip => Sink::Gzip(GzEncoder::new(out, Compression::default())),
        Format::Zstd => Sink::Zstd(zstd::Encoder::new(out, 0).map_err(failed)?),
    };
    let mut builder = Builder::new(sink);
    builder.follow_symlinks(false);
    let mut moved = Moved::default();
    for entry in WalkDir::new(source).follow_links(false).sort_by_file_name() {
        let entry =
            entry.map_err(|error| StoreError::Source(format!("cannot read all of {}: {error}", source.display())))?;
        let below = entry.path().strip_prefix(source).unwrap_or(Path::new(""));
        let name = join(&rooted.name(), below);
        let kind = entry.file_type();
        if !kind.is_file() && !kind.is_dir() && !kind.is_symlink() {
            say(&format!("left out: {} is neither a file nor a directory nor a link", entry.path().display()));
            continue;
        }
        builder.append_path_with_name(entry.path(), &name).map_err(io_error("archive", entry.path()))?;
        if kind.is_file() {
            moved.files += 1;
            moved.bytes += entry.metadata().map_or(0, |metadata| metadata.len());
        }
    }
    builder.into_inner().and_then(Sink::finish).map_err(failed)?;
    Ok(moved)
}

/// `join` with an empty path would end the name of a file with a slash.
fn join(name: &Path, below: &Path) -> PathBuf {
    if below.as_os_str().is_empty() { name.to_owned() } else { name.join(below) }
}

/// The format that an archive has.
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

fn refused(path: &Path, reason: impl Into<String>) -> StoreError {
    StoreError::Archive { path: path.display().to_string(), reason: reason.into() }
}

/// What an archive was made from: its first name.
pub(crate) fn saved_path(file: &Path) -> Result<Rooted, StoreError> {
    let broken = |error: io::Error| refused(file, format!("it cannot be read ({error})"));
    let mut archive = tar::Archive::new(File::open(file).and_then(decoded).map_err(broken)?);
    let mut entries = archive.entries().map_err(broken)?;
    let first = entries.next().ok_or_else(|| refused(file, "it is empty"))?.map_err(broken)?;
    let name = first.path().map_err(broken)?.into_owned();
    Rooted::parse(&name).ok_or_else(|| refused(file, format!("its name {} leads out of the stage", name.display())))
}

/// How an archive is unpacked.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading {
    /// The format that the step says.
    pub(crate) format: Format,
    /// Owners, modes and times come back.
    pub(crate) preserve: bool,
}

/// Unpacks an archive of `rooted`.
///
/// # Errors
/// [`StoreError::Archive`] for one of another format than the step says, for a name outside of what was saved, for a name
/// behind a link of the archive, and for what is neither file nor directory nor link. What came before it stays.
pub(crate) fn read(file: &Path, rooted: &Rooted, reading: Reading, around: &Surroundings) -> Result<Moved, StoreError> {
    let shown = around.place(rooted);
    let broken = |error: io::Error| refused(&shown, format!("it cannot be read ({error})"));
    let mut opened = File::open(file).map_err(io_error("open", file))?;
    let found = format_of(&mut opened).map_err(broken)?;
    if found != reading.format {
        let (found, wanted) = (found.word(), reading.format.word());
        return Err(refused(&shown, format!("it was saved as {found}, and the step's archiveFormat is {wanted}")));
    }
    let mut archive = tar::Archive::new(decoded(opened).map_err(broken)?);
    let mut links: BTreeSet<PathBuf> = BTreeSet::new();
    let mut directories: Vec<(PathBuf, Header, Made)> = Vec::new();
    let mut moved = Moved::default();
    for entry in archive.entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        let name = entry.path().map_err(broken)?.into_owned();
        let inside = Rooted::parse(&name).filter(|inside| inside.name().starts_with(rooted.name()));
        let Some(inside) = inside else {
            return Err(refused(&shown, format!("its name {} leads out of what was saved", name.display())));
        };
        let target = around.place(&inside);
        if target.ancestors().skip(1).any(|above| links.contains(above)) {
            return Err(refused(&shown, format!("its name {} leads through a link", name.display())));
        }
        let header = entry.header().clone();
        match header.entry_type() {
            EntryType::Directory => {
                let made = make_directory(&target, mode(&header) | OWNERS)?;
                directories.push((target, header, made));
            }
            // The writer leaves out the holes of a file, and the reader fills them.
            EntryType::Regular | EntryType::GNUSparse => {
                moved.bytes += put_file(&mut entry, &target, &header)?;
                moved.files += 1;
                if reading.preserve {
                    preserve(&target, &header);
                }
            }
            EntryType::Symlink => {
                let link = entry.link_name().map_err(broken)?.map(|link| link.into_owned()).unwrap_or_default();
                put_link(&link, &target)?;
                links.insert(target);
            }
            _ => return Err(refused(&shown, format!("{} is neither file nor directory nor link", name.display()))),
        }
    }
    for (target, header, made) in directories.iter().rev() {
        match made {
            _ if reading.preserve => preserve(target, header),
            Made::Now if mode(header) & OWNERS != OWNERS => {
                set_mode(target, mode(header)).map_err(io_error("close", target))?;
            }
            Made::Now | Made::Before => {}
        }
    }
    Ok(moved)
}

/// What the owner may do to a directory while it is filled; some are kept closed (Go's modules), and are closed at the end.
const OWNERS: u32 = 0o700;

/// Whether a directory was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Made {
    Now,
    Before,
}

/// A directory that is there already, be it by a link, is taken as it is.
fn make_directory(target: &Path, mode: u32) -> Result<Made, StoreError> {
    if target.is_dir() {
        return Ok(Made::Before);
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    set_directory_mode(&mut builder, mode);
    builder.create(target).map_err(io_error("make the directory", target))?;
    Ok(Made::Now)
}

/// A new file takes the place of what is there, so that nothing is written through a link.
fn put_file(entry: &mut impl Read, target: &Path, header: &Header) -> Result<u64, StoreError> {
    clear(target)?;
    let mut options = File::options();
    options.write(true).create_new(true);
    set_file_mode(&mut options, mode(header));
    let mut file = options.open(target).map_err(io_error("write", target))?;
    io::copy(entry, &mut file).map_err(io_error("write", target))
}

fn put_link(link: &Path, target: &Path) -> Result<(), StoreError> {
    clear(target)?;
    symlink(link, target).map_err(io_error("make the link", target))
}

/// Makes room for a file: its directory, and what has its name.
fn clear(target: &Path) -> Result<(), StoreError> {
    if let Some(parent) = target.parent() {
        make_directory(parent, 0o755)?;
    }
    match fs::remove_file(target) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(io_error("replace", target)(error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

#[cfg(test)]
mod tests;
