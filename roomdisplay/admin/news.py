"""That something changed, told within the process; what changed stands in the store.

A topic is a string: "room:<id>", "device:<id>", "calendar:<id>", "due" (something may be due
earlier than thought), "read" (a calendar may be, and nothing else) or "pages" (anything an
administrator's page may show). News carry no data: whoever hears of one reads the store again, so
that a lost or doubled one does no harm.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

PAGES = "pages"
DUE = "due"
READ = "read"


def room_topic(room_id: str) -> str:
    """The topic of everything the displays of a room show."""
    return f"room:{room_id}"


def device_topic(device_id: str) -> str:
    """The topic of one display: its profile, its commands, its revocation."""
    return f"device:{device_id}"


class Subscription:
    """Collects the topics that had news, until somebody waits for them."""

    def __init__(self) -> None:
        self._heard: set[str] = set()
        self._wake = asyncio.Event()
        self._closed = False

    async def wait(self) -> frozenset[str]:
        """The topics that had news since the last call; empty when the server shuts down."""
        await self._wake.wait()
        if not self._closed:
            self._wake.clear()
        heard = frozenset(self._heard)
        self._heard.clear()
        return heard

    def tell(self, topic: str) -> None:
        """Note news of `topic`; several before the next `wait` become one."""
        self._heard.add(topic)
        self._wake.set()

    def close(self) -> None:
        """Let `wait` return at once from now on."""
        self._closed = True
        self._wake.set()


class News:
    """Publish and subscribe within one asyncio loop."""

    def __init__(self) -> None:
        self._by_topic: defaultdict[str, set[Subscription]] = defaultdict(set)
        self._closed = False

    def publish(self, topics: Iterable[str]) -> None:
        """Tell all who subscribed to any of `topics`."""
        for topic in topics:
            for subscription in self._by_topic.get(topic, ()):
                subscription.tell(topic)

    @asynccontextmanager
    async def subscribe(self, topics: Iterable[str]) -> AsyncIterator[Subscription]:
        """Hear of `topics` from now on; read the store *after* entering, so that nothing is missed.

        While the context is open, `wait` may be cancelled (a timeout) without losing news.
        """
        wanted = frozenset(topics)
        subscription = Subscription()
        if self._closed:
            subscription.close()
        for topic in wanted:
            self._by_topic[topic].add(subscription)
        try:
            yield subscription
        finally:
            for topic in wanted:
                self._by_topic[topic].discard(subscription)
                if not self._by_topic[topic]:
                    del self._by_topic[topic]

    def close(self) -> None:
        """End all streams: the server shuts down."""
        self._closed = True
        for subscriptions in self._by_topic.values():
            for subscription in subscriptions:
                subscription.close()
