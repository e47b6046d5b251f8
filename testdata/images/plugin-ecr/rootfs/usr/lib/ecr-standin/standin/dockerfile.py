"""Dockerfiles: lines to instructions, instructions to stages, words with variables."""

import json
import re
from dataclasses import dataclass, field

from .errors import PluginError

INSTRUCTIONS = {
    "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER", "RUN",
    "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
}
DIRECTIVE = re.compile(r"^#\s*(\w+)\s*=\s*(\S+)\s*$")
HERE_DOCUMENT = re.compile(r"(?:^|\s)<<-?[\"']?[A-Za-z_]")
VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)(?:(:[-+])([^}]*))?\})")


class DockerfileError(PluginError):
    """A mistake in the Dockerfile, at a line."""

    def __init__(self, line, text, file="Dockerfile"):
        super().__init__(f"{file}:{line}: {text}")
        self.line = line
        self.text = text


@dataclass
class Instruction:
    """One instruction with the line where it starts."""

    line: int
    name: str
    text: str
    flags: dict = field(default_factory=dict)

    def __str__(self):
        flags = "".join(f"--{name}={value} " if value else f"--{name} " for name, value in self.flags.items())
        return f"{self.name} {flags}{self.text}"

    def json_list(self):
        """Returns the list of the JSON form, None in the shell form."""
        if not self.text.startswith("["):
            return None
        try:
            words = json.loads(self.text)
        except ValueError:
            return None
        return words if all(isinstance(word, str) for word in words) else None


@dataclass
class Stage:
    """What is built FROM one image."""

    line: int
    base: str
    name: str
    instructions: list = field(default_factory=list)


def parse(text):
    """Returns the ARGs before the first FROM and the stages."""
    arguments, stages = [], []
    for instruction in instructions(text):
        if instruction.name == "FROM":
            stages.append(stage(instruction))
        elif stages:
            stages[-1].instructions.append(instruction)
        elif instruction.name == "ARG":
            arguments.append(instruction)
        else:
            raise DockerfileError(instruction.line, f"{instruction.name} before the first FROM")
    if not stages:
        raise DockerfileError(1, "no FROM: there is nothing to build")
    return arguments, stages


def stage(instruction):
    words = instruction.text.split()
    if len(words) == 1:
        return Stage(instruction.line, words[0], "")
    if len(words) == 3 and words[1].upper() == "AS":
        return Stage(instruction.line, words[0], words[2].lower())
    raise DockerfileError(instruction.line, "FROM takes `image` or `image AS name`")


def instructions(text):
    """Yields the instructions; comments and empty lines may stand inside a continued one."""
    lines = text.splitlines()
    escape = escape_character(lines)
    number = 0
    while number < len(lines):
        start, parts = number, []
        more = True
        while more and number < len(lines):
            line = lines[number].strip()
            number += 1
            if not line or line.startswith("#"):
                more = bool(parts)
                continue
            more = line.endswith(escape)
            parts.append(line[:-1] if more else line)
            if len(parts) == 1:
                start = number
        if parts:
            yield instruction(start, "".join(parts).strip())


def escape_character(lines):
    for line in lines:
        match = DIRECTIVE.match(line.strip())
        if not match:
            break
        if match[1].lower() == "escape":
            return match[2]
    return "\\"


def instruction(line, text):
    name, _, rest = text.partition(" ")
    name, rest = name.upper(), rest.strip()
    if name not in INSTRUCTIONS:
        raise DockerfileError(line, f"unknown instruction: {name}")
    if not rest:
        raise DockerfileError(line, f"{name} needs an argument")
    if name in {"RUN", "COPY", "ADD"} and HERE_DOCUMENT.search(rest):
        raise DockerfileError(line, f"{name} with a here-document is not supported")
    flags = {}
    while match := re.match(r"--([a-z-]+)(?:=(\S+))?\s+", rest):
        flags[match[1]] = match[2] or ""
        rest = rest[match.end():]
    return Instruction(line, name, rest, flags)


def words(text, variables):
    """Splits `text` at blanks; quotes keep blanks, and variables are replaced outside of single quotes."""
    found, word, quote, at = [], None, "", 0
    while at < len(text):
        char = text[at]
        if char == "\\" and quote != "'" and at + 1 < len(text):
            word = (word or "") + text[at + 1]
            at += 2
        elif char == quote or (not quote and char in "'\""):
            quote, word = ("" if quote else char), word or ""
            at += 1
        elif char.isspace() and not quote:
            if word is not None:
                found.append(word)
            word, at = None, at + 1
        elif char == "$" and quote != "'" and (match := VARIABLE.match(text, at)):
            word = (word or "") + value(match, variables)
            at = match.end()
        else:
            word, at = (word or "") + char, at + 1
    if word is not None:
        found.append(word)
    return found


def value(match, variables):
    found = variables.get(match[1] or match[2], "")
    if match[3] == ":-":
        return found or expand(match[4], variables)
    if match[3] == ":+":
        return expand(match[4], variables) if found else ""
    return found


def expand(text, variables):
    """Replaces the variables in `text`, which is one word."""
    return VARIABLE.sub(lambda match: value(match, variables), text)


def assignments(instruction, variables):
    """Returns the pairs of ENV or LABEL: `a=b c="d e"`, or the old form `a b c`."""
    found = words(instruction.text, variables)
    if "=" not in instruction.text.split(None, 1)[0]:
        if len(found) < 2:
            raise DockerfileError(instruction.line, f"{instruction.name} needs a value for {found[0]}")
        return {found[0]: " ".join(found[1:])}
    for word in found:
        if "=" not in word:
            raise DockerfileError(instruction.line, f"{instruction.name}: `{word}` is no `name=value`")
    return {name: text for name, _, text in (word.partition("=") for word in found)}
