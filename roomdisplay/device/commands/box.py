"""What the commands have in hand: the settings, the keyring, the identity, words for people."""

from __future__ import annotations

import argparse
import logging
import sys
from dataclasses import dataclass

from roomdisplay.device.identity import IdentityStore
from roomdisplay.device.server_address import AddressError, ServerAddress, parse_server
from roomdisplay.device.settings import DisplaySettings, settings_from
from roomdisplay.device.vault.opening import Vault, open_vault
from roomdisplay.model.trouble import TroubleKind

IN_WORDS = {
    TroubleKind.NO_SERVER_ADDRESS: "no server address: use --server or ROOMDISPLAY_SERVER",
    TroubleKind.NO_NETWORK: "no network",
    TroubleKind.NAME_NOT_FOUND: "the server's name is not known here",
    TroubleKind.SERVER_UNREACHABLE: "the server does not answer",
    TroubleKind.CERTIFICATE_NOT_TRUSTED: "the server's certificate is not trusted",
    TroubleKind.FOREIGN_ANSWER: "something else answers in the server's place (a portal, a proxy?)",
    TroubleKind.SERVER_FAILING: "the server cannot answer now",
    TroubleKind.PROTOCOL_TOO_NEW: "the server is too new for this display",
    TroubleKind.NO_KEYRING: "no keyring",
    TroubleKind.DISK: "the disk cannot be written",
}


class CommandError(Exception):
    """The command ends here; the message is for whoever called it."""


@dataclass(frozen=True, slots=True)
class Box:
    """This display, as its commands see it."""

    settings: DisplaySettings
    vault: Vault
    store: IdentityStore

    def server(self) -> ServerAddress:
        """The Admin Center's address, from the settings, else from the pairing.

        Raises:
            CommandError: there is none, or it is not one.
        """
        identity = self.store.peek()
        paired = identity.paired if identity else None
        written = self.settings.server or (paired.server if paired else None)
        if written is None:
            raise CommandError(IN_WORDS[TroubleKind.NO_SERVER_ADDRESS])
        try:
            return parse_server(written, self.settings.server_pin)
        except AddressError as error:
            raise CommandError(str(error)) from None


def open_box(options: argparse.Namespace) -> Box:
    """Open this display's keyring.

    Raises:
        VaultUnavailable: there is no keyring that keeps secrets.
    """
    # One line for each poll is no use to anybody who waits at a prompt.
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")
    settings = settings_from(options)
    vault = open_vault(settings.state_dir, insecure_key_file=settings.insecure_key_file)
    return Box(settings, vault, IdentityStore(vault))


def say(text: str) -> None:
    """Print a line."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def complain(text: str) -> int:
    """Say on standard error what went wrong; the exit code."""
    sys.stderr.write(f"roomdisplay: {text}\n")
    return 1
