"""Images on disk: skopeo moves them, umoci unpacks, packs and configures them."""

import base64
import json
import re
import subprocess
from pathlib import Path

from .errors import PluginError


class Layout:
    """An OCI image layout in a work folder; images in it are known by a tag."""

    def __init__(self, work, env):
        self.work = Path(work)
        self.path = self.work / "layout"
        self.env = env
        tool(self.env, "umoci", "init", "--layout", self.path)

    def empty(self, tag):
        """Makes an image with nothing in it."""
        tool(self.env, "umoci", "new", "--image", self.image(tag))

    def pull(self, reference, tag, auth, insecure):
        """Copies an image of a registry into the layout."""
        options = ["--authfile", self.authfile(host_of(reference), auth)] if auth else ["--src-no-creds"]
        if insecure:
            options.append("--src-tls-verify=false")
        tool(self.env, "skopeo", "copy", "--quiet", *options, f"docker://{reference}", f"oci:{self.image(tag)}")

    def load(self, archive, tag):
        """Copies the image of a `docker save` archive into the layout."""
        tool(self.env, "skopeo", "copy", "--quiet", f"docker-archive:{archive}", f"oci:{self.image(tag)}")

    def save(self, tag, archive, reference):
        """Writes an image as a `docker save` archive."""
        Path(archive).parent.mkdir(parents=True, exist_ok=True)
        Path(archive).unlink(missing_ok=True)
        tool(self.env, "skopeo", "copy", "--quiet", f"oci:{self.image(tag)}", f"docker-archive:{archive}:{reference}")

    def push(self, tag, reference, auth, insecure):
        """Copies an image to a registry and returns its digest there."""
        digest = self.work / "digest"
        options = ["--authfile", self.authfile(host_of(reference), auth)] if auth else ["--dest-no-creds"]
        if insecure:
            options.append("--dest-tls-verify=false")
        tool(
            self.env, "skopeo", "copy", "--quiet", "--format", "v2s2", "--digestfile", digest, *options,
            f"oci:{self.image(tag)}", f"docker://{reference}",
        )
        return digest.read_text().strip()

    def unpack(self, tag, name):
        """Unpacks an image under a name of its own; returns the folder with its files."""
        tool(self.env, "umoci", "unpack", "--image", self.image(tag), self.bundle(name))
        return self.bundle(name) / "rootfs"

    def pack(self, name):
        """Makes the image `name` of what was unpacked under that name and what became of it."""
        tool(self.env, "umoci", "repack", "--image", self.image(name), self.bundle(name))

    def config(self, tag):
        """Returns the image's configuration."""
        text = tool(self.env, "skopeo", "inspect", "--config", f"oci:{self.image(tag)}")
        return json.loads(text).get("config", {})

    def configure(self, tag, options):
        """Changes the image's configuration by options of `umoci config`."""
        if options:
            tool(self.env, "umoci", "config", "--image", self.image(tag), *options)

    def image(self, tag):
        return f"{self.path}:{tag}"

    def bundle(self, name):
        return self.work / f"bundle-{name}"

    def authfile(self, host, auth):
        """Writes one registry's password where skopeo looks for it, never on a command line."""
        file = self.work / "auth.json"
        file.touch(mode=0o600)
        file.write_text(json.dumps({"auths": {host: {"auth": encode(auth)}}}))
        return file


def encode(auth):
    """Returns user and password as Basic authentication writes them."""
    return base64.b64encode(":".join(auth).encode()).decode()


def host_of(reference):
    """Returns the registry of an image's name; a name without one is Docker Hub's."""
    first, slash, _ = reference.partition("/")
    return first if slash and ("." in first or ":" in first or first == "localhost") else "docker.io"


def tool(env, *words):
    """Runs a tool and returns its stdout; PluginError with its words if it fails."""
    command = [str(word) for word in words]
    try:
        done = subprocess.run(command, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    except OSError as error:
        raise PluginError(f"cannot run {command[0]}: {error}") from error
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()
        # Both tools wrap the message in a log line of key=value pairs.
        logged = re.search(r'msg="((?:[^"\\]|\\.)*)"', said)
        raise PluginError(f"{command[0]} {command[1]} failed: {logged[1] if logged else said}")
    return done.stdout
