"""A room at Cronofy: which calendar is its own, whether Cronofy still follows it, its events."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import httpx

from roomdisplay.connectors.base import (
    CalendarGoneError,
    MalformedAnswerError,
    PermissionMissingError,
    UnavailableError,
    Window,
)
from roomdisplay.connectors.cronofy.client import Params, require
from roomdisplay.connectors.cronofy.events import decode
from roomdisplay.connectors.cronofy.messages import (
    Calendars,
    Event,
    EventPage,
    Profile,
    ProfileCalendar,
    UserInfo,
    read,
)
from roomdisplay.connectors.cronofy.reasons import diagnosis
from roomdisplay.connectors.cronofy.session import Session, own_page, subject_of

UNRESTRICTED = "unrestricted"
MOST_EVENTS = 20_000
"""Events that one window may hold."""
BACK, AHEAD = timedelta(days=42), timedelta(days=201)
"""How far around now Cronofy keeps events, unless it was agreed otherwise."""
_MOST_PAGES = 500
_DAY = timedelta(days=1)
_PAGE_GONE = frozenset({404, 410})


@dataclass(frozen=True, slots=True)
class RoomCalendar:
    """The calendar of a room."""

    id: str
    unrestricted: bool
    """Whether events that others made may be changed."""
    provider: str


class Rooms:
    """Finds the calendars of rooms, and reads their events."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._known: dict[str, RoomCalendar] = {}
        self._zones: dict[str, str] = {}

    def lies_in(self, address: str, zone: str) -> None:
        """Remember in which IANA zone a room lies: its days begin there."""
        self._zones[address.strip().lower()] = zone

    def zone(self, address: str) -> str:
        """The zone that a room was read in last."""
        return self._zones.get(address.strip().lower(), "UTC")

    def forget(self, address: str) -> None:
        """Ask anew for what is known of a room."""
        self._known.pop(address.strip().lower(), None)

    def is_known(self, address: str) -> bool:
        """Whether a room's calendar was asked for before."""
        return address.strip().lower() in self._known

    async def calendar(self, address: str) -> RoomCalendar:
        """A room's calendar, which Cronofy said to follow when it was asked for first.

        Raises:
            AuthorizationNeededError: the room is to be authorised.
            CalendarGoneError: it has no calendar any more.
            UnavailableError: Cronofy has lost it, or has not read it yet.
            ConnectorError: it could not be asked for.
        """
        subject = subject_of(address)
        known = self._known.get(subject)
        if known is not None:
            return known
        info = await self.info(address)
        found = await self._found(address, info)
        self._known[subject] = found
        return found

    async def info(self, address: str) -> UserInfo:
        """What Cronofy tells of a room's account."""
        answer = await self.session.as_room(address, "GET", "/v1/userinfo")
        require(answer, "the room")
        return read(answer, UserInfo, "the room")

    async def _found(self, address: str, info: UserInfo) -> RoomCalendar:
        back_end = self.session.client.application.back_end
        for profile in info.data.profiles:
            require_followed(profile, back_end)
        listed = [one for profile in info.data.profiles for one in profile.profile_calendars]
        if not listed:
            answer = await self.session.as_room(address, "GET", "/v1/calendars")
            require(answer, "the calendar", scope="list_calendars")
            listed = list(read(answer, Calendars, "the calendars").calendars)
        chosen = primary(listed)
        if chosen is None:
            raise CalendarGoneError(
                "the room has no calendar at Cronofy any more", diagnosis=diagnosis("calendar_gone")
            )
        return RoomCalendar(
            chosen.calendar_id,
            chosen.permission_level == UNRESTRICTED,
            next((one.provider_name for one in info.data.profiles), ""),
        )

    async def vouch(self, address: str) -> None:
        """Have Cronofy say again that it follows a room's calendar, and that it is the same.

        Raises:
            ConnectorError: as `calendar`.
        """
        known = self._known.pop(subject_of(address), None)
        if (await self.calendar(address)).id != (known.id if known else None):
            raise UnavailableError("the room's calendar was exchanged for another; read again")

    async def events(self, address: str, window: Window) -> list[Event | None]:
        """Everything that Cronofy holds of a window, whole; what cannot be read is None.

        Raises:
            ConnectorError: as `calendar`; or the events could not be had whole.
        """
        calendar = await self.calendar(address)
        for _ in range(2):
            found = await self._pages(address, calendar, window)
            if found is not None:
                return found
        raise UnavailableError(
            "Cronofy's pages grow old before they can be read",
            diagnosis=diagnosis("unreachable", host=self.session.client.application.api.host),
        )

    async def _pages(
        self, address: str, calendar: RoomCalendar, window: Window
    ) -> list[Event | None] | None:
        """All pages; None: one of them had grown too old."""
        session = self.session
        answer = await session.as_room(
            address, "GET", "/v1/events", params=_params(calendar.id, window)
        )
        if answer.status in _PAGE_GONE:
            self.forget(address)
        require(answer, "the calendar", scope="read_events")
        found: list[Event | None] = []
        seen: set[httpx.URL] = set()
        while True:
            page = read(answer, EventPage, "the events")
            found += map(decode, page.events)
            if len(found) > MOST_EVENTS:
                raise MalformedAnswerError(
                    f"the calendar holds more than {MOST_EVENTS} events",
                    diagnosis=diagnosis("malformed", what="the events"),
                )
            if not page.pages.next_page:
                if page.pages.current < page.pages.total:
                    raise _cut()
                return found
            if page.pages.current >= page.pages.total:
                return found
            url = own_page(session.client.application.api, page.pages.next_page)
            if url in seen or len(seen) >= _MOST_PAGES:
                raise _cut()
            seen.add(url)
            answer = await session.as_room_to(address, "GET", url)
            if answer.status in _PAGE_GONE:
                return None
            require(answer, "the calendar", scope="read_events")

    async def unrestricted(self, address: str) -> RoomCalendar:
        """A room's calendar in which the events of others may be changed.

        Raises:
            PermissionMissingError: Cronofy does not allow it without a person's consent.
            ConnectorError: it could not be asked for.
        """
        calendar = await self.calendar(address)
        if calendar.unrestricted:
            return calendar
        service = await self.session.tokens.kept("service")
        wanted = {
            "permissions": [{"calendar_id": calendar.id, "permission_level": UNRESTRICTED}],
            "redirect_uri": service.redirect_uri if service else "",
        }
        answer = await self.session.as_room(address, "POST", "/v1/permissions", json=wanted)
        if answer.status != httpx.codes.FORBIDDEN:
            require(answer, "the calendar")
            self.forget(address)
            calendar = await self.calendar(address)
            if calendar.unrestricted:
                return calendar
            if answer.status == httpx.codes.ACCEPTED:
                calendar = replace(calendar, unrestricted=True)
                self._known[subject_of(address)] = calendar
                return calendar
        raise PermissionMissingError(
            "Cronofy lets the application change only those meetings that it made",
            diagnosis=diagnosis("sandbox"),
        )


