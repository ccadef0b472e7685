"""Requests to Microsoft Graph: signed in, a few per mailbox at a time, to one host alone."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import quote

import httpx
import msgspec

from roomdisplay.connectors.base import CalendarGoneError, MalformedAnswerError, ThrottledError
from roomdisplay.connectors.graph.batch import Gatherer
from roomdisplay.connectors.graph.messages import Page
from roomdisplay.connectors.graph.refusals import Reply, decoded, require_good
from roomdisplay.connectors.graph.settings import Account
from roomdisplay.connectors.graph.signin import Token, Tokens
from roomdisplay.connectors.http import HttpDoor, Limits

IMMUTABLE = 'IdType="ImmutableId"'
"""Ids that stay the same wherever an event is moved to in its mailbox; wanted with each request."""
MOST_PAGES = 100
MOST_ENTRIES = 20_000
"""Of one list, before it is called endless."""
_VERSION = "/v1.0"
_AT_ONCE = 4
"""Requests to one mailbox at the same time, by the service's own limit."""
_SHORT_PAUSE = timedelta(seconds=3)
"""A pause up to this is waited for; of a longer one the caller is told."""
_LONGEST_ADDRESS = 320
_PAUSED = frozenset({429, 503, 504})


@dataclass(slots=True, eq=False)
class _Mailbox:
    """The traffic with one mailbox; the service counts it by mailbox, too."""

    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))
    closed_until: float = 0.0
    """On the loop's clock."""


