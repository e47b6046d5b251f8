#!/usr/bin/python3
"""plugins/cache and plugins/s3 by their variables, on S3 and with nothing but Python."""

import glob
import io
import os
import sys
import tarfile
import xml.etree.ElementTree as xml

from s3 import S3, PluginError

FORMATS = {"tar": "", "gzip": "gz"}


def demand(env, name):
    """Returns a variable without which there is nothing to do."""
    if not env.get(name):
        raise PluginError(f"{name} is not set")
    return env[name]


def cache(env, store):
    """Saves each path as an archive under the key, or restores all archives of the key."""
    key = demand(env, "PLUGIN_CACHE_KEY")
    form = FORMATS.get(env.get("PLUGIN_ARCHIVE_FORMAT", "tar"))
    if env.get("PLUGIN_BACKEND", "s3") != "s3" or form is None:
        raise PluginError("this stand-in has S3, tar and gzip only")
    if env.get("PLUGIN_REBUILD") == "true":
        for path in demand(env, "PLUGIN_MOUNT").split(","):
            name = f"{key}/{path.lstrip('/')}"
            if env.get("PLUGIN_OVERRIDE") == "false" and store.exists(name):
                print(f"{name} is there already")
                continue
            packed = io.BytesIO()
            with tarfile.open(fileobj=packed, mode=f"w:{form}") as archive:
                archive.add(path, arcname=os.path.abspath(path).lstrip("/"))
            store.put(name, packed.getvalue())
            print(f"saved {path} as {store.address(name)}")
    if env.get("PLUGIN_RESTORE") == "true":
        names = store.list(f"{key}/")
        if not names and env.get("PLUGIN_FAIL_RESTORE_IF_KEY_NOT_PRESENT") == "true":
            raise PluginError(f"key {key} does not exist")
        for name in names:
            with tarfile.open(fileobj=io.BytesIO(store.get(name)), mode=f"r:{form}") as archive:
                archive.extractall("/")
            print(f"restored {store.address(name)}")


def upload(env, store):
    """Puts every file that matches under the target."""
    target = env.get("PLUGIN_TARGET", "").strip("/")
    for path in sorted(glob.glob(demand(env, "PLUGIN_SOURCE"), recursive=True)):
        if os.path.isfile(path):
            name = "/".join(filter(None, [target, path.removeprefix(env.get("PLUGIN_STRIP_PREFIX", "")).lstrip("/")]))
            with open(path, "rb") as file:
                store.put(name, file.read())
            print(f"uploaded {path} as {store.address(name)}")


def main(env):
    store = S3(env)
    try:
        {"cache": cache, "s3": upload}[env["CIRUN_STANDIN"]](env, store)
    except (OSError, PluginError, tarfile.TarError, xml.ParseError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(os.environ))
