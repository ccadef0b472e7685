"""`roomdisplay admin invite --role owner`: a one-time link on the server's own terminal."""

from __future__ import annotations

import argparse
import os
import sys

from roomdisplay.admin.configuration import add_data_argument
from roomdisplay.admin.context import Admin
from roomdisplay.admin.errors import StartError
from roomdisplay.admin.terminal import with_store
from roomdisplay.admin.use_cases.people import invite_owner


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_data_argument(parser)
    parser.add_argument(
        "--role",
        choices=["owner"],
        default="owner",
        help="others are invited on the page People",
    )


def run(options: argparse.Namespace) -> int:
    """Print the link; 0, or 1 if it cannot be made."""
    return with_store(options, _invite)


async def _invite(admin: Admin) -> None:
    if goes_to_journal(sys.stdout.fileno(), os.environ.get("JOURNAL_STREAM", "")):
        raise StartError("The link would be kept in the journal: run this on a terminal.")
    invitation = await invite_owner(admin)
    until = invitation.expires_at.astimezone().strftime("%Y-%m-%d %H:%M %Z")
    sys.stdout.write(f"{invitation.url}\n")
    sys.stderr.write(f"Opens once, until {until}.\n")


def goes_to_journal(descriptor: int, journal_stream: str) -> bool:
    """Whether systemd's journal reads what is written there (systemd.exec(5), JOURNAL_STREAM)."""
    device, _, inode = journal_stream.partition(":")
    if not (device.isdigit() and inode.isdigit()):
        return False
    found = os.fstat(descriptor)
    return (found.st_dev, found.st_ino) == (int(device), int(inode))
