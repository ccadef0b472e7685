"""The stream that tells an open page that something on it may have changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from litestar import get
from litestar.params import FromQuery
from litestar.response import Stream

from roomdisplay.admin.context import Admin
from roomdisplay.admin.news import PAGES, News
from roomdisplay.admin.web.headers import page_headers
from roomdisplay.admin.web.visit import CurrentVisit

BEAT_S = 25
"""Bytes flow this often, so that proxies keep the connection and a dead one is noticed."""
_TOPICS_LIMIT = 20


@get("/live")
async def live(visit: CurrentVisit, topics: FromQuery[str] = "") -> Stream:
    """News of `topics` (comma-separated) as server-sent events; no data travels in them."""
    wanted = {topic for topic in topics.split(",") if topic.startswith(("room:", "device:"))}
    return news_stream(visit.admin, set(sorted(wanted)[:_TOPICS_LIMIT]) | {PAGES})


def news_stream(admin: Admin, topics: set[str]) -> Stream:
    """The news of `topics` as server-sent events, until the browser goes."""
    headers = page_headers(admin.settings) | {"X-Accel-Buffering": "no"}
    return Stream(_events(admin.news, topics), media_type="text/event-stream", headers=headers)


async def _events(news: News, topics: set[str]) -> AsyncIterator[str]:
    async with news.subscribe(topics) as subscription:
        # What happened between the page and this moment was not heard: the page reads anew.
        yield "retry: 2000\nevent: changed\ndata:\n\n"
        while True:
            try:
                async with asyncio.timeout(BEAT_S):
                    heard = await subscription.wait()
            except TimeoutError:
                yield ": beat\n\n"
                continue
            if not heard:  # the server shuts down; the browser comes back when it is up again
                return
            yield "event: changed\ndata:\n\n"
