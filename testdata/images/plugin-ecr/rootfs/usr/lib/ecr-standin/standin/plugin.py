"""One run of the plugin, in the order of the real ones: log in, check, build, push, report."""

import tempfile
from pathlib import Path

from . import buildkit, daemon, layout, network, output, registry
from .aws import Aws
from .build import build
from .errors import PluginError
from .login import log_in
from .settings import DOCKER, KANIKO, read, with_env_file

DIGEST_FILE = Path("/kaniko/digest-file")


def run(env):
    """Runs the plugin that the environment asks for."""
    env = with_env_file(env)
    settings = read(env)
    say(f"stand-in for plugins/{settings.contract}")
    if settings.ignored:
        say(f"not used here: {', '.join(settings.ignored)}")
    by_daemon = settings.builder == DOCKER and settings.daemon_off and daemon.is_there()
    if settings.builder != KANIKO and not by_daemon:
        what = "PLUGIN_DAEMON_OFF is set" if settings.daemon_off else "no dockerd is started"
        say(f"{what}: this stand-in builds without a daemon")
    login = log_in(settings, env, Aws(network.aws_transport(env), say))
    if by_daemon:
        output.write(settings, daemon.run(settings, login, say), "", say)
        return
    with tempfile.TemporaryDirectory(prefix="standin-") as work:
        # Tools get the trust of the plugin and keep their own files apart.
        tools = {**env, "HOME": work, "XDG_RUNTIME_DIR": work}
        if settings.builder == KANIKO and not settings.no_push and not settings.skip_permission_check:
            host, repository = registry.place(settings.image)
            registry.check_push(env, host, repository, login.auth(layout.host_of(settings.image)), settings.insecure)
        buildkit.check(settings)
        make(settings, login, layout.Layout(work, tools))


def make(settings, login, images):
    """Builds or loads the image, pushes it, and reports."""
    tag = load(settings, images) if settings.push_only else build(settings, images, puller(settings, login, images), say)
    tar = settings.tar_path
    if tar:
        images.save(tag, tar, f"{settings.image}:{settings.tags[0]}")
        say(f"wrote {tar}")
    digest = "" if settings.no_push else push(settings, login, images, tag)
    output.write(settings, digest, tar, say)


def load(settings, images):
    if not settings.source_tar_path:
        raise PluginError("PLUGIN_PUSH_ONLY needs PLUGIN_SOURCE_TAR_PATH")
    if not Path(settings.source_tar_path).is_file():
        raise PluginError(f"PLUGIN_SOURCE_TAR_PATH: no file {settings.source_tar_path}")
    images.load(settings.source_tar_path, "loaded")
    return "loaded"


def puller(settings, login, images):
    """Returns the function that gets base images, with the password of their registry if there is one."""

    def pull(reference, tag):
        images.pull(reference, tag, login.auth(layout.host_of(reference)), settings.insecure)

    return pull


def push(settings, login, images, tag):
    """Pushes the image under each tag and returns its digest."""
    digest = ""
    for name in settings.tags:
        reference = f"{settings.image}:{name}"
        digest = images.push(tag, reference, login.auth(layout.host_of(settings.image)), settings.insecure)
        say(f"pushed {reference} {digest}")
    if settings.builder == KANIKO:
        DIGEST_FILE.parent.mkdir(parents=True, exist_ok=True)
        DIGEST_FILE.write_text(digest)
    return digest


def say(text):
    """Tells the reader of the log what is done."""
    print(text, flush=True)
