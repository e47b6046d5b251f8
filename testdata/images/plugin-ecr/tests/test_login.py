"""The calls of each flow (ecr.flows-measured): variables given, calls made, credentials used."""

import base64
import json
import re
import tempfile
import unittest
import urllib.parse

from standin.aws import Aws
from standin.errors import PluginError
from standin.login import log_in
from standin.settings import read

REGISTRY = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
KEYS = {"PLUGIN_ACCESS_KEY": "AKIAPLUGIN", "PLUGIN_SECRET_KEY": "s"}
ENV_KEYS = {"AWS_ACCESS_KEY_ID": "AKIAENV", "AWS_SECRET_ACCESS_KEY": "s"}
ROLE = {"PLUGIN_ASSUME_ROLE": "arn:aws:iam::123456789012:role/push"}
OIDC = {"PLUGIN_OIDC_TOKEN_ID": "a.b.c"}
CREATE = {"PLUGIN_CREATE_REPOSITORY": "true"}

STS, STS_REGION, ECR = "sts.amazonaws.com", "sts.us-east-1.amazonaws.com", "api.ecr.us-east-1.amazonaws.com"
TOKEN = f"{ECR} GetAuthorizationToken"


class FakeAws:
    """Answers every call and writes down `host operation by=KEY`; a role's key is named after the operation."""

    def __init__(self):
        self.calls = []
        self.fields = []

    def __call__(self, host, headers, body):
        key = re.search(r"Credential=(\w+)/", headers.get("Authorization", ""))
        by = key[1] if key else "nobody"
        if host.startswith("sts."):
            fields = dict(urllib.parse.parse_qsl(body.decode()))
            operation = fields["Action"]
        else:
            fields, operation = json.loads(body), headers["X-Amz-Target"].partition(".")[2]
        self.calls.append(f"{host} {operation} by {by}")
        self.fields.append(fields)
        return 200, self.sts(operation) if host.startswith("sts.") else self.ecr(host)

    @staticmethod
    def sts(operation):
        tags = {"AccessKeyId": operation, "SecretAccessKey": "s", "SessionToken": "t"}
        return "<a xmlns='x'>" + "".join(f"<{name}>{text}</{name}>" for name, text in tags.items()) + "</a>"

    @staticmethod
    def ecr(host):
        token = base64.b64encode(b"AWS:password").decode()
        endpoint = "https://" + host.replace("api.", "123456789012.dkr.")
        return json.dumps({"authorizationData": [{"authorizationToken": token, "proxyEndpoint": endpoint}]})


def run(contract, *parts, registry=REGISTRY):
    """Logs in and asks for the registry's password as a check and a push would; returns the fake and the password."""
    env = {"CIRUN_STANDIN": contract, "PLUGIN_REGISTRY": registry, "PLUGIN_REPO": "shop", "AWS_EC2_METADATA_DISABLED": "true"}
    for part in parts:
        env |= part
    fake = FakeAws()
    login = log_in(read(env), env, Aws(fake, lambda text: None))
    login.auth(registry)
    return fake, login.auth(registry)


