"""`roomdisplay pair`: pair this display at a prompt instead of on its glass."""

from __future__ import annotations

import argparse
import asyncio
import io
import sys
from pathlib import Path

import segno

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
from roomdisplay.device.identity import Paired
from roomdisplay.device.pairing import Pairing
from roomdisplay.device.pairing_client import ActivationRefused
from roomdisplay.device.settings import configure as configure_settings
from roomdisplay.device.vault.opening import VaultUnavailable
from roomdisplay.model.pairing import PairingOffer
from roomdisplay.model.trouble import Trouble

_CODE_LIMIT = 200


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    configure_settings(parser)
    parser.add_argument(
        "--activation-code-file",
        metavar="FILE",
        help="pair by the activation code in FILE; - asks for it, or reads standard input",
    )
    parser.add_argument(
        "--again", action="store_true", help="pair anew, though the display is paired"
    )


def run(options: argparse.Namespace) -> int:
    """Pair, and say with which room."""
    try:
        box = open_box(options)
        paired = asyncio.run(_pair(box, options))
    except (CommandError, VaultUnavailable) as error:
        return complain(str(error))
    except ActivationRefused:
        return complain("this activation code cannot be used (any more)")
    except ServerTrouble as trouble:
        return complain(f"{IN_WORDS[trouble.kind]} ({trouble.detail})")
    except KeyboardInterrupt:
        sys.stderr.write("\nNot paired; the code stays good for its time.\n")
        return 130
    say(f"Paired with {paired.room or 'the Admin Center; it has no room yet'}.")
    return 0


async def _pair(box: Box, options: argparse.Namespace) -> Paired:
    server = box.server()
    identity = box.store.load()
    if identity.paired is not None and not options.again:
        raise CommandError(f"this display is paired with {identity.paired.server}; see --again")
    async with DeviceHttp(server, identity.key) as http:
        if options.again:
            identity = type(identity)(key=identity.key, codes=identity.codes)
        pairing = Pairing(http, identity, box.store, box_facts())
        if options.activation_code_file is not None:
            return await pairing.redeem(read_code(options.activation_code_file))
        return await pairing.pair(_show, _tell)


def read_code(file: str) -> str:
    """An activation code from a file, from standard input or from the prompt.

    Raises:
        CommandError: the file cannot be read.
    """
    if file == "-":
        if sys.stdin.isatty():
            return input("Activation code: ")[:_CODE_LIMIT]
        return sys.stdin.readline(_CODE_LIMIT)
    try:
        with Path(file).open(encoding="ascii") as source:
            return source.readline(_CODE_LIMIT)
    except (OSError, ValueError):
        raise CommandError(f"{file} cannot be read") from None


def offer_text(offer: PairingOffer) -> str:
    """What the prompt shows of an offer: a QR code where it leads somewhere, code and words."""
    lines: list[str] = []
    if offer.verification_uri_complete is not None:
        picture = io.StringIO()
        segno.make(offer.verification_uri_complete, micro=False).terminal(picture, compact=True)
        lines.append(picture.getvalue())
    minutes = f"{offer.lifetime / 60:.0f} min"
    lines += [
        f"Open   {offer.verification_uri}",
        f"Code   {offer.user_code}",
        f"Words  {' '.join(offer.words)}",
        f"The page must show the same four words. A new code comes by itself after {minutes}.",
    ]
    return "\n".join(lines)


def _show(offer: PairingOffer | None) -> None:
    if offer is not None:
        say("\n" + offer_text(offer))


def _tell(trouble: Trouble | None) -> None:
    if trouble is not None:
        sys.stderr.write(f"Waiting: {IN_WORDS[trouble.kind]} ({trouble.detail})\n")
