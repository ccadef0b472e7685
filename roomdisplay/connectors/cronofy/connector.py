"""The connector for Cronofy Enterprise Connect."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import quote

import httpx
import msgspec

from roomdisplay.connectors.base import (
    CalendarGoneError,
    CalendarInfo,
    Capabilities,
    ConnectionSettings,
    CredentialsRejectedError,
    Occurrence,
    PermissionMissingError,
    Picture,
    Push,
    Surroundings,
    Unchanged,
    Window,
)
from roomdisplay.connectors.booking import Booking
from roomdisplay.connectors.cronofy import authorising, doctor
from roomdisplay.connectors.cronofy.client import CronofyClient, require
from roomdisplay.connectors.cronofy.events import picture
from roomdisplay.connectors.cronofy.messages import ChannelAnswer, Channels, Event, Resources, read
from roomdisplay.connectors.cronofy.pace import urgently
from roomdisplay.connectors.cronofy.reasons import diagnosis
from roomdisplay.connectors.cronofy.rooms import AHEAD, BACK, Rooms
from roomdisplay.connectors.cronofy.session import Session
from roomdisplay.connectors.cronofy.settings import Application, read_settings
from roomdisplay.connectors.cronofy.window import MANAGE_RESOURCES
from roomdisplay.connectors.cronofy.writing import Writer
from roomdisplay.connectors.diagnosis import Finding, Probe
from roomdisplay.connectors.http import Limits
from roomdisplay.connectors.push import Hook, Watch
from roomdisplay.model.room import SourceKind

LONGEST_HOOK = 128
"""Characters of an address that Cronofy posts changes to."""
_LONGEST_NAME = 200


class _Cursor(msgspec.Struct, frozen=True):
    """What a window held at the last read."""

    window: tuple[datetime, datetime]
    zone: str
    content: str
    """A hash."""
    others: str
    """A hash of what this application did not make: news of it come from the mailbox itself."""


def connect(settings: ConnectionSettings, surroundings: Surroundings) -> CronofyConnector:
    """Make a connector from what the administrator entered.

    Args:
        settings: with the values and secrets of `FIELDS`.
        surroundings: with the tokens of the service account and of each room.

    Raises:
        ConnectorError: the settings make no sense.
    """
    return CronofyConnector(read_settings(settings), surroundings)


class CronofyConnector:
    """Reads and writes calendars of rooms, each with tokens of its own.

    A room's address is the e-mail address of its mailbox. A window is always read whole: a week is
    one page, as a list of changes would be, and changes alone could hide what was not told. The
    cursor is a hash, so that nothing of it grows old. A mailbox that Cronofy lost reads as it was:
    what is not news is believed only when Cronofy says that it still follows the calendar.
    """

    kind = SourceKind.LIVE
    check_every = timedelta(minutes=2)
    capabilities = Capabilities(write=True, push=Push.HOOKS, at_once=8)

    def __init__(
        self,
        application: Application,
        surroundings: Surroundings,
        *,
        limits: Limits | None = None,
    ) -> None:
        self._client = CronofyClient(application, limits)
        self._clock = surroundings.clock
        self._session = Session(self._client, surroundings.tokens, surroundings.clock)
        self._rooms = Rooms(self._session)
        self._writer = Writer(self._rooms, surroundings.clock)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def check(self) -> None:
        """See that the client and the service account are accepted.

        Raises:
            ConnectorError: they are not; the subclass says why.
        """
        with urgently():
            await authorising.require_client(self._client)
            await self._session.service_info()

    async def list_calendars(self) -> Sequence[CalendarInfo]:
        """The rooms that the service account sees, by name.

        Raises:
            ConnectorError: they cannot be listed.
        """
        found: dict[str, CalendarInfo] = {}
        for room in (await self.resources()).resources:
            address = room.email.strip()
            if "@" in address:
                found[address.lower()] = CalendarInfo(
                    address=address,
                    name=((room.name or "").strip() or address)[:_LONGEST_NAME],
                    group=((room.location and room.location.building_name) or "")[:_LONGEST_NAME]
                    or None,
                    capacity=room.capacity if room.capacity and room.capacity > 0 else None,
                )
        return sorted(found.values(), key=lambda info: info.name.casefold())

    async def resources(self) -> Resources:
        """The rooms as Cronofy tells them; without details where it does not know them."""
        with urgently():
            for params in ((("include_details", "capacity location"),), ()):
                answer = await self._session.as_service("GET", "/v1/resources", params=params)
                if answer.status != httpx.codes.UNPROCESSABLE_ENTITY:
                    break
        require(answer, "the rooms", scope=MANAGE_RESOURCES)
        return read(answer, Resources, "the rooms")

    async def read(
        self, address: str, window: Window, cursor: str | None = None, *, zone: str = "UTC"
    ) -> Picture | Unchanged:
        """Read a window of a room's calendar.

        Args:
            address: the e-mail address of the room's mailbox.
            window: what to read; Cronofy keeps some weeks back and some months ahead.
            cursor: of the last picture of this window and zone; another is passed over.
            zone: the room's IANA zone.

        Raises:
            AuthorizationNeededError: the room is to be authorised, see `authorize`.
            ConnectorError: it cannot be read.
        """
        self._rooms.lies_in(address, zone)
        vouched = not self._rooms.is_known(address)
        events = await self._rooms.events(address, window)
        found, known = await asyncio.to_thread(_looked_at, events, window, zone)
        last = _decoded(cursor)
        if not vouched and not (events and _is_news(last, known)):
            await self._rooms.vouch(address)
        encoded = msgspec.json.encode(known).decode()
        if last == known:
            return Unchanged(encoded)
        warnings = (*found.warnings, *_beyond(window, self._clock()))
        return replace(found, cursor=encoded, warnings=warnings)

    async def book(self, address: str, booking: Booking) -> Occurrence:
        """See `WritingConnector.book`."""
        return await self._writer.book(address, booking)

    async def change_end(self, address: str, source_id: str, end: datetime) -> Occurrence:
        """See `WritingConnector.change_end`."""
        return await self._writer.change_end(address, source_id, end)

    async def end(self, address: str, source_id: str, at: datetime) -> None:
        """See `WritingConnector.end`."""
        await self._writer.end(address, source_id, at)

    async def release(self, address: str, source_id: str, words: str) -> None:
        """See `WritingConnector.release`; Cronofy hands no words on to the organiser."""
        del words
        await self._writer.release(address, source_id)

    async def authorize(self, requests: Sequence[tuple[str, Hook]]) -> None:
        """See `AuthorizingConnector.authorize`."""
        await authorising.authorize(self._session, requests)

    async def redeem(self, address: str, code: str, hook: Hook) -> None:
        """See `AuthorizingConnector.redeem`; a code that was redeemed before changes nothing."""
        await authorising.redeem(self._session, address, code, hook)
        self._rooms.forget(address)

    async def watch(self, address: str, hook: Hook) -> Watch:
        """See `HookedConnector.watch`; a channel does not expire."""
        if len(hook.url) > LONGEST_HOOK:
            raise PermissionMissingError(
                f"Cronofy posts to addresses of at most {LONGEST_HOOK} characters",
                diagnosis=diagnosis("callback_unreachable", uri=hook.url[:40] + "…"),
            )
        self._rooms.forget(address)  # a mailbox that was lost is to be asked for anew
        calendar = await self._rooms.calendar(address)
        wanted = {
            "callback_url": hook.url,
            "filters": {"calendar_ids": [calendar.id], "only_managed": False},
        }
        answer = await self._session.as_room(address, "POST", "/v1/channels", json=wanted)
        require(answer, "the push channel", scope="read_account")
        return Watch(id=read(answer, ChannelAnswer, "the push channel").channel.channel_id)

    async def renew(self, address: str, watch: Watch, hook: Hook) -> Watch:
        """See `HookedConnector.renew`: whether the channel is still there."""
        answer = await self._session.as_room(address, "GET", "/v1/channels")
        require(answer, "the push channels", scope="read_account")
        for channel in read(answer, Channels, "the push channels").channels:
            if channel.channel_id == watch.id and channel.callback_url == hook.url:
                return watch
        raise CalendarGoneError("Cronofy knows this push channel no more")

    async def unwatch(self, address: str, watch: Watch) -> None:
        """See `HookedConnector.unwatch`."""
        try:
            answer = await self._session.as_room(
                address, "DELETE", f"/v1/channels/{quote(watch.id, safe='')}"
            )
        except (CredentialsRejectedError, PermissionMissingError):
            return  # without its authorisation a room's channels tell nothing any more
        if answer.status not in {404, 410}:
            require(answer, "the push channel", scope="read_account")

    async def diagnose(self, probe: Probe) -> AsyncIterator[Finding]:
        """See `DiagnosingConnector.diagnose`."""
        examination = doctor.Examination(self._session, self._rooms, self.resources, self._clock)
        async for finding in examination.findings(probe):
            yield finding


def _looked_at(
    events: Sequence[Event | None], window: Window, zone: str
) -> tuple[Picture, _Cursor]:
    found = picture(events, window, zone)
    others = sorted(_of_mailbox(one) for one in events if one is None or not one.event_id)
    return found, _Cursor(
        window=(window.start, window.end),
        zone=zone,
        content=_hash((found.occurrences, found.left_out, found.unreadable)),
        others=_hash(others),
    )


def _of_mailbox(event: Event | None) -> bytes:
    """What of an event comes from the mailbox alone: not the order, nor what we may do or did."""
    if event is None:
        return b""
    taken = (event.event_uid, event.start, event.end, event.status, event.transparency)
    words = (event.summary, event.description, event.location, event.organizer)
    return msgspec.json.encode((taken, words, event.event_private))


def _is_news(last: _Cursor | None, known: _Cursor) -> bool:
    """Whether the mailbox told something since: then Cronofy follows it."""
    return (
        last is not None
        and (last.window, last.zone) == (known.window, known.zone)
        and last.others != known.others
    )


def _hash(told: object) -> str:
    return hashlib.sha256(msgspec.json.encode(told)).hexdigest()


def _decoded(cursor: str | None) -> _Cursor | None:
    if cursor is None:
        return None
    try:
        return msgspec.json.decode(cursor, type=_Cursor)
    except msgspec.DecodeError:
        return None


def _beyond(window: Window, now: datetime) -> tuple[str, ...]:
    if window.start >= now - BACK and window.end <= now + AHEAD:
        return ()
    words = f"Cronofy keeps events from {BACK.days} days back to {AHEAD.days} days ahead"
    return (f"{words}; beyond, the calendar seems to be empty.",)