class GraphClient:
    """Speaks to Graph; knows nothing of meetings. Paths are relative to the version's root."""

    def __init__(self, account: Account, limits: Limits | None = None) -> None:
        self.tokens = Tokens(account)
        self.skew: timedelta | None = None
        """How far the service's clock is ahead of this machine's, as last seen."""
        self._root = account.cloud.graph
        self._door = HttpDoor(limits=limits, authority=account.authority)
        self._gatherer = Gatherer(self._authorized)
        self._mailboxes: dict[str, _Mailbox] = {}

    async def aclose(self) -> None:
        """Give up what is under way and close the connections."""
        await self._gatherer.aclose()
        await self._door.aclose()
        await self.tokens.aclose()

    async def get(self, path: str, *, room: str = "", prefer: str = IMMUTABLE) -> Reply:
        """Read something, together with what others read at the same moment.

        Args:
            path: below the version's root, with its query.
            room: the mailbox that bears the work, if it is one.
            prefer: preferences, as a header has them.

        Raises:
            ThrottledError: the mailbox is to be left alone for a while.
            ConnectorError: there is no answer.
        """
        headers = {"Prefer": prefer, "Accept": "application/json"}
        async with self._turn(room) as mailbox:
            reply = await self._gatherer.get(path, headers)
            pause = _short_pause(reply)
            if pause is not None:
                await asyncio.sleep(pause)
                reply = await self._authorized("GET", path, headers, None)
            self._mind(mailbox, reply)
            return reply

    async def send(
        self,
        method: str,
        path: str,
        *,
        room: str = "",
        body: object = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send what is not only a read, by itself and exactly once.

        Raises:
            ThrottledError: the mailbox is to be left alone for a while; nothing was sent.
            ConnectorError: there is no answer; it may have been done all the same.
        """
        sent = {"Prefer": IMMUTABLE, "Accept": "application/json", **(headers or {})}
        content = None
        if body is not None:
            content = msgspec.json.encode(body)
            sent["Content-Type"] = "application/json"
        async with self._turn(room) as mailbox:
            reply = await self._authorized(method, path, sent, content)
            self._mind(mailbox, reply)
            return reply

    async def entries(
        self, path: str, *, room: str = "", prefer: str = IMMUTABLE, first: Reply | None = None
    ) -> tuple[list[msgspec.Raw], str | None]:
        """All entries of a list, page by page, and the path for asking what changed since.

        Args:
            path: of the first page.
            room: the mailbox that bears the work, if it is one.
            prefer: preferences, as a header has them.
            first: the first page, where it is there already.

        Raises:
            MalformedAnswerError: the list does not end, or leads to another host.
            ConnectorError: a page cannot be had; half a list is none.
        """
        found: list[msgspec.Raw] = []
        seen: set[str] = set()
        while path not in seen and len(seen) < MOST_PAGES and len(found) <= MOST_ENTRIES:
            seen.add(path)
            reply = first or await self.get(path, room=room, prefer=prefer)
            first = None
            page = decoded(require_good(reply, room), Page)
            found += page.value
            if page.next_link is None:
                return found, None if page.delta_link is None else self.relative(page.delta_link)
            path = self.relative(page.next_link)
        raise MalformedAnswerError("a list of Microsoft Graph does not end")

    def relative(self, link: str) -> str:
        """The path of a link that Graph gave, if it leads to Graph: the token goes nowhere else.

        Raises:
            MalformedAnswerError: it leads elsewhere.
        """
        try:
            url = httpx.URL(link)
        except httpx.InvalidURL:
            raise MalformedAnswerError("a link of Microsoft Graph is none") from None
        path = url.raw_path.decode("ascii")
        here = (url.scheme, url.host, url.port) == (
            self._root.scheme,
            self._root.host,
            self._root.port,
        )
        if not here or url.userinfo or not path.startswith(_VERSION + "/"):
            raise MalformedAnswerError("a link of Microsoft Graph leads to another host")
        return path.removeprefix(_VERSION)

    @asynccontextmanager
    async def _turn(self, room: str) -> AsyncIterator[_Mailbox]:
        mailbox = self._mailboxes.setdefault(room.casefold(), _Mailbox())
        if not room:  # what is no mailbox's has no such limit
            yield mailbox
            return
        async with mailbox.turns:
            left = mailbox.closed_until - asyncio.get_running_loop().time()
            if left > 0:
                pause = timedelta(seconds=left)
                raise ThrottledError("the mailbox asks for a pause", pause, whole_service=False)
            yield mailbox

    def _mind(self, mailbox: _Mailbox, reply: Reply) -> None:
        """Leave a mailbox alone as long as it asks for."""
        if reply.status in _PAUSED and reply.pause is not None:
            until = asyncio.get_running_loop().time() + reply.pause.total_seconds()
            mailbox.closed_until = max(mailbox.closed_until, until)

    async def _authorized(
        self, method: str, path: str, headers: Mapping[str, str], content: bytes | None
    ) -> Reply:
        """Send with a token; once more with a new one where it is refused."""
        token = await self.tokens.get()
        reply = await self._once(token, method, path, headers, content)
        if reply.status == HTTPStatus.UNAUTHORIZED:
            token = await self.tokens.get(stale=token)
            reply = await self._once(token, method, path, headers, content)
        return reply

    async def _once(
        self,
        token: Token,
        method: str,
        path: str,
        headers: Mapping[str, str],
        content: bytes | None,
    ) -> Reply:
        url = httpx.URL(f"{self._root}{_VERSION}{path}")
        sent = {
            **headers,
            "Authorization": f"Bearer {token.value}",
            "client-request-id": str(uuid.uuid4()),
        }
        answer = await self._door.send(method, url, headers=sent, content=content, same_origin=True)
        self.skew = clock_skew(answer.headers.get("date", ""), datetime.now(UTC)) or self.skew
        return Reply(answer.status, answer.headers, answer.body)


def clock_skew(date: str, now: datetime) -> timedelta | None:
    """How far the clock behind a Date header is ahead; None: the header tells nothing."""
    try:
        told = parsedate_to_datetime(date)
    except ValueError:
        return None
    return told - now if told.tzinfo is not None else None


def _short_pause(reply: Reply) -> float | None:
    """Seconds to wait before the same read is tried once more; None: it is not."""
    if reply.status not in _PAUSED or (reply.pause or timedelta(0)) > _SHORT_PAUSE:
        return None
    if reply.pause is None and reply.status != HTTPStatus.TOO_MANY_REQUESTS:
        return None
    wait = reply.pause or timedelta(seconds=1)
    return wait.total_seconds() * random.uniform(1.0, 1.3)  # noqa: S311 - spreads, hides nothing


def mailbox_path(address: str) -> str:
    """The path of a mailbox.

    Raises:
        CalendarGoneError: this cannot be a mailbox's address.
    """
    if not address.strip() or len(address) > _LONGEST_ADDRESS or not address.isprintable():
        raise CalendarGoneError("this is not the address of a mailbox")
    return f"/users/{quote(address.strip(), safe='@')}"
