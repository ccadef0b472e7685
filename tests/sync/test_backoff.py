from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from roomdisplay.sync.backoff import FIRST, LONGEST, POLL_EVERY, SHORTEST, STEADY, Backoff

DRAW = st.floats(0, 1, exclude_max=True)


@given(st.lists(st.booleans(), min_size=1, max_size=200), DRAW)
def test_a_wait_is_never_long_and_never_nothing(answers: list[bool], draw: float) -> None:
    backoff = STEADY
    for answered in answers:
        backoff = backoff.failed(answered=answered)
        assert SHORTEST <= backoff.delay(draw) <= LONGEST


@given(st.integers(0, 10_000), DRAW)
def test_while_the_server_answers_it_is_asked_every_half_minute(n: int, draw: float) -> None:
    assert Backoff(failures=n, answered=True).delay(draw) <= POLL_EVERY


@given(st.integers(1, 100))
def test_ceilings_only_grow(n: int) -> None:
    assert Backoff(failures=n).ceiling <= Backoff(failures=n + 1).ceiling


@given(st.floats(0, 3600), DRAW)
def test_what_the_server_asks_for_is_kept(seconds: float, draw: float) -> None:
    assert Backoff(failures=3).delay(draw, retry_after=seconds) >= seconds


def test_the_first_attempt_after_a_loss_is_quick() -> None:
    assert STEADY.failed(answered=True).delay(0.999) <= FIRST


def test_a_thousand_displays_do_not_come_back_in_one_second() -> None:
    backoff = STEADY
    for _ in range(8):
        backoff = backoff.failed(answered=False)
    times = sorted(backoff.delay(n / 1000) for n in range(1000))
    busiest = max(sum(1 for t in times if start <= t < start + 1) for start in range(60))
    assert busiest <= 20
