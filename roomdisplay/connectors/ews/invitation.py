"""The doctor's test meeting: sent by the service account, looked at in the room, removed again."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from roomdisplay.connectors.base import ConnectorError, Diagnosis, UnavailableError, Window
from roomdisplay.connectors.diagnosis import Finding, Verdict
from roomdisplay.connectors.ews.item import TEAMS_LINK, Item
from roomdisplay.connectors.ews.mailbox import ItemId, RoomMailbox
from roomdisplay.connectors.ews.occurrence import why_not_shown
from roomdisplay.connectors.ews.server import Server
from roomdisplay.connectors.ews.soap import wire
from roomdisplay.connectors.ews.survival import kept
from roomdisplay.connectors.ews.xml import Element, copied, t

LINK = "https://teams.microsoft.com/l/meetup-join/19%3ameeting_room-display-test%40thread.v2/0"
ZONE = "W. Europe Standard Time"
"""Any but UTC, which a lost zone would look like."""
_LENGTH = timedelta(minutes=15)
_AT = time(4, 30)
_FIRST_DAY, _LAST_DAY = 7, 28
"""Days ahead: near enough for every booking window, far enough to disturb nobody."""
_LOOKS = (0.2, 0.5, 1, 2, 3, 5, 8, 10, 15, 15)
"""Seconds between two looks for the meeting: the room's assistant takes its time."""


T = TypeVar("T")


@dataclass(slots=True)
class _Sent:
    window: Window
    subject: str
    body: str = field(repr=False)
    id: ItemId | None = None
    uid: str = ""


class Invitation:
    """One test meeting."""

    def __init__(
        self,
        server: Server,
        room: str,
        clock: Callable[[], datetime],
        *,
        looks: tuple[float, ...] = _LOOKS,
    ) -> None:
        self._server = server
        self._room = room
        self._clock = clock
        self._looks = looks

    async def findings(self, zone: str) -> AsyncGenerator[Finding, None]:
        """Send it, say what arrives, and remove it whatever happened."""
        account = self._server.settings.email
        names = {"account": account, "room": self._room}
        sent: _Sent | None = None
        try:
            sent = await self._in(self._room, lambda room: self._planned(room, zone))
            await self._in(account, lambda own: _send(own, sent, self._room))
            arrived = await self._arrived(sent)
            for finding in _judged(arrived, sent, self._room):
                yield finding
        except ConnectorError as error:
            yield Finding(
                check="exchange_invitation_arrives",
                verdict=Verdict.BAD,
                diagnosis=error.diagnosis or Diagnosis("exchange_invitation_not_sent", names),
                detail=error.detail[:300],
            )
        finally:
            removed = sent is None or await asyncio.shield(self._removed(sent))
        if removed:
            yield Finding(check="exchange_invitation_removed", verdict=Verdict.GOOD)
        else:
            yield Finding(
                check="exchange_invitation_removed",
                verdict=Verdict.BAD,
                diagnosis=Diagnosis("exchange_invitation_not_removed", names),
            )

    async def _in(self, mailbox: str, work: Callable[[RoomMailbox], T]) -> T:
        return await self._server.in_mailbox(mailbox, work)

    def _planned(self, room: RoomMailbox, zone: str) -> _Sent:
        """A quarter of an hour, early in the morning, in which the room is free."""
        today = self._clock().astimezone(ZoneInfo(zone)).date()
        for days in range(_FIRST_DAY, _LAST_DAY):
            local = datetime.combine(today + timedelta(days=days), _AT, ZoneInfo(zone))
            start = local.astimezone(UTC)
            window = Window(start, start + _LENGTH)
            if all(why_not_shown(one) for one in room.view(window)):
                mark = secrets.token_hex(4)
                return _Sent(window, f"Room Display test {mark}", f"Test {mark}: {LINK}")
        raise UnavailableError("the room is taken on every early morning of the next weeks")

    async def _arrived(self, sent: _Sent) -> Item | None:
        """The meeting in the room's calendar, answered if it is answered in time."""
        found: Item | None = None
        for seconds in self._looks:
            await asyncio.sleep(seconds)
            found = await self._in(self._room, lambda room: _look(room, sent))
            if found is not None and found.response in {"Accept", "Tentative"}:
                break
        return found

    async def _removed(self, sent: _Sent) -> bool:
        """Take it back, and see to it that it is gone from both calendars."""
        account = self._server.settings.email
        try:
            await self._in(account, lambda own: _take_back(own, sent))
            for seconds in self._looks[:4]:
                if not await self._in(self._room, lambda room: _clear(room, sent)):
                    return True
                await asyncio.sleep(seconds)
        except ConnectorError:
            return False
        return False


