"""The running Admin Center: store, jobs and listener, from start to a clean end."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import inspect
import os
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import uvicorn

from roomdisplay.admin.app import create_app
from roomdisplay.admin.configuration import certificate_names, check_listener, with_origins
from roomdisplay.admin.context import Admin, Clock, utc_now
from roomdisplay.admin.errors import StartError
from roomdisplay.admin.jobs import Jobs
from roomdisplay.admin.news import News
from roomdisplay.admin.security.seal_key import open_sealer, require_same_key
from roomdisplay.admin.security.sealing import Sealer
from roomdisplay.admin.security.self_made_tls import open_authority, server_context
from roomdisplay.admin.settings import ORIGIN_SCOPE, ServerSettings
from roomdisplay.admin.store import Store
from roomdisplay.admin.store.migrate import migrate
from roomdisplay.admin.store.tables import SettingsScope

SHUTDOWN_LIMIT_S = 5
"""How long open requests may take to end; streams end at once, by `News.close`."""
Ready = Callable[[Admin], Awaitable[None] | None]


async def serve(
    settings: ServerSettings,
    *,
    clock: Clock = utc_now,
    ready: Ready | None = None,
    stop: asyncio.Event | None = None,
) -> None:
    """Run an Admin Center until `stop` is set or the task is cancelled.

    Args:
        settings: `port` 0 takes a free one; the settings that `ready` gets name it.
        clock: tells the time, UTC; after it jumped, publish `news.DUE`.
        ready: called with the Admin Center once it listens; may be a coroutine function. What it
            raises ends the server.
        stop: set it to end; open streams are closed.

    Raises:
        StartError: it cannot start; the message says how it could.
    """
    check_listener(settings)
    with _lock(settings.data_dir), _listener(settings) as listener:
        settings = with_origins(settings, listener.getsockname()[1])
        sealer = open_sealer(settings.seal_key_file)
        settings, tls = _tls(settings, sealer, clock())
        async with open_admin(settings, sealer, clock) as admin:
            await _remember_origin(admin)
            server = _Server(_config(admin, tls), admin.news, _call(ready, admin))
            server.config.load()
            server.config.ssl = tls
            async with asyncio.TaskGroup() as group:
                beside = [group.create_task(Jobs(admin).run())]
                if stop is not None:
                    beside.append(group.create_task(_stop_when(stop, server)))
                try:
                    await server.serve(sockets=[listener])
                finally:
                    for task in beside:
                        task.cancel()


@asynccontextmanager
async def open_admin(
    settings: ServerSettings, sealer: Sealer, clock: Clock = utc_now
) -> AsyncIterator[Admin]:
    """An Admin Center over its migrated store, without a listener and without jobs.

    Raises:
        StartError: the store is of a newer version, or was sealed with another key.
    """
    news = News()
    store = Store(settings.database_url, news)
    try:
        await migrate(store)
        await require_same_key(store, sealer)
        yield Admin(store=store, clock=clock, news=news, sealer=sealer, settings=settings)
    finally:
        await store.close()


class _Server(uvicorn.Server):
    """Uvicorn, told when streams are to end, and leaving signals to the command."""

    def __init__(
        self, config: uvicorn.Config, news: News, ready: Callable[[], Awaitable[None]]
    ) -> None:
        super().__init__(config)
        self._news = news
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            await self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._news.close()
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _config(admin: Admin, tls: ssl.SSLContext | None) -> uvicorn.Config:
    del tls  # set after loading: uvicorn itself reads keys from files only
    return uvicorn.Config(
        create_app(admin),
        log_config=None,
        access_log=False,  # paths hold invitations
        ws="none",
        lifespan="on",
        server_header=False,
        proxy_headers=bool(admin.settings.behind_proxy),
        forwarded_allow_ips=list(admin.settings.behind_proxy),
        timeout_graceful_shutdown=SHUTDOWN_LIMIT_S,
    )


def _tls(
    settings: ServerSettings, sealer: Sealer, now: datetime
) -> tuple[ServerSettings, ssl.SSLContext | None]:
    if settings.tls_self_made:
        authority = open_authority(settings.data_dir / "tls", sealer, now)
        context = server_context(authority, certificate_names(settings), now)
        return replace(settings, certificate_pin=authority.pin), context
    if settings.tls_cert is None:
        return settings, None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(settings.tls_cert, settings.tls_key)
    except (OSError, ssl.SSLError) as error:
        raise StartError(f"The TLS certificate or its key cannot be read: {error}") from error
    return settings, context


@contextmanager
def _lock(data_dir: Path) -> Iterator[None]:
    """Make the data folder, and let no second server into it."""
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(data_dir / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise StartError(f"The data folder {data_dir} cannot be used: {error.strerror}.") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise StartError(f"Another Admin Center already runs on {data_dir}.") from error
    finally:
        os.close(lock)


@contextmanager
def _listener(settings: ServerSettings) -> Iterator[socket.socket]:
    """The open port; bound before anything else, so that its number is known."""
    try:
        found = socket.getaddrinfo(
            settings.host or None,
            settings.port,
            type=socket.SOCK_STREAM,
            flags=socket.AI_PASSIVE,
        )
        family, kind, protocol, _, address = found[0]
        listener = socket.create_server(
            (address[0], settings.port),
            family=family,
            dualstack_ipv6=family == socket.AF_INET6 and settings.host == "::",
        )
        # asyncio sets it on sockets that were made with the protocol's number only; without it,
        # heads and bodies that are written apart wait for the other side's delayed ACK, 40 ms
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except OSError as error:
        reason = error.strerror
        if error.errno == errno.EADDRINUSE:
            reason = "another program has that port; end it, or choose another port"
        raise StartError(
            f"It cannot listen on {settings.host}:{settings.port}: {reason}."
        ) from error
    del kind, protocol
    with contextlib.closing(listener):
        yield listener


async def _remember_origin(admin: Admin) -> None:
    """Note the address for `admin invite`, which is run without the server's arguments."""
    async with admin.store.transaction() as session:
        row = await session.get(SettingsScope, ORIGIN_SCOPE)
        values: dict[str, Any] = {"origins": list(admin.settings.public_origins)}
        if row is None:
            session.add(SettingsScope(scope=ORIGIN_SCOPE, values=values))
        elif row.values != values:
            row.values = values


def _call(ready: Ready | None, admin: Admin) -> Callable[[], Awaitable[None]]:
    async def called() -> None:
        outcome = ready(admin) if ready is not None else None
        if inspect.isawaitable(outcome):
            await outcome

    return called


async def _stop_when(stop: asyncio.Event, server: uvicorn.Server) -> None:
    await stop.wait()
    server.should_exit = True
