"""News: coalesced, never lost, ended at shutdown."""

from __future__ import annotations

import asyncio

import pytest

from roomdisplay.admin.news import News


async def test_only_subscribed_topics_are_heard_and_several_become_one() -> None:
    news = News()
    async with news.subscribe(["room:a", "pages"]) as subscription:
        news.publish(["room:a", "room:b"])
        news.publish(["room:a", "pages"])
        assert await subscription.wait() == {"room:a", "pages"}
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await subscription.wait()


async def test_news_during_a_cancelled_wait_are_kept() -> None:
    news = News()
    async with news.subscribe(["room:a"]) as subscription:
        waiting = asyncio.create_task(subscription.wait())
        await asyncio.sleep(0)
        waiting.cancel()
        news.publish(["room:a"])
        assert await subscription.wait() == {"room:a"}


async def test_closing_ends_present_and_later_waits() -> None:
    news = News()
    async with news.subscribe(["room:a"]) as early:
        waiting = asyncio.create_task(early.wait())
        await asyncio.sleep(0)
        news.close()
        assert await waiting == frozenset()
        assert await early.wait() == frozenset()
    async with news.subscribe(["room:a"]) as late:
        assert await late.wait() == frozenset()


async def test_nothing_is_kept_of_those_who_left() -> None:
    news = News()
    async with news.subscribe(["room:a"]):
        pass
    news.publish(["room:a"])
    assert news._by_topic == {}
