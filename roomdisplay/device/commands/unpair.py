"""`roomdisplay unpair`: give the pairing back and forget the room."""

from __future__ import annotations

import argparse
import asyncio

from roomdisplay.device.box import box_facts
from roomdisplay.device.commands.box import (
    IN_WORDS,
    Box,
    CommandError,
    complain,
    open_box,
    say,
)
from roomdisplay.device.http import DeviceHttp, ServerTrouble
from roomdisplay.device.pairing import Pairing
from roomdisplay.device.settings import configure as configure_settings
from roomdisplay.device.traces import forget_room
from roomdisplay.device.vault.opening import VaultUnavailable


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    configure_settings(parser)


def run(options: argparse.Namespace) -> int:
    """Un-pair; what cannot be told to the server is said."""
    try:
        box = open_box(options)
        identity = box.store.peek()
        if identity is None or identity.paired is None:
            say("This display is not paired.")
            return 0
        told = asyncio.run(give_back(box))
        forget_room(box.settings.state_dir)
    except (CommandError, VaultUnavailable) as error:
        return complain(str(error))
    except OSError as error:
        return complain(f"the cached meetings could not be removed: {error.strerror}")
    say("Un-paired." if told is None else f"Un-paired here, but {told}.")
    if told is not None:
        say("Take the display out under Devices in the Admin Center, too.")
    return 0


async def give_back(box: Box) -> str | None:
    """Give the token back; None, or why the server could not be told."""
    identity = box.store.load()
    try:
        async with DeviceHttp(box.server(), identity.key) as http:
            await Pairing(http, identity, box.store, box_facts()).unpair()
    except ServerTrouble as trouble:
        return IN_WORDS[trouble.kind]
    except CommandError as error:  # nobody can be told where there is no address
        await asyncio.to_thread(box.store.forget_pairing)
        return str(error)
    return None
