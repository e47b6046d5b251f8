"""Asks the engine's socket, byte by byte as it is given: prints a name and what came of it, a line for each request."""

import http.client
import json
import socket
import sys

REAL = ("/run/docker.sock", "/var/run/docker.sock")


class Connection(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect("/var/run/docker.sock")


def ask(method, path, body=None, kind="application/json"):
    connection = Connection("docker")
    headers = {"Content-Type": kind} if body is not None else {}
    connection.request(method, path, body=body, headers=headers)
    answer = connection.getresponse()
    text = answer.read().decode(errors="replace")
    connection.close()
    try:
        return answer.status, json.loads(text)
    except ValueError:
        return answer.status, text


def create(body):
    """Creates a container, and says which of its mounts lead to the engine itself."""
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    status, said = ask("POST", "/v1.41/containers/create", text)
    if status != 201:
        return status
    container = said["Id"]
    found = ask("GET", f"/containers/{container}/json")[1]
    sources = [mount.get("Source") or "" for mount in found.get("Mounts", [])]
    leaks = [source for source in sources if source in REAL or any(real.startswith(source + "/") for real in REAL)]
    if found.get("HostConfig", {}).get("Privileged"):
        leaks.append("privileged")
    ask("DELETE", f"/containers/{container}?force=1&v=1")
    return f"201 {leaks or 'guarded'}"


def host(**settings):
    return {"Image": "cirun.local/busybox:1", "HostConfig": settings}


def binds(*sources):
    return host(Binds=[f"{source}:/x" for source in sources])


def spelt(key, value):
    """The description of a container with the socket, by another spelling of a key."""
    return json.dumps({"Image": "cirun.local/busybox:1", key: value}).encode()


SOCKET = {"Binds": ["/var/run/docker.sock:/x"]}
RAW = json.dumps({"Image": "cirun.local/busybox:1", "HostConfig": SOCKET}).encode()


def mounted(source, **more):
    return host(Mounts=[{"Type": "bind", "Source": source, "Target": "/x", **more}])


def main():
    for name, act in CASES[sys.argv[1]]:
        print(f"{name}: {act()}", flush=True)


def status(*args):
    return lambda: ask(*args)[0]


def made(body):
    return lambda: create(body)


LOCAL = {"type": "none", "o": "bind", "device": "/var/run"}
CASES = {
    "mounts": [
        ("the usual place", made(binds("/var/run/docker.sock"))),
        ("dots", made(binds("/var/run/../run/docker.sock"))),
        ("slashes", made(binds("//var//run/./docker.sock"))),
        ("its directory", made(binds("/var/run"))),
        ("its directory, linked", made(binds("/run"))),
        ("the root", made(binds("/"))),
        ("a mount of its directory", made(mounted("/var/run/"))),
        ("a mount by dots", made(mounted("/var/run/../run/docker.sock"))),
        ("a process's root", made(binds("/proc/1/root"))),
        ("a link of the workspace", made(binds("/harness/link"))),
        ("a link of the workspace, used twice", made(binds("/harness/link/../run"))),
        ("out of the workspace", made(binds("/harness/../etc"))),
        ("a volume with options", status("POST", "/volumes/create", json.dumps({"Name": "cirun-it-v", "DriverOpts": LOCAL}))),
        ("a volume with options in other cases", status("POST", "/volumes/create", json.dumps({"name": "cirun-it-v", "driveropts": LOCAL}))),
        ("a mount of such a volume", made(host(Mounts=[{"Type": "volume", "Target": "/x", "VolumeOptions": {"DriverConfig": {"Name": "local", "Options": LOCAL}}}]))),
    ],
    "bodies": [
        ("lower case", made(spelt("hostconfig", SOCKET))),
        ("lower case within", made(spelt("HostConfig", {"binds": SOCKET["Binds"]}))),
        ("a long s", made(spelt("Ho\u017ftConfig", SOCKET))),
        ("at the top", made(spelt("Privileged", True))),
        ("twice", made(RAW[:-1] + b', "HostConfig": {}}')),
        ("twice, in other cases", made(RAW[:-1] + b', "hostConfig": {}}')),
        ("depth", made(RAW[:-1] + b', "Extra": ' + b"[" * 200 + b"]" * 200 + b"}")),
        ("bad UTF-8", made(RAW[:-1] + b', "Domainname": "\xff"}')),
        ("half a surrogate", made(RAW[:-1] + b', "Domainname": "\\ud800"}')),
        ("trailing bytes", made(RAW + b"}")),
        ("a second document", made(RAW + RAW)),
        ("a list", made(b"[]")),
        ("a form", status("POST", "/images/create", b"fromImage=docker.io/library/none&tag=1", "application/x-www-form-urlencoded")),
        ("a form for a push", status("POST", "/images/cirun.local/busybox/push", b"tag=1", "application/x-www-form-urlencoded")),
    ],
    "endpoints": [
        ("services", status("GET", "/v1.41/services")),
        ("a service", status("POST", "/services/create", b"{}")),
        ("a swarm", status("POST", "/swarm/init", b"{}")),
        ("libpod", status("GET", "/v4.0.0/libpod/info")),
        ("plugins", status("POST", "/plugins/pull?remote=a")),
        ("a version twice", status("GET", "/v1.41/v1.41/services")),
        ("by dots", status("GET", "/info/../services")),
        ("encoded", status("GET", "/%73ervices")),
        ("with slashes", status("GET", "//services//")),
        ("what an old engine starts with", made(b"{}")),
        ("an import from elsewhere", status("POST", "/images/create?fromSrc=http://127.0.0.1:9/a.tar")),
        ("a build from elsewhere", status("POST", "/build?remote=http://127.0.0.1:9/a.tar")),
        ("a build on the machine's network", status("POST", "/build?networkmode=host", b"", "application/x-tar")),
        ("a network of another driver", status("POST", "/networks/create", b'{"Name": "cirun-it-n", "Driver": "macvlan"}')),
        ("what this API does not have", status("BREW", "/coffee")),
        ("the engine's version", status("GET", "/version")),
        ("a ping", status("HEAD", "/v1.41/_ping")),
    ],
    "rights": [
        (name, made(host(**settings)))
        for name, settings in [
            ("privileged", {"Privileged": True}),
            ("its processes", {"PidMode": "host"}),
            ("its memory", {"IpcMode": "host"}),
            ("its network", {"NetworkMode": "host"}),
            ("its users", {"UsernsMode": "host"}),
            ("its name", {"UTSMode": "host"}),
            ("another group", {"CgroupParent": "/"}),
            ("its groups", {"CgroupnsMode": "host"}),
            ("a device", {"Devices": [{"PathOnHost": "/dev/null", "PathInContainer": "/dev/x", "CgroupPermissions": "rwm"}]}),
            ("devices by rule", {"DeviceCgroupRules": ["a *:* rwm"]}),
            ("a capability", {"CapAdd": ["SYS_ADMIN"]}),
            ("all of them", {"CapAdd": ["ALL"]}),
            ("no profile", {"SecurityOpt": ["seccomp=unconfined"]}),
            ("no masked paths", {"MaskedPaths": []}),
            ("another runtime", {"Runtime": "crun"}),
            ("a harmless capability", {"CapAdd": ["NET_ADMIN"], "SecurityOpt": ["no-new-privileges"]}),
        ]
    ],
}

if __name__ == "__main__":
    main()
