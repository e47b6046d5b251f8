"""Paths of an image and of a build context."""

import tempfile
import unittest
from pathlib import Path

from standin import rootfs
from standin.errors import PluginError


class Paths(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name).resolve()

    def file(self, path, text=""):
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)

    def test_links_stay_inside(self):
        (self.root / "usr/bin").mkdir(parents=True)
        (self.root / "bin").symlink_to("usr/bin")
        (self.root / "up").symlink_to("../../../etc")
        (self.root / "absolute").symlink_to("/usr")
        for path, place in {"/bin/sh": "usr/bin/sh", "up/x": "etc/x", "/absolute/bin": "usr/bin", "../../a": "a"}.items():
            self.assertEqual(rootfs.inside(self.root, path), self.root / place)

    def test_a_ring_of_links(self):
        (self.root / "a").symlink_to("b")
        (self.root / "b").symlink_to("a")
        with self.assertRaisesRegex(PluginError, "too many links"):
            rootfs.inside(self.root, "/a")

    def test_sources(self):
        for name in ("a.txt", "b.txt", "sub/c", ".hidden"):
            self.file(name)
        self.assertEqual(rootfs.sources(self.root, ["*.txt", "./sub/"]), ["a.txt", "b.txt", "sub"])
        self.assertEqual(rootfs.sources(self.root, ["../../sub/c"]), ["sub/c"])
        with self.assertRaisesRegex(PluginError, "`x`: no such file or folder"):
            rootfs.sources(self.root, ["x"])

    def test_dockerignore(self):
        self.file(".dockerignore", "# c\n*.tmp\nsub\n!sub/keep\n**/deep\n")
        ignore = rootfs.Ignore(self.root)
        left_out = [path for path in ("a.tmp", "a", "sub/x", "sub/keep", "x/deep", "deep") if ignore.matches(path)]
        self.assertEqual(left_out, ["a.tmp", "sub/x", "x/deep", "deep"])

    def test_users(self):
        self.file("etc/passwd", "root:x:0:0:::\nweb:x:33:34:::\n")
        self.file("etc/group", "staff:x:50:\n")
        users = {"web": (33, 34), "web:staff": (33, 50), "33": (33, 34), "1000:2": (1000, 2)}
        for text, numbers in users.items():
            self.assertEqual(rootfs.user(self.root, text), numbers)
        with self.assertRaisesRegex(PluginError, "`nobody` is not in the image's /etc/passwd"):
            rootfs.user(self.root, "nobody")
