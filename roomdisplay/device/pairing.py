"""Pairing a display: OAuth 2.0 device authorization (RFC 8628), bound to its key (RFC 9449)."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from http import HTTPStatus

from roomdisplay.device.box import BoxFacts
from roomdisplay.device.clock import boot_id, boottime
from roomdisplay.device.http import Answer, DeviceHttp, ServerTrouble, TokenRejected
from roomdisplay.device.identity import DeviceIdentity, IdentityStore, Paired, PendingCode
from roomdisplay.device.pairing_answers import oauth_error, require_web_addresses
from roomdisplay.device.pairing_plan import (
    DENIED_PAUSE,
    AskForCode,
    PairingState,
    PollCode,
    Polled,
    Step,
    TryToken,
    Wait,
    next_step,
)
from roomdisplay.model.pairing import PairingOffer
from roomdisplay.model.trouble import Trouble, TroubleKind
from roomdisplay.model.wire import (
    ACTIVATION_GRANT,
    CLIENT_ID,
    DEVICE_CODE_GRANT,
    DeviceAuthorization,
    TokenAnswer,
)
from roomdisplay.model.words import bare_code, grouped_code, is_activation_code, pairing_words

log = logging.getLogger(__name__)

AUTHORIZATION_PATH = "/oauth/device_authorization"
TOKEN_PATH = "/oauth/token"  # noqa: S105 - an address
REVOKE_PATH = "/oauth/revoke"
PROBE_PATH = "/device/v1/schedule"
_LONGEST_CODE_LIFE = 3600.0


class ActivationRefused(Exception):  # noqa: N818 - said by the server, not a fault
    """The activation code is not one, was used, has expired or was withdrawn."""


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
        """
        self._http = http
        self._identity = identity
        self._store = store
        self._facts = facts
        self._boottime = boottime_clock
        self._speed = speed
        self._poked = asyncio.Event()
        now, this_boot = boottime_clock(), this_boot or boot_id()
        codes = tuple(code for code in identity.codes if code.server == http.server.origin)
        self._state = PairingState(
            boot_id=this_boot,
            polled=tuple(Polled(code=code, due=now, interval=code.interval) for code in codes),
            token_due=None if identity.paired is None else now,
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
        if not is_activation_code(code):
            raise ActivationRefused
        form = {
            "grant_type": ACTIVATION_GRANT,
            "client_id": CLIENT_ID,
            "activation_code": bare_code(code),
            **self._about(),
        }
        answer = await self._http.request("POST", TOKEN_PATH, form=form)
        if answer.status == HTTPStatus.OK:
            return await self._keep(answer)
        error = oauth_error(answer)
        if error in {"invalid_grant", "expired_token", "access_denied"}:
            raise ActivationRefused
        raise ServerTrouble(TroubleKind.SERVER_FAILING, error)

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
                form = {"token": paired.token, "client_id": CLIENT_ID}
                await self._http.request("POST", REVOKE_PATH, form=form)
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
            case TryToken():
                return await self._try_token()
            case Wait():
                pass
        return None

    async def _ask(self) -> None:
        form = {"client_id": CLIENT_ID, **self._about()}
        answer = await self._http.request("POST", AUTHORIZATION_PATH, form=form)
        if answer.status != HTTPStatus.OK:
            raise ServerTrouble(TroubleKind.SERVER_FAILING, oauth_error(answer))
        granted = answer.decode(DeviceAuthorization)
        require_web_addresses(granted)
        lifetime = min(float(granted.expires_in), _LONGEST_CODE_LIFE)
        code = PendingCode(
            device_code=granted.device_code,
            user_code=grouped_code(granted.user_code),
            verification_uri=granted.verification_uri,
            verification_uri_complete=granted.verification_uri_complete,
            interval=float(granted.interval),
            boot_id=self._state.boot_id,
            expires_at=answer.sent_at_boottime + lifetime,
            lifetime=lifetime,
            server=self._http.server.origin,
        )
        after = self._state.with_code(code, self._boottime())
        await asyncio.to_thread(self._store.keep_codes, after.codes())
        self._state = self._state.with_code(code, self._boottime())

    async def _poll(self, code: PendingCode) -> Paired | None:
        form = {
            "grant_type": DEVICE_CODE_GRANT,
            "client_id": CLIENT_ID,
            "device_code": code.device_code,
        }
        answer = await self._http.request("POST", TOKEN_PATH, form=form)
        if answer.status == HTTPStatus.OK:
            return await self._keep(answer)
        now = self._boottime()
        match oauth_error(answer):
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

    async def _try_token(self) -> Paired | None:
        paired = self._identity.paired
        if paired is None:
            return None
        try:
            await self._http.request("GET", PROBE_PATH, token=paired.token, limit=1_000_000)
        except TokenRejected:
            self._state = self._state.token_unknown(self._boottime())
            return None
        log.info("the Admin Center knows this display again")
        await asyncio.to_thread(self._store.keep_codes, ())
        return paired

    async def _keep(self, answer: Answer) -> Paired:
        granted = answer.decode(TokenAnswer)
        if granted.token_type.lower() != "dpop" or not granted.access_token.isascii():
            raise ServerTrouble(TroubleKind.FOREIGN_ANSWER, "the token is not bound to the key")
        paired = Paired(
            token=granted.access_token,
            device_id=granted.device_id,
            room=granted.room,
            server=self._http.server.origin,
        )
        await asyncio.to_thread(self._store.keep_token, paired)
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
        thumbprint, pin = self._identity.key.thumbprint, self._http.server.pin
        return PairingOffer(
            user_code=code.user_code,
            verification_uri=code.verification_uri,
            verification_uri_complete=code.verification_uri_complete,
            words=pairing_words(thumbprint, code.user_code, pin),
            expires_at=code.expires_at,
            lifetime=code.lifetime,
        )

    def _about(self) -> dict[str, str]:
        facts = {"model": self._facts.model, "serial": self._facts.serial}
        pin = {"server_pin": self._http.server.pin}
        about = {**facts, "version": self._facts.version, **pin}
        return {name: value for name, value in about.items() if value}
