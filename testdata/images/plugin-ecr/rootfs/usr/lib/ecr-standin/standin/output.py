"""What the plugins leave for the CI service: output variables and the artifact file."""

import json
from pathlib import Path

from .settings import KANIKO


def write(settings, digest, tar, say):
    """Writes the outputs of a finished build; `digest` is empty where nothing was pushed."""
    if settings.builder == KANIKO:
        variables(settings, digest, tar, say)
    if digest and settings.artifact_file:
        path = Path(settings.artifact_file)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(artifact(settings, digest)))


def variables(settings, digest, tar, say):
    """Writes the output variables: the plugins with a daemon write none (measured)."""
    lines = []
    if digest:
        lines.append(f'digest="{digest}"')
    if tar:
        lines.append(f'IMAGE_TAR_PATH="{tar}"')
    if not settings.drone_output:
        say("warning: DRONE_OUTPUT is not set: no output variables")
        return
    with open(settings.drone_output, "a", encoding="utf-8") as file:
        file.writelines(f"{line}\n" for line in lines)


def artifact(settings, digest):
    """Returns the artifact document (ecr.artifact)."""
    images = [{"image": f"{settings.repo}:{tag}", "digest": digest} for tag in settings.tags]
    # kaniko-acr calls its registry Docker's.
    kind = {"docker": "Docker", "acr": "Docker"}.get(settings.family, settings.family.upper())
    data = {"registryType": kind, "registryUrl": settings.registry, "images": images}
    return {"kind": "docker/v1", "data": data}
