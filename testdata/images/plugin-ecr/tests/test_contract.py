"""What was measured of the real plugins beside their logins (`test_login.py`), a row for each fact.

A new measurement is a new row: the plugins that it holds for, the variables given, what to look at, and what is seen there.
"""

import contextlib
import os
import tempfile
import unittest
from pathlib import Path

from standin import buildkit, output
from standin.build import build
from standin.errors import PluginError
from standin.settings import read

DIGEST = f"sha256:{'a' * 64}"
HOST = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
ALL = ("kaniko-ecr", "buildx-ecr", "ecr")
DAEMONS = ("buildx-ecr", "ecr")
PUSH = {"PLUGIN_REGISTRY": HOST, "PLUGIN_REPO": "shop", "PLUGIN_TAGS": "1"}
CACHE = {"PLUGIN_CACHE_TO": f"type=registry,ref={HOST}/shop:cache"}
APART = {"PLUGIN_BUILDER_DRIVER_OPTS_NEW": "image=harness/buildkit:1.0.1;network=host"}


def outputs(settings, _):
    """The file of output variables after a push."""
    output.write(settings, DIGEST, "", lambda _: None)
    return Path("output").read_text()


def artifact(settings, _):
    """Whether the artifact file has the digest."""
    output.write(settings, DIGEST, "", lambda _: None)
    return DIGEST in Path("artifact").read_text()


def arguments(settings, _):
    return settings.build_args


def labels(settings, _):
    return settings.labels


def pulls(settings, _):
    """Whether the base image is asked of its registry although the engine has it."""
    return settings.pull_image


def dockerfile(settings, _):
    """What building says where the Dockerfile is in the context alone."""
    Path("app").mkdir()
    Path("app/Dockerfile").write_text("FROM scratch")
    return build(settings, None, None, None)


def apart(settings, folder):
    """What BuildKit says in a container of its own."""
    Path("ca.pem").touch()
    Path("buildkitd.toml").write_text(f'[registry."{HOST}"]\nca = ["{folder}/ca.pem"]\n')
    Path("other.toml").write_text(f'[registry."other.example"]\nca = ["{folder}/ca.pem"]\n')
    return buildkit.check(settings)


# (the fact, the plugins, the variables, what to look at, what is seen: a value, or the words of the failure)
FACTS = [
    ("kaniko writes the digest to DRONE_OUTPUT", ("kaniko-ecr",), {}, outputs, f'digest="{DIGEST}"\n'),
    ("the plugins with a daemon write no DRONE_OUTPUT", DAEMONS, {}, outputs, ""),
    ("all write the artifact file", ALL, {}, artifact, True),
    (
        "a `;` in a build argument cuts it", ALL,
        {"PLUGIN_MULTIPLE_BUILD_ARGS": "true", "PLUGIN_BUILD_ARGS_NEW": "A=1;2;B=3"},
        arguments, {"A": "1", "2": "", "B": "3"},
    ),
    (
        "a `,` in a build argument stays whole", ALL,
        {"PLUGIN_MULTIPLE_BUILD_ARGS": "true", "PLUGIN_BUILD_ARGS": "A=1,2", "PLUGIN_BUILD_ARGS_NEW": "A=1,2"},
        arguments, {"A": "1,2"},
    ),
    ("a `,` in a label splits it", DAEMONS, {"PLUGIN_CUSTOM_LABELS": "a=1,2"}, labels, {"a": "1", "2": ""}),
    ("a `,` in a label fails kaniko's build", ("kaniko-ecr",), {"PLUGIN_CUSTOM_LABELS": "a=1,2"}, labels, PluginError("--label")),
    (
        "`dockerfile` is not resolved against `context`", ALL, {"PLUGIN_CONTEXT": "app"},
        dockerfile, PluginError("no Dockerfile at Dockerfile"),
    ),
    ("FROM is always asked of the registry", DAEMONS, {}, pulls, True),
    ("PLUGIN_PULL_IMAGE=false stops that", DAEMONS, {"PLUGIN_PULL_IMAGE": "false"}, pulls, False),
    ("without `cacheTo` buildx builds in the engine", ("buildx-ecr",), {}, apart, None),
    ("`cacheTo` leaves the stage's names", ("buildx-ecr",), CACHE, apart, PluginError("no such host")),
    ("`cacheTo` leaves the stage's certificates", ("buildx-ecr",), CACHE | APART, apart, PluginError("x509")),
    (
        "the file of certificates is by registry", ("buildx-ecr",),
        CACHE | APART | {"PLUGIN_BUILDER_CONFIG": "other.toml"}, apart, PluginError("x509"),
    ),
    (
        "network=host and the file of certificates lead back", ("buildx-ecr",),
        CACHE | APART | {"PLUGIN_BUILDER_CONFIG": "buildkitd.toml"}, apart, None,
    ),
    ("only buildx writes caches", ("ecr", "kaniko-ecr"), CACHE, apart, None),
]


class Contract(unittest.TestCase):
    def test_every_fact(self):
        for fact, plugins, variables, look, seen in FACTS:
            for plugin in plugins:
                with self.subTest(f"{plugin}: {fact}"), folder() as path:
                    files = {"DRONE_OUTPUT": f"{path}/output", "PLUGIN_ARTIFACT_FILE": f"{path}/artifact"}
                    Path("output").touch()
                    env = {"CIRUN_STANDIN": plugin, **PUSH, **files, **variables}
                    if isinstance(seen, PluginError):
                        with self.assertRaisesRegex(PluginError, str(seen)):
                            look(read(env), path)
                    else:
                        self.assertEqual(look(read(env), path), seen)


@contextlib.contextmanager
def folder():
    """A new working folder."""
    before = os.getcwd()
    with tempfile.TemporaryDirectory() as path:
        os.chdir(path)
        try:
            yield path
        finally:
            os.chdir(before)
