"""What a display shows, in words for a page: the same rules as on the glass, from the same message.

`shown` is pure: a schedule, its freshness and the time give the drawing of the screen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from roomdisplay.admin.security.roles import Actor, Permission
from roomdisplay.admin.use_cases.schedule import room_preview
from roomdisplay.admin.web.i18n import Catalogue
from roomdisplay.admin.web.visit import Visit
from roomdisplay.model.meeting import Meeting
from roomdisplay.model.room import Place
from roomdisplay.model.roomstate import ColourRole, RoomState, StateKind, room_state
from roomdisplay.model.schedule import Schedule
from roomdisplay.model.settings import OfficeHours
from roomdisplay.model.wire import FreshnessMessage, ScheduleMessage
from roomdisplay.model.wire_schedule import account_from_message, schedule_from_message

COMING = 3
"""Meetings listed below the state."""


@dataclass(frozen=True, slots=True)
class Line:
    """One coming meeting."""

    time: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What stands on the glass."""

    room: str
    clock: str
    kind: StateKind
    word: str
    detail: str
    about: str
    coming: tuple[Line, ...]
    role: str
    """A CSS class: positive, negative, caution, neutral or brand-role."""
    shape: str
    fills: bool
    """Whether the state's colour fills the screen: at a door, never inside a dim room."""
    meetings: tuple[Meeting, ...]
    """All of the local day, for the day's bar."""
    zone: ZoneInfo
    hours: OfficeHours


def shown(
    t: Catalogue, message: ScheduleMessage, freshness: FreshnessMessage, now: datetime
) -> Shown:
    """The screen at `now` (UTC) of a display that has just got `message`."""
    schedule = schedule_from_message(message)
    reading = account_from_message(freshness, 0.0).reading(0.0)
    state = room_state(schedule, now, reading, clock_trusted=True)
    zone = schedule.room.timezone
    role = state.role
    return Shown(
        room=schedule.room.name,
        clock=_clock(now, zone),
        kind=state.kind,
        word=t(f"state.{state.kind.value}"),
        detail=_detail(t, state, now, zone),
        about=_title(t, state.meeting) if state.meeting else "",
        coming=tuple(_line(t, m, now, zone) for m in state.coming[:COMING]),
        role="brand-role" if role is ColourRole.BRAND else role.value,
        shape=state.shape.value,
        fills=schedule.device.place is Place.DOOR,
        meetings=_of_the_day(schedule, now),
        zone=zone,
        hours=schedule.settings.office_hours,
    )


def _detail(t: Catalogue, state: RoomState, now: datetime, zone: ZoneInfo) -> str:
    at = _clock(state.until, zone) if state.until else ""
    minutes = max(0, ceil((state.until - now) / timedelta(minutes=1))) if state.until else 0
    as_of = t("state.as_of", time=_clock(state.as_of, zone)) if state.as_of else ""
    return {
        StateKind.FREE: t("state.until", time=at) if at else t("state.rest_of_day"),
        StateKind.IN_USE: t("state.until", time=at),
        StateKind.RUNNING_OVER: t("state.until", time=at),
        StateKind.ENDING: t("state.minutes_left", n=minutes),
        StateKind.STARTING_SOON: t("state.in_minutes", n=minutes),
        StateKind.CHECK_IN: t("state.check_in_before", time=at),
        StateKind.RELEASE_UNDO: t("state.until", time=at),
        StateKind.STALE_BUSY: as_of,
        StateKind.STALE_FREE: as_of,
        StateKind.NO_CALENDAR: t("state.manage_rooms"),
        StateKind.UNKNOWN: t("state.look_at_calendar"),
        StateKind.OUT_OF_SERVICE: state.reason or "",
    }.get(state.kind, "")


def _line(t: Catalogue, meeting: Meeting, now: datetime, zone: ZoneInfo) -> Line:
    start, end = meeting.start.astimezone(zone), meeting.end.astimezone(zone)
    words = _title(t, meeting)
    days = (start.date() - now.astimezone(zone).date()).days
    if days == 1:
        words = f"{t('date.tomorrow')} · {words}"
    elif days > 1:
        words = f"{t.day(start.date())} · {words}"
    if meeting.all_day:
        return Line(t("date.all_day"), words)
    return Line(t("date.span", start=f"{start:%H:%M}", end=f"{end:%H:%M}"), words)


def title_of(t: Catalogue, *, private: bool, title: str | None, organizer: str | None) -> str:
    """What a meeting is called: never the words of a private one."""
    return t("room.private") if private else title or organizer or t("room.untitled")


def _title(t: Catalogue, meeting: Meeting) -> str:
    return title_of(t, private=meeting.private, title=meeting.title, organizer=meeting.organizer)


def _of_the_day(schedule: Schedule, now: datetime) -> tuple[Meeting, ...]:
    zone = schedule.room.timezone
    today = now.astimezone(zone).date()
    return tuple(
        m
        for m in schedule.meetings
        if m.start.astimezone(zone).date() <= today <= m.end.astimezone(zone).date()
    )


def _clock(instant: datetime, zone: ZoneInfo) -> str:
    return f"{instant.astimezone(zone):%H:%M}"


async def shown_in(visit: Visit, room_id: str, place: Place) -> Shown | None:
    """What a display at `place` of the room shows now; None for whoever may not see meetings."""
    if not visit.actor.may(Permission.VIEW_MEETINGS, room_id):
        return None
    return await shown_for(visit, visit.actor, room_id, place)


async def shown_for(visit: Visit, actor: Actor, room_id: str, place: Place) -> Shown:
    """The same, seen by `actor`.

    Raises:
        ForbiddenError: the role may not see meetings.
        NotFoundError: there is no such room.
    """
    message, freshness = await room_preview(visit.admin, actor, room_id, place)
    return shown(visit.t, message, freshness, visit.now)
