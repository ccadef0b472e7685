"""`roomdisplay status`: who this display is, where it belongs, and where its secrets are kept."""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass

from roomdisplay import __version__
from roomdisplay.device.commands.box import Box, complain, open_box, say
from roomdisplay.device.settings import configure as configure_settings
from roomdisplay.device.traces import cache_age
from roomdisplay.device.vault.opening import VaultUnavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What `status` says."""

    standing: str
    """"paired", "pairing" (a code is out) or "unpaired"."""
    server: str | None
    room: str | None
    device_id: str | None
    key_thumbprint: str | None
    keyring: str
    notices: tuple[str, ...]
    cache_age_s: int | None
    version: str = __version__


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    configure_settings(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(options: argparse.Namespace) -> int:
    """Print the status; asks nobody and changes nothing."""
    try:
        status = status_of(open_box(options))
    except VaultUnavailable as error:
        return complain(str(error))
    if options.json:
        say(json.dumps(asdict(status)))
    else:
        for name, value in in_words(status):
            say(f"{name:<9} {value}")
    return 0


def status_of(box: Box) -> Status:
    """The status of a display."""
    identity = box.store.peek()
    paired = identity.paired if identity else None
    waiting = identity is not None and bool(identity.codes)
    age = cache_age(box.settings.state_dir)
    return Status(
        standing="paired" if paired else "pairing" if waiting else "unpaired",
        server=box.settings.server or (paired.server if paired else None),
        room=paired.room if paired else None,
        device_id=paired.device_id if paired else None,
        key_thumbprint=identity.key.thumbprint if identity else None,
        keyring=box.vault.describe(),
        notices=box.vault.notices,
        cache_age_s=None if age is None else round(age),
    )


def in_words(status: Status) -> list[tuple[str, str]]:
    """The status as lines of name and value."""
    age = status.cache_age_s
    return [
        ("standing", status.standing),
        ("server", status.server or "none set"),
        ("room", status.room or "-"),
        ("device", status.device_id or "-"),
        ("key", status.key_thumbprint or "not made yet"),
        ("keyring", ", ".join((status.keyring, *status.notices))),
        ("cache", "empty" if age is None else f"written {age} s ago"),
        ("version", status.version),
    ]