def _send(own: RoomMailbox, sent: _Sent, room: str) -> None:
    sent.id = own.create(_meeting(sent, room), invitations="SendToAllAndSaveCopy")
    details = own.details([sent.id]).get(sent.id[0])
    sent.uid = details.uid if details is not None else ""


def _look(room: RoomMailbox, sent: _Sent) -> Item | None:
    for item in room.view(sent.window):
        if _is_it(item, sent):
            return room.details([(item.id, item.change_key)]).get(item.id, item)
    return None


def _take_back(own: RoomMailbox, sent: _Sent) -> None:
    """Also one whose sending got no answer: it is looked for."""
    for item in own.view(sent.window):
        if _is_it(item, sent):
            own.delete(
                (item.id, item.change_key),
                kind="HardDelete",
                cancellations="SendToAllAndSaveCopy",
            )


def _clear(room: RoomMailbox, sent: _Sent) -> bool:
    """Remove what is left of it in the room; whether there was anything."""
    left = [item for item in room.view(sent.window) if _is_it(item, sent)]
    for item in left:
        room.delete((item.id, item.change_key), kind="HardDelete")
    return bool(left)


def _is_it(item: Item, sent: _Sent) -> bool:
    return (bool(sent.uid) and item.uid == sent.uid) or sent.subject in item.subject


def _judged(arrived: Item | None, sent: _Sent, room: str) -> tuple[Finding, ...]:
    if arrived is None or arrived.response not in {"Accept", "Tentative"}:
        verdict = Verdict.BAD if arrived is None else Verdict.WARNING
        missing = Finding(
            check="exchange_invitation_arrives",
            verdict=verdict,
            diagnosis=Diagnosis("exchange_invitation_not_accepted", {"room": room}),
        )
        if arrived is None:
            return (missing,)
        first = missing
    else:
        first = Finding(
            check="exchange_invitation_arrives", verdict=Verdict.GOOD, facts={"room": room}
        )
    return (
        first,
        kept("exchange_keeps_titles", room, good=sent.subject in arrived.subject),
        kept("exchange_keeps_bodies", room, good=sent.body.partition(":")[0] in arrived.body),
        kept("exchange_keeps_links", room, good=LINK in arrived.links or LINK in arrived.body),
        kept("exchange_keeps_private", room, good=arrived.sensitivity == "Private"),
        kept("exchange_keeps_zones", room, good=arrived.zone == ZONE),
    )


def _meeting(sent: _Sent, room: str) -> Element:
    """In the order of types.xsd, which Exchange insists on."""
    return t(
        "CalendarItem",
        t("Subject", text=sent.subject),
        t("Sensitivity", text="Private"),
        t("Body", text=sent.body, BodyType="Text"),
        t("ReminderIsSet", text="false"),
        t("ExtendedProperty", copied(TEAMS_LINK), t("Value", text=LINK)),
        t("Start", text=wire(sent.window.start)),
        t("End", text=wire(sent.window.end)),
        t("IsAllDayEvent", text="false"),
        t("LegacyFreeBusyStatus", text="Busy"),
        t(
            "Resources",
            t("Attendee", t("Mailbox", t("EmailAddress", text=room))),
        ),
        t("StartTimeZone", Id=ZONE),
        t("EndTimeZone", Id=ZONE),
    )
