"""The command `roomdisplay`: a table of sub-commands, each imported only when it is called."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import NamedTuple

import roomdisplay


class Command(NamedTuple):
    """One sub-command.

    Its module offers `configure(parser)`, which adds arguments, and `run(options) -> int`, which
    does the work and returns the exit code.
    """

    words: tuple[str, ...]
    module: str
    help: str


COMMANDS: tuple[Command, ...] = (
    Command(
        ("demo",),
        "roomdisplay.demo.command",
        "show it all: an Admin Center with a sample building and a paired display",
    ),
    Command(
        ("standalone",),
        "roomdisplay.standalone.command",
        "only this screen: a display with an Admin Center of its own beside it",
    ),
    Command(
        ("display",),
        "roomdisplay.display",
        "run the display at a room",
    ),
    Command(
        ("pair",),
        "roomdisplay.device.commands.pair",
        "pair this display at a prompt, by a code or an activation code",
    ),
    Command(
        ("unpair",),
        "roomdisplay.device.commands.unpair",
        "give this display's pairing back and forget the room",
    ),
    Command(
        ("status",),
        "roomdisplay.device.commands.status",
        "say where this display belongs and which keyring keeps its secrets",
    ),
    Command(
        ("reset",),
        "roomdisplay.device.commands.reset",
        "forget everything, as if this display came out of its box",
    ),
    Command(
        ("explain", "feed"),
        "roomdisplay.connectors.explain",
        "print which meetings of a calendar feed a display would show, and which not and why",
    ),
    Command(
        ("admin", "serve"),
        "roomdisplay.admin.main",
        "run the Admin Center: administrators' pages and the server of the displays",
    ),
    Command(
        ("admin", "invite"),
        "roomdisplay.admin.invite",
        "print a one-time link for the first owner, or for one who is locked out",
    ),
    Command(
        ("admin", "doctor"),
        "roomdisplay.admin.doctor_command",
        "look whether connected calendar services do what they should, and say what repairs them",
    ),
    Command(
        ("admin", "migrate"),
        "roomdisplay.admin.migrate_command",
        "bring the Admin Center's store in step with this version",
    ),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command that the arguments name and return its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words[:1] == ["--version"]:
        sys.stdout.write(f"roomdisplay {roomdisplay.__version__}\n")
        return 0
    for command in COMMANDS:
        length = len(command.words)
        if tuple(words[:length]) == command.words:
            module = import_module(command.module)
            name = " ".join(("roomdisplay", *command.words))
            parser = argparse.ArgumentParser(prog=name, description=_sentence(command.help))
            module.configure(parser)
            code: int = module.run(parser.parse_args(words[length:]))
            return code
    return _overview(words)


def _overview(words: Sequence[str]) -> int:
    """List the commands: all, or those of a group such as `roomdisplay explain --help`."""
    asked = [word for word in words if word not in {"-h", "--help"}]
    listed = [command for command in COMMANDS if list(command.words[: len(asked)]) == asked]
    is_help = bool(listed) and len(asked) < len(words)
    lines = ["usage: roomdisplay COMMAND [ARGUMENTS] | --version", ""]
    if not listed:
        lines = [f"roomdisplay: there is no command {' '.join(asked)!r}", "", *lines]
        listed = list(COMMANDS)
    width = max(len(" ".join(command.words)) for command in listed)
    lines += [f"  {' '.join(command.words):{width}}  {command.help}" for command in listed]
    (sys.stdout if is_help else sys.stderr).write("\n".join(lines) + "\n")
    return 0 if is_help else 2


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


if __name__ == "__main__":
    sys.exit(main())
