"""Who stays of two that overlap, and who stands in whose way."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from roomdisplay.connectors.base import Window
from roomdisplay.connectors.contract import utc
from roomdisplay.connectors.cronofy import meetings
from roomdisplay.connectors.cronofy.events import Placed, Span
from roomdisplay.connectors.cronofy.messages import Event

TIMES = st.sampled_from([None, "2026-11-23T08:00:00Z", "2026-11-23T08:00:01Z"])
MINUTES = st.integers(0, 240)


def placed(start: int = 0, length: int = 60, **fields: str | None) -> Placed:
    uid = fields.pop("event_uid", None) or "evt_1"
    begins = utc(23, 8) + timedelta(minutes=start)
    span = Span(begins, begins + timedelta(minutes=length), all_day=False)
    return Placed(uid, Event(event_uid=uid, **fields), span)  # type: ignore[arg-type]


@given(TIMES, TIMES, st.text(min_size=1, max_size=3), st.text(min_size=1, max_size=3))
def test_of_two_of_ours_exactly_one_is_first(
    made: str | None, other_made: str | None, key: str, other_key: str
) -> None:
    one = placed(event_id=key, created=made)
    other = placed(event_id=other_key, created=other_made)
    if (key, made) != (other_key, other_made) and key != other_key:
        assert meetings.is_first(one, other) != meetings.is_first(other, one)


@given(TIMES, TIMES)
def test_in_doubt_others_were_first(made: str | None, other_made: str | None) -> None:
    mine, other = placed(event_id="k", created=made), placed(created=other_made)
    earlier = made is not None and other_made is not None and made < other_made
    assert meetings.is_first(other, mine) != earlier


@given(MINUTES, st.integers(0, 120), MINUTES, st.integers(1, 120))
def test_whoever_shares_an_instant_stands_in_the_way(
    start: int, length: int, from_: int, for_: int
) -> None:
    one = placed(start, length)
    window = Window(
        utc(23, 8) + timedelta(minutes=from_), utc(23, 8) + timedelta(minutes=from_ + for_)
    )
    shared = set(range(start, start + length)) & set(range(from_, from_ + for_))
    assert bool(meetings.in_the_way([one], window, None)) == bool(shared)
    assert meetings.in_the_way([one], window, one) == []
