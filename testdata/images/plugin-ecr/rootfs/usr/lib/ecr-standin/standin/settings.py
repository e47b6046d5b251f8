"""PLUGIN_* variables as settings, as the plugins read them (ecr.readers).

A variable that a plugin does not read must have no effect here either.
"""

from dataclasses import dataclass, field
from pathlib import Path

from .errors import PluginError

KANIKO, BUILDX, DOCKER = "kaniko", "buildx", "docker"
BUILDERS = (KANIKO, BUILDX, DOCKER)
ECR, REGISTRY, GAR, GCR, ACR = "ecr", "docker", "gar", "gcr", "acr"
# Each plugin by its name: what builds, and what it pushes to.
CONTRACTS = {
    "kaniko": (KANIKO, REGISTRY), "buildx": (BUILDX, REGISTRY), "docker": (DOCKER, REGISTRY),
} | {
    f"{prefix}{target}": (builder, target)
    for target in (ECR, GAR, GCR, ACR)
    for prefix, builder in (("kaniko-", KANIKO), ("buildx-", BUILDX), ("", DOCKER))
}
DOCKER_HUB = "https://index.docker.io/v1/"

REGION = "PLUGIN_REGION ECR_REGION AWS_REGION"
ACCESS_KEY = "PLUGIN_ACCESS_KEY ECR_ACCESS_KEY AWS_ACCESS_KEY_ID"
SECRET_KEY = "PLUGIN_SECRET_KEY ECR_SECRET_KEY AWS_SECRET_ACCESS_KEY"
CREATE = "PLUGIN_CREATE_REPOSITORY ECR_CREATE_REPOSITORY"
BASE_REGISTRY = "PLUGIN_DOCKER_REGISTRY PLUGIN_BASE_IMAGE_REGISTRY DOCKER_REGISTRY"
BASE_USERNAME = "PLUGIN_DOCKER_USERNAME PLUGIN_BASE_IMAGE_USERNAME"
BASE_PASSWORD = "PLUGIN_DOCKER_PASSWORD PLUGIN_BASE_IMAGE_PASSWORD"

