"""Builds the image of a Dockerfile, stage by stage, instruction by instruction."""

import posixpath
from pathlib import Path

from . import dockerfile, rootfs
from .dockerfile import DockerfileError
from .errors import PluginError

# Arguments that every Dockerfile may use without declaring them.
PREDEFINED = {"HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"}
FORBIDDEN_FLAGS = {"RUN": {"mount", "network", "security"}, "COPY": {"link", "parents", "exclude"}, "ADD": {"link", "checksum"}}


def build(settings, layout, pull, say):
    """Builds the target stage and returns the layout's tag of the image; `pull(reference, tag)` gets base images."""
    context = Path(settings.context).absolute()
    if not context.is_dir():
        raise PluginError(f"the build context {settings.context} is no folder")
    file = Path(settings.dockerfile)
    # It is never sought in the context (measured).
    if not file.is_file():
        raise PluginError(f"no Dockerfile at {settings.dockerfile}")
    try:
        arguments, stages = dockerfile.parse(file.read_text())
        stages = up_to_target(stages, settings.target)
        known = global_arguments(arguments, settings.build_args)
        builder = Builder(settings, layout, pull, say, context, known)
        for number, stage in enumerate(stages):
            builder.build(number, stage)
        return builder.finish(len(stages) - 1)
    except DockerfileError as error:
        raise DockerfileError(error.line, error.text, settings.dockerfile) from error


def up_to_target(stages, target):
    if not target:
        return stages
    for number, stage in enumerate(stages):
        if target.lower() == stage.name or target == str(number):
            return stages[: number + 1]
    raise PluginError(f"no stage `{target}` in the Dockerfile")


def global_arguments(arguments, given):
    """Returns the values of the ARGs before the first FROM."""
    known = {}
    for instruction in arguments:
        for word in dockerfile.words(instruction.text, known):
            name, _, default = word.partition("=")
            known[name] = given.get(name, default)
    return known


class Builder:
    """The stages built so far."""

    def __init__(self, settings, layout, pull, say, context, global_args):
        self.settings = settings
        self.layout = layout
        self.pull = pull
        self.say = say
        self.context = context
        self.ignore = rootfs.Ignore(context)
        self.global_args = global_args
        self.stages = []
        # Images from elsewhere: their tags in the layout, and their files where COPY reads them.
        self.fetched, self.sources = {}, {}

    def build(self, number, stage):
        """Builds one stage."""
        base = dockerfile.expand(stage.base, self.global_args)
        if not base:
            raise DockerfileError(stage.line, f"FROM {stage.base} names no image")
        name = f"stage-{number}"
        earlier = next((built for built in self.stages if base.lower() in (built.name, str(built.number))), None)
        with at(stage):
            if earlier:
                self.pack(earlier)
                tag = earlier.packed
            else:
                tag = self.base_image(base)
            root = self.layout.unpack(tag, name)
        self.say(f"FROM {base}")
        built = Built(self, number, stage.name, root, self.layout.config(tag))
        self.stages.append(built)
        for instruction in stage.instructions:
            self.say(str(instruction))
            with at(instruction):
                built.execute(instruction)

    def base_image(self, reference):
        """Returns the layout's tag of an image that is not built here; each is fetched once."""
        if reference not in self.fetched:
            tag = f"base-{len(self.fetched)}"
            if reference == "scratch":
                self.layout.empty(tag)
            else:
                self.pull(reference, tag)
            self.fetched[reference] = tag
        return self.fetched[reference]

    def source(self, reference):
        """Returns the files that `COPY --from=reference` copies from."""
        for built in self.stages[:-1]:
            if reference.lower() in (built.name, str(built.number)):
                return built.root
        if reference not in self.sources:
            tag = self.base_image(reference)
            self.sources[reference] = self.layout.unpack(tag, f"from-{tag}")
        return self.sources[reference]

    def pack(self, built):
        """Makes the stage's image, once."""
        if built.packed is None:
            built.packed = f"stage-{built.number}"
            self.layout.pack(built.packed)
            self.layout.configure(built.packed, built.options())

    def finish(self, number):
        built = self.stages[number]
        built.labels |= self.settings.labels
        self.pack(built)
        return built.packed


class at:
    """Says at which line of the Dockerfile something went wrong."""

    def __init__(self, instruction):
        self.line = instruction.line

    def __enter__(self):
        return self

    def __exit__(self, kind, error, _):
        if isinstance(error, PluginError) and not isinstance(error, DockerfileError):
            raise DockerfileError(self.line, str(error)) from error


