"""A few commands of the Redis protocol: `python3 -m shop.cache incr builds`."""

import os
import socket
import sys


def call(*words: str) -> str:
    """Sends one command to the server and returns its answer as text."""
    host = os.environ.get("CACHE_HOST", "cache")
    with socket.create_connection((host, 6379), timeout=2) as connection:
        request = f"*{len(words)}\r\n" + "".join(f"${len(w.encode())}\r\n{w}\r\n" for w in words)
        connection.sendall(request.encode())
        with connection.makefile("r", encoding="utf-8", newline="\r\n") as answer:
            first = answer.readline().rstrip("\r\n")
            if first.startswith("-"):
                raise RuntimeError(first[1:])
            return answer.readline().rstrip("\r\n") if first.startswith("$") else first[1:]


if __name__ == "__main__":
    try:
        print(call(*sys.argv[1:]))
    except OSError as error:
        sys.exit(f"no cache yet: {error}")
