"""Between the schedule as a message and the schedule as a value."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from roomdisplay.model.freshness import FreshnessAccount, SourceState
from roomdisplay.model.meeting import CheckIn, JoinOffer, Meeting, Permit, Release
from roomdisplay.model.room import DeviceProfile, Place, Room, Source, SourceKind
from roomdisplay.model.schedule import Schedule, order_key
from roomdisplay.model.settings import ClockFormat, DisplaySettings, OfficeHours, Rules, Theme
from roomdisplay.model.wire import (
    CheckInMessage,
    DeviceMessage,
    FreshnessMessage,
    JoinMessage,
    MeetingMessage,
    ReleaseMessage,
    RoomMessage,
    RulesMessage,
    ScheduleMessage,
    SettingsMessage,
    SourceMessage,
)


def schedule_from_message(message: ScheduleMessage) -> Schedule:
    """Build the value, whole or not at all.

    Raises:
        ValueError: anything in it is impossible: an unknown zone, a meeting that ends before it
            starts, an empty window, two meetings of one id.
    """
    meetings = tuple(sorted((_meeting(m) for m in message.meetings), key=order_key))
    if len({m.id for m in meetings}) != len(meetings):
        raise ValueError("two meetings of one id")
    source = message.source
    return Schedule(
        room=_room(message.room),
        device=_device(message.device),
        settings=_settings(message.settings),
        source=Source(service=source.service, kind=SourceKind(source.kind)) if source else None,
        window_start=_utc(message.window_start),
        window_end=_utc(message.window_end),
        meetings=meetings,
    )


def schedule_to_message(schedule: Schedule) -> ScheduleMessage:
    """The message that `schedule_from_message` turns back into an equal value."""
    room, settings = schedule.room, schedule.settings
    source = schedule.source
    return ScheduleMessage(
        room=RoomMessage(
            name=room.name,
            timezone=room.timezone.key,
            building=room.building,
            floor=room.floor,
            capacity=room.capacity,
            equipment=list(room.equipment),
            out_of_service=room.out_of_service,
        ),
        device=_device_message(schedule.device),
        source=SourceMessage(service=source.service, kind=source.kind.value) if source else None,
        settings=_settings_message(settings),
        window_start=schedule.window_start,
        window_end=schedule.window_end,
        meetings=[_meeting_message(m) for m in schedule.meetings],
    )


def account_from_message(message: FreshnessMessage, heard_at: float) -> FreshnessAccount:
    """The freshness of an answer whose request was sent at `heard_at` (CLOCK_BOOTTIME, seconds)."""
    return FreshnessAccount(
        heard_at=heard_at,
        source_age=timedelta(seconds=message.source_age_s),
        fresh_for=timedelta(seconds=message.fresh_for_s),
        trust_for=timedelta(seconds=message.trust_for_s),
        source_state=SourceState(message.source_state),
        reason=message.reason,
    )


def _utc(instant: datetime) -> datetime:
    try:
        return instant.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{instant!r} has no UTC time") from error


def _room(message: RoomMessage) -> Room:
    try:
        zone = ZoneInfo(message.timezone)
    except (ZoneInfoNotFoundError, OSError) as error:  # OSError: a name that is a folder
        raise ValueError(f"unknown time zone {message.timezone!r}") from error
    return Room(
        name=message.name,
        timezone=zone,
        building=message.building,
        floor=message.floor,
        capacity=message.capacity,
        equipment=tuple(message.equipment),
        out_of_service=message.out_of_service,
    )


def _device(message: DeviceMessage) -> DeviceProfile:
    return DeviceProfile(
        place=Place(message.place),
        touch=message.touch,
        diagonal_inches=message.diagonal_inches,
        mounting_height_mm=message.mounting_height_mm,
        conference_display=message.conference_display,
        joins_elsewhere=message.joins_elsewhere,
    )


def _device_message(device: DeviceProfile) -> DeviceMessage:
    return DeviceMessage(
        place=device.place.value,
        touch=device.touch,
        diagonal_inches=device.diagonal_inches,
        mounting_height_mm=device.mounting_height_mm,
        conference_display=device.conference_display,
        joins_elsewhere=device.joins_elsewhere,
    )


def _settings(message: SettingsMessage) -> DisplaySettings:
    rules = message.rules
    return DisplaySettings(
        language=message.language,
        clock_format=ClockFormat(message.clock_format),
        theme=Theme(message.theme),
        office_hours=OfficeHours(opens=message.opens, closes=message.closes),
        brightness=message.brightness,
        rules=Rules(
            starting_soon=timedelta(seconds=rules.starting_soon_s),
            ending=timedelta(seconds=rules.ending_s),
            red_grace=timedelta(seconds=rules.red_grace_s),
            join_before=timedelta(seconds=rules.join_before_s),
            next_join_before_end=timedelta(seconds=rules.next_join_before_end_s),
        ),
    )


def _settings_message(settings: DisplaySettings) -> SettingsMessage:
    rules = settings.rules
    return SettingsMessage(
        language=settings.language,
        clock_format=settings.clock_format.value,
        theme=settings.theme.value,
        opens=settings.office_hours.opens,
        closes=settings.office_hours.closes,
        brightness=settings.brightness,
        rules=RulesMessage(
            starting_soon_s=rules.starting_soon.total_seconds(),
            ending_s=rules.ending.total_seconds(),
            red_grace_s=rules.red_grace.total_seconds(),
            join_before_s=rules.join_before.total_seconds(),
            next_join_before_end_s=rules.next_join_before_end.total_seconds(),
        ),
    )


def _meeting(message: MeetingMessage) -> Meeting:
    check_in, released, join = message.check_in, message.released, message.join
    return Meeting(
        id=message.id,
        start=_utc(message.start),
        end=_utc(message.end),
        title=message.title,
        organizer=message.organizer,
        all_day=message.all_day,
        private=message.private,
        check_in=CheckIn(
            opens_at=_utc(check_in.opens_at),
            closes_at=_utc(check_in.closes_at),
            done_at=_utc(check_in.done_at) if check_in.done_at else None,
        )
        if check_in
        else None,
        released=Release(at=_utc(released.at), undo_until=_utc(released.undo_until))
        if released
        else None,
        join=JoinOffer(service=join.service, has_dial_in=join.has_dial_in) if join else None,
        permits=frozenset(Permit(p) for p in message.permits),
    )


def _meeting_message(meeting: Meeting) -> MeetingMessage:
    check_in, released, join = meeting.check_in, meeting.released, meeting.join
    return MeetingMessage(
        id=meeting.id,
        start=meeting.start,
        end=meeting.end,
        title=meeting.title,
        organizer=meeting.organizer,
        all_day=meeting.all_day,
        private=meeting.private,
        check_in=CheckInMessage(
            opens_at=check_in.opens_at, closes_at=check_in.closes_at, done_at=check_in.done_at
        )
        if check_in
        else None,
        released=ReleaseMessage(at=released.at, undo_until=released.undo_until)
        if released
        else None,
        join=JoinMessage(service=join.service, has_dial_in=join.has_dial_in) if join else None,
        permits=sorted(permit.value for permit in meeting.permits),
    )
