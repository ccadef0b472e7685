"""Pairing: device authorization (RFC 8628), tokens bound to a key (RFC 9449), giving them back."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

import msgspec
from litestar import Response, Router, post
from litestar.enums import RequestEncodingType
from litestar.params import Body
from msgspec import Meta

from roomdisplay.admin.device_api.answers import DeviceRequest, OAuthFailure
from roomdisplay.admin.device_api.authenticate import admin_of, proven_key
from roomdisplay.admin.device_api.pace import pace_of
from roomdisplay.admin.errors import NotFoundError
from roomdisplay.admin.use_cases.device_tokens import (
    DisplayFacts,
    IssuedToken,
    give_back,
    redeem,
)
from roomdisplay.admin.use_cases.pairing_grants import NotYetError, fetch_token, start_pairing
from roomdisplay.model.wire import (
    ACTIVATION_GRANT,
    BODY_LIMIT,
    CLIENT_ID,
    DEVICE_CODE_GRANT,
    DeviceAuthorization,
    TokenAnswer,
)

Field = Annotated[str, Meta(max_length=512)]
Fact = Annotated[str, Meta(max_length=100)]

_NO_STORE = {"Cache-Control": "no-store"}


class AuthorizationForm(msgspec.Struct, kw_only=True):
    """What a display sends that asks to be paired."""

    client_id: Field
    model: Fact | None = None
    serial: Fact | None = None
    version: Fact | None = None
    server_pin: Field | None = None


class TokenForm(msgspec.Struct, kw_only=True):
    """What a display sends for its token; which fields are needed depends on the grant."""

    grant_type: Field
    client_id: Field
    device_code: Field | None = None
    activation_code: Field | None = None
    model: Fact | None = None
    serial: Fact | None = None
    version: Fact | None = None
    server_pin: Field | None = None


class RevocationForm(msgspec.Struct, kw_only=True):
    """What a display sends that un-pairs itself (RFC 7009)."""

    token: Field
    client_id: Field | None = None


@post("/device_authorization", status_code=HTTPStatus.OK)
async def device_authorization(
    request: DeviceRequest,
    data: Annotated[AuthorizationForm, Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[DeviceAuthorization]:
    """Give a code to a display that wants to be paired (RFC 8628 section 3.1)."""
    thumbprint = await proven_key(request)
    _require_client(data.client_id)
    started = await start_pairing(admin_of(request), _facts(request, data, thumbprint))
    answer = DeviceAuthorization(
        device_code=started.device_code,
        user_code=started.user_code,
        verification_uri=started.verification_uri,
        verification_uri_complete=started.verification_uri_complete,
        expires_in=started.expires_in,
        interval=started.interval,
    )
    return Response(answer, headers=_NO_STORE)


@post("/token", status_code=HTTPStatus.OK)
async def token(
    request: DeviceRequest,
    data: Annotated[TokenForm, Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> Response[TokenAnswer]:
    """Give a token for a confirmed pairing or an activation code."""
    thumbprint = await proven_key(request)
    _require_client(data.client_id)
    issued = await _granted(request, data, thumbprint)
    answer = TokenAnswer(
        access_token=issued.token,
        token_type="DPoP",  # noqa: S106 - the kind of token, not one
        device_id=issued.device_id,
        room=issued.room_name,
    )
    return Response(answer, headers=_NO_STORE)


@post("/revoke", status_code=HTTPStatus.OK)
async def revoke(
    request: DeviceRequest,
    data: Annotated[RevocationForm, Body(media_type=RequestEncodingType.URL_ENCODED)],
) -> None:
    """Take a token back that its display does not want any more (RFC 7009)."""
    thumbprint = await proven_key(request)
    await give_back(admin_of(request), data.token, thumbprint)


async def _granted(request: DeviceRequest, data: TokenForm, thumbprint: str) -> IssuedToken:
    admin = admin_of(request)
    if data.grant_type == DEVICE_CODE_GRANT and data.device_code:
        try:
            return await fetch_token(admin, data.device_code, thumbprint)
        except NotYetError as no:
            if no.error == "authorization_pending" and not _pace(request, data.device_code):
                raise OAuthFailure("slow_down") from None
            raise OAuthFailure(no.error) from None
    if data.grant_type == ACTIVATION_GRANT and data.activation_code:
        try:
            return await redeem(admin, data.activation_code, _facts(request, data, thumbprint))
        except NotFoundError:
            raise OAuthFailure("invalid_grant") from None
    if data.grant_type in {DEVICE_CODE_GRANT, ACTIVATION_GRANT}:
        raise OAuthFailure("invalid_request", "the grant's code is missing")
    raise OAuthFailure("unsupported_grant_type")


def _pace(request: DeviceRequest, device_code: str) -> bool:
    """Whether this poll keeps the interval."""
    return pace_of(request.app.state).keeps(device_code)


def _require_client(client_id: str) -> None:
    if client_id != CLIENT_ID:
        raise OAuthFailure("invalid_client")


def _facts(
    request: DeviceRequest, data: AuthorizationForm | TokenForm, thumbprint: str
) -> DisplayFacts:
    pin = admin_of(request).settings.certificate_pin
    told = (data.server_pin or "").lower() or None
    if told is not None and (pin is None or told != pin.hex()):
        raise OAuthFailure("invalid_request", "server_pin is not of this server")
    return DisplayFacts(
        key_thumbprint=thumbprint,
        model=_line(data.model),
        serial=_line(data.serial),
        version=_line(data.version),
        address=request.client.host if request.client else None,
        server_pin=told,
    )


def _line(text: str | None) -> str | None:
    """One printable line: the text is a stranger's until somebody confirms it."""
    if text is None:
        return None
    return " ".join("".join(c if c.isprintable() else " " for c in text).split()) or None


oauth_router = Router(
    path="/oauth",
    route_handlers=[device_authorization, token, revoke],
    request_max_body_size=BODY_LIMIT,
    tags=["pairing"],
)
