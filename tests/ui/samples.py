"""Snapshots of a sample day, for tests and for the gallery."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from roomdisplay.model.freshness import FreshnessAccount, SourceState
from roomdisplay.model.meeting import CheckIn, JoinOffer, Meeting, Permit, Release
from roomdisplay.model.room import DeviceProfile, Place, Room, Source, SourceKind
from roomdisplay.model.roomstate import Standing, StateKind
from roomdisplay.model.schedule import Schedule, order_key
from roomdisplay.model.settings import DisplaySettings, Theme
from roomdisplay.sync.snapshot import (
    Call,
    CallPhase,
    ClockReading,
    PairingOffer,
    Snapshot,
    Trouble,
    TroubleKind,
)

ZONE = ZoneInfo("Europe/Paris")
BOOTTIME = 50_000.0
"""CLOCK_BOOTTIME, seconds, at which every sample is looked at."""


def at(clock: str, day: int = 23) -> datetime:
    """A time of day in Paris in November 2026, in UTC."""
    hour, minute = map(int, clock.split(":"))
    return datetime(2026, 11, day, hour, minute, tzinfo=ZONE).astimezone(UTC)


def meeting(start: str, end: str, title: str | None = None, organizer: str | None = None, **more):
    """A meeting of the sample day."""
    first, last = (at(t) for t in (start, end))
    return Meeting(
        id=more.pop("id", f"m-{start}-{end}"),
        start=first,
        end=last,
        title=title,
        organizer=organizer,
        **more,
    )


def day(place: Place) -> tuple[Meeting, ...]:
    """A usual Monday: at the door without titles, inside with everything."""
    meetings = (
        meeting("08:30", "09:30", "Stand-up", "Facilities"),
        meeting(
            "10:00", "11:00", "Quarterly planning", "Facilities", join=JoinOffer(service="goto")
        ),
        meeting("11:30", "12:30", "Design review", "Design", join=JoinOffer(service="teams")),
        meeting("14:00", "15:30", "Supplier call", "Procurement", join=JoinOffer(service="zoom")),
        meeting("16:00", "16:30", private=True),
        meeting("17:00", "18:00", "Retrospective", "Engineering", join=JoinOffer(service="meet")),
    )
    if place is Place.INSIDE:
        return meetings
    return tuple(replace(m, title=None, join=None) for m in meetings)


def snapshot(
    clock: str = "10:36",
    *,
    place: Place = Place.DOOR,
    meetings: tuple[Meeting, ...] | None = None,
    language: str = "en",
    theme: Theme = Theme.AUTO,
    age: float = 20.0,
    room: str = "Atlas",
    closed: str | None = None,
    calendar: bool = True,
    feed: bool = False,
    touch: bool = True,
    inches: float | None = None,
    trusted: bool = True,
    **more,
) -> Snapshot:
    """A snapshot of the sample room as it is at `BOOTTIME`."""
    now = at(clock)
    listed = day(place) if meetings is None else meetings
    inside = place is Place.INSIDE
    schedule = Schedule(
        room=Room(name=room, timezone=ZONE, out_of_service=closed),
        device=DeviceProfile(
            place=place, touch=touch, diagonal_inches=inches, conference_display=inside
        ),
        settings=DisplaySettings(language=language, theme=theme),
        source=Source(service="ics", kind=SourceKind.FEED if feed else SourceKind.LIVE)
        if calendar
        else None,
        window_start=at("00:00", 22),
        window_end=at("00:00", 30),
        meetings=tuple(sorted(listed, key=order_key)),
    )
    fields = {
        "generation": 1,
        "standing": Standing.PAIRED,
        "clock": ClockReading(utc=now, boottime=BOOTTIME, trusted=trusted),
        "schedule": schedule,
        "account": FreshnessAccount(
            heard_at=BOOTTIME,
            source_age=timedelta(seconds=age),
            contact_age=timedelta(seconds=age),
            fresh_for=timedelta(seconds=180),
            trust_for=timedelta(seconds=1980),
        ),
        "texts": {"server": "rooms.example.com", "device_id": "d-7f3a91c2", "version": "0.1.0"},
    }
    return Snapshot(**(fields | more))


def _unreachable(since: float) -> Trouble:
    return Trouble(kind=TroubleKind.SERVER_UNREACHABLE, since=BOOTTIME - since)


def _with(place: Place, **changes: object) -> tuple[Meeting, ...]:
    """The sample day with the meeting of ten o'clock changed."""
    return tuple(
        replace(m, **changes) if m.start == at("10:00") else m  # type: ignore[arg-type]
        for m in day(place)
    )