class Kaniko(unittest.TestCase):
    def calls(self, *parts, **options):
        fake, auth = run("kaniko-ecr", *parts, **options)
        self.assertEqual(auth, ("AWS", "password"))
        return fake.calls

    def test_static_keys(self):
        self.assertEqual(self.calls(KEYS), [f"{TOKEN} by AKIAPLUGIN"] * 2)

    def test_role_with_plugin_keys_finds_no_credentials(self):
        with self.assertRaisesRegex(PluginError, "NoCredentialProviders"):
            run("kaniko-ecr", ROLE, KEYS)

    def test_role_with_keys_of_the_environment(self):
        fake, _ = run("kaniko-ecr", ROLE, ENV_KEYS, {"PLUGIN_EXTERNAL_ID": "ext"})
        self.assertEqual(fake.calls, [f"{STS} AssumeRole by AKIAENV", f"{TOKEN} by AssumeRole"])
        self.assertEqual(fake.fields[0]["DurationSeconds"], "900")
        self.assertEqual(fake.fields[0]["ExternalId"], "ext")

    def test_role_with_oidc_ignores_keys(self):
        expected = [f"{STS} AssumeRoleWithWebIdentity by nobody", *[f"{TOKEN} by AssumeRoleWithWebIdentity"] * 2]
        self.assertEqual(self.calls(ROLE, OIDC), expected)
        fake, _ = run("kaniko-ecr", ROLE, OIDC, KEYS)
        self.assertEqual(fake.calls, expected)
        self.assertEqual(fake.fields[0]["RoleSessionName"], "kaniko-ecr-oidc")
        self.assertEqual(fake.fields[0]["DurationSeconds"], "3600")

    def test_oidc_without_a_role_is_ignored(self):
        self.assertEqual(self.calls(OIDC, KEYS), [f"{TOKEN} by AKIAPLUGIN"] * 2)

    def test_web_identity_of_the_pod(self):
        with tempfile.NamedTemporaryFile("w") as file:
            file.write("token")
            file.flush()
            pod = {"AWS_WEB_IDENTITY_TOKEN_FILE": file.name, "AWS_ROLE_ARN": "arn", "AWS_REGION": "us-east-1"}
            identity = "AssumeRoleWithWebIdentity"
            self.assertEqual(
                self.calls(pod), [f"{STS_REGION} {identity} by nobody", *[f"{TOKEN} by {identity}"] * 2]
            )
            self.assertEqual(
                self.calls(pod, ROLE),
                [f"{STS} {identity} by nobody", f"{STS} AssumeRole by {identity}", f"{TOKEN} by AssumeRole"],
            )

    def test_no_credentials_goes_on_without_a_password(self):
        fake, auth = run("kaniko-ecr")
        self.assertEqual((fake.calls, auth), ([], None))

    def test_create_repository(self):
        create = f"{ECR} CreateRepository"
        self.assertEqual(self.calls(KEYS, CREATE)[0], f"{create} by AKIAPLUGIN")
        self.assertEqual(
            self.calls(ROLE, ENV_KEYS, CREATE),
            [
                f"{STS} AssumeRole by AKIAENV",
                f"{TOKEN} by AssumeRole",
                f"{STS} AssumeRole by AKIAENV",
                f"{create} by AssumeRole",
            ],
        )
        self.assertEqual(
            self.calls(ROLE, OIDC, CREATE)[:3],
            [
                f"{STS} AssumeRoleWithWebIdentity by nobody",
                f"{STS} AssumeRole by AssumeRoleWithWebIdentity",
                f"{create} by AssumeRole",
            ],
        )

    def test_another_region_keeps_the_global_sts(self):
        registry = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
        calls = self.calls(ROLE, ENV_KEYS, {"PLUGIN_REGION": "eu-west-1"}, registry=registry)
        self.assertEqual(
            calls,
            [f"{STS} AssumeRole by AKIAENV", "api.ecr.eu-west-1.amazonaws.com GetAuthorizationToken by AssumeRole"],
        )
        # With keys the region is that of the registry's name.
        self.assertEqual(
            self.calls(KEYS, registry=registry),
            ["api.ecr.eu-west-1.amazonaws.com GetAuthorizationToken by AKIAPLUGIN"] * 2,
        )

    def test_regional_sts_on_request(self):
        regional = {"AWS_STS_REGIONAL_ENDPOINTS": "regional", "AWS_REGION": "us-east-1"}
        self.assertEqual(self.calls(ROLE, ENV_KEYS, regional)[0], f"{STS_REGION} AssumeRole by AKIAENV")

    def test_a_plain_registry_gets_no_token(self):
        fake, auth = run("kaniko-ecr", KEYS, registry="registry:5000")
        self.assertEqual((fake.calls, auth), ([], None))


class Docker(unittest.TestCase):
    def test_both_plugins_make_the_same_calls(self):
        cases = [
            ((KEYS,), [f"{TOKEN} by AKIAPLUGIN"]),
            ((KEYS, ROLE), [f"{STS_REGION} AssumeRole by AKIAPLUGIN", f"{TOKEN} by AssumeRole"]),
            (
                (ROLE, OIDC),
                [f"{STS_REGION} AssumeRoleWithWebIdentity by nobody", f"{TOKEN} by AssumeRoleWithWebIdentity"],
            ),
            ((KEYS, CREATE), [f"{TOKEN} by AKIAPLUGIN", f"{ECR} CreateRepository by AKIAPLUGIN"]),
        ]
        for contract in ("ecr", "buildx-ecr"):
            for parts, calls in cases:
                with self.subTest(contract=contract, calls=calls):
                    fake, auth = run(contract, *parts)
                    self.assertEqual((fake.calls, auth), (calls, ("AWS", "password")))

    def test_no_credentials_is_the_end(self):
        with self.assertRaisesRegex(PluginError, "NoCredentialProviders"):
            run("ecr")

    def test_user_and_password_beat_the_token(self):
        _, auth = run("ecr", KEYS, {"PLUGIN_USERNAME": "u", "PLUGIN_PASSWORD": "p"})
        self.assertEqual(auth, ("u", "p"))
