"""Who is asking: every request of a display is proven by its key (RFC 9449)."""

from __future__ import annotations

from litestar.datastructures import MutableScopeHeaders
from litestar.types import Message, Scope

from roomdisplay.admin.context import Admin
from roomdisplay.admin.device_api.answers import DeviceRequest, OAuthFailure, ProblemError
from roomdisplay.admin.device_api.dpop import NonceWantedError, ProofError, verify_proof
from roomdisplay.admin.device_api.nonces import new_nonce, nonce_is_good
from roomdisplay.admin.store.tables import Device
from roomdisplay.admin.use_cases.device_tokens import TokenUnknownError, device_of_token

NONCE_HEADER = "DPoP-Nonce"
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_PATHS = ("/oauth/", "/device/")


def admin_of(request: DeviceRequest) -> Admin:
    """The Admin Center that a request came to."""
    admin: Admin = request.app.state.admin
    return admin


def nonce_key(admin: Admin) -> bytes:
    """The key of the nonces, the same on all replicas."""
    return admin.sealer.derive("dpop-nonce")


async def add_nonce(message: Message, scope: Scope) -> None:
    """Put a new nonce on every answer to a display, the refusals among them (`before_send`)."""
    if message["type"] != "http.response.start" or not scope["path"].startswith(_PATHS):
        return
    admin: Admin = scope["litestar_app"].state.admin
    headers = MutableScopeHeaders.from_message(message)
    headers[NONCE_HEADER] = new_nonce(nonce_key(admin), admin.clock())


async def proven_key(request: DeviceRequest) -> str:
    """The thumbprint of the key that proves a request under `/oauth` (no token yet).

    Raises:
        OAuthFailure: `use_dpop_nonce` or `invalid_dpop_proof`.
    """
    try:
        return _verified(request, None)
    except NonceWantedError:
        raise OAuthFailure("use_dpop_nonce", "repeat the request with the nonce") from None
    except ProofError as error:
        raise OAuthFailure("invalid_dpop_proof", error.reason) from None


async def paired_device(request: DeviceRequest) -> Device:
    """The paired display that a request comes from.

    Raises:
        ProblemError: `use_dpop_nonce`, `invalid_dpop_proof` or `invalid_token`.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "dpop" or not token:
        raise _refusal("invalid_token")
    try:
        thumbprint = _verified(request, token)
    except NonceWantedError:
        raise _refusal("use_dpop_nonce") from None
    except ProofError as error:
        raise _refusal("invalid_dpop_proof", error.reason) from None
    try:
        return await device_of_token(admin_of(request), token, thumbprint)
    except TokenUnknownError:
        raise _refusal("invalid_token") from None


def own_urls(admin: Admin, request: DeviceRequest) -> set[str]:
    """The addresses under which this request may have been sent.

    They come from the settings and from the socket itself. A forwarded Host is anybody's to write.
    """
    origins = set(admin.settings.public_origins)
    server = request.scope.get("server")
    port = server[1] if server and server[1] else admin.settings.port
    scheme = "https" if admin.settings.tls_cert or admin.settings.tls_self_made else "http"
    origins.update(f"{scheme}://{host}:{port}" for host in _LOOPBACK)
    path = request.scope["raw_path"].decode("ascii", "replace").partition("?")[0]
    return {origin + path for origin in origins}


def _verified(request: DeviceRequest, token: str | None) -> str:
    admin = admin_of(request)
    proofs = request.headers.getall("DPoP", [])
    if len(proofs) != 1:
        raise ProofError("one DPoP header is needed")
    key, now = nonce_key(admin), admin.clock()
    return verify_proof(
        proofs[0],
        method=request.method,
        urls=own_urls(admin, request),
        nonce_is_good=lambda nonce: nonce_is_good(key, nonce, now),
        token=token,
    )


def _refusal(key: str, detail: str | None = None) -> ProblemError:
    """A 401 with the challenge that RFC 9449 section 7.1 asks for."""
    return ProblemError(key, detail, WWW_Authenticate=f'DPoP error="{key}", algs="ES256"')
