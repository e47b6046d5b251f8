"""How each plugin comes to the registry's password: the reference's page ecr, one function per flow.

A login answers `auth(host)` with (user, password), or with None where the plugin would go on without.
"""

import base64
import re

from . import credentials, elsewhere
from .aws import Credentials
from .errors import AwsError, PluginError
from .settings import ECR, KANIKO

ECR_HOST = re.compile(r"^(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?(?::\d+)?$")
KANIKO_OIDC_SESSION = "kaniko-ecr-oidc"
KANIKO_OIDC_SECONDS = 3600


class FileLogin:
    """Passwords that were fetched once and written down, by host."""

    def __init__(self, entries):
        self.entries = entries

    def auth(self, host):
        return self.entries.get(host)


class HelperLogin:
    """kaniko's built-in ECR helper: asks for a new token each time, and only for hosts that look like ECR's."""

    def __init__(self, settings, env, aws, entries):
        self.settings = settings
        self.env = env
        self.aws = aws
        self.entries = entries
        self.found = None

    def auth(self, host):
        match = ECR_HOST.match(host)
        if host in self.entries or not match:
            return self.entries.get(host)
        account, region = match.groups()
        try:
            # Version 2 of the SDK exchanges a web identity in the region.
            sts = credentials.regional_sts(self.env.get("AWS_REGION") or self.settings.region)
            self.found = self.found or credentials.find(self.env, self.aws, sts)
            if self.found is None:
                self.aws.say("no AWS credentials: neither keys, nor a web identity, nor an instance role")
                return None
            answer = self.aws.ecr(region, "GetAuthorizationToken", {"registryIds": [account]}, self.found)
        except AwsError as error:
            # The helper's failure is not the end: the registry refuses the request that follows.
            self.aws.say(f"error: {error}")
            return None
        return password(answer)[:2]


def log_in(settings, env, aws):
    """Does what the plugin does before the build; returns the login for registries."""
    if not settings.registry and settings.builder == KANIKO and not settings.no_push:
        raise PluginError("registry must be specified (PLUGIN_REGISTRY)")
    if not settings.repo and not settings.no_push:
        raise PluginError("repo must be specified (PLUGIN_REPO)")
    entries = {}
    if settings.base_registry:
        host = settings.base_registry.split("://")[-1].split("/")[0]
        entries[host] = (settings.base_username, settings.base_password)
    if settings.family != ECR:
        return FileLogin(entries | ({} if settings.no_push else elsewhere.entry(settings, env)))
    return (kaniko if settings.builder == KANIKO else docker)(settings, env, aws, entries)


def kaniko(settings, env, aws, entries):
    env = dict(env)
    if settings.assume_role and settings.oidc_token:
        session = aws.assume_role_with_web_identity(
            credentials.legacy_sts(env), settings.assume_role, KANIKO_OIDC_SESSION, settings.oidc_token, KANIKO_OIDC_SECONDS
        )
        export(env, session)
        login = HelperLogin(settings, env, aws, entries)
    elif settings.assume_role:
        # PLUGIN_ACCESS_KEY and PLUGIN_SECRET_KEY are not looked at here.
        answer = aws.ecr(settings.region, "GetAuthorizationToken", {}, kaniko_role(settings, env, aws))
        user, secret, endpoint = password(answer)
        login = FileLogin({**entries, endpoint: (user, secret)})
    else:
        if settings.access_key and settings.secret_key:
            export(env, Credentials(settings.access_key, settings.secret_key, env.get("AWS_SESSION_TOKEN", "")))
        login = HelperLogin(settings, env, aws, entries)
    if settings.create_repository and not settings.no_push:
        create_repository(settings, aws, control_credentials(settings, env, aws))
    for operation, request in policies(settings):
        aws.ecr(settings.region, operation, request, control_credentials(settings, env, aws))
    return login


def kaniko_role(settings, env, aws):
    """Returns the role's credentials, assumed with the default chain."""
    own = credentials.find(env, aws, credentials.legacy_sts(env))
    if own is None:
        raise PluginError("failed to get ECR auth: no basic auth credentials: NoCredentialProviders: no valid providers in chain")
    return aws.assume_role(
        own, credentials.legacy_sts(env), settings.assume_role, credentials.session_name(), settings.external_id
    )


def control_credentials(settings, env, aws):
    """Returns the credentials for repositories and policies: with a role it is assumed once more."""
    if settings.assume_role:
        return kaniko_role(settings, env, aws)
    sts = credentials.regional_sts(env.get("AWS_REGION") or settings.region)
    return needed(credentials.find(env, aws, sts))


def docker(settings, env, aws, entries):
    """plugins/ecr and plugins/buildx-ecr: always a token, from a role if there is one, with the plugin's keys."""
    env = dict(env)
    if settings.access_key and settings.secret_key:
        export(env, Credentials(settings.access_key, settings.secret_key, env.get("AWS_SESSION_TOKEN", "")))
    sts = credentials.regional_sts(settings.region)
    if settings.assume_role and settings.oidc_token:
        session = aws.assume_role_with_web_identity(
            sts, settings.assume_role, credentials.session_name(), settings.oidc_token
        )
    elif settings.assume_role:
        own = needed(credentials.find(env, aws, sts))
        session = aws.assume_role(own, sts, settings.assume_role, credentials.session_name(), settings.external_id)
    else:
        session = needed(credentials.find(env, aws, sts))
    user, secret, endpoint = password(aws.ecr(settings.region, "GetAuthorizationToken", {}, session))
    settings.values["registry"] = settings.registry or endpoint
    if settings.username:
        # Variables for the base image's registry that these plugins take for the push.
        user, secret = settings.username, settings.password
    if settings.create_repository and not settings.no_push:
        create_repository(settings, aws, session)
        if settings.scan_on_push:
            scan = {"repositoryName": settings.repository, "imageScanningConfiguration": {"scanOnPush": True}}
            aws.ecr(settings.region, "PutImageScanningConfiguration", scan, session)
    for operation, request in policies(settings):
        aws.ecr(settings.region, operation, request, session)
    return FileLogin({**entries, settings.registry: (user, secret)})


def create_repository(settings, aws, own):
    try:
        aws.ecr(settings.region, "CreateRepository", {"repositoryName": settings.repository}, own)
    except AwsError as error:
        if error.code != "RepositoryAlreadyExistsException":
            raise


def policies(settings):
    """Yields the ECR calls for the policy files that are set."""
    files = [
        ("PutLifecyclePolicy", "lifecyclePolicyText", settings.lifecycle_policy),
        ("SetRepositoryPolicy", "policyText", settings.repository_policy),
    ]
    for operation, name, path in files:
        if path:
            try:
                with open(path, encoding="utf-8") as file:
                    yield operation, {"repositoryName": settings.repository, name: file.read()}
            except OSError as error:
                raise PluginError(f"{operation}: {error}") from error


def needed(found):
    if found is None:
        raise PluginError("NoCredentialProviders: no valid providers in chain")
    return found


def export(env, own):
    """Sets the credentials in `env`, as the plugins do for the programs that they start."""
    env.update(AWS_ACCESS_KEY_ID=own.access_key, AWS_SECRET_ACCESS_KEY=own.secret_key, AWS_SESSION_TOKEN=own.token)


def password(answer):
    """Returns user, password and host of a GetAuthorizationToken answer."""
    data = answer["authorizationData"][0]
    # The plugins split at every colon: a password with a colon is cut there too.
    user, secret = base64.b64decode(data["authorizationToken"]).decode().split(":")[:2]
    return user, secret, data["proxyEndpoint"].removeprefix("https://")
