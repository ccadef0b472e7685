"""The day as a strip and as rows: pure functions from meetings to what is drawn and read."""

from __future__ import annotations

from datetime import datetime, timedelta
from datetime import time as wall_time

from msgspec import Struct

from roomdisplay.model.meeting import Meeting
from roomdisplay.model.room import Place
from roomdisplay.model.schedule import Schedule
from roomdisplay.model.service_names import service_name
from roomdisplay.ui.wording import Wording, isolated, plain

_MOST_ROWS = 12
_MOST_BLOCKS = 48
_HOUR_STEPS = (1, 2, 3, 4, 6)
_MOST_HOURS = 7


class MeetingRow(Struct, frozen=True, kw_only=True):
    """A meeting to come, in words."""

    meeting_id: str
    time: str
    title: str
    detail: str = ""
    """The organiser, where the title is not the organiser already."""
    service: str = ""
    quiet: bool = False
    """Private or without a name: said more softly."""
    join: str = ""
    """The words on the row's own button; empty: no button."""


class DayBlock(Struct, frozen=True, kw_only=True):
    """A busy stretch of the day strip; positions are parts of its length, 0 to 1."""

    begins: float
    ends: float
    kind: str
    """past, current or coming."""


class HourMark(Struct, frozen=True, kw_only=True):
    """An hour on the strip's scale."""

    position: float
    label: str


class DayStrip(Struct, frozen=True, kw_only=True):
    """The office day with what is booked in it."""

    blocks: tuple[DayBlock, ...] = ()
    hours: tuple[HourMark, ...] = ()
    now: float = -1.0
    """Where the present is; below zero: no strip to draw."""


NO_STRIP = DayStrip()


def headline(meeting: Meeting, w: Wording) -> tuple[str, str]:
    """What a meeting is called inside the room, and who called it."""
    if meeting.private:
        return w.translate("Meeting", "Private meeting"), ""
    title, organizer = plain(meeting.title), plain(meeting.organizer)
    if title:
        return title, organizer
    if organizer:
        return organizer, ""
    return w.translate("Meeting", "Meeting"), ""


def meeting_rows(
    meetings: tuple[Meeting, ...], now: datetime, place: Place, w: Wording
) -> tuple[MeetingRow, ...]:
    """The meetings to come, as many as any screen could show."""
    return tuple(_row(meeting, now, place, w) for meeting in meetings[:_MOST_ROWS])


def _row(meeting: Meeting, now: datetime, place: Place, w: Wording) -> MeetingRow:
    title, detail = headline(meeting, w)
    named = bool(plain(meeting.title) or plain(meeting.organizer)) and not meeting.private
    if place is Place.DOOR and not named and not meeting.private:
        title = w.translate("Meeting", "reserved")
    return MeetingRow(
        meeting_id=meeting.id,
        time=_row_time(meeting, now, w),
        title=isolated(title),
        detail=isolated(detail),
        service=service_name(meeting.join.service) if meeting.join else "",
        quiet=not named,
    )


def _row_time(meeting: Meeting, now: datetime, w: Wording) -> str:
    if not meeting.all_day:
        return w.span(meeting.start, meeting.end, now)
    day, today = w.local(meeting.start).date(), w.local(now).date()
    words = w.translate("Meeting", "All day")
    return words if day == today else f"{w.day(day, today)} · {words}"


def day_strip(schedule: Schedule, now: datetime, w: Wording) -> DayStrip:
    """The strip for the local day that `now` lies in: office hours, stretched to hold now."""
    opens, closes = _bounds(schedule, now, w)
    length = closes - opens

    def position(instant: datetime) -> float:
        return min(1.0, max(0.0, (instant - opens) / length))

    blocks = []
    for meeting in schedule.meetings:
        if not meeting.occupies(now) or meeting.end <= opens or meeting.start >= closes:
            continue
        kind = "current" if meeting.is_on(now) else "past" if meeting.end <= now else "coming"
        blocks.append(
            DayBlock(begins=position(meeting.start), ends=position(meeting.end), kind=kind)
        )
    return DayStrip(
        blocks=tuple(blocks[:_MOST_BLOCKS]),
        hours=_hours(opens, closes, w),
        now=position(now - timedelta(seconds=now.second, microseconds=now.microsecond)),
    )


def _bounds(schedule: Schedule, now: datetime, w: Wording) -> tuple[datetime, datetime]:
    hours, zone = schedule.settings.office_hours, w.zone
    today = w.local(now).date()
    midnight = datetime.combine(today, wall_time(), tzinfo=zone).astimezone(now.tzinfo)
    tomorrow = datetime.combine(today + timedelta(days=1), wall_time(), tzinfo=zone)
    end_of_day = tomorrow.astimezone(now.tzinfo)
    opens = datetime.combine(today, hours.opens, tzinfo=zone).astimezone(now.tzinfo)
    closes = datetime.combine(today, hours.closes, tzinfo=zone).astimezone(now.tzinfo)
    if closes <= opens:
        opens, closes = midnight, end_of_day
    this_hour = now - timedelta(minutes=w.local(now).minute, seconds=now.second)
    opens = max(midnight, min(opens, this_hour.replace(microsecond=0)))
    return opens, min(end_of_day, max(closes, this_hour + timedelta(hours=1)))


def _hours(opens: datetime, closes: datetime, w: Wording) -> tuple[HourMark, ...]:
    """Whole local hours, evenly stepped, few enough to read."""
    length = closes - opens
    count = length / timedelta(hours=1)
    step = next((s for s in _HOUR_STEPS if count / s <= _MOST_HOURS - 1), _HOUR_STEPS[-1])
    first = w.local(opens)
    instant = opens if not first.minute else opens + timedelta(minutes=60 - first.minute)
    marks = []
    while instant <= closes:
        hour = w.local(instant).hour
        at_end = instant == closes and hour == 0
        marks.append(
            HourMark(position=(instant - opens) / length, label=w.hour(24 if at_end else hour))
        )
        instant += timedelta(hours=step)
    return tuple(marks)
