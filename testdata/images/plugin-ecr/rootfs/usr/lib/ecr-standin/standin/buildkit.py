"""BuildKit in a container of the plugin's own engine, which buildx starts for any cache that is written.

That container has the name server and the certificates of neither the plugin nor the stage (measured)."""

import tomllib
from pathlib import Path

from .errors import PluginError
from .layout import host_of
from .settings import BUILDX


def check(settings):
    """Raises PluginError where that container would not reach the registry."""
    if settings.builder != BUILDX or not is_apart(settings):
        return
    host = host_of(settings.image)
    options = [option.strip() for option in settings.driver_options.split(";")]
    if "network=host" not in options:
        raise PluginError(f"failed to do request: dial tcp: lookup {host}: no such host")
    if not trusts(settings.builder_config, host):
        raise PluginError(f"{host}: tls: failed to verify certificate: x509: certificate signed by unknown authority")


def is_apart(settings):
    return settings.driver == "docker-container" if settings.driver else bool(settings.cache_to)


def trusts(config, host):
    """Says whether the file of PLUGIN_BUILDER_CONFIG gives the host a certificate."""
    if not config:
        return False
    try:
        registries = tomllib.loads(Path(config).read_text()).get("registry", {})
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise PluginError(f"PLUGIN_BUILDER_CONFIG: {error}") from error
    files = registries.get(host, {}).get("ca", [])
    return bool(files) and all(Path(file).is_file() for file in files)
