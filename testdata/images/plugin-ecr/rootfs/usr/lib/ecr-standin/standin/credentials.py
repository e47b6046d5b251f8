"""The default credential chain of the AWS SDKs: environment, web identity, container, instance."""

import json
import time
import urllib.error
import urllib.request
from pathlib import Path

from .aws import STS_GLOBAL, Credentials
from .errors import PluginError

CONTAINER_HOST = "http://169.254.170.2"
INSTANCE_HOST = "http://169.254.169.254"
# A link-local service answers at once or never.
LOCAL_TIMEOUT_S = 1


def regional_sts(region):
    """Returns the host of a region's own STS."""
    return f"sts.{region}.amazonaws.com"


def legacy_sts(env):
    """Returns the STS host that version 1 of the SDK uses (ecr.sts-host)."""
    regional = env.get("AWS_STS_REGIONAL_ENDPOINTS") == "regional" and env.get("AWS_REGION")
    return regional_sts(env["AWS_REGION"]) if regional else STS_GLOBAL


def session_name():
    """Returns a session name as the SDK makes it up."""
    return str(time.time_ns())


def find(env, aws, sts_host):
    """Returns the first credentials of the chain, or None; a web identity is exchanged at `sts_host`."""
    return from_environment(env) or from_web_identity(env, aws, sts_host) or from_container(env) or from_instance(env)


def from_environment(env):
    if env.get("AWS_ACCESS_KEY_ID") and env.get("AWS_SECRET_ACCESS_KEY"):
        return Credentials(env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"], env.get("AWS_SESSION_TOKEN", ""))
    return None


def from_web_identity(env, aws, sts_host):
    file, role = env.get("AWS_WEB_IDENTITY_TOKEN_FILE"), env.get("AWS_ROLE_ARN")
    if not file or not role:
        return None
    try:
        token = Path(file).read_text().strip()
    except OSError as error:
        raise PluginError(f"AWS_WEB_IDENTITY_TOKEN_FILE: {error}") from error
    session = env.get("AWS_ROLE_SESSION_NAME") or session_name()
    return aws.assume_role_with_web_identity(sts_host, role, session, token)


def from_container(env):
    address = env.get("AWS_CONTAINER_CREDENTIALS_FULL_URI")
    relative = env.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
    if not address and not relative:
        return None
    headers = {}
    if env.get("AWS_CONTAINER_AUTHORIZATION_TOKEN"):
        headers["Authorization"] = env["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
    text = local("GET", address or CONTAINER_HOST + relative, headers)
    if text is None:
        raise PluginError("the container's credential service does not answer")
    return parse(text)


def from_instance(env):
    if env.get("AWS_EC2_METADATA_DISABLED", "").lower() == "true":
        return None
    token = local("PUT", f"{INSTANCE_HOST}/latest/api/token", {"X-aws-ec2-metadata-token-ttl-seconds": "300"})
    if token is None:
        return None
    headers = {"X-aws-ec2-metadata-token": token}
    roles = f"{INSTANCE_HOST}/latest/meta-data/iam/security-credentials/"
    role = local("GET", roles, headers)
    text = role and local("GET", roles + role.strip(), headers)
    return parse(text) if text else None


def local(method, address, headers):
    """Returns the answer of a service of this machine, None if there is none."""
    request = urllib.request.Request(address, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=LOCAL_TIMEOUT_S) as answer:
            return answer.read().decode()
    except (urllib.error.URLError, OSError):
        return None


def parse(text):
    answer = json.loads(text)
    return Credentials(answer["AccessKeyId"], answer["SecretAccessKey"], answer.get("Token", ""))
