"""The day of a room as a drawing: SVG with plain attributes, since the pages allow no styles."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from markupsafe import Markup

from roomdisplay.model.meeting import Meeting
from roomdisplay.model.settings import OfficeHours

WIDTH, HEIGHT, LABELS = 560, 26, 18
_TICK = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class _Scale:
    opens: datetime
    closes: datetime

    def x(self, instant: datetime) -> float:
        part = (instant - self.opens) / (self.closes - self.opens)
        return round(max(0.0, min(1.0, part)) * WIDTH, 1)


def day_bar(
    meetings: Iterable[Meeting], now: datetime, zone: ZoneInfo, hours: OfficeHours | None = None
) -> Markup:
    """The office hours of the local day of `now`, with the busy times and the present.

    It repeats what the list beside it says in words, so it is hidden from screen readers.
    """
    scale = _scale(now.astimezone(zone).date(), zone, hours or OfficeHours())
    parts = [f'<rect class="track" x="0" y="4" width="{WIDTH}" height="{HEIGHT - 8}" rx="3"/>']
    for meeting in meetings:
        if meeting.end <= scale.opens or meeting.start >= scale.closes or not meeting.occupies(now):
            continue
        left, right = scale.x(meeting.start), scale.x(meeting.end)
        past = " past" if meeting.end <= now else ""
        parts.append(
            f'<rect class="busy{past}" x="{left + 1}" y="4" '
            f'width="{max(2.0, right - left - 2)}" height="{HEIGHT - 8}" rx="3"/>'
        )
    if scale.opens <= now <= scale.closes:
        parts.append(
            f'<rect class="now" x="{scale.x(now) - 2}" y="0" width="4" height="{HEIGHT}"/>'
        )
    parts += _labels(scale, zone)
    return Markup(  # noqa: S704 - made of numbers only
        f'<svg class="day" viewBox="0 0 {WIDTH} {HEIGHT + LABELS}" aria-hidden="true">'
        f"{''.join(parts)}</svg>"
    )


def _scale(day: date, zone: ZoneInfo, hours: OfficeHours) -> _Scale:
    opens = datetime.combine(day, hours.opens, tzinfo=zone).astimezone(UTC)
    closes = datetime.combine(day, hours.closes, tzinfo=zone).astimezone(UTC)
    if closes <= opens:  # a night shift, or a day of which nothing is left
        midnight = datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
        return _Scale(midnight, midnight + timedelta(days=1))
    return _Scale(opens, closes)


def _labels(scale: _Scale, zone: ZoneInfo) -> Iterable[str]:
    instant = scale.opens
    while instant <= scale.closes:
        x = scale.x(instant)
        anchor = "start" if x == 0 else "end" if x == WIDTH else "middle"
        hour = instant.astimezone(zone).hour
        yield (
            f'<text x="{x}" y="{HEIGHT + LABELS - 3}" text-anchor="{anchor}" '
            f'font-size="12">{hour}</text>'
        )
        instant += _TICK
