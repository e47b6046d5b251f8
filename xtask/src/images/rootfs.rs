//! The image's file system as one tar archive, from Debian packages and the recipe's own files.
//!
//! Packages are read as streams: nothing is unpacked, so neither root nor a Linux file system is needed.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File},
    io::{BufWriter, Read},
    path::{Component, Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context, Result, bail};
use tar::{Archive, Builder, Entry, EntryType, Header};

use super::recipe::{self, Recipe};
use crate::{project, sh::Cmd};

/// The directories that are links on a merged-/usr Debian.
const MERGED: [&str; 4] = ["bin", "sbin", "lib", "lib64"];
/// Directories of every image, with their modes.
const FOLDERS: [(&str, u32); 12] = [
    ("dev", 0o755),
    ("etc", 0o755),
    ("home", 0o755),
    ("proc", 0o555),
    ("root", 0o700),
    ("run", 0o755),
    ("sys", 0o555),
    ("tmp", 0o1777),
    ("usr", 0o755),
    ("usr/bin", 0o755),
    ("var", 0o755),
    ("var/tmp", 0o1777),
];
/// Test images need no manuals.
const LEFT_OUT: [&str; 6] = [
    "usr/share/doc",
    "usr/share/man",
    "usr/share/locale",
    "usr/share/info",
    "usr/share/lintian",
    "usr/share/bash-completion",
];

/// Writes the archive of the recipe's image to `to`.
pub(super) fn write(recipe: &Recipe, debs: &[PathBuf], to: &Path) -> Result<()> {
    let mut rootfs = Rootfs::new(recipe, to)?;
    for overlay in recipe.overlays() {
        rootfs.add_overlay(&overlay)?;
    }
    for deb in debs {
        rootfs.add_package(deb).with_context(|| format!("in {}", deb.display()))?;
    }
    rootfs.finish()
}

/// The archive in progress. The first entry of a path is kept.
struct Rootfs<'r> {
    recipe: &'r Recipe,
    archive: Builder<BufWriter<File>>,
    paths: BTreeSet<PathBuf>,
    /// The contents found for each of the recipe's `concat`.
    joined: BTreeMap<&'r str, Vec<u8>>,
    /// The multi-call program of the recipe.
    multicall: Option<Vec<u8>>,
}

impl<'r> Rootfs<'r> {
    fn new(recipe: &'r Recipe, to: &Path) -> Result<Self> {
        let file = File::create(to).with_context(|| format!("cannot write {}", to.display()))?;
        let archive = Builder::new(BufWriter::new(file));
        let mut rootfs = Self { recipe, archive, paths: BTreeSet::new(), joined: BTreeMap::new(), multicall: None };
        for (path, mode) in FOLDERS {
            rootfs.add_folder(Path::new(path), mode)?;
        }
        for name in MERGED {
            rootfs.add_folder(&Path::new("usr").join(name), 0o755)?;
            rootfs.add_link(Path::new(name), &format!("usr/{name}"))?;
        }
        Ok(rootfs)
    }

    fn add_folder(&mut self, path: &Path, mode: u32) -> Result<()> {
        if self.paths.insert(path.to_owned()) {
            let mut header = header(EntryType::Directory, mode, 0);
            self.archive.append_data(&mut header, path, std::io::empty())?;
        }
        Ok(())
    }

    fn add_link(&mut self, path: &Path, target: &str) -> Result<()> {
        if self.paths.insert(path.to_owned()) {
            self.archive.append_link(&mut header(EntryType::Symlink, 0o777, 0), path, target)?;
        }
        Ok(())
    }

    fn add_file(&mut self, path: &Path, mode: u32, content: &[u8]) -> Result<()> {
        if self.paths.insert(path.to_owned()) {
            let mut header = header(EntryType::Regular, mode, content.len() as u64);
            self.archive.append_data(&mut header, path, content)?;
        }
        Ok(())
    }

    fn add_overlay(&mut self, dir: &Path) -> Result<()> {
        for file in recipe::files_below(dir)? {
            let path = merged(file.strip_prefix(dir)?);
            let folders: Vec<&Path> = path.ancestors().skip(1).filter(|path| *path != Path::new("")).collect();
            for folder in folders.into_iter().rev() {
                self.add_folder(folder, 0o755)?;
            }
            let mode = if recipe::executable(&file)? { 0o755 } else { 0o644 };
            self.add_file(&path, mode, &fs::read(&file)?)?;
        }
        Ok(())
    }

