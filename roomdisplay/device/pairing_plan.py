"""What a display that waits to be paired does next, decided without a clock or a network."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from roomdisplay.device.identity import CODES_KEPT, PendingCode

RENEW_BEFORE = 20.0
"""Seconds before a code's end at which the next one is shown."""
SLOW_DOWN = 5.0
"""Seconds added to the interval at each `slow_down` (RFC 8628 section 3.5)."""
OLD_INTERVAL = 10.0
"""Seconds between polls of a code that is shown no longer."""
TOKEN_EVERY = 600.0
"""Seconds between tries of a token that the server did not know."""
CONFIRM_AFTER = 60.0
"""Seconds between the two rejections that un-pair a display."""
DENIED_PAUSE = 3.0
BACK_OFF_LIMIT = 60.0


@dataclass(frozen=True, slots=True)
class AskForCode:
    """Ask for a new code."""


@dataclass(frozen=True, slots=True)
class PollCode:
    """Ask whether a code was confirmed."""

    code: PendingCode


@dataclass(frozen=True, slots=True)
class Redeem:
    """Use an activation code that an installation tool left."""

    code: str

    def __repr__(self) -> str:
        """Without the code, which is a secret."""
        return "Redeem()"


@dataclass(frozen=True, slots=True)
class TryToken:
    """See whether the server knows the old token again."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do before `until` (CLOCK_BOOTTIME, seconds)."""

    until: float


Step = AskForCode | PollCode | Redeem | TryToken | Wait


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """A code, and when to ask for it next."""

    code: PendingCode
    due: float
    interval: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PairingState:
    """Where a pairing stands; every method returns the next state."""

    boot_id: str
    polled: tuple[Polled, ...] = ()
    """The newest last."""
    quiet_until: float = -math.inf
    """Until when the server is left alone after trouble."""
    ask_due: float = -math.inf
    """When a new code may be asked for; polling goes on meanwhile."""
    failures: int = 0
    token_due: float | None = None
    activation: str | None = None
    """An activation code that was left for this display."""
    renew: bool = False
    """Somebody asked for a new code."""

    def shown(self, now: float) -> PendingCode | None:
        """The code to show: the newest, while it lives and if it is of this boot."""
        if not self.polled:
            return None
        newest = self.polled[-1].code
        return newest if newest.boot_id == self.boot_id and now < newest.expires_at else None

    def renew_at(self, now: float) -> float:
        """When to ask for a new code."""
        shown = self.shown(now)
        if shown is None or self.renew:
            return self.ask_due
        return max(shown.expires_at - RENEW_BEFORE, self.ask_due)

    def codes(self) -> tuple[PendingCode, ...]:
        """All codes that may be confirmed yet."""
        return tuple(one.code for one in self.polled)

    def with_code(self, code: PendingCode, now: float) -> PairingState:
        """A new code came; older ones are polled on, since somebody may be confirming one."""
        older = tuple(replace(one, interval=max(one.interval, OLD_INTERVAL)) for one in self.polled)
        newest = Polled(code=code, due=now + code.interval, interval=code.interval)
        kept = (*older, newest)[-CODES_KEPT:]
        return replace(self._heard(), polled=kept, renew=False)

    def pending(self, code: PendingCode, now: float, *, slower: bool = False) -> PairingState:
        """The server says: not yet."""
        polled = tuple(
            _later(one, now, slower=slower) if one.code == code else one for one in self.polled
        )
        return replace(self._heard(), polled=polled)

    def without_code(self, code: PendingCode, now: float, *, pause: float = 0.0) -> PairingState:
        """The server says: denied, expired or unknown; the next code comes after `pause`."""
        polled = tuple(one for one in self.polled if one.code != code)
        return replace(self._heard(), polled=polled, ask_due=now + pause)

    def token_unknown(self, now: float) -> PairingState:
        """The old token is still not known."""
        return replace(self._heard(), token_due=now + TOKEN_EVERY)

    def activation_refused(self) -> PairingState:
        """The activation code cannot be used: pair by a code as everybody else."""
        return replace(self._heard(), activation=None)

    def troubled(self, now: float, *, jitter: float) -> PairingState:
        """No usable answer: leave the server alone for a while, longer each time.

        Args:
            now: CLOCK_BOOTTIME, seconds.
            jitter: 0 to 1, so that a hundred displays do not come back at once.
        """
        window = min(BACK_OFF_LIMIT, 4.0 * 2.0 ** min(self.failures, 10))
        wait = window / 2 * (1 + jitter)
        return replace(self, failures=self.failures + 1, quiet_until=now + wait)

    def told_to_wait(self, until: float, *, asking: bool) -> PairingState:
        """The server answered that it wants to be left alone, or (`asking`) gives no code now."""
        if asking:
            return replace(self._heard(), ask_due=until)
        return replace(self._heard(), quiet_until=until)

    def woken(self) -> PairingState:
        """The network changed: try again at once."""
        return replace(self, quiet_until=-math.inf)

    def _heard(self) -> PairingState:
        return replace(self, failures=0, quiet_until=-math.inf)

    def wanting_new_code(self) -> PairingState:
        """Somebody asked for a new code."""
        return replace(self, renew=True, quiet_until=-math.inf, ask_due=-math.inf)


def next_step(state: PairingState, now: float) -> Step:
    """What to do at `now` (CLOCK_BOOTTIME, seconds)."""
    if now < state.quiet_until:
        return Wait(state.quiet_until)
    if state.token_due is not None and state.token_due <= now:
        return TryToken()
    if state.activation is not None:
        return Redeem(state.activation)
    renew_at = state.renew_at(now)
    if renew_at <= now:
        return AskForCode()
    due = min(state.polled, key=lambda one: one.due, default=None)
    if due is not None and due.due <= now:
        return PollCode(due.code)
    moments = (due.due if due else None, renew_at, state.token_due)
    return Wait(min(moment for moment in moments if moment is not None))


def _later(one: Polled, now: float, *, slower: bool) -> Polled:
    interval = one.interval + SLOW_DOWN if slower else one.interval
    return replace(one, due=now + interval, interval=interval)


@dataclass(frozen=True, slots=True)
class Rejections:
    """How often the server said that it does not know the token.

    One word is not enough to take a display out of its room: it takes two of the registered type,
    a minute apart, and nothing good in between.
    """

    first_at: float | None = None
    lost: bool = False

    def rejected(self, now: float) -> Rejections:
        """The server rejected the token at `now` (CLOCK_BOOTTIME, seconds)."""
        if self.first_at is None:
            return Rejections(first_at=now)
        return Rejections(self.first_at, lost=self.lost or now - self.first_at >= CONFIRM_AFTER)

    def accepted(self) -> Rejections:
        """The server accepted the token."""
        return Rejections()

    @property
    def ask_again_at(self) -> float | None:
        """When to try the token again to be sure; None: nothing is in doubt."""
        return None if self.first_at is None or self.lost else self.first_at + CONFIRM_AFTER
