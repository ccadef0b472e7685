"""`roomdisplay admin migrate`: bring the store in step with the program, without serving."""

from __future__ import annotations

import argparse
import sys

from roomdisplay.admin.configuration import add_data_argument
from roomdisplay.admin.context import Admin
from roomdisplay.admin.terminal import with_store


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_data_argument(parser)


def run(options: argparse.Namespace) -> int:
    """Migrate; 0, or 1 if the store is of a newer version."""
    return with_store(options, _done)


async def _done(admin: Admin) -> None:
    sys.stderr.write(f"The store in {admin.settings.data_dir} is up to date.\n")