def _check_in(place: Place) -> tuple[Meeting, ...]:
    asked = CheckIn(opens_at=at("09:55"), closes_at=at("10:10"))
    return _with(place, check_in=asked, permits=frozenset({Permit.CHECK_IN}))


def _released(place: Place) -> tuple[Meeting, ...]:
    return _with(place, released=Release(at=at("10:10"), undo_until=at("10:12")))


def pairing(*, standing: Standing = Standing.UNPAIRED, offer: bool = True, **more) -> Snapshot:
    """A display that belongs to nobody."""
    code = PairingOffer(
        user_code="WDJB-MJHT",
        verification_uri="https://rooms.example.com/pair",
        verification_uri_complete="https://rooms.example.com/pair?code=WDJB-MJHT",
        words=("harbour", "violin", "meadow", "ticket"),
        expires_at=BOOTTIME + 640,
        lifetime=900,
    )
    fields = {
        "generation": 1,
        "standing": standing,
        "clock": ClockReading(utc=at("10:36"), boottime=BOOTTIME, trusted=True),
        "pairing": code if offer else None,
        "texts": {"server": "rooms.example.com", "version": "0.1.0"},
    }
    return Snapshot(**(fields | more))


STATES: dict[StateKind, Callable[..., Snapshot]] = {
    StateKind.UNPAIRED: lambda **_: pairing(),
    StateKind.REVOKED: lambda **_: pairing(standing=Standing.REVOKED),
    StateKind.NO_CALENDAR: lambda **a: snapshot(calendar=False, meetings=(), **a),
    StateKind.OUT_OF_SERVICE: lambda **a: snapshot(closed="Water damage, back on Friday", **a),
    StateKind.CLOCK_UNTRUSTED: lambda **a: snapshot(trusted=False, **a),
    StateKind.UNKNOWN: lambda **a: replace(
        snapshot(age=86_400, trouble=_unreachable(86_400), **a), schedule=_elsewhere(snapshot(**a))
    ),
    StateKind.STALE_BUSY: lambda **a: snapshot(age=3000, trouble=_unreachable(2900), **a),
    StateKind.STALE_FREE: lambda **a: snapshot("13:12", age=1500, trouble=_unreachable(1400), **a),
    StateKind.RELEASE_UNDO: lambda place=Place.DOOR, **a: snapshot(
        "10:11", meetings=_released(place), place=place, **a
    ),
    StateKind.RUNNING_OVER: lambda place=Place.DOOR, **a: snapshot(
        "11:34",
        place=place,
        call=Call(meeting_id="m-10:00-11:00", service="goto", phase=CallPhase.OPEN),
        **a,
    ),
    StateKind.CHECK_IN: lambda place=Place.DOOR, **a: snapshot(
        "10:04", meetings=_check_in(place), place=place, **a
    ),
    StateKind.ENDING: lambda place=Place.DOOR, **a: snapshot(
        "10:56", place=place, meetings=_back_to_back(place), **a
    ),
    StateKind.IN_USE: snapshot,
    StateKind.STARTING_SOON: lambda **a: snapshot("11:23", **a),
    StateKind.FREE: lambda **a: snapshot("13:05", **a),
}
"""One sample of each state, by keyword arguments of `snapshot`."""


def _elsewhere(sample: Snapshot) -> Schedule | None:
    schedule = sample.schedule
    return schedule and replace(
        schedule, window_start=at("00:00", 1), window_end=at("00:00", 5), meetings=()
    )


def _back_to_back(place: Place) -> tuple[Meeting, ...]:
    following = meeting(
        "11:00", "12:00", "Design review", "Design", join=JoinOffer(service="teams")
    )
    if place is Place.DOOR:
        following = replace(following, title=None, join=None)
    return (*(m for m in day(place) if m.start != at("11:30")), following)


def late_source(**more) -> Snapshot:
    """The Admin Center answers, the calendar service does not."""
    sample = snapshot("13:12", **more)
    account = replace(
        sample.account,
        contact_age=timedelta(0),
        source_age=timedelta(minutes=25),
        source_state=SourceState.FAILING,
        reason="unavailable",
    )
    return replace(sample, account=account)