    fn add_package(&mut self, deb: &Path) -> Result<()> {
        let mut command = Cmd::new("dpkg-deb").arg("--fsys-tarfile").arg(deb).into_inner();
        let mut child = command.stdout(Stdio::piped()).spawn().context("cannot run dpkg-deb")?;
        let stream = child.stdout.take().context("dpkg-deb has no stdout")?;
        for entry in Archive::new(stream).entries()? {
            self.add_entry(&mut entry?)?;
        }
        let status = child.wait()?;
        if !status.success() {
            bail!("dpkg-deb failed: {status}");
        }
        Ok(())
    }

    fn add_entry<R: Read>(&mut self, entry: &mut Entry<'_, R>) -> Result<()> {
        let path = merged(&entry.path()?);
        let left_out = LEFT_OUT.iter().any(|dir| path.starts_with(dir));
        if left_out || path == Path::new("") || !self.paths.insert(path.clone()) {
            return Ok(());
        }
        let mut header = entry.header().clone();
        match header.entry_type() {
            EntryType::Symlink => {
                let target = entry.link_name()?.context("a link without a target")?.into_owned();
                self.archive.append_link(&mut header, &path, target)?;
            }
            EntryType::Link => {
                let target = merged(&entry.link_name()?.context("a link without a target")?);
                self.archive.append_link(&mut header, &path, target)?;
            }
            EntryType::Regular => {
                let mut content = Vec::new();
                entry.read_to_end(&mut content)?;
                self.archive.append_data(&mut header, &path, content.as_slice())?;
                self.notice(&path, content);
            }
            _ => self.archive.append_data(&mut header, &path, std::io::empty())?,
        }
        Ok(())
    }

    /// Keeps what `finish` needs from a package's file.
    fn notice(&mut self, path: &Path, content: Vec<u8>) {
        let name = path.to_string_lossy();
        for concat in &self.recipe.concat {
            if name.starts_with(&concat.prefix) && name.ends_with(&concat.suffix) {
                self.joined.entry(&concat.to).or_default().extend_from_slice(&content);
            }
        }
        if self.recipe.applets_of.as_ref().is_some_and(|program| *program == name) {
            self.multicall = Some(content);
        }
    }

    fn finish(mut self) -> Result<()> {
        for concat in &self.recipe.concat {
            let content = self.joined.remove(concat.to.as_str());
            let content = content.with_context(|| format!("no package brings {}*{}", concat.prefix, concat.suffix))?;
            self.add_file(Path::new(&concat.to), 0o644, &content)?;
        }
        for (path, target) in &self.recipe.links {
            self.add_link(&merged(Path::new(path)), target)?;
        }
        if let Some(program) = &self.recipe.applets_of {
            let content = self.multicall.take().with_context(|| format!("no package brings {program}"))?;
            let name = program.rsplit('/').next().unwrap_or(program);
            for applet in applets(name, &content)? {
                self.add_link(&Path::new("usr/bin").join(applet), name)?;
            }
        }
        self.archive.into_inner()?.into_inner().context("cannot write the archive")?;
        Ok(())
    }
}

/// The names of a multi-call program; it has this machine's architecture, like apt's packages.
fn applets(name: &str, content: &[u8]) -> Result<Vec<String>> {
    // It selects its function by its own name.
    let file = project::cache_dir("images")?.join(name);
    fs::write(&file, content)?;
    Cmd::new("chmod").arg("0755").arg(&file).read()?;
    let names = Cmd::new(&file).arg("--list").read()?;
    fs::remove_file(&file)?;
    Ok(names.lines().map(str::to_owned).collect())
}

fn header(kind: EntryType, mode: u32, size: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header
}

/// The path on a merged-/usr system: `./bin/sh` is `usr/bin/sh`.
fn merged(path: &Path) -> PathBuf {
    let plain: PathBuf = path.components().filter(|part| matches!(part, Component::Normal(_))).collect();
    let is_merged = MERGED.iter().any(|name| plain.starts_with(name));
    if is_merged { Path::new("usr").join(plain) } else { plain }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_those_of_a_merged_system() {
        let cases = [("./bin/sh", "usr/bin/sh"), ("/lib64", "usr/lib64"), ("./", ""), ("./library/x", "library/x")];
        for (from, to) in cases {
            assert_eq!(merged(Path::new(from)), Path::new(to));
        }
    }
}
