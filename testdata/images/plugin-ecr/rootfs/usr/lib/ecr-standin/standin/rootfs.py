"""A stage's file system: copying into it and running programs in it, without ever leaving it."""

import fnmatch
import glob
import os
import shutil
import stat
import subprocess
import tarfile
from pathlib import Path

from .errors import PluginError

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Programs need these; an image does not bring them, and nobody may mount here.
DEVICES = {"null": (1, 3), "zero": (1, 5), "full": (1, 7), "random": (1, 8), "urandom": (1, 9)}
FROM_OURSELVES = ("etc/resolv.conf", "etc/hosts")
MAX_LINKS = 40


def inside(root, path):
    """Returns where `path` of the image is on our side; links are followed within the image."""
    todo = [part for part in path.split("/") if part not in ("", ".")]
    done, links = [], 0
    while todo:
        part = todo.pop(0)
        if part == "..":
            done = done[:-1]
            continue
        here = root.joinpath(*done, part)
        if not here.is_symlink():
            done.append(part)
            continue
        links += 1
        if links > MAX_LINKS:
            raise PluginError(f"{path}: too many links")
        target = os.readlink(here)
        if target.startswith("/"):
            done = []
        todo = [part for part in target.split("/") if part not in ("", ".")] + todo
    return root.joinpath(*done)


class Ignore:
    """The patterns of .dockerignore; the last that matches decides."""

    def __init__(self, context):
        file = context / ".dockerignore"
        lines = file.read_text().splitlines() if file.is_file() else []
        self.patterns = [line.strip() for line in lines if line.strip() and not line.startswith("#")]

    def matches(self, path):
        """Whether the file at `path` (from the context, with `/`) is left out."""
        left_out = False
        parents = ["/".join(path.split("/")[: count + 1]) for count in range(path.count("/") + 1)]
        for pattern in self.patterns:
            keep, pattern = pattern.startswith("!"), pattern.lstrip("!").strip("/").removeprefix("./")
            variants = (pattern, pattern.removeprefix("**/"))
            if any(fnmatch.fnmatchcase(parent, variant) for parent in parents for variant in variants):
                left_out = not keep
        return left_out


def sources(root, patterns, ignore=None):
    """Returns the paths that COPY's patterns name below `root`.

    Raises PluginError for a pattern that names nothing.
    """
    found = []
    for pattern in patterns:
        clean = os.path.normpath("/" + pattern).lstrip("/")
        names = sorted(glob.glob(clean, root_dir=root, include_hidden=True)) if clean else ["."]
        kept = [name for name in names if not (ignore and ignore.matches(name))]
        if not kept:
            why = "left out by .dockerignore" if names else "no such file or folder"
            raise PluginError(f"`{pattern}`: {why}")
        found += kept
    return found


def copy(source_root, names, root, to, workdir, owner=None, mode=None, ignore=None, unpack=False):
    """Copies `names` of `source_root` to the path `to` of the image, as COPY and ADD do."""
    place = inside(root, to if to.startswith("/") else f"{workdir}/{to}")
    into = to.endswith("/") or to in (".", "..") or place.is_dir() or len(names) > 1
    for name in names:
        source = inside(source_root, name)
        if source.is_dir():
            copy_tree(source_root, source, place, owner, mode, ignore)
        elif unpack and tarfile.is_tarfile(source):
            place.mkdir(parents=True, exist_ok=True)
            with tarfile.open(source) as archive:
                archive.extractall(place)
        else:
            copy_file(source, place / Path(name).name if into else place, owner, mode)


def copy_tree(source_root, source, place, owner, mode, ignore):
    """Copies what is in a folder, not the folder itself."""
    make_folders(place, owner)
    for entry in sorted(source.iterdir()):
        if ignore and ignore.matches(entry.relative_to(source_root).as_posix()):
            continue
        if entry.is_dir() and not entry.is_symlink():
            copy_tree(source_root, entry, place / entry.name, owner, mode, ignore)
            shutil.copystat(entry, place / entry.name)
        else:
            copy_file(entry, place / entry.name, owner, mode)


def copy_file(source, place, owner, mode):
    make_folders(place.parent, owner)
    if place.is_symlink() or place.is_file():
        place.unlink()
    try:
        shutil.copy2(source, place, follow_symlinks=False)
    except OSError as error:
        raise PluginError(f"cannot copy {source.name}: {error}") from error
    os.chown(place, *(owner or (0, 0)), follow_symlinks=False)
    if mode is not None and not place.is_symlink():
        place.chmod(mode)


def make_folders(place, owner=None):
    """Makes a folder with its parents; those that are new belong to `owner`."""
    if place.is_dir():
        return
    make_folders(place.parent, owner)
    place.mkdir()
    os.chown(place, *(owner or (0, 0)))


def user(root, text):
    """Returns uid and gid of `user[:group]`, looked up in the image."""
    name, _, group = text.partition(":")
    uid, gid = lookup(root, "etc/passwd", name)
    if group:
        gid = lookup(root, "etc/group", group)[0]
    return uid, gid


def lookup(root, file, name):
    """Returns the two numbers of a line of passwd or group; a number that is in no line stands for itself."""
    path = inside(root, file)
    lines = path.read_text().splitlines() if path.is_file() else []
    for fields in (line.split(":") for line in lines):
        if len(fields) > 3 and name in (fields[0], fields[2]):
            return int(fields[2]), int(fields[3] or 0) if file.endswith("passwd") else 0
    if name.isdigit():
        return int(name), 0
    raise PluginError(f"`{name}` is not in the image's /{file}")


def run(root, command, env, workdir, who):
    """Runs `command` inside the image with its network set up; returns the exit code."""
    uid, gid = user(root, who) if who else (0, 0)
    make_folders(inside(root, workdir))

    def enter():
        os.chroot(root)
        os.chdir(workdir)
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)

    with Borrowed(root):
        try:
            return subprocess.run(command, env={"PATH": DEFAULT_PATH, "HOME": "/root", **env}, preexec_fn=enter).returncode
        except FileNotFoundError:
            raise PluginError(f"`{command[0]}` is not in the image") from None
        except (OSError, subprocess.SubprocessError) as error:
            raise PluginError(f"cannot run `{command[0]}` in the image: {error}") from error


class Borrowed:
    """Devices and network files that a program needs and the image must not keep."""

    def __init__(self, root):
        self.root = root
        self.undo = []

    def __enter__(self):
        for folder in ("dev", "etc"):
            place = inside(self.root, folder)
            if place.is_dir():
                self.undo.append(self.restore_times(place))
            else:
                place.mkdir()
                self.undo.append(place.rmdir)
        for name, numbers in DEVICES.items():
            place = inside(self.root, "dev") / name
            if not place.exists():
                os.mknod(place, stat.S_IFCHR | 0o666, os.makedev(*numbers))
                place.chmod(0o666)
                self.undo.append(place.unlink)
        for name in FROM_OURSELVES:
            self.borrow(self.root / name, Path("/", name))
        return self

    def borrow(self, place, ours):
        if not ours.is_file():
            return
        if place.is_symlink() or place.exists():
            kept = place.with_name(f".{place.name}.kept")
            place.rename(kept)
            self.undo.append(lambda: kept.rename(place))
        else:
            self.undo.append(place.unlink)
        shutil.copyfile(ours, place)

    @staticmethod
    def restore_times(place):
        before = place.stat()
        return lambda: os.utime(place, ns=(before.st_atime_ns, before.st_mtime_ns))

    def __exit__(self, *_):
        for undo in reversed(self.undo):
            undo()