class Built:
    """A stage while it is built: its files and what its image will say."""

    def __init__(self, builder, number, name, root, config):
        self.builder = builder
        self.number = number
        self.name = name
        self.root = root
        self.packed = None
        self.arguments = {}
        self.env = dict(entry.split("=", 1) for entry in config.get("Env") or [])
        self.labels = dict(config.get("Labels") or {})
        self.workdir = config.get("WorkingDir") or "/"
        self.user = config.get("User") or ""
        self.entrypoint = config.get("Entrypoint") or []
        self.cmd = config.get("Cmd") or []
        self.shell = ["/bin/sh", "-c"]
        self.ports, self.volumes, self.stop_signal = [], [], ""

    def execute(self, instruction):
        """Does what the instruction says."""
        forbidden = FORBIDDEN_FLAGS.get(instruction.name, set()) & instruction.flags.keys()
        if forbidden:
            raise PluginError(f"{instruction.name} --{min(forbidden)} is not supported")
        getattr(self, f"do_{instruction.name.lower()}")(instruction)

    @property
    def variables(self):
        """What `$NAME` means: ENV wins over ARG."""
        return {**self.arguments, **self.env}

    def do_arg(self, instruction):
        given = self.builder.settings.build_args
        for word in dockerfile.words(instruction.text, self.variables):
            name, has_default, default = word.partition("=")
            if name in given:
                self.arguments[name] = given[name]
            elif has_default:
                self.arguments[name] = default
            elif name in self.builder.global_args:
                self.arguments[name] = self.builder.global_args[name]

    def do_env(self, instruction):
        self.env |= dockerfile.assignments(instruction, self.variables)

    def do_label(self, instruction):
        self.labels |= dockerfile.assignments(instruction, self.variables)

    def do_maintainer(self, instruction):
        self.labels["maintainer"] = instruction.text

    def do_workdir(self, instruction):
        path = dockerfile.expand(instruction.text.strip("\"'"), self.variables)
        self.workdir = posixpath.normpath(posixpath.join(self.workdir, path))
        rootfs.make_folders(rootfs.inside(self.root, self.workdir))

    def do_user(self, instruction):
        self.user = dockerfile.expand(instruction.text, self.variables)

    def do_expose(self, instruction):
        for port in dockerfile.words(instruction.text, self.variables):
            self.ports.append(port if "/" in port else f"{port}/tcp")

    def do_volume(self, instruction):
        listed = instruction.json_list()
        self.volumes += dockerfile.words(instruction.text, self.variables) if listed is None else listed

    def do_stopsignal(self, instruction):
        self.stop_signal = dockerfile.expand(instruction.text, self.variables)

    def do_shell(self, instruction):
        self.shell = instruction.json_list()
        if not self.shell:
            raise PluginError("SHELL takes the JSON form")

    def do_healthcheck(self, instruction):
        self.builder.say("HEALTHCHECK is not part of an OCI image: ignored")

    def do_entrypoint(self, instruction):
        self.entrypoint = self.command(instruction)
        # An entrypoint of its own makes the base image's arguments meaningless.
        self.cmd = []

    def do_cmd(self, instruction):
        self.cmd = self.command(instruction)

    def command(self, instruction):
        listed = instruction.json_list()
        return [*self.shell, instruction.text] if listed is None else listed

    def do_run(self, instruction):
        given = self.builder.settings.build_args
        proxies = {name: text for name, text in given.items() if name.upper() in PREDEFINED}
        env = {**proxies, **self.variables}
        code = rootfs.run(self.root, self.command(instruction), env, self.workdir, self.user)
        if code != 0:
            raise PluginError(f"RUN {instruction.text}: ended with code {code}")

    def do_copy(self, instruction):
        self.copy(instruction, unpack=False)

    def do_add(self, instruction):
        self.copy(instruction, unpack=True)

    def copy(self, instruction, unpack):
        listed = instruction.json_list()
        if listed is None:
            listed = dockerfile.words(instruction.text, self.variables)
        else:
            listed = [dockerfile.expand(word, self.variables) for word in listed]
        if len(listed) < 2:
            raise PluginError(f"{instruction.name} needs a source and a destination")
        *patterns, to = listed
        if any("://" in pattern for pattern in patterns):
            raise PluginError(f"{instruction.name} of an address is not supported")
        flags = {name: dockerfile.expand(text, self.variables) for name, text in instruction.flags.items()}
        if flags.get("from"):
            source, ignore = self.builder.source(flags["from"]), None
        else:
            source, ignore = self.builder.context, self.builder.ignore
        rootfs.copy(
            source,
            rootfs.sources(source, patterns, ignore),
            self.root,
            to,
            self.workdir,
            owner=rootfs.user(self.root, flags["chown"]) if flags.get("chown") else None,
            mode=int(flags["chmod"], 8) if flags.get("chmod") else None,
            ignore=ignore,
            unpack=unpack,
        )

    def options(self):
        """Returns the options of `umoci config` that say what the stage said."""
        lists = {
            "env": [f"{name}={text}" for name, text in self.env.items()],
            "label": [f"{name}={text}" for name, text in self.labels.items()],
            "entrypoint": self.entrypoint,
            "cmd": self.cmd,
            "exposedports": self.ports,
            "volume": self.volumes,
        }
        singles = {"workingdir": self.workdir, "user": self.user, "stopsignal": self.stop_signal}
        options = ["--clear=config.entrypoint", "--clear=config.cmd"]
        options += [f"--config.{name}={text}" for name, texts in lists.items() for text in texts]
        return options + [f"--config.{name}={text}" for name, text in singles.items() if text]
