"""The requests of pairing (RFC 8628, RFC 9449), each answer read whole or refused."""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlsplit

import msgspec

from roomdisplay.device.box import BoxFacts
from roomdisplay.device.http import Answer, DeviceHttp, ServerTrouble, TokenRejected
from roomdisplay.device.identity import Paired, PendingCode
from roomdisplay.model.trouble import TroubleKind
from roomdisplay.model.wire import (
    ACTIVATION_GRANT,
    CLIENT_ID,
    DEVICE_CODE_GRANT,
    SCHEDULE_LIMIT,
    DeviceAuthorization,
    OAuthError,
    TokenAnswer,
)
from roomdisplay.model.words import bare_code, grouped_code, is_activation_code

AUTHORIZATION_PATH = "/oauth/device_authorization"
TOKEN_PATH = "/oauth/token"  # noqa: S105 - an address
REVOKE_PATH = "/oauth/revoke"
PROBE_PATH = "/device/v1/schedule"
_LONGEST_CODE_LIFE = 3600.0


class ActivationRefused(Exception):  # noqa: N818 - said by the server, not a fault
    """The activation code is not one, was used, has expired or was withdrawn."""


class PairingClient:
    """Pairing's requests to one Admin Center. Every method may raise `ServerTrouble`."""

    def __init__(self, http: DeviceHttp, facts: BoxFacts) -> None:
        self._http = http
        told = {
            "model": facts.model,
            "serial": facts.serial,
            "version": facts.version,
            "server_pin": http.server.pin,
        }
        self._about = {name: value for name, value in told.items() if value}

    async def ask_for_code(self, boot_id: str) -> PendingCode:
        """A new code; its time is counted on the clock of the boot `boot_id`."""
        form = {"client_id": CLIENT_ID, **self._about}
        answer = await self._http.request("POST", AUTHORIZATION_PATH, form=form)
        if answer.status != HTTPStatus.OK:
            raise ServerTrouble(TroubleKind.SERVER_FAILING, _oauth_error(answer))
        granted = answer.decode(DeviceAuthorization)
        _require_web_addresses(granted)
        lifetime = min(float(granted.expires_in), _LONGEST_CODE_LIFE)
        return PendingCode(
            device_code=granted.device_code,
            user_code=grouped_code(granted.user_code),
            verification_uri=granted.verification_uri,
            verification_uri_complete=granted.verification_uri_complete,
            interval=float(granted.interval),
            boot_id=boot_id,
            expires_at=answer.sent_at_boottime + lifetime,
            lifetime=lifetime,
            server=self._http.server.origin,
        )

    async def poll(self, code: PendingCode) -> Paired | str:
        """The pairing, or the error (RFC 8628 section 3.5) that says why there is none."""
        form = {
            "grant_type": DEVICE_CODE_GRANT,
            "client_id": CLIENT_ID,
            "device_code": code.device_code,
        }
        return await self._token(form)

    async def redeem(self, code: str) -> Paired:
        """The pairing that an activation code stands for.

        Raises:
            ActivationRefused: it cannot be used (any more).
        """
        if not is_activation_code(code):
            raise ActivationRefused
        form = {
            "grant_type": ACTIVATION_GRANT,
            "client_id": CLIENT_ID,
            "activation_code": bare_code(code),
            **self._about,
        }
        got = await self._token(form)
        if isinstance(got, Paired):
            return got
        if got in {"invalid_grant", "expired_token", "access_denied"}:
            raise ActivationRefused
        raise ServerTrouble(TroubleKind.SERVER_FAILING, got)

    async def knows(self, token: str) -> bool:
        """Whether the Admin Center knows this token."""
        try:
            await self._http.request("GET", PROBE_PATH, token=token, limit=SCHEDULE_LIMIT)
        except TokenRejected:
            return False
        return True

    async def revoke(self, token: str) -> None:
        """Give a token back (RFC 7009)."""
        form = {"token": token, "client_id": CLIENT_ID}
        answer = await self._http.request("POST", REVOKE_PATH, form=form)
        if answer.status != HTTPStatus.OK:
            raise ServerTrouble(TroubleKind.SERVER_FAILING, _oauth_error(answer))

    async def _token(self, form: dict[str, str]) -> Paired | str:
        answer = await self._http.request("POST", TOKEN_PATH, form=form)
        if answer.status != HTTPStatus.OK:
            return _oauth_error(answer)
        granted = answer.decode(TokenAnswer)
        if granted.token_type.lower() != "dpop" or not granted.access_token.isascii():
            raise ServerTrouble(TroubleKind.FOREIGN_ANSWER, "the token is not bound to the key")
        return Paired(
            token=granted.access_token,
            device_id=granted.device_id,
            room=granted.room,
            server=self._http.server.origin,
        )


def _oauth_error(answer: Answer) -> str:
    """The error code (RFC 6749 section 5.2), or what else can be said of the answer."""
    try:
        return msgspec.json.decode(answer.body, type=OAuthError).error
    except msgspec.DecodeError:
        return answer.problem or f"HTTP {answer.status}"


def _require_web_addresses(granted: DeviceAuthorization) -> None:
    """The addresses go on the glass and into a QR code: nothing but plain web addresses."""
    for address in (granted.verification_uri, granted.verification_uri_complete):
        if address is None:
            continue
        try:
            parts = urlsplit(address)
            web = parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.username
        except ValueError:
            web = False
        if not web or not address.isascii() or not address.isprintable() or " " in address:
            raise ServerTrouble(TroubleKind.FOREIGN_ANSWER, "the pairing address is none")
