"""`roomdisplay reset`: forget everything, as if the display came out of its box."""

from __future__ import annotations

import argparse
import asyncio
import sys

from roomdisplay.device.commands.box import CommandError, complain, open_box, say
from roomdisplay.device.commands.unpair import give_back
from roomdisplay.device.settings import configure as configure_settings
from roomdisplay.device.traces import forget_everything
from roomdisplay.device.vault.opening import VaultUnavailable


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    configure_settings(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask")


def run(options: argparse.Namespace) -> int:
    """Ask, give the pairing back if the server can be reached, and wipe."""
    if not options.yes and not _agreed():
        return complain("nothing was changed")
    try:
        box = open_box(options)
        identity = box.store.peek()
        told = asyncio.run(give_back(box)) if identity and identity.paired else None
        box.vault.wipe()
        forget_everything(box.settings.state_dir)
    except (CommandError, VaultUnavailable) as error:
        return complain(str(error))
    except OSError as error:
        return complain(f"not everything could be removed: {error.strerror}")
    if told is not None:
        say(f"The Admin Center could not be told ({told}): take the display out there, too.")
    say("Wiped. The next start makes a new display of it.")
    return 0


def _agreed() -> bool:
    if not sys.stdin.isatty():
        return False
    question = "Forget key, pairing, meetings and unsent check-ins of this display? [y/N] "
    return input(question).strip().lower() in {"y", "yes"}
