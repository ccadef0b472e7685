"""What one display sees of its room: pure, from what is kept to the masked schedule."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from roomdisplay.admin.pictures import KeptMeeting
from roomdisplay.admin.policies import CheckInPolicy, Effective
from roomdisplay.connectors.base import Window
from roomdisplay.model.freshness import SourceState, fresh_for
from roomdisplay.model.meeting import CheckIn, JoinOffer, Meeting, Permit
from roomdisplay.model.privacy import mask
from roomdisplay.model.room import DeviceProfile, Room, Source
from roomdisplay.model.schedule import Schedule, order_key
from roomdisplay.model.wire import FreshnessMessage, JoinTicketMessage, ScheduleMessage
from roomdisplay.model.wire_schedule import schedule_to_message

DAYS_BACK = 1
DAYS_AHEAD = 8
JOIN_OPENS_BEFORE = timedelta(minutes=15)
_NOTHING_READ = timedelta(seconds=1)
"""A window nobody looks at: nothing is known of now, which is not the same as free."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPicture:
    """The last good picture with the window it was read for."""

    window: Window
    meetings: Sequence[KeptMeeting]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomFacts:
    """All that the schedule of one display is made of."""

    room: Room
    device: DeviceProfile
    source: Source | None
    calendar_id: str | None
    effective: Effective
    picture: KeptPicture | None
    checked_in: Mapping[str, datetime] = field(default_factory=dict)
    """When somebody checked in, by the id displays know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFacts:
    """How the calendar is doing."""

    read_at: datetime | None
    check_every: timedelta
    elapsed: timedelta | None = None
    """Since that reading, on a clock that nobody sets; None: this process did not read it."""
    reason: str | None = None
    """The key of why it cannot be read; None: well."""
    unconfirmed: bool = False
    """A sudden empty answer is being asked for again."""


def window_of(zone: ZoneInfo, now: datetime) -> Window:
    """From the start of yesterday to eight days ahead of the start of today, in the room's zone."""
    today = now.astimezone(zone).date()
    start, end = (
        datetime.combine(today + timedelta(days=days), time(), zone).astimezone(UTC)
        for days in (-DAYS_BACK, DAYS_AHEAD)
    )
    return Window(start, end)


def next_midnight(zone: ZoneInfo, now: datetime) -> datetime:
    """When the window moves on by a day, UTC."""
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), zone).astimezone(UTC)


def shown_window(wanted: Window, read: Window | None) -> Window:
    """What is known of the wanted window; outside of it nothing is claimed."""
    if read is None:
        return Window(wanted.start, wanted.start + _NOTHING_READ)
    start, end = max(wanted.start, read.start), min(wanted.end, read.end)
    return Window(start, end) if start < end else read


def meeting_id(key: bytes, calendar_id: str, source_id: str) -> str:
    """What displays call an occurrence: services' own ids leak addresses."""
    text = f"{calendar_id}\n{source_id}".encode("utf-8", "surrogatepass")
    return hmac.new(key, text, hashlib.sha256).hexdigest()[:32]


def visible_schedule(facts: RoomFacts, now: datetime, id_key: bytes) -> ScheduleMessage:
    """The masked schedule of one display."""
    window = window_of(facts.room.timezone, now)
    meetings: tuple[Meeting, ...] = ()
    if facts.source is not None and facts.calendar_id is not None:
        picture = facts.picture
        window = shown_window(window, picture.window if picture else None)
        kept = picture.meetings if picture else ()
        meetings = tuple(
            sorted(
                (
                    _meeting(facts, one, meeting_id(id_key, facts.calendar_id, one.source_id))
                    for one in kept
                    if window.touches(one.start, one.end)
                ),
                key=order_key,
            )
        )
    return schedule_to_message(
        Schedule(
            room=facts.room,
            device=facts.device,
            settings=facts.effective.display,
            source=facts.source,
            window_start=window.start,
            window_end=window.end,
            meetings=meetings,
        )
    )


def freshness(source: SourceFacts | None, now: datetime, red_grace: timedelta) -> FreshnessMessage:
    """How old the picture is; a room without a calendar has nothing that could grow old.

    Where the server's clock and the one that nobody sets disagree, the greater age counts.
    """
    if source is None:
        span = fresh_for(timedelta(0))
        return FreshnessMessage(
            now=now,
            source_age_s=0,
            fresh_for_s=span.total_seconds(),
            trust_for_s=(span + red_grace).total_seconds(),
        )
    span = fresh_for(source.check_every)
    age = now - source.read_at if source.read_at else span + red_grace
    if age < timedelta(0):  # the server's clock was set back: how old it is cannot be told
        age = span + red_grace
    if source.elapsed is not None and source.read_at is not None:
        age = max(age, source.elapsed)
    state, reason = SourceState.OK, source.reason
    if source.reason is not None:
        state = SourceState.FAILING
    elif source.unconfirmed:
        state, reason = SourceState.LATE, "unconfirmed"
    elif age >= span:
        state = SourceState.LATE
    return FreshnessMessage(
        now=now,
        source_age_s=age.total_seconds(),
        source_state=state.value,
        reason=reason,
        fresh_for_s=span.total_seconds(),
        trust_for_s=(span + red_grace).total_seconds(),
    )


def tickets(facts: RoomFacts, now: datetime, id_key: bytes) -> list[JoinTicketMessage]:
    """The addresses of the conferences that this display may open now."""
    if not facts.device.conference_display or facts.picture is None or facts.calendar_id is None:
        return []
    found = []
    for one in facts.picture.meetings:
        opens_at = one.start - JOIN_OPENS_BEFORE
        if one.join is None or not opens_at <= now < one.end or not _join_allowed(facts, one):
            continue
        found.append(
            JoinTicketMessage(
                meeting_id=meeting_id(id_key, facts.calendar_id, one.source_id),
                service=one.join.service,
                url=one.join.url,
                dial_in=one.join.dial_in,
                opens_at=opens_at,
                closes_at=one.end,
            )
        )
    return found[:20]


def check_in_window(policy: CheckInPolicy, start: datetime, end: datetime) -> CheckIn:
    """When check-in is asked for; never after the meeting's end."""
    return CheckIn(
        opens_at=start - policy.opens_before, closes_at=min(start + policy.closes_after, end)
    )


def _join_allowed(facts: RoomFacts, one: KeptMeeting) -> bool:
    rules, place = facts.effective.privacy, facts.device.place
    return mask(title=None, organizer=None, private=one.private, place=place, rules=rules).join


def _meeting(facts: RoomFacts, one: KeptMeeting, id_: str) -> Meeting:
    masked = mask(
        title=one.title,
        organizer=one.organizer,
        private=one.private,
        place=facts.device.place,
        rules=facts.effective.privacy,
    )
    policy, check_in = facts.effective.check_in, None
    if policy is not None and not one.all_day and one.start < one.end:
        window = check_in_window(policy, one.start, one.end)
        check_in = CheckIn(
            opens_at=window.opens_at,
            closes_at=window.closes_at,
            done_at=facts.checked_in.get(id_),
        )
    offer = one.join if masked.join else None
    return Meeting(
        id=id_,
        start=one.start,
        end=one.end,
        title=masked.title,
        organizer=masked.organizer,
        all_day=one.all_day,
        private=one.private,
        check_in=check_in,
        join=JoinOffer(service=offer.service, has_dial_in=offer.dial_in is not None)
        if offer
        else None,
        permits=frozenset({Permit.CHECK_IN}) if check_in else frozenset(),
    )
