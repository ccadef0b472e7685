"""What the Admin Center's other commands share: its store without its server."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from roomdisplay.admin.configuration import default_data_dir
from roomdisplay.admin.context import Admin, utc_now
from roomdisplay.admin.errors import StartError
from roomdisplay.admin.news import News
from roomdisplay.admin.security.sealing import KEY_BYTES, Sealer
from roomdisplay.admin.settings import DEFAULT_PORT, ORIGIN_SCOPE, ServerSettings
from roomdisplay.admin.store import Store
from roomdisplay.admin.store.migrate import migrate
from roomdisplay.admin.store.tables import SettingsScope


def with_store(options: argparse.Namespace, work: Callable[[Admin], Awaitable[None]]) -> int:
    """Do `work` on the store in `--data`, beside a running server or without one.

    The key that seals secrets is the server's alone: `work` must seal and unseal nothing.
    """
    environ = os.environ
    data = options.data or environ.get("ROOMDISPLAY_ADMIN_DATA")
    settings = ServerSettings(
        data_dir=Path(data) if data else default_data_dir(environ),
        public_origins=(f"http://127.0.0.1:{DEFAULT_PORT}",),
    )
    os.umask(0o077)
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        become_owner(settings.data_dir)
        asyncio.run(_run(settings, work))
    except (StartError, OSError) as error:
        sys.stderr.write(f"roomdisplay: {error}\n")
        return 1
    return 0


async def _run(settings: ServerSettings, work: Callable[[Admin], Awaitable[None]]) -> None:
    news = News()
    store = Store(settings.database_url, news)
    try:
        await migrate(store)
        async with store.reading() as session:
            row = await session.get(SettingsScope, ORIGIN_SCOPE)
        if row is not None:
            settings = replace(settings, public_origins=tuple(row.values["origins"]))
        sealer = Sealer(os.urandom(KEY_BYTES), "nowhere")
        await work(Admin(store=store, clock=utc_now, news=news, sealer=sealer, settings=settings))
    finally:
        await store.close()


def become_owner(data_dir: Path) -> None:
    """As root, act as the data folder's owner: the server must be able to open what we write."""
    if os.geteuid() == 0:
        owner = data_dir.stat()
        os.setegid(owner.st_gid)
        os.seteuid(owner.st_uid)