# setting: variables that the plugins read with kaniko, buildx and docker, the first that is set counts.
VARIABLES = {
    "registry": ("PLUGIN_REGISTRY", "PLUGIN_REGISTRY", "PLUGIN_REGISTRY"),
    "repo": ("PLUGIN_REPO", "PLUGIN_REPO", "PLUGIN_REPO"),
    "tags": ("PLUGIN_TAGS", "PLUGIN_TAGS PLUGIN_TAG", "PLUGIN_TAGS PLUGIN_TAG"),
    "region": ("PLUGIN_REGION", REGION, REGION),
    "access_key": ("PLUGIN_ACCESS_KEY", ACCESS_KEY, ACCESS_KEY),
    "secret_key": ("PLUGIN_SECRET_KEY", SECRET_KEY, SECRET_KEY),
    "assume_role": ("PLUGIN_ASSUME_ROLE", "PLUGIN_ASSUME_ROLE", "PLUGIN_ASSUME_ROLE"),
    "external_id": ("PLUGIN_EXTERNAL_ID", "PLUGIN_EXTERNAL_ID", "PLUGIN_EXTERNAL_ID"),
    "oidc_token": ("PLUGIN_OIDC_TOKEN_ID", "PLUGIN_OIDC_TOKEN_ID", "PLUGIN_OIDC_TOKEN_ID"),
    "create_repository": ("PLUGIN_CREATE_REPOSITORY", CREATE, CREATE),
    "scan_on_push": ("", "PLUGIN_SCAN_ON_PUSH", "PLUGIN_SCAN_ON_PUSH"),
    "lifecycle_policy": ("PLUGIN_LIFECYCLE_POLICY", "PLUGIN_LIFECYCLE_POLICY", "PLUGIN_LIFECYCLE_POLICY"),
    "repository_policy": ("PLUGIN_REPOSITORY_POLICY", "PLUGIN_REPOSITORY_POLICY", "PLUGIN_REPOSITORY_POLICY"),
    "dockerfile": ("PLUGIN_DOCKERFILE", "PLUGIN_DOCKERFILE", "PLUGIN_DOCKERFILE"),
    "context": ("PLUGIN_CONTEXT", "PLUGIN_CONTEXT", "PLUGIN_CONTEXT"),
    "target": ("PLUGIN_TARGET", "PLUGIN_TARGET", "PLUGIN_TARGET"),
    "build_args": ("PLUGIN_BUILD_ARGS", "PLUGIN_BUILD_ARGS", "PLUGIN_BUILD_ARGS"),
    "build_args_new": ("PLUGIN_BUILD_ARGS_NEW", "PLUGIN_BUILD_ARGS_NEW", "PLUGIN_BUILD_ARGS_NEW"),
    "multiple_build_args": ("PLUGIN_MULTIPLE_BUILD_ARGS", "PLUGIN_MULTIPLE_BUILD_ARGS", "PLUGIN_MULTIPLE_BUILD_ARGS"),
    "labels": ("PLUGIN_CUSTOM_LABELS", "PLUGIN_CUSTOM_LABELS", "PLUGIN_CUSTOM_LABELS"),
    "no_push": ("PLUGIN_NO_PUSH", "PLUGIN_NO_PUSH PLUGIN_DRY_RUN", "PLUGIN_DRY_RUN"),
    "push_only": ("PLUGIN_PUSH_ONLY", "PLUGIN_PUSH_ONLY", ""),
    "tar_path": ("PLUGIN_TAR_PATH PLUGIN_DESTINATION_TAR_PATH", "PLUGIN_TAR_PATH PLUGIN_DESTINATION_TAR_PATH", ""),
    "source_tar_path": ("PLUGIN_SOURCE_TAR_PATH", "PLUGIN_SOURCE_TAR_PATH", ""),
    "insecure": ("PLUGIN_INSECURE", "PLUGIN_INSECURE", "PLUGIN_INSECURE"),
    "skip_permission_check": ("PLUGIN_SKIP_PUSH_PERMISSION_CHECK", "", ""),
    "base_registry": (BASE_REGISTRY, BASE_REGISTRY, BASE_REGISTRY),
    "base_username": (f"PLUGIN_USERNAME {BASE_USERNAME} DOCKER_USERNAME", BASE_USERNAME, BASE_USERNAME),
    "base_password": (f"PLUGIN_PASSWORD {BASE_PASSWORD} DOCKER_PASSWORD", BASE_PASSWORD, BASE_PASSWORD),
    "username": ("", "PLUGIN_USERNAME DOCKER_USERNAME", "PLUGIN_USERNAME DOCKER_USERNAME"),
    "password": ("", "PLUGIN_PASSWORD DOCKER_PASSWORD", "PLUGIN_PASSWORD DOCKER_PASSWORD"),
    "json_key": ("PLUGIN_JSON_KEY", "PLUGIN_JSON_KEY", "PLUGIN_JSON_KEY"),
    "project_number": ("PLUGIN_PROJECT_NUMBER",) * 3,
    "pool_id": ("PLUGIN_POOL_ID",) * 3,
    "provider_id": ("PLUGIN_PROVIDER_ID",) * 3,
    "service_account": ("PLUGIN_SERVICE_ACCOUNT_EMAIL",) * 3,
    "client_id": ("CLIENT_ID AZURE_CLIENT_ID",) * 3,
    "tenant_id": ("TENANT_ID AZURE_TENANT_ID",) * 3,
    "client_secret": ("CLIENT_SECRET",) * 3,
    "client_certificate": ("CLIENT_CERTIFICATE",) * 3,
    "subscription_id": ("SUBSCRIPTION_ID",) * 3,
    "daemon_off": ("", "PLUGIN_DAEMON_OFF", "PLUGIN_DAEMON_OFF"),
    "artifact_file": ("PLUGIN_ARTIFACT_FILE", "PLUGIN_ARTIFACT_FILE", "PLUGIN_ARTIFACT_FILE"),
    "drone_output": ("DRONE_OUTPUT", "", ""),
    "cache_to": ("", "PLUGIN_CACHE_TO", ""),
    "driver": ("", "PLUGIN_BUILDER_DRIVER", ""),
    "driver_options": ("", "PLUGIN_BUILDER_DRIVER_OPTS_NEW PLUGIN_BUILDER_DRIVER_OPTS", ""),
    "builder_config": ("", "PLUGIN_BUILDER_CONFIG", ""),
    "pull_image": ("", "PLUGIN_PULL_IMAGE", "PLUGIN_PULL_IMAGE"),
}
FLAGS = {
    "create_repository", "scan_on_push", "multiple_build_args", "no_push", "push_only", "insecure",
    "skip_permission_check", "daemon_off", "pull_image",
}
DEFAULTS = {"region": "us-east-1", "dockerfile": "Dockerfile", "context": ".", "pull_image": "true"}
TRUE, FALSE = {"1", "t", "true"}, {"", "0", "f", "false"}


