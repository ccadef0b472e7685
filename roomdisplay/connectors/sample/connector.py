"""The sample building as a calendar service."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from roomdisplay.connectors.base import (
    CalendarGoneError,
    CalendarInfo,
    Capabilities,
    ConnectionSettings,
    Field,
    Occurrence,
    Picture,
    Surroundings,
    Unchanged,
    Window,
)
from roomdisplay.connectors.sample.building import ATLAS, BUILDING, SURPRISE, Entry, SampleRoom
from roomdisplay.model.room import SourceKind

FIELDS: tuple[Field, ...] = (
    Field(key="language", required=False),
    Field(key="surprise_at", required=False),
)


def connect(settings: ConnectionSettings, surroundings: Surroundings) -> SampleBuilding:
    """Open the building; the clock tells when the surprise has been added."""
    return SampleBuilding(settings, surroundings.clock)


class SampleBuilding:
    """Six rooms whose days are all alike.

    Settings: `language` ("en" or "fr") of the titles; `surprise_at`, an ISO instant from which on
    Atlas has one meeting more on that day.
    """

    kind = SourceKind.LIVE
    check_every = timedelta(seconds=60)
    capabilities = Capabilities()

    def __init__(self, settings: ConnectionSettings, clock: Callable[[], datetime]) -> None:
        self._french = settings.values.get("language", "en").startswith("fr")
        surprise = settings.values.get("surprise_at")
        self._surprise_at = datetime.fromisoformat(surprise) if surprise else None
        self._clock = clock

    async def check(self) -> None:
        """The building always stands."""

    async def list_calendars(self) -> Sequence[CalendarInfo]:
        """Its rooms, one floor after the other."""
        return [
            CalendarInfo(
                address=room.address,
                name=room.name,
                group=f"{'Étage' if self._french else 'Floor'} {room.floor}",
                capacity=room.capacity,
            )
            for room in BUILDING
        ]

    async def read(
        self, address: str, window: Window, cursor: str | None = None, *, zone: str = "UTC"
    ) -> Picture | Unchanged:
        """All meetings of a room that touch the window."""
        room = next((room for room in BUILDING if room.address == address), None)
        if room is None:
            raise CalendarGoneError(f"The sample building has no room {address!r}.")
        found = tuple(self._occurrences(room, window, ZoneInfo(zone)))
        digest = hashlib.sha256(repr((window, found)).encode()).hexdigest()
        if cursor == digest:
            return Unchanged(cursor)
        return Picture(occurrences=found, cursor=digest, display_name=room.name)

    async def aclose(self) -> None:
        """Nothing is open."""

    def _occurrences(
        self, room: SampleRoom, window: Window, zone: ZoneInfo
    ) -> Iterator[Occurrence]:
        day = window.start.astimezone(zone).date() - timedelta(days=1)
        if room.all_day:
            yield from self._weeks(room, room.all_day, window, zone)
        while day <= window.end.astimezone(zone).date():
            for entry in self._entries(room, day, zone):
                occurrence = self._occurrence(room, entry, day, zone)
                if window.touches(occurrence.start, occurrence.end):
                    yield occurrence
            day += timedelta(days=1)

    def _entries(self, room: SampleRoom, day: date, zone: ZoneInfo) -> tuple[Entry, ...]:
        added = (
            room is ATLAS
            and self._surprise_at is not None
            and self._clock() >= self._surprise_at
            and self._surprise_at.astimezone(zone).date() == day
        )
        return (*room.entries, SURPRISE) if added else room.entries

    def _occurrence(self, room: SampleRoom, entry: Entry, day: date, zone: ZoneInfo) -> Occurrence:
        def instant(minutes: int) -> datetime:
            wall = datetime.combine(day, time(*divmod(minutes, 60)), zone)
            return wall.astimezone(UTC)

        return Occurrence(
            source_id=f"{room.address}-{day:%Y%m%d}-{entry.start}",
            start=instant(entry.start),
            end=instant(entry.end),
            title=entry.title[self._french],
            organizer=entry.organizer[self._french],
            private=entry.private,
            structured_links=(entry.link,) if entry.link else (),
        )

    def _weeks(
        self, room: SampleRoom, title: tuple[str, str], window: Window, zone: ZoneInfo
    ) -> Iterator[Occurrence]:
        first = window.start.astimezone(zone).date()
        monday = first - timedelta(days=first.weekday())
        while monday <= window.end.astimezone(zone).date():
            week = self._week(room, title, monday, zone)
            if window.touches(week.start, week.end):
                yield week
            monday += timedelta(days=7)

    def _week(
        self, room: SampleRoom, title: tuple[str, str], monday: date, zone: ZoneInfo
    ) -> Occurrence:
        start = datetime.combine(monday, time(), zone).astimezone(UTC)
        end = datetime.combine(monday + timedelta(days=5), time(), zone).astimezone(UTC)
        return Occurrence(
            source_id=f"{room.address}-{monday:%Y%m%d}-week",
            start=start,
            end=end,
            title=title[self._french],
            all_day=True,
        )
