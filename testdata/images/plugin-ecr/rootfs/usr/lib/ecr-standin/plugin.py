#!/usr/bin/python3
"""The entrypoint of the stand-in plugin image."""

import os
import sys

from standin.errors import PluginError
from standin.plugin import run

if __name__ == "__main__":
    try:
        run(dict(os.environ))
    except PluginError as error:
        sys.exit(f"error: {error}")
