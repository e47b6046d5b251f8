"""Which variable reaches which plugin."""

import unittest

from standin.errors import PluginError
from standin.settings import read


def settings(contract="kaniko-ecr", **env):
    return read({"CIRUN_STANDIN": contract, **env})


class Variables(unittest.TestCase):
    def test_defaults(self):
        found = settings()
        self.assertEqual((found.tags, found.region, found.dockerfile), (["latest"], "us-east-1", "Dockerfile"))

    def test_only_some_plugins_read_a_variable(self):
        self.assertEqual(settings(PLUGIN_TAG="1").tags, ["latest"])
        self.assertEqual(settings("ecr", PLUGIN_TAG="1").tags, ["1"])
        self.assertEqual(settings(AWS_REGION="eu-west-1").region, "us-east-1")
        self.assertEqual(settings("buildx-ecr", AWS_REGION="eu-west-1").region, "eu-west-1")
        self.assertFalse(settings("ecr", PLUGIN_NO_PUSH="true").no_push)
        self.assertTrue(settings("ecr", PLUGIN_DRY_RUN="true").no_push)

    def test_what_is_not_read_is_named(self):
        self.assertEqual(settings(PLUGIN_SNAPSHOT_MODE="redo", PLUGIN_REPO="shop").ignored, ["PLUGIN_SNAPSHOT_MODE"])

    def test_build_args_with_commas_need_the_newer_variable(self):
        both = {"PLUGIN_BUILD_ARGS": "A=1,B=2", "PLUGIN_BUILD_ARGS_NEW": "A=1,5;B=2"}
        self.assertEqual(settings(**both).build_args, {"A": "1", "B": "2"})
        self.assertEqual(settings(**both, PLUGIN_MULTIPLE_BUILD_ARGS="true").build_args, {"A": "1,5", "B": "2"})

    def test_the_registry_stands_before_the_repository_once(self):
        env = {"PLUGIN_REGISTRY": "r.example", "PLUGIN_REPO": "r.example/shop"}
        self.assertEqual(settings("ecr", **env).repository, "shop")
        self.assertEqual(settings(**env).repository, "r.example/shop")

    def test_the_stage_to_build_is_no_registry(self):
        found = settings("gar", PLUGIN_TARGET="final", PLUGIN_REGISTRY="us-docker.pkg.dev/team", PLUGIN_REPO="shop")
        self.assertEqual((found.target, found.family, found.image), ("final", "gar", "us-docker.pkg.dev/team/shop"))

    def test_docker_pushes_the_name_that_it_got(self):
        found = settings("kaniko", PLUGIN_REGISTRY="https://quay.io", PLUGIN_REPO="team/shop", PLUGIN_USERNAME="robot")
        self.assertEqual((found.image, found.username, found.base_username), ("team/shop", "robot", ""))

    def test_a_flag_that_is_none(self):
        with self.assertRaisesRegex(PluginError, "no_push must be true or false"):
            settings(PLUGIN_NO_PUSH="yes")