def require_followed(profile: Profile, back_end: str) -> None:
    """See to it that what Cronofy tells of a mailbox is what stands there now.

    Raises:
        UnavailableError: it is what stood there once, or only a part of it.
    """
    if not profile.profile_connected:
        gone = back_end == "office365" and profile.provider_name != back_end
        raise UnavailableError(
            "Cronofy has lost the room's mailbox and tells only what it saw before",
            diagnosis=diagnosis("impersonation_gone" if gone else "profile_disconnected"),
        )
    if profile.profile_initial_sync_required:
        raise UnavailableError(
            "Cronofy is still reading the room's calendar for the first time",
            diagnosis=diagnosis("syncing"),
        )


def primary(calendars: list[ProfileCalendar]) -> ProfileCalendar | None:
    """The calendar that invitations to the room go to."""
    there = [one for one in calendars if not one.calendar_deleted]
    chosen = [one for one in there if one.calendar_primary]
    if chosen:
        return chosen[0]
    return there[0] if len(there) == 1 and len(calendars) == 1 else None


def _params(calendar_id: str, window: Window) -> Params:
    """Whole days, and one more on either side: days of the room's zone are not those of UTC."""
    return (
        ("tzid", "Etc/UTC"),
        ("from", _day(window.start - _DAY)),
        ("to", _day(window.end + 2 * _DAY)),
        ("calendar_ids[]", calendar_id),
        ("include_managed", "true"),
        ("localized_times", "true"),
    )


def _day(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d}"


def _cut() -> MalformedAnswerError:
    return MalformedAnswerError(
        "Cronofy's pages do not lead to an end", diagnosis=diagnosis("malformed", what="the events")
    )
