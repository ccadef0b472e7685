"""Pairing a display: OAuth 2.0 device authorization (RFC 8628), bound to its key (RFC 9449)."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from pathlib import Path

from roomdisplay.device.box import BoxFacts
from roomdisplay.device.clock import boot_id, boottime
from roomdisplay.device.http import DeviceHttp, ServerTrouble
from roomdisplay.device.identity import DeviceIdentity, IdentityStore, Paired, PendingCode
from roomdisplay.device.pairing_client import ActivationRefused, PairingClient
from roomdisplay.device.pairing_plan import (
    DENIED_PAUSE,
    AskForCode,
    PairingState,
    PollCode,
    Polled,
    Redeem,
    Step,
    TryToken,
    Wait,
    next_step,
)
from roomdisplay.device.settings import provisioned_code, wipe_code
from roomdisplay.model.pairing import PairingOffer
from roomdisplay.model.trouble import Trouble, TroubleKind
from roomdisplay.model.words import pairing_words

log = logging.getLogger(__name__)

OnOffer = Callable[[PairingOffer | None], None]
OnTrouble = Callable[[Trouble | None], None]


class Pairing:
    """Brings one display into a pairing; whatever interrupts it, it goes on from there."""

    def __init__(
        self,
        http: DeviceHttp,
        identity: DeviceIdentity,
        store: IdentityStore,
        facts: BoxFacts,
        *,
        boottime_clock: Callable[[], float] = boottime,
        this_boot: str | None = None,
        speed: float = 1.0,
        provisioning: Path | None = None,
    ) -> None:
        """Begin where the last start ended.

        Args:
            http: the door to the Admin Center.
            identity: what `store` holds now.
            store: where each step is kept before the next.
            facts: what an installer compares with the box's label.
            boottime_clock: CLOCK_BOOTTIME, seconds.
            this_boot: what tells this boot from others; None: ask the kernel.
            speed: boot-time seconds that pass in a real one; tests hasten waiting with it.
            provisioning: a file that may hold an activation code; wiped once it was used.
        """
        self._server = http.server
        self._client = PairingClient(http, facts)
        self._identity = identity
        self._store = store
        self._boottime = boottime_clock
        self._speed = speed
        self._provisioning = provisioning
        self._poked = asyncio.Event()
        now, this_boot = boottime_clock(), this_boot or boot_id()
        codes = tuple(code for code in identity.codes if code.server == http.server.origin)
        self._state = PairingState(
            boot_id=this_boot,
            polled=tuple(Polled(code=code, due=now, interval=code.interval) for code in codes),
            token_due=None if identity.paired is None else now,
            activation=provisioned_code(provisioning) if provisioning else None,
        )
        self._trouble: Trouble | None = None

    async def pair(self, on_offer: OnOffer, on_trouble: OnTrouble = lambda _: None) -> Paired:
        """Show codes until one is confirmed, or until the server knows the old token again.

        Args:
            on_offer: told of each code to show; None while there is none.
            on_trouble: told when something comes between, and None when it is gone.

        Raises:
            VaultUnavailable: the keyring does not keep what must be kept.
        """
        shown: PairingOffer | None = None
        first = True
        while True:
            code = self._state.shown(self._boottime())
            offer = None if code is None else self._offer(code)
            if first or offer != shown:
                shown, first = offer, False
                on_offer(offer)
            step = next_step(self._state, self._boottime())
            if isinstance(step, Wait):
                await self._pause(step.until)
                continue
            try:
                paired = await self._take(step)
                self._tell(None, on_trouble)
            except ServerTrouble as trouble:
                self._back_off(step, trouble)
                self._tell(trouble, on_trouble)
                continue
            if paired is not None:
                return paired

    async def redeem(self, code: str) -> Paired:
        """Pair by an activation code. After a lost answer, the same call gives a new token.

        Raises:
            ActivationRefused: the code cannot be used (any more).
            ServerTrouble: no usable answer came; try again later.
            VaultUnavailable: the keyring does not keep what must be kept.
        """
        paired = await self._client.redeem(code)
        await asyncio.to_thread(self._store.keep_token, paired)
        return paired

    async def unpair(self) -> None:
        """Give the token back and forget the pairing; the key stays.

        The pairing is forgotten whether or not the server could be told.

        Raises:
            ServerTrouble: the server could not be told; an administrator has to remove the
                display there.
        """
        paired = self._identity.paired
        try:
            if paired is not None:
                await self._client.revoke(paired.token)
        finally:
            await asyncio.to_thread(self._store.forget_pairing)

    def new_code(self) -> None:
        """Show another code now; call on the loop's own thread."""
        self._state = self._state.wanting_new_code()
        self._poked.set()

    def network_changed(self) -> None:
        """Try again at once; call on the loop's own thread."""
        self._state = self._state.woken()
        self._poked.set()

    async def _take(self, step: Step) -> Paired | None:
        match step:
            case AskForCode():
                await self._ask()
            case PollCode(code):
                return await self._poll(code)
            case Redeem(code):
                return await self._activate(code)
            case TryToken():
                return await self._try_token()
            case Wait():
                pass
        return None

    async def _ask(self) -> None:
        code = await self._client.ask_for_code(self._state.boot_id)
        after = self._state.with_code(code, self._boottime())
        await asyncio.to_thread(self._store.keep_codes, after.codes())
        self._state = self._state.with_code(code, self._boottime())

    async def _poll(self, code: PendingCode) -> Paired | None:
        got = await self._client.poll(code)
        now = self._boottime()
        match got:
            case Paired():
                await asyncio.to_thread(self._store.keep_token, got)
                return got
            case "authorization_pending":
                self._state = self._state.pending(code, now)
            case "slow_down":
                self._state = self._state.pending(code, now, slower=True)
            case "access_denied":
                await self._drop(code, pause=DENIED_PAUSE)
            case "expired_token" | "invalid_grant":
                await self._drop(code, pause=0.0)
            case other:
                raise ServerTrouble(TroubleKind.SERVER_FAILING, other)
        return None

    async def _activate(self, code: str) -> Paired | None:
        """Pair by the code that was left for this display; it is wiped only afterwards."""
        try:
            paired = await self.redeem(code)
        except ActivationRefused:
            log.warning("the activation code that was left for this display cannot be used")
            paired = None
        if self._provisioning is not None:
            try:
                await asyncio.to_thread(wipe_code, self._provisioning)
            except OSError as error:
                log.warning("%s cannot be wiped: %s", self._provisioning, error.strerror)
        self._state = self._state.activation_refused()
        return paired

    async def _try_token(self) -> Paired | None:
        paired = self._identity.paired
        if paired is None:
            return None
        if not await self._client.knows(paired.token):
            self._state = self._state.token_unknown(self._boottime())
            return None
        log.info("the Admin Center knows this display again")
        await asyncio.to_thread(self._store.keep_codes, ())
        return paired

    async def _drop(self, code: PendingCode, *, pause: float) -> None:
        after = self._state.without_code(code, self._boottime(), pause=pause)
        await asyncio.to_thread(self._store.keep_codes, after.codes())
        self._state = self._state.without_code(code, self._boottime(), pause=pause)

    def _back_off(self, step: Step, trouble: ServerTrouble) -> None:
        now = self._boottime()
        if trouble.retry_after is None:
            # Not a secret: only spreads a fleet's retries.
            self._state = self._state.troubled(now, jitter=random.random())  # noqa: S311
        else:
            until = now + trouble.retry_after
            self._state = self._state.told_to_wait(until, asking=isinstance(step, AskForCode))

    def _tell(self, trouble: ServerTrouble | None, on_trouble: OnTrouble) -> None:
        """Tell of trouble at its edges: when it begins, changes or ends."""
        before = self._trouble
        if trouble is None:
            self._trouble = None
        elif before is None or before.kind != trouble.kind:
            since = self._boottime()
            self._trouble = Trouble(kind=trouble.kind, since=since, detail=trouble.detail)
            log.warning("pairing: %s", trouble)
        if self._trouble != before:
            on_trouble(self._trouble)

    async def _pause(self, until: float) -> None:
        """Sleep until then, or until somebody pokes."""
        self._poked.clear()
        try:
            async with asyncio.timeout(max(0.0, until - self._boottime()) / self._speed):
                await self._poked.wait()
        except TimeoutError:
            return

    def _offer(self, code: PendingCode) -> PairingOffer:
        thumbprint, pin = self._identity.key.thumbprint, self._server.pin
        return PairingOffer(
            user_code=code.user_code,
            verification_uri=code.verification_uri,
            verification_uri_complete=code.verification_uri_complete,
            words=pairing_words(thumbprint, code.user_code, pin),
            expires_at=code.expires_at,
            lifetime=code.lifetime,
        )
