from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from roomdisplay.device.identity import CODES_KEPT, PendingCode
from roomdisplay.device.pairing_plan import (
    BACK_OFF_LIMIT,
    CONFIRM_AFTER,
    RENEW_BEFORE,
    TOKEN_EVERY,
    AskForCode,
    PairingState,
    PollCode,
    Redeem,
    Rejections,
    TryToken,
    Wait,
    next_step,
)

BOOT = "boot-1"


def code(name: str, now: float = 0.0, *, boot: str = BOOT, interval: float = 2.0) -> PendingCode:
    return PendingCode(
        device_code=name,
        user_code=name,
        verification_uri="https://rooms.example.com/pair",
        interval=interval,
        boot_id=boot,
        expires_at=now + 900,
        lifetime=900,
        server="https://rooms.example.com",
    )


def test_begins_by_asking() -> None:
    assert next_step(PairingState(boot_id=BOOT), 0.0) == AskForCode()


def test_polls_at_the_interval_and_slower_when_told() -> None:
    one = code("A")
    state = PairingState(boot_id=BOOT).with_code(one, 0.0)
    assert next_step(state, 0.0) == Wait(2.0)
    assert next_step(state, 2.0) == PollCode(one)
    assert next_step(state.pending(one, 2.0), 2.0) == Wait(4.0)
    slower = state.pending(one, 2.0, slower=True)
    assert next_step(slower, 2.0) == Wait(9.0)
    assert next_step(slower.pending(one, 9.0), 9.0) == Wait(16.0)


def test_the_next_code_comes_before_the_old_one_dies_and_both_are_polled() -> None:
    old = code("OLD")
    state = PairingState(boot_id=BOOT).with_code(old, 0.0)
    now = 900 - RENEW_BEFORE
    assert next_step(state, now) == AskForCode()
    assert state.shown(now) == old
    new = code("NEW", now)
    state = state.with_code(new, now)
    assert state.shown(now) == new
    assert next_step(state, now) == PollCode(old)
    state = state.pending(old, now)
    assert next_step(state, now + 2) == PollCode(new)


def test_a_code_of_another_boot_is_polled_but_not_shown() -> None:
    old = code("OLD", boot="boot-0")
    state = PairingState(boot_id=BOOT).with_code(old, 0.0)
    assert state.shown(0.0) is None
    assert next_step(state, 0.0) == AskForCode()
    assert old in state.with_code(code("NEW"), 0.0).codes()


def test_the_old_token_is_tried_every_ten_minutes() -> None:
    state = PairingState(boot_id=BOOT, token_due=0.0)
    assert next_step(state, 0.0) == TryToken()
    state = state.token_unknown(0.0)
    assert next_step(state, 0.0) == AskForCode()
    state = state.with_code(code("A"), 0.0)
    assert next_step(state, TOKEN_EVERY) == TryToken()


def test_an_activation_code_goes_first_until_it_is_refused() -> None:
    state = PairingState(boot_id=BOOT, activation="BCDF")
    assert next_step(state, 0.0) == Redeem("BCDF")
    assert "BCDF" not in repr(next_step(state, 0.0))
    assert next_step(state.activation_refused(), 0.0) == AskForCode()


def test_no_code_now_does_not_stop_the_polling() -> None:
    one = code("A")
    state = PairingState(boot_id=BOOT).with_code(one, 0.0).told_to_wait(3600.0, asking=True)
    assert next_step(state, 900.0) == PollCode(one)
    assert next_step(state.without_code(one, 900.0, pause=3.0), 900.0) == Wait(903.0)


@given(st.integers(0, 100), st.floats(0, 1))
def test_back_off_grows_and_ends(failures: int, jitter: float) -> None:
    state = PairingState(boot_id=BOOT)
    for _ in range(failures):
        state = state.troubled(0.0, jitter=jitter)
    assert state.quiet_until <= BACK_OFF_LIMIT
    later = state.troubled(0.0, jitter=jitter)
    assert 2.0 <= later.quiet_until <= BACK_OFF_LIMIT
    assert next_step(later, 0.0) == Wait(later.quiet_until)
    assert next_step(later.woken(), 0.0) == AskForCode()


class AnyOrder(RuleBasedStateMachine):
    """Whatever happens in whatever order: the plan always has a next step, and never spins."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0
        self.state = PairingState(boot_id=BOOT, token_due=0.0)
        self.made = 0

    @rule(seconds=st.floats(0, 2000))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds

    @rule(outcome=st.sampled_from(["pending", "slow", "denied", "expired", "trouble", "later"]))
    def a_step_is_taken(self, outcome: str) -> None:
        step = next_step(self.state, self.now)
        if isinstance(step, Wait):
            assert step.until > self.now
            self.now = step.until
            return
        if outcome == "trouble":
            self.state = self.state.troubled(self.now, jitter=0.0)
        elif outcome == "later":
            asking = isinstance(step, AskForCode)
            self.state = self.state.told_to_wait(self.now + 60, asking=asking)
        elif isinstance(step, TryToken):
            self.state = self.state.token_unknown(self.now)
        elif isinstance(step, AskForCode):
            self.made += 1
            self.state = self.state.with_code(code(str(self.made), self.now), self.now)
        elif isinstance(step, PollCode):
            match outcome:
                case "pending" | "slow":
                    slow = outcome == "slow"
                    self.state = self.state.pending(step.code, self.now, slower=slow)
                case "denied":
                    self.state = self.state.without_code(step.code, self.now, pause=3.0)
                case _:
                    self.state = self.state.without_code(step.code, self.now)
        assert next_step(self.state, self.now) != step  # nothing is done twice at one instant

    @rule()
    def a_new_code_is_wanted(self) -> None:
        self.state = self.state.wanting_new_code()

    @invariant()
    def few_codes_are_kept(self) -> None:
        assert len(self.state.codes()) <= CODES_KEPT

    @invariant()
    def what_is_shown_is_alive(self) -> None:
        shown = self.state.shown(self.now)
        assert shown is None or self.now < shown.expires_at


TestAnyOrder = AnyOrder.TestCase


def test_two_rejections_a_minute_apart_unpair() -> None:
    account = Rejections().rejected(100.0)
    assert not account.lost
    assert account.ask_again_at == 100.0 + CONFIRM_AFTER
    assert not account.rejected(100.0 + CONFIRM_AFTER - 1).lost
    assert account.rejected(100.0 + CONFIRM_AFTER).lost


def test_one_good_answer_forgives() -> None:
    assert not Rejections().rejected(0.0).accepted().rejected(500.0).lost
    assert Rejections().ask_again_at is None
