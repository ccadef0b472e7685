from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from roomdisplay.model.clock import ClockReading
from roomdisplay.model.freshness import FreshnessAccount
from roomdisplay.sync.picture import (
    Moment,
    Picture,
    PictureError,
    decode_moment,
    decode_picture,
    encode_moment,
    encode_picture,
    restored_account,
    restored_clock,
)

SPAN = st.timedeltas(timedelta(0), timedelta(days=30))
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_a_picture_and_its_moment_come_back_equal(picture: Picture, moment: Moment) -> None:
    assert decode_picture(encode_picture(picture)) == picture
    assert decode_moment(encode_moment(moment)) == moment


def test_a_picture_that_is_cut_anywhere_is_refused(picture: Picture) -> None:
    raw = encode_picture(picture)
    for length in range(0, len(raw), 7):
        with pytest.raises(PictureError):
            decode_picture(raw[:length])


@given(st.binary(max_size=300))
def test_no_bytes_whatever_break_the_decoder(raw: bytes) -> None:
    for decode in (decode_picture, decode_moment):
        with pytest.raises(PictureError):
            decode(raw)


def test_an_impossible_schedule_is_refused(picture: Picture) -> None:
    plain = msgspec.json.decode(encode_picture(picture))
    meeting = plain["schedule"]["meetings"][0]
    meeting["start"], meeting["end"] = meeting["end"], meeting["start"]
    with pytest.raises(PictureError):
        decode_picture(msgspec.json.encode(plain))


def test_another_format_is_refused(picture: Picture) -> None:
    plain = msgspec.json.decode(encode_picture(picture))
    plain["format"] = 2
    with pytest.raises(PictureError):
        decode_picture(msgspec.json.encode(plain))


@given(contact=SPAN, source=SPAN, off=SPAN, uptime=st.floats(0, 1e6), since=st.floats(0, 1e6))
def test_an_age_read_back_is_never_too_small(
    contact: timedelta, source: timedelta, off: timedelta, uptime: float, since: float
) -> None:
    account = FreshnessAccount(
        heard_at=500.0,
        contact_age=contact,
        source_age=source,
        fresh_for=timedelta(minutes=3),
        trust_for=timedelta(minutes=30),
    )
    saved = Moment(
        boot_id="one",
        account=account,
        clock=ClockReading(utc=NOON, boottime=500.0, trusted=True),
    )
    truth = off + timedelta(seconds=uptime)
    now = ClockReading(utc=NOON + truth, boottime=uptime, trusted=True)
    after_reboot = restored_account(saved, "two", uptime, now)
    age = max(contact, source)
    slack = timedelta(milliseconds=1)
    if after_reboot is not None:
        assert after_reboot.reading(uptime).age + slack >= age + truth
    same_boot = restored_account(saved, "one", 500.0 + since, now)
    assert same_boot is not None
    assert same_boot.reading(500.0 + since).age + slack >= age + timedelta(seconds=since)


@pytest.mark.parametrize(("then", "now"), [(True, False), (False, True), (False, False)])
def test_without_two_trusted_clocks_an_age_across_a_reboot_is_unknown(
    moment: Moment, *, then: bool, now: bool
) -> None:
    saved = replace(moment, clock=replace(moment.clock, trusted=then))
    clock = ClockReading(utc=NOON + timedelta(hours=1), boottime=10.0, trusted=now)
    assert restored_account(saved, "other", 10.0, clock) is None


def test_a_clock_that_went_back_across_a_reboot_tells_nothing(moment: Moment) -> None:
    clock = ClockReading(utc=NOON - timedelta(hours=1), boottime=10.0, trusted=True)
    assert restored_account(moment, "other", 10.0, clock) is None


def test_the_clock_is_taken_up_within_the_same_boot_only(moment: Moment) -> None:
    assert restored_clock(moment, "boot-1", 200.0) == moment.clock
    assert restored_clock(moment, "boot-2", 200.0) is None
