"""Keeps the last good picture: in memory for a restart, on the disk for a power cut."""

from __future__ import annotations

import asyncio
import logging
from functools import partial

from roomdisplay.model.trouble import TroubleKind
from roomdisplay.sync.cache import Cache
from roomdisplay.sync.database import DiskError
from roomdisplay.sync.file_thread import FileThread
from roomdisplay.sync.ledger import Ledger
from roomdisplay.sync.picture import Moment, Picture
from roomdisplay.sync.plan import must_persist
from roomdisplay.sync.warm import WarmCopy

logger = logging.getLogger(__name__)

_SOURCE = "cache"


class Keeping:
    """Writes what the ledger knows."""

    def __init__(self, ledger: Ledger, warm: WarmCopy) -> None:
        self._ledger = ledger
        self._warm = warm
        self._cache: Cache | None = None
        self._saved_picture: Picture | None = None
        self._saved_moment: Moment | None = None
        self._thread = FileThread("cache")
        self._one_at_a_time = asyncio.Lock()
        self._news = asyncio.Event()

    async def open(self, cache: Cache) -> tuple[Picture, Moment] | None:
        """Use `cache` from now on, and read what it has."""
        self._cache = cache
        try:
            kept = await self._thread.do(cache.load)
        except DiskError as error:
            self._ledger.trouble(_SOURCE, TroubleKind.DISK, str(error))
            return None
        if kept is not None:
            self._saved_picture, self._saved_moment = kept
        return kept

    def note(self) -> None:
        """The ledger has something new; returns at once."""
        picture, moment = self._ledger.picture, self._ledger.moment
        if picture is not None and picture.etag and moment is not None:
            self._warm.write(picture, moment)
            self._news.set()

    async def run(self) -> None:
        """Write whenever something that matters is new, for ever."""
        while True:
            await self._news.wait()
            self._news.clear()
            await self.write(only_if_due=True)

    async def write(self, *, only_if_due: bool = False) -> None:
        """Bring the disk up to date; with `only_if_due`, freshness alone waits for its interval."""
        async with self._one_at_a_time:
            picture, moment = self._ledger.picture, self._ledger.moment
            if self._cache is None or picture is None or not picture.etag or moment is None:
                return
            same = self._saved_picture is not None and self._saved_picture.etag == picture.etag
            if same and self._saved_moment == moment:
                return
            if same and only_if_due and not must_persist(self._saved_moment, moment):
                return
            try:
                if same:
                    await self._thread.do(partial(self._cache.store_moment, moment))
                else:
                    await self._thread.do(partial(self._cache.store, picture, moment))
            except DiskError as error:
                self._ledger.trouble(_SOURCE, TroubleKind.DISK, str(error))
            else:
                self._saved_picture, self._saved_moment = picture, moment
                self._ledger.trouble(_SOURCE, None)
        self._ledger.publish()

    async def forget(self) -> None:
        """Delete every trace of the room's meetings: the pairing is lost."""
        self._warm.forget()
        self._saved_picture = self._saved_moment = None
        if self._cache is None:
            return
        async with self._one_at_a_time:
            try:
                await self._thread.do(self._cache.forget)
            except DiskError as error:
                self._ledger.trouble(_SOURCE, TroubleKind.DISK, str(error))
                logger.error("The cached meetings cannot be deleted: %s", error)  # noqa: TRY400 - the disk's words say all

    async def close(self) -> None:
        """Close the file."""
        await self._thread.end(self._cache.close if self._cache else lambda: None)