@dataclass
class Settings:
    """What the plugin was asked for. Texts are empty and flags false where nothing was said."""

    contract: str
    builder: str
    family: str
    values: dict
    tags: list
    build_args: dict
    labels: dict
    ignored: list = field(default_factory=list)

    def __getattr__(self, name):
        if name.startswith("_") or name not in self.values:
            raise AttributeError(name)
        return self.values[name]

    @property
    def repository(self):
        """The repository's path in the registry."""
        # Only kaniko-ecr puts the registry before whatever was given.
        prefix = f"{self.registry}/"
        if self.builder != KANIKO and self.repo.startswith(prefix):
            return self.repo[len(prefix):]
        return self.repo

    @property
    def image(self):
        """The image's name as it is pushed, without a tag."""
        if self.family in (REGISTRY, ACR) or not self.registry:
            # As it was given: without a host it is Docker Hub's.
            return self.repo
        return f"{self.registry}/{self.repository}"


def read(env):
    """Returns the settings in the environment `env`."""
    contract = env.get("CIRUN_STANDIN", "kaniko-ecr")
    if contract not in CONTRACTS:
        raise PluginError(f"CIRUN_STANDIN is `{contract}`; it must be one of {', '.join(CONTRACTS)}")
    builder, target = CONTRACTS[contract]
    column = BUILDERS.index(builder)
    values, read_names = {}, {"PLUGIN_ENV_FILE"}
    for name, columns in VARIABLES.items():
        names = columns[column].split()
        read_names.update(names)
        text = next((env[name] for name in names if env.get(name)), DEFAULTS.get(name, ""))
        values[name] = flag(name, text) if name in FLAGS else text
    if target == REGISTRY:
        push_login(values, env, read_names)
    return Settings(
        contract=contract,
        builder=builder,
        family=target,
        values=values,
        tags=tags(values["tags"]),
        build_args=build_args(values),
        labels=labels(values["labels"], builder),
        ignored=sorted(name for name in env if name.startswith("PLUGIN_") and name not in read_names),
    )


def push_login(values, env, read_names):
    """The Docker plugins push as PLUGIN_USERNAME, which is no user of the base image's registry there."""
    values["registry"] = values["registry"] or DOCKER_HUB
    for name in ("username", "password"):
        variable = f"PLUGIN_{name.upper()}"
        read_names.add(variable)
        values[name] = env.get(variable, "")
        values[f"base_{name}"] = next((env[n] for n in (f"PLUGIN_DOCKER_{name.upper()}", f"PLUGIN_BASE_IMAGE_{name.upper()}") if env.get(n)), "")


def flag(name, text):
    """Returns the truth of `text` as Go's flag parsers see it."""
    if text.lower() in TRUE | FALSE:
        return text.lower() in TRUE
    raise PluginError(f"{name} must be true or false, not `{text}`")


def tags(text):
    """Returns the tags: of the variable, or else of the file `.tags`, or else `latest`."""
    if not text and Path(".tags").is_file():
        text = Path(".tags").read_text().strip()
    return [tag.strip() for tag in text.split(",") if tag.strip()] or ["latest"]


def build_args(values):
    """Returns the build arguments; the newer variable survives commas in values."""
    if values["multiple_build_args"] and values["build_args_new"]:
        return pairs(values["build_args_new"].split(";"))
    return pairs(values["build_args"].split(","))


def labels(text, builder):
    """Returns the labels. A comma within a value begins the next label, which kaniko refuses without `=` (measured)."""
    items = text.split(",")
    broken = next((item for item in items if item.strip() and "=" not in item), None)
    if builder == KANIKO and broken:
        raise PluginError(f"invalid argument for --label: `{broken}` is not key=value")
    return pairs(items)


def pairs(items):
    """Returns `k=v` items as a dict."""
    items = [item.strip().partition("=") for item in items if item.strip()]
    return {name: value for name, _, value in items}


def with_env_file(env):
    """Returns `env` with the file of PLUGIN_ENV_FILE below it: what is set already stays."""
    path = env.get("PLUGIN_ENV_FILE")
    if not path:
        return env
    try:
        lines = Path(path).read_text().splitlines()
    except OSError as error:
        raise PluginError(f"PLUGIN_ENV_FILE: {error}") from error
    assignments = (line.strip().removeprefix("export ") for line in lines if not line.lstrip().startswith("#"))
    return {name: value.strip("'\"") for name, value in pairs(assignments).items()} | env
