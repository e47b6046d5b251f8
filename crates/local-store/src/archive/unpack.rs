//! Unpacks an archive, below the saved path and through no link of its own.

use std::{
    collections::BTreeSet,
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use cirun_beneath::{Refusal, Root};
use tar::{EntryType, Header};

use super::{
    Format, Moved,
    attributes::{mode, preserve},
    broken, decoded, format_of, join,
};
use crate::{StoreError, Surroundings, error::refused, rooted::Rooted};

/// The options of unpacking.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading {
    /// The format in the step.
    pub(crate) format: Format,
    /// Whether to restore owners, modes and times.
    pub(crate) preserve: bool,
}

/// Unpacks an archive of `rooted` in the workspace or the directory of the saved path.
///
/// # Errors
/// [`StoreError::Archive`] for an archive in another format than the step says, for a name outside the saved path, for
/// a name behind a link of the archive, and for entries other than files, directories and links. [`StoreError::Io`] if
/// a link is in the way. Entries before the error stay.
pub(crate) fn read(
    mut file: File,
    rooted: &Rooted,
    reading: Reading,
    around: &Surroundings,
) -> Result<Moved, StoreError> {
    let shown = around.place(rooted);
    let unreadable = |error: io::Error| broken(&shown, format!("it cannot be read ({error})"));
    let found = format_of(&mut file).map_err(unreadable)?;
    if found != reading.format {
        let (found, wanted) = (found.word(), reading.format.word());
        return Err(broken(&shown, format!("it was saved as {found}, and the step's archiveFormat is {wanted}")));
    }
    let anchor = around.anchor(&shown)?;
    let mut archive = tar::Archive::new(decoded(file).map_err(unreadable)?);
    let mut links: BTreeSet<PathBuf> = BTreeSet::new();
    let mut directories: Vec<(PathBuf, Header, Made)> = Vec::new();
    let mut moved = Moved::default();
    for entry in archive.entries().map_err(unreadable)? {
        let mut entry = entry.map_err(unreadable)?;
        let name = entry.path().map_err(unreadable)?.into_owned();
        let inside = Rooted::parse(&name).map(|inside| inside.name());
        let Some(inside) = inside.as_deref().and_then(|inside| inside.strip_prefix(rooted.name()).ok()) else {
            return Err(broken(&shown, format!("its name {} is outside the saved path", name.display())));
        };
        let target = join(&anchor.below, inside);
        if target.ancestors().skip(1).any(|above| links.contains(above)) {
            return Err(broken(&shown, format!("its name {} passes through a link", name.display())));
        }
        let header = entry.header().clone();
        match header.entry_type() {
            EntryType::Directory => {
                let made = make_directory(&anchor.root, &target, mode(&header) | OWNERS)?;
                directories.push((target, header, made));
            }
            // The writer omits the holes of a sparse file, and the reader restores them.
            EntryType::Regular | EntryType::GNUSparse => {
                let (file, bytes) = put_file(&mut entry, &anchor.root, &target, &header)?;
                moved.bytes += bytes;
                moved.files += 1;
                if reading.preserve {
                    preserve(&file, &header);
                }
            }
            EntryType::Symlink => {
                let link = entry.link_name().map_err(unreadable)?.map(|link| link.into_owned()).unwrap_or_default();
                clear(&anchor.root, &target)?;
                anchor.root.link(&target, &link).map_err(refused("make the link", &target))?;
                links.insert(target);
            }
            _ => return Err(broken(&shown, format!("{} is not a file, directory or link", name.display()))),
        }
    }
    for (target, header, made) in directories.iter().rev() {
        match made {
            _ if reading.preserve => {
                let directory = anchor.root.directory_as_file(target).map_err(refused("open", target))?;
                preserve(&directory, header);
            }
            Made::Now if mode(header) & OWNERS != OWNERS => {
                anchor.root.set_directory_mode(target, mode(header)).map_err(refused("close", target))?;
            }
            Made::Now | Made::Before => {}
        }
    }
    Ok(moved)
}

/// The owner's rights on a directory while it is filled; some are read-only (Go's modules), and become so at the end.
const OWNERS: u32 = 0o700;

/// Whether a directory existed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Made {
    Now,
    Before,
}

/// An existing directory is used unchanged.
fn make_directory(root: &Root, target: &Path, mode: u32) -> Result<Made, StoreError> {
    let made = root.make_directories(target, mode).map_err(refused("make the directory", target))?;
    Ok(if made { Made::Now } else { Made::Before })
}

/// A new file replaces an existing entry, so that nothing is written through a link.
fn put_file(entry: &mut impl Read, root: &Root, target: &Path, header: &Header) -> Result<(File, u64), StoreError> {
    clear(root, target)?;
    let mut file = root.create(target, mode(header)).map_err(refused("write", target))?;
    let bytes = io::copy(entry, &mut file).map_err(|error| refused("write", target)(error.into()))?;
    Ok((file, bytes))
}

/// Prepares a file's place: creates its directory, and removes an entry of the same name.
fn clear(root: &Root, target: &Path) -> Result<(), StoreError> {
    make_directory(root, target.parent().unwrap_or(Path::new("")), 0o755)?;
    match root.remove(target) {
        Ok(()) | Err(Refusal::Missing) => Ok(()),
        Err(refusal) => Err(refused("replace", target)(refusal)),
    }
}
