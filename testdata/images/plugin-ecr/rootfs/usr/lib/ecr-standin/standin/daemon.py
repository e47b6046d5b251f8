"""The machine's daemon, asked over its socket as the docker command asks it: log in, build, tag, push, inspect."""

import base64
import http.client
import json
import os
import socket
import tarfile
import tempfile
import urllib.parse
from pathlib import Path

from .errors import PluginError
from .layout import host_of

SOCKET = "/var/run/docker.sock"


def is_there():
    """Says whether a daemon's socket is mounted."""
    return Path(SOCKET).is_socket()


class Connection(http.client.HTTPConnection):
    """A connection to the socket."""

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(SOCKET)


def call(method, path, body=None, headers=None):
    """Sends a request; returns the answer's JSON objects, or raises PluginError with the daemon's words."""
    connection = Connection("docker")
    try:
        connection.request(method, path, body=body, headers=headers or {})
        answer = connection.getresponse()
        objects = [json.loads(line) for line in answer.read().decode().splitlines() if line.strip()]
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise PluginError(f"the daemon at {SOCKET}: {error!r}") from error
    finally:
        connection.close()
    failures = [found.get("error") or found.get("message") for found in objects if isinstance(found, dict)]
    if answer.status >= 400:
        raise PluginError(f"Error response from daemon: {next(filter(None, failures), answer.status)}")
    failed = next((found["error"] for found in objects if isinstance(found, dict) and found.get("error")), None)
    if failed:
        raise PluginError(failed)
    return objects


def run(settings, login, say):
    """Builds the image and pushes it under each tag; returns its digest, empty where nothing is pushed."""
    host = host_of(settings.image)
    auth = login.auth(host)
    if auth:
        call("POST", "/auth", json.dumps(credentials(host, auth)), {"Content-Type": "application/json"})
        say(f"the daemon has logged in to {host}")
    name = f"standin-{os.getpid()}-{socket.gethostname()}"
    build(settings, login, name, say)
    digest = ""
    try:
        for tag in [] if settings.no_push else settings.tags:
            query = urllib.parse.urlencode({"repo": settings.image, "tag": tag})
            call("POST", f"/images/{name}/tag?{query}")
            headers = {"X-Registry-Auth": encode(credentials(host, auth) if auth else {})}
            call("POST", f"/images/{settings.image}/push?tag={tag}", headers=headers)
            digest = digest_of(settings.image, tag)
            say(f"pushed {settings.image}:{tag} {digest}")
    finally:
        # The plugins print these two, and do not run them (measured).
        say(f"+ docker rmi {name}")
        say("+ docker system prune -f")
    return digest


def build(settings, login, name, say):
    """Sends the context and has it built."""
    query = {
        "t": name,
        "dockerfile": "Dockerfile.standin",
        "rm": "1",
        "pull": "1" if settings.pull_image else "",
        "buildargs": json.dumps(settings.build_args),
        "labels": json.dumps(settings.labels),
        "target": settings.target,
    }
    entries = getattr(login, "entries", {})
    known = {host: {"username": user, "password": secret} for host, (user, secret) in entries.items() if user}
    with tempfile.TemporaryFile() as context:
        with tarfile.open(fileobj=context, mode="w") as archive:
            archive.add(settings.context, arcname=".")
            archive.add(dockerfile(settings), arcname="Dockerfile.standin")
        context.seek(0)
        headers = {"Content-Type": "application/x-tar", "X-Registry-Config": encode(known)}
        for said in call("POST", f"/build?{urllib.parse.urlencode(query)}", context, headers):
            if said.get("stream", "").strip():
                say(said["stream"].strip())


def dockerfile(settings):
    """Returns the path of the Dockerfile, which is never sought in the context (measured)."""
    if not Path(settings.dockerfile).is_file():
        raise PluginError(f"no Dockerfile at {settings.dockerfile}")
    return settings.dockerfile


def digest_of(image, tag):
    """Returns the digest that the registry knows the image by, as the plugins ask for it."""
    found = call("GET", f"/images/{image}:{tag}/json")[0].get("RepoDigests") or []
    digests = [name.partition("@")[2] for name in found if name.partition("@")[0] in (image, image.removeprefix("docker.io/"))]
    return digests[0] if digests else ""


def credentials(host, auth):
    user, secret = auth
    return {"username": user, "password": secret, "serveraddress": f"https://{host}"}


def encode(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()
