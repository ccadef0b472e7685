"""The last good picture as it is kept: schedule, freshness and clock, read whole or not at all.

An age read back may be too great, never too small: within one boot it is counted on the boot-time
clock; across a reboot only between two wall-clock times that were both trusted.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Struct

from roomdisplay.model.clock import ClockReading
from roomdisplay.model.freshness import FreshnessAccount, SourceState
from roomdisplay.model.schedule import Schedule
from roomdisplay.model.wire import Identifier, Instant, ScheduleMessage
from roomdisplay.model.wire_schedule import schedule_from_message, schedule_to_message

FORMAT = 1
LONGEST_AGE = timedelta(days=3650)

S = TypeVar("S", bound=Struct)

Finite = Annotated[float, Meta(ge=0, le=1e10)]


class PictureError(ValueError):
    """What was kept is damaged, of another format, or says something impossible."""


class SavedAccount(Struct, frozen=True, kw_only=True):
    """Freshness and clock at one moment, tied to the boot they were counted in."""

    boot_id: Identifier
    heard_at: Finite
    contact_age_s: Finite
    source_age_s: Finite
    fresh_for_s: Finite
    trust_for_s: Finite
    source_state: SourceState
    reason: str | None
    clock_utc: Instant
    clock_boottime: Finite
    clock_trusted: bool


class SavedPicture(Struct, frozen=True, kw_only=True):
    """A schedule with the ETag it came under."""

    format: int
    etag: Identifier
    schedule: ScheduleMessage


class Picture(Struct, frozen=True, kw_only=True):
    """The schedule that was last read whole and well."""

    schedule: Schedule
    etag: str


class Moment(Struct, frozen=True, kw_only=True):
    """An account with the clock and the boot it belongs to."""

    boot_id: str
    account: FreshnessAccount
    clock: ClockReading


def encode_picture(picture: Picture) -> bytes:
    """The picture as JSON."""
    return msgspec.json.encode(_saved_picture(picture))


def decode_picture(raw: bytes) -> Picture:
    """The picture from its JSON.

    Raises:
        PictureError: it is not whole and valid.
    """
    return _picture(_decode(raw, SavedPicture))


def encode_moment(moment: Moment) -> bytes:
    """The account as JSON."""
    return msgspec.json.encode(_saved_account(moment))


def decode_moment(raw: bytes) -> Moment:
    """The account from its JSON.

    Raises:
        PictureError: it is not whole and valid.
    """
    return _moment(_decode(raw, SavedAccount))


def restored_account(
    moment: Moment, boot_id: str, boottime: float, now: ClockReading
) -> FreshnessAccount | None:
    """What a kept account is worth now; None: its age is not known, so it is not fresh.

    Args:
        moment: what was kept.
        boot_id: of the present boot.
        boottime: CLOCK_BOOTTIME now, seconds.
        now: the present clock; only a trusted one can tell how long the box was off.
    """
    account = moment.account
    if moment.boot_id == boot_id:
        return account if account.heard_at <= boottime else None
    if not (moment.clock.trusted and now.trusted):
        return None
    heard_utc = moment.clock.at(account.heard_at)
    elapsed = now.at(boottime) - heard_utc
    if elapsed < timedelta(seconds=boottime):  # this boot began after the news was heard
        return None
    elapsed = min(elapsed, LONGEST_AGE)
    return FreshnessAccount(
        heard_at=boottime,
        source_age=account.source_age + elapsed,
        contact_age=account.contact_age + elapsed,
        fresh_for=account.fresh_for,
        trust_for=account.trust_for,
        source_state=account.source_state,
        reason=account.reason,
    )


def restored_clock(moment: Moment, boot_id: str, boottime: float) -> ClockReading | None:
    """The clock of this boot as an earlier process of the same boot knew it, else None."""
    clock = moment.clock
    return clock if moment.boot_id == boot_id and clock.boottime <= boottime else None


def _decode(raw: bytes, kind: type[S]) -> S:
    try:
        return msgspec.json.decode(raw, type=kind)
    except (msgspec.MsgspecError, ValueError) as error:
        raise PictureError(str(error)) from error


def _saved_picture(picture: Picture) -> SavedPicture:
    return SavedPicture(
        format=FORMAT, etag=picture.etag, schedule=schedule_to_message(picture.schedule)
    )


def _picture(saved: SavedPicture) -> Picture:
    if saved.format != FORMAT:
        raise PictureError(f"format {saved.format} is not {FORMAT}")
    try:
        schedule = schedule_from_message(saved.schedule)
    except ValueError as error:
        raise PictureError(str(error)) from error
    return Picture(schedule=schedule, etag=saved.etag)


def _saved_account(moment: Moment) -> SavedAccount:
    account, clock = moment.account, moment.clock
    return SavedAccount(
        boot_id=moment.boot_id,
        heard_at=account.heard_at,
        contact_age_s=_seconds(account.contact_age),
        source_age_s=_seconds(account.source_age),
        fresh_for_s=_seconds(account.fresh_for),
        trust_for_s=_seconds(account.trust_for),
        source_state=account.source_state,
        reason=account.reason,
        clock_utc=clock.utc,
        clock_boottime=clock.boottime,
        clock_trusted=clock.trusted,
    )


def _moment(saved: SavedAccount) -> Moment:
    try:
        utc: datetime = saved.clock_utc.astimezone(UTC)
    except OverflowError as error:
        raise PictureError(str(error)) from error
    return Moment(
        boot_id=saved.boot_id,
        account=FreshnessAccount(
            heard_at=saved.heard_at,
            contact_age=timedelta(seconds=saved.contact_age_s),
            source_age=timedelta(seconds=saved.source_age_s),
            fresh_for=timedelta(seconds=saved.fresh_for_s),
            trust_for=timedelta(seconds=saved.trust_for_s),
            source_state=saved.source_state,
            reason=saved.reason,
        ),
        clock=ClockReading(utc=utc, boottime=saved.clock_boottime, trusted=saved.clock_trusted),
    )


def _seconds(span: timedelta) -> float:
    return min(max(span, timedelta(0)), LONGEST_AGE).total_seconds()
